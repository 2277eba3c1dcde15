"""How does a plan of corrective action go from its notice to its end?"""
