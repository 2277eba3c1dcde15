"""Which of our languages does a browser ask for?"""

from __future__ import annotations

import re

from duecourse.language.catalogue import ENGLISH, LANGUAGES

_RANGE = re.compile(r"\s*([A-Za-z]{1,8})(?:-[A-Za-z0-9]{1,8})*\s*(?:;\s*q=([01](?:\.[0-9]{0,3})?)\s*)?")
_LONGEST = 500


def asked_for(accept_language: str) -> str:
    """Return the language that a header Accept-Language likes best (RFC 9110, 12.5.4), or English."""
    wanted: dict[str, float] = {}
    for part in accept_language[:_LONGEST].split(","):
        found = _RANGE.fullmatch(part)
        if found and found[1].lower() in LANGUAGES:
            wanted.setdefault(found[1].lower(), float(found[2] or 1))
    best = max(wanted, key=lambda each: wanted[each], default=ENGLISH)
    return best if wanted.get(best) else ENGLISH
