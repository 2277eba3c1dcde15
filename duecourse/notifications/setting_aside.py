"""Which mails of the mailbox cannot be taken, so that none is fetched for ever, and who has seen to them?

Before a mail is fetched, the try is written down: whatever then becomes of us or of the connection, it is known. A mail
that is tried again and again in vain is set aside, and shown to a person; it stays in the mailbox, with a flag.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from duecourse.errors import NotFound
from duecourse.models import MailboxMail
from duecourse.tracking.audit import record, take_turn

ACTOR = "duecourse receive"
MOST_TRIES = 5
AT_LEAST = timedelta(hours=1)
"""How long a mail is tried at least: a mailbox that is out of order for some minutes is not the mail's fault."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a mail lies: the mailbox in words, the validity of its numbers, and the mail's number."""

    mailbox: str
    validity: int
    number: int


def begin(session: Session, place: Place, *, now: datetime) -> str:
    """Write down that a mail is going to be fetched; return why not, when it was set aside or now is."""
    if _add(session, place, now=now):
        return ""
    row = _row(session, place)
    if row.set_aside_at is not None:
        return row.reason
    if row.tries >= MOST_TRIES and now - row.first_tried_at >= AT_LEAST:
        return put_aside(session, place, f"It was fetched {row.tries} times, and never came to its end.", now=now)
    row.tries += 1
    session.add(row)
    session.flush()
    return ""


def put_aside(session: Session, place: Place, reason: str, *, now: datetime) -> str:
    """Set a mail aside for a person to look at, and return the reason; once, whatever was said before."""
    take_turn(session)
    _add(session, place, now=now)
    row = _row(session, place)
    if row.set_aside_at is None:
        row.reason, row.set_aside_at = reason, now
        session.add(row)
        session.flush()
        detail = {"mailbox": place.mailbox, "number": place.number, "reason": reason}
        record(session, "set a mail aside", actor=ACTOR, now=now, detail=detail)
    return row.reason


def forget(session: Session, place: Place) -> None:
    """Forget the tries of a mail that was taken, or that was kept from it by our own fault."""
    session.execute(sa.delete(MailboxMail).where(*_at(place), col(MailboxMail.set_aside_at).is_(None)))


def tries(session: Session, mailbox: str, validity: int) -> dict[int, int]:
    """Return how often each mail of a mailbox was tried in vain, by its number."""
    query = select(MailboxMail.number, MailboxMail.tries)
    query = query.where(MailboxMail.mailbox == mailbox, MailboxMail.validity == validity)
    return dict(session.exec(query).all())


def set_aside(session: Session) -> Sequence[MailboxMail]:
    """Return the mails that were set aside and that nobody has seen to, the oldest first."""
    query = select(MailboxMail).where(col(MailboxMail.set_aside_at).is_not(None), col(MailboxMail.seen_to_at).is_(None))
    return session.exec(query.order_by(col(MailboxMail.set_aside_at), col(MailboxMail.id))).all()


def see_to(session: Session, mail_id: int, *, now: datetime, actor: str) -> None:
    """Record that a person has looked after a mail that was set aside; twice is once. Raises NotFound."""
    take_turn(session)
    row = session.get(MailboxMail, mail_id, populate_existing=True)
    if row is None or row.set_aside_at is None:
        raise NotFound("There is no such mail.")
    if row.seen_to_at is not None:
        return
    row.seen_to_at, row.seen_to_by = now, actor
    session.add(row)
    session.flush()
    detail = {"mailbox": row.mailbox, "number": row.number}
    record(session, "saw to a mail that was set aside", actor=actor, now=now, detail=detail)


def _row(session: Session, place: Place) -> MailboxMail:
    return session.exec(select(MailboxMail).where(*_at(place)).with_for_update()).one()


def _at(place: Place) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        col(MailboxMail.mailbox) == place.mailbox,
        col(MailboxMail.validity) == place.validity,
        col(MailboxMail.number) == place.number,
    )


def _add(session: Session, place: Place, *, now: datetime) -> bool:
    """Add a row for a mail, unless there is one; two may fetch the same mailbox at once."""
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    named = {"mailbox": place.mailbox, "validity": place.validity, "number": place.number}
    statement = dialect.insert(MailboxMail).values(**named, tries=1, first_tried_at=now, reason="", seen_to_by="")
    added = statement.on_conflict_do_nothing(index_elements=list(named)).returning(col(MailboxMail.id))
    return session.execute(added).first() is not None
