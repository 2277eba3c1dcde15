"""Who is coming in: how does a link sign a person in once, and which browsers are signed in?

A link, a browser and a signed-in session are each a secret of 256 bits, of which only the SHA-256 is stored. A link
that was mailed works in the browser that asked for it, and nowhere else (`sign_in/mailed.py`, which also has the code).
A link that the terminal printed works in any browser: whoever reads it there runs the server.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, or_, update
from sqlmodel import Session, col, select

from duecourse.models import Passkey, Person, SignInLink, SignInSession
from duecourse.tracking.audit import record, take_turn

MAILED_LINK_LIFETIME = timedelta(minutes=10)
"""How long a link that was sent by mail works (OWASP ASVS 5.0, 6.5.5)."""
SESSION_LIFETIME = timedelta(hours=12)
IDLE_LIFETIME = timedelta(hours=2)

_SECRET_BYTES = 32


class Way(StrEnum):
    """By what a person came in."""

    MAILED_LINK = "link in a mail"
    CODE = "code from a mail"
    PRINTED_LINK = "link from the terminal"
    AGENCY = "single sign-on"


def new_secret() -> str:
    """Return a secret of 256 bits that fits into an address and a cookie."""
    return secrets.token_urlsafe(_SECRET_BYTES)


@dataclass(frozen=True, slots=True)
class Browser:
    """The browser in which somebody comes in, and what it may be told apart by later."""

    secret: str = ""
    """By which it was known until now; empty for one that never asked."""
    renewed: str = field(default_factory=new_secret)
    """By which it is known once somebody has come in."""
    device: str = ""
    network: str = ""


@dataclass(frozen=True, slots=True)
class Stay:
    """How long a session lasts at most, and how long when nobody uses it."""

    at_most: timedelta = SESSION_LIFETIME
    idle: timedelta = IDLE_LIFETIME


def make_link(session: Session, person_id: int, *, now: datetime, lifetime: timedelta) -> str:
    """Make a link for whoever holds the terminal, for any browser, and return its token.

    Earlier ones of the same kind stop working; links that were mailed do not.
    """
    return add_link(session, person_id, asked="", code="", now=now, until=now + lifetime)


USUAL_STAY = Stay()


def redeem_link(
    session: Session, token: str, *, now: datetime, browser: Browser | None = None, stay: Stay = USUAL_STAY
) -> str | None:
    """Use a link up, and return the token of the signed-in session; None for a link that does not work here.

    A link that was used, ran out, was replaced by a newer one, or never existed gives the same answer. In another
    browser than the one that asked, it is not used up.
    """
    browser = browser or Browser()
    link = use_link(
        session,
        col(SignInLink.token_sha256) == sha256(token),
        col(SignInLink.asked_sha256).in_(("", sha256(browser.secret))),
        now=now,
    )
    if link is None:
        return None
    person_id, asked = link
    way = Way.MAILED_LINK if asked else Way.PRINTED_LINK
    return start_session(session, person_id, way=way, now=now, browser=browser, stay=stay)


def start_session(
    session: Session,
    person_id: int,
    *,
    way: Way,
    now: datetime,
    browser: Browser | None = None,
    stay: Stay = USUAL_STAY,
    has_second_factor: bool = False,
) -> str:
    """Sign a browser in as a person who has shown who it is, and return the token of the session."""
    token, browser = new_secret(), browser or Browser()
    passkeys = select(Passkey.id).where(Passkey.person_id == person_id, col(Passkey.removed_at).is_(None))
    session.add(
        SignInSession(
            token_sha256=sha256(token),
            person_id=person_id,
            form_token=new_secret(),
            created_at=now,
            expires_at=now + stay.at_most,
            browser_sha256=sha256(browser.renewed),
            way=way,
            device=browser.device,
            network=browser.network,
            last_seen_at=now,
            idle_until=now + stay.idle,
            second_factor_at=now if has_second_factor else None,
            holds_passkey=session.exec(passkeys).first() is not None,
        )
    )
    person = session.get_one(Person, person_id)
    record(session, "signed in", actor=person.email, now=now, detail={"by": str(way)})
    return token


def signed_in(session: Session, token: str, *, now: datetime) -> tuple[SignInSession, Person] | None:
    """Return the session that shows this token, and its person; None when nobody is signed in."""
    query = (
        select(SignInSession, Person)
        .join(Person, col(Person.id) == SignInSession.person_id)
        .where(
            SignInSession.token_sha256 == sha256(token),
            col(SignInSession.ended_at).is_(None),
            col(SignInSession.expires_at) > now,
            or_(col(SignInSession.idle_until).is_(None), col(SignInSession.idle_until) > now),
            col(Person.disabled_at).is_(None),
        )
    )
    return session.exec(query).one_or_none()


def sign_out(session: Session, token: str, *, now: datetime) -> None:
    """Sign a browser out; doing it again changes nothing."""
    found = signed_in(session, token, now=now)
    if found is not None:
        browser, person = found
        # Before the session's own row: whoever ends all of a person's sessions holds the head first, too.
        take_turn(session)
        browser.ended_at = now
        record(session, "signed out", actor=person.email, now=now)


def show_day(session: Session, token: str, instant: datetime | None, *, now: datetime) -> None:
    """Have a browser shown everything as of `instant` (aware), or as of the present again with None."""
    found = signed_in(session, token, now=now)
    if found is not None:
        found[0].showing = instant


def sha256(secret: str) -> str:
    """Return what is stored of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def add_link(session: Session, person_id: int, *, asked: str, code: str, now: datetime, until: datetime) -> str:
    """Make a link for the browser whose secret has this SHA-256, or for any with "", and return its token.

    Earlier ones stop working: a browser has one link, whoever it was for; of the printed ones, each person has one.
    """
    same = col(SignInLink.asked_sha256) == asked if asked else col(SignInLink.person_id) == person_id
    earlier = update(SignInLink).where(
        same,
        col(SignInLink.asked_sha256) == asked,
        col(SignInLink.used_at).is_(None),
        col(SignInLink.expires_at) > now,
    )
    session.execute(earlier.values(expires_at=now))
    token = new_secret()
    session.add(
        SignInLink(
            token_sha256=sha256(token),
            person_id=person_id,
            created_at=now,
            expires_at=until,
            asked_sha256=asked,
            code_sha256=code,
        )
    )
    session.flush()
    return token


def use_link(session: Session, *which: ColumnElement[bool], now: datetime) -> tuple[int, str] | None:
    """Use the link that fits up, and return its person and whose browser asked for it; None when none works."""
    may_come_in = select(Person.id).where(col(Person.disabled_at).is_(None))
    # One guarded update: of a hundred that come at once, one finds the link unused.
    use = update(SignInLink).where(
        *which,
        col(SignInLink.used_at).is_(None),
        col(SignInLink.expires_at) > now,
        col(SignInLink.person_id).in_(may_come_in),
    )
    used = use.values(used_at=now).returning(col(SignInLink.person_id), col(SignInLink.asked_sha256))
    found = session.execute(used).one_or_none()
    return (found.person_id, found.asked_sha256) if found else None
