"""Which programs of others are told what happened, and what became of each message?"""
