"""Who asked for more time, who granted it, and how often may that be?"""
