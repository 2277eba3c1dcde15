"""What does the server's log say of who came in, who did not, and why?

In fixed words, with numbers and the first eight characters of hashes: no mail address, no secret, and nothing that a
person typed, so that no line can be made up by whoever knocks (OWASP ASVS 5.0, 16.2 and 16.4.1).
"""

from __future__ import annotations

import hashlib
import logging
import time

LOGGER = "duecourse.door"

_log = logging.getLogger(LOGGER)


def came_in(what: str, *, person: int, client: str, token: str = "") -> None:
    """Note what somebody did who may come in."""
    _log.info("%s: person %d, from %s%s", what, person, client or "nowhere", f", {short(token)}" if token else "")


def turned_away(what: str, *, client: str, about: str = "") -> None:
    """Note who did not come in; `about` is what was shown or typed, and is hashed."""
    _log.warning("%s: from %s%s", what, client or "nowhere", f", {short(about)}" if about else "")


def denied(route: str, status: int, *, person: int) -> None:
    """Note that somebody who is signed in was refused something."""
    _log.warning("denied: person %d, %s, %d", person, route, status)


def short(secret: str) -> str:
    """Return the first eight characters of a secret's SHA-256: enough to find it in the database, not to use it."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()[:8]


def log_in_utc() -> None:
    """Write warnings, and everything about who comes in, to the standard error, with the time in UTC."""
    handler = logging.StreamHandler()
    formatter = logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s", datefmt="%Y-%m-%dT%H:%M:%SZ")
    formatter.converter = time.gmtime
    handler.setFormatter(formatter)
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    _log.setLevel(logging.INFO)
