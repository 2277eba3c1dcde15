"""What does each program hand in to its lead, and what does the lead do with it?"""
