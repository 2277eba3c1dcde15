"""Which document proves what, who signed it, and does it still hold?"""
