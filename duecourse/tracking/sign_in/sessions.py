"""In which browsers is a person signed in, which of them is to end, and which browser was here before?"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, or_, update
from sqlmodel import Session, col, select

from duecourse.models import Person, SignInSession
from duecourse.tracking.audit import record, take_turn
from duecourse.tracking.signing_in import sha256

NOTED_EVERY = timedelta(minutes=5)
"""How exactly it is known when a session was last used: not every page needs to write."""


def sessions_of(session: Session, person_id: int, *, now: datetime) -> list[SignInSession]:
    """Return the browsers in which a person is signed in, the one that was used last first."""
    query = (
        select(SignInSession)
        .where(SignInSession.person_id == person_id, *_lasting(now))
        .order_by(col(SignInSession.last_seen_at).desc(), col(SignInSession.id).desc())
    )
    return list(session.exec(query))


def is_to_be_noted(browser: SignInSession, *, now: datetime) -> bool:
    """Whether it is long enough ago that the use of a session was noted."""
    return browser.last_seen_at is None or now - browser.last_seen_at >= NOTED_EVERY


def note_use(session: Session, session_id: int, *, idle: timedelta, now: datetime) -> None:
    """Note that a session is used, so that it does not end for want of use."""
    used = update(SignInSession).where(col(SignInSession.id) == session_id, *_lasting(now))
    session.execute(used.values(last_seen_at=now, idle_until=now + idle))


def end_sessions(
    session: Session,
    person: Person,
    *,
    only: int | None = None,
    but: int | None = None,
    now: datetime,
    actor: str,
) -> int:
    """End a person's sessions: one, all but one, or all; return how many ended. Another person's are left alone."""
    take_turn(session)
    ending = update(SignInSession).where(col(SignInSession.person_id) == person.id, *_lasting(now))
    if only is not None:
        ending = ending.where(col(SignInSession.id) == only)
    if but is not None:
        ending = ending.where(col(SignInSession.id) != but)
    ended = len(session.execute(ending.values(ended_at=now).returning(col(SignInSession.id))).all())
    if ended:
        record(session, "ended sessions", actor=actor, now=now, detail={"email": person.email, "ended": ended})
    return ended


def was_here(session: Session, secret: str, *, person_id: int | None = None) -> bool:
    """Whether somebody, or this very person, has signed in with the browser that has this secret."""
    if not secret:
        return False
    query = select(SignInSession.id).where(SignInSession.browser_sha256 == sha256(secret))
    if person_id is not None:
        query = query.where(SignInSession.person_id == person_id)
    return session.exec(query.limit(1)).first() is not None


def _lasting(now: datetime) -> tuple[ColumnElement[bool], ...]:
    idle_until = col(SignInSession.idle_until)
    return (
        col(SignInSession.ended_at).is_(None),
        col(SignInSession.expires_at) > now,
        or_(idle_until.is_(None), idle_until > now),
    )
