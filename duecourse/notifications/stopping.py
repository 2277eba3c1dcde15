"""Who wants no daily mails and early reminders any more, and how does a mail's own link stop them?

The link is signed and names one person; it works without signing in (RFC 8058), any number of times, to one effect.
What a contract makes due today or overdue, and what was returned, goes out all the same, each in a mail of its own.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from duecourse.errors import NotFound
from duecourse.models import DailyStop, Person, Preference
from duecourse.notifications.marks import is_mark, mark
from duecourse.tracking.audit import record, take_turn

_PURPOSE = "stop daily mails"


def stop_link(secret: bytes, person_id: int, base_url: str) -> str:
    """Return the address that stops the daily mails of one person."""
    return f"{base_url.rstrip('/')}/stop/{person_id}.{mark(secret, _PURPOSE, str(person_id))}"


def person_of(session: Session, token: str, secret: bytes) -> Person:
    """Return the person whom a link names. Raises NotFound when it is none of ours, as none is without a secret."""
    number, _, given = token.partition(".")
    if (
        secret
        and number.isascii()
        and number.isdigit()
        and len(number) < 10
        and is_mark(given, secret, _PURPOSE, str(int(number)))
    ):
        person = session.get(Person, int(number))
        if person is not None:
            return person
    raise NotFound("This link stops no mails. Copy the whole link from the mail, or ask your liaison.")


def chosen_by(session: Session, person_id: int) -> tuple[Preference | None, bool]:
    """Return what a person asked for, and whether the person gets no daily mails; one statement."""
    stopped = (col(DailyStop.person_id) == Person.id) & col(DailyStop.resumed_at).is_(None)
    query = (
        select(Preference, DailyStop)
        .select_from(Person)
        .outerjoin(Preference, col(Preference.person_id) == Person.id)
        .outerjoin(DailyStop, stopped)
        .where(Person.id == person_id)
    )
    found = session.exec(query).one_or_none()
    return (None, False) if found is None else (found[0], found[1] is not None)


def is_stopped(session: Session, person_id: int) -> bool:
    """Tell whether a person gets no daily mails."""
    query = select(DailyStop.person_id).where(DailyStop.person_id == person_id, col(DailyStop.resumed_at).is_(None))
    return session.exec(query).first() is not None


def stop_daily(session: Session, person: Person, *, now: datetime, actor: str) -> bool:
    """Stop a person's daily mails and early reminders; False when they were stopped before."""
    assert person.id is not None
    take_turn(session)
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    statement = dialect.insert(DailyStop).values(person_id=person.id, stopped_at=now)
    anew = statement.on_conflict_do_update(
        index_elements=["person_id"],
        set_={"stopped_at": now, "resumed_at": None},
        where=col(DailyStop.resumed_at).is_not(None),
    )
    changed = session.execute(anew.returning(col(DailyStop.person_id))).first() is not None
    if changed:
        record(session, "stopped daily mails", actor=actor, now=now, detail={"person": person.email})
    return changed


def resume_daily(session: Session, person: Person, *, now: datetime, actor: str) -> bool:
    """Let a person get daily mails again; False when nothing was stopped."""
    take_turn(session)
    query = select(DailyStop).where(DailyStop.person_id == person.id, col(DailyStop.resumed_at).is_(None))
    found = session.exec(query.with_for_update()).one_or_none()
    if found is None:
        return False
    found.resumed_at = now
    session.add(found)
    record(session, "resumed daily mails", actor=actor, now=now, detail={"person": person.email})
    return True
