"""In which language is something said, and how?"""
