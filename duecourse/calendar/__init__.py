"""Everything about dates that can be worked out from values alone, from business days to the calendar entry.

No database, no network, and no clock: whatever depends on the present is given it as ``now``.
"""
