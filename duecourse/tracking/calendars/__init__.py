"""Which calendar feeds are there, and what does each serve?"""
