"""On whose desk does a deliverable lie, and what does the funder owe?"""
