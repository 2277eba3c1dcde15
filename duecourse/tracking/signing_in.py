"""Who is coming in: how does a link sign a person in once, and which browsers are signed in?

A link and a signed-in browser are each a secret of 256 bits, of which only the SHA-256 is stored.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy import update
from sqlmodel import Session, col, select

from duecourse.models import Person, SignInLink, SignInSession
from duecourse.tracking.audit import record

MAILED_LINK_LIFETIME = timedelta(minutes=10)
"""How long a link that was sent by mail works (OWASP ASVS 5.0, 6.5.5)."""
PRINTED_LINK_LIFETIME = timedelta(days=1)
"""How long a link that the terminal printed works: whoever reads it there runs the server."""
SESSION_LIFETIME = timedelta(hours=12)

_SECRET_BYTES = 32


def make_link(session: Session, person_id: int, *, now: datetime, lifetime: timedelta) -> str:
    """Make a link that signs a person in once, and return its token. Earlier links of the person stop working."""
    earlier = update(SignInLink).where(
        col(SignInLink.person_id) == person_id, col(SignInLink.used_at).is_(None), col(SignInLink.expires_at) > now
    )
    session.execute(earlier.values(expires_at=now))
    token = secrets.token_urlsafe(_SECRET_BYTES)
    link = SignInLink(token_sha256=_sha256(token), person_id=person_id, created_at=now, expires_at=now + lifetime)
    session.add(link)
    session.flush()
    return token


def redeem_link(session: Session, token: str, *, now: datetime) -> str | None:
    """Use a link up, and return the token of the signed-in browser; None for a link that does not work.

    A link that was used, ran out, was replaced by a newer one, or never existed gives the same answer.
    """
    may_come_in = select(Person.id).where(col(Person.disabled_at).is_(None))
    # One guarded update: of a hundred that come at once, one finds the link unused.
    use = update(SignInLink).where(
        col(SignInLink.token_sha256) == _sha256(token),
        col(SignInLink.used_at).is_(None),
        col(SignInLink.expires_at) > now,
        col(SignInLink.person_id).in_(may_come_in),
    )
    person_id = session.execute(use.values(used_at=now).returning(col(SignInLink.person_id))).scalar_one_or_none()
    if person_id is None:
        return None
    browser = secrets.token_urlsafe(_SECRET_BYTES)
    session.add(
        SignInSession(
            token_sha256=_sha256(browser),
            person_id=person_id,
            form_token=secrets.token_urlsafe(_SECRET_BYTES),
            created_at=now,
            expires_at=now + SESSION_LIFETIME,
        )
    )
    person = session.get_one(Person, person_id)
    record(session, "signed in", actor=person.email, now=now)
    return browser


def signed_in(session: Session, token: str, *, now: datetime) -> tuple[SignInSession, Person] | None:
    """Return the signed-in browser that shows this token, and its person; None when nobody is signed in."""
    query = (
        select(SignInSession, Person)
        .join(Person, col(Person.id) == SignInSession.person_id)
        .where(
            SignInSession.token_sha256 == _sha256(token),
            col(SignInSession.ended_at).is_(None),
            col(SignInSession.expires_at) > now,
            col(Person.disabled_at).is_(None),
        )
    )
    return session.exec(query).one_or_none()


def sign_out(session: Session, token: str, *, now: datetime) -> None:
    """Sign a browser out; doing it again changes nothing."""
    found = signed_in(session, token, now=now)
    if found is not None:
        browser, person = found
        browser.ended_at = now
        record(session, "signed out", actor=person.email, now=now)


def show_day(session: Session, token: str, instant: datetime | None, *, now: datetime) -> None:
    """Have a browser shown everything as of `instant` (aware), or as of the present again with None."""
    found = signed_in(session, token, now=now)
    if found is not None:
        found[0].showing = instant


def _sha256(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
