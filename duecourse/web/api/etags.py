"""Which version of something is this, and is it one that the caller names?"""

from __future__ import annotations

import hashlib
import re

_TAG = re.compile(r'(W/)?"[\x21\x23-\x7e]*"')


def etag_of(body: str) -> str:
    """Return the strong entity tag of an answer: it changes with any byte (RFC 9110, 8.8.1)."""
    return f'"{hashlib.sha256(body.encode()).hexdigest()[:32]}"'


def is_one_of(etag: str, if_none_match: str) -> bool:
    """Tell whether If-None-Match names this version, by weak comparison (RFC 9110, 13.1.2)."""
    return if_none_match.strip() == "*" or etag in [tag.removeprefix("W/") for tag in _tags(if_none_match)]


def matches(etag: str, if_match: str) -> bool:
    """Tell whether If-Match names this version, by strong comparison (RFC 9110, 13.1.1)."""
    return if_match.strip() == "*" or etag in _tags(if_match)


def _tags(said: str) -> list[str]:
    return [found[0] for found in _TAG.finditer(said[:4000])]
