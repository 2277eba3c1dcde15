"""How does a mail sign somebody in: which link and which code does a browser get, and what do they do elsewhere?"""

from __future__ import annotations

import hmac
import secrets
from datetime import datetime
from enum import StrEnum

from sqlalchemy import update
from sqlmodel import Session, col, select

from duecourse.models import SignInLink
from duecourse.tracking.signing_in import (
    MAILED_LINK_LIFETIME,
    USUAL_STAY,
    Browser,
    Stay,
    Way,
    add_link,
    sha256,
    start_session,
    use_link,
)

MOST_CODES = 5
"""How many codes may be typed for one mail: one of them is right once in 200 thousand million times."""

# Without I, L, O and U: the first three are read as digits, and no word comes about.
LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_MISREAD = str.maketrans("ILO", "110")
_CODE_LENGTH = 8


class LinkState(StrEnum):
    """What a link would do in a browser."""

    READY = "ready"
    ELSEWHERE = "elsewhere"
    """It works in the browser that asked for it, and this is another one."""
    SPENT = "spent"
    """It was used, ran out, was replaced, or never existed: which of these, nobody is told."""


def make_mailed(session: Session, person_id: int, *, secret: str, now: datetime) -> tuple[str, str]:
    """Make a link and a code for the browser with this secret; return the token, and the code as it is read out.

    What the same browser asked for earlier stops working. What other browsers asked for does not: else whoever knows a
    person's address could keep that person out by asking again and again.
    """
    code = "".join(secrets.choice(LETTERS) for _ in range(_CODE_LENGTH))
    asked = sha256(secret)
    token = add_link(
        session, person_id, asked=asked, code=_of_code(secret, code), now=now, until=now + MAILED_LINK_LIFETIME
    )
    return token, f"{code[:4]}-{code[4:]}"


def state_of(session: Session, token: str, *, secret: str, now: datetime) -> LinkState:
    """Return what a link would do in the browser with this secret; nothing is changed."""
    query = select(SignInLink).where(
        SignInLink.token_sha256 == sha256(token), col(SignInLink.used_at).is_(None), col(SignInLink.expires_at) > now
    )
    link = session.exec(query).one_or_none()
    if link is None:
        return LinkState.SPENT
    return LinkState.READY if link.asked_sha256 in ("", sha256(secret)) else LinkState.ELSEWHERE


def redeem_code(
    session: Session, typed: str, *, now: datetime, browser: Browser, stay: Stay = USUAL_STAY
) -> str | None:
    """Use up the link for which this browser was mailed a code; return the token of the session, None for a wrong code.

    Each try is counted before it is looked at, so that many at the same moment are no more than MOST_CODES together.
    """
    try_once = update(SignInLink).where(
        col(SignInLink.asked_sha256) == sha256(browser.secret),
        col(SignInLink.used_at).is_(None),
        col(SignInLink.expires_at) > now,
        col(SignInLink.code_tries) < MOST_CODES,
    )
    counted = try_once.values(code_tries=col(SignInLink.code_tries) + 1).returning(
        col(SignInLink.id), col(SignInLink.code_sha256)
    )
    found = session.execute(counted).one_or_none() if browser.secret else None
    if found is None or not hmac.compare_digest(found.code_sha256, _of_code(browser.secret, as_typed(typed))):
        return None
    link = use_link(session, col(SignInLink.id) == found.id, now=now)
    return start_session(session, link[0], way=Way.CODE, now=now, browser=browser, stay=stay) if link else None


def _of_code(secret: str, code: str) -> str:
    return sha256(f"{secret}|{code}")


def as_typed(typed: str) -> str:
    """Return a code as it was drawn: capitals, dashes, spaces and letters that look like digits do not matter."""
    return "".join(typed.upper().translate(_MISREAD).replace("-", " ").split())
