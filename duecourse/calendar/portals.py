"""Through which system does a report go in, and what is the number called that proves it?"""

from __future__ import annotations

import re

from duecourse.language.said import say

PORTALS = ("PSRS", "ECIS", "CORE-CT", "FLO", "SFT")
"""The systems, as contracts write them."""

_NAMED = re.compile(rf"\b({'|'.join(PORTALS)})\b")


def portal_of(channel: str) -> str:
    """Return the first system that a channel names, one of `PORTALS`, or an empty text."""
    found = _NAMED.search(channel)
    return found[1] if found else ""


def reference_label(channel: str) -> str:
    """Return what the number is called that proves a submission through this channel."""
    portal = portal_of(channel)
    return say("%(portal)s confirmation number", portal=portal) if portal else say("Confirmation number or reference")
