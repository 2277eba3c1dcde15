"""Which sign-in with an agency's single sign-on was begun in which browser, and has it come back before?

Of the state that goes to the agency and back, only the SHA-256 is kept. What else the two ends must agree on is derived
from it and from the browser's own secret, so that a stolen database holds nothing that could finish a sign-in.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import update
from sqlmodel import Session, col

from duecourse.errors import Conflict
from duecourse.language.said import say
from duecourse.models import AgencySignIn
from duecourse.tracking.signing_in import new_secret, sha256

LIFETIME = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Begun:
    """What one sign-in at the agency is known by."""

    state: str
    nonce: str
    verifier: str
    """The secret of PKCE (RFC 7636, 4.1)."""


def begin(session: Session, *, secret: str, leads_to: str, now: datetime) -> Begun:
    """Begin a sign-in in the browser with this secret, to open the page `leads_to` afterwards."""
    state = new_secret()
    session.add(
        AgencySignIn(
            state_sha256=sha256(state),
            browser_sha256=sha256(secret),
            leads_to=leads_to,
            created_at=now,
            expires_at=now + LIFETIME,
        )
    )
    session.flush()
    return _begun(state, secret)


def come_back(session: Session, state: str, *, secret: str, now: datetime) -> tuple[Begun, str]:
    """Use a sign-in that was begun up; return it and the page to open. Raises Conflict unless this browser began it."""
    use = update(AgencySignIn).where(
        col(AgencySignIn.state_sha256) == sha256(state),
        col(AgencySignIn.browser_sha256) == sha256(secret),
        col(AgencySignIn.used_at).is_(None),
        col(AgencySignIn.expires_at) > now,
    )
    used = session.execute(use.values(used_at=now).returning(col(AgencySignIn.leads_to))).scalar_one_or_none()
    if used is None:
        raise Conflict(
            say("This sign-in was begun in another browser, too long ago, or was finished before. Begin again.")
        )
    return _begun(state, secret), str(used)


def _begun(state: str, secret: str) -> Begun:
    return Begun(state, _derived("nonce", state, secret), _derived("verifier", state, secret))


def _derived(what: str, state: str, secret: str) -> str:
    digest = hashlib.sha256(f"{what}|{state}|{secret}".encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
