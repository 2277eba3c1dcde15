"""Who are the people, who stands in for whom, and whom can nobody reach?"""
