"""Time, pure: business days, rules, due moments with their reasons, standings, and the iCal feed.

Nothing here opens a session, reads a clock or touches the network; every function that depends on the present
takes ``now`` as an argument.
"""
