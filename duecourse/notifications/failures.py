"""Which notices could not be sent, so that a person must see to it, and how is one sent after all?"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import defer
from sqlmodel import Session, col, select

from duecourse.errors import Conflict, NotFound
from duecourse.language.said import say, say_in
from duecourse.models import Deliverable, Notice, NoticeState, Person
from duecourse.notifications.carrying import Head, daily_letter, items_of
from duecourse.notifications.claiming import SIGN_IN
from duecourse.notifications.delivering import DAILY
from duecourse.notifications.messages import Sender
from duecourse.notifications.notice_rows import rows_for
from duecourse.notifications.owing import owed
from duecourse.notifications.suppression import lift
from duecourse.tracking.audit import record, take_turn

UNREACHED = (NoticeState.FAILED, NoticeState.BOUNCED)
"""The states in which a notice reached nobody, and a person must see to it."""
_SAID = {
    NoticeState.OWED: say_in("notice", "owed"),
    NoticeState.QUEUED: say_in("notice", "queued"),
    NoticeState.CLAIMED: say_in("notice", "claimed"),
    NoticeState.SENT: say_in("notice", "sent"),
    NoticeState.SUPERSEDED: say_in("notice", "superseded"),
}


def failed_notices(session: Session, *, limit: int = 500) -> list[tuple[Notice, Person, Deliverable | None]]:
    """Return the notices that failed, newest first, each with its reader and its deliverable, if it has one.

    `reply` says why. The messages themselves are not loaded.
    """
    query = (
        select(Notice, Person, Deliverable)
        .join(Person, col(Person.id) == Notice.person_id)
        .outerjoin(Deliverable, col(Deliverable.id) == Notice.deliverable_id)
        .where(col(Notice.state).in_(UNREACHED))
        .options(defer(Notice.message))  # type: ignore[arg-type]
        .order_by(col(Notice.queued_at).desc(), col(Notice.id).desc())
        .limit(limit)
    )
    return list(session.exec(query))


_ANEW = (
    "to_address",
    "subject",
    "message",
    "message_id",
    "state",
    "queued_at",
    "next_try_at",
    "deliver_at",
    "said",
)


def requeue(session: Session, notice_id: int, *, now: datetime, actor: str, base_url: str, sender: Sender) -> None:
    """Send a notice that failed or came back again, to its reader's present address, with the same Message-ID.

    Where that address was suppressed, this lifts it. Raises NotFound; Conflict when it did not fail, is no longer owed,
    or still cannot be written.
    """
    take_turn(session)
    notice = session.exec(select(Notice).where(Notice.id == notice_id).with_for_update()).one_or_none()
    if notice is None:
        raise NotFound("There is no such notice.")
    if notice.state not in UNREACHED:
        raise Conflict(
            say(
                "This notice is %(state)s: only one that failed can be sent again. Nothing was changed.",
                state=_SAID[NoticeState(notice.state)],
            )
        )
    if notice.rung == SIGN_IN:
        raise Conflict(say("A sign-in link is not sent again, since it works for minutes only. Ask for a new one."))
    if notice.rung == DAILY or (notice.deliverable_id is None and notice.carrier_id is not None):
        address = session.get_one(Person, notice.person_id).email
        _queue_its_mail(session, notice, address, now=now, actor=actor)
        return
    if notice.deliverable_id is None:
        _queue_as_it_is(session, notice, now=now, actor=actor)
        return
    present = owed(session, now=now, deliverable_ids=[notice.deliverable_id])
    pairs = [(one, {notice.key}) for one in present if notice.key in one.keys]
    rows = rows_for(session, pairs, now=now, base_url=base_url, sender=sender)
    if not rows:
        raise Conflict(
            say(
                "This reminder is no longer owed: it was submitted, its date moved, or a later reminder "
                "took its place. Nothing was sent."
            )
        )
    row = rows[0]
    if row["state"] == NoticeState.FAILED:
        raise Conflict(say("%(reply)s Correct that first; nothing was sent.", reply=row["reply"]))
    if notice.carrier_id is not None:
        _queue_its_mail(session, notice, row["to_address"], now=now, actor=actor)
        return
    for name in _ANEW:
        setattr(notice, name, row[name])
    _record_again(session, notice, now=now, actor=actor)


def _queue_its_mail(session: Session, notice: Notice, address: str, *, now: datetime, actor: str) -> None:
    """Queue the daily mail anew with which a notice went, or which it is; what it carries is looked at again then."""
    carrier = session.exec(select(Notice).where(Notice.id == (notice.carrier_id or notice.id)).with_for_update()).one()
    carried = sa.update(Notice).where(
        col(Notice.carrier_id) == carrier.id, col(Notice.state).in_([str(state) for state in UNREACHED])
    )
    session.execute(carried.values(state=NoticeState.QUEUED, sent_at=None, to_address=address))
    head = Head(**((carrier.said or {}) | {"address": address}))
    carrier.said, carrier.to_address = head.plain(), address
    letter = daily_letter(head, [item.said for item in items_of(session, [carrier.id or 0])], now=now)
    carrier.subject, carrier.message = letter.subject, letter.with_id(carrier.message_id)
    _queue_as_it_is(session, carrier, now=now, actor=actor)


def _queue_as_it_is(session: Session, notice: Notice, *, now: datetime, actor: str) -> None:
    notice.state, notice.queued_at, notice.next_try_at = NoticeState.QUEUED, now, now
    _record_again(session, notice, now=now, actor=actor)


def _record_again(session: Session, notice: Notice, *, now: datetime, actor: str) -> None:
    lift(session, notice.to_address, now=now, actor=actor)
    notice.sent_at = None
    session.add(notice)
    session.flush()
    detail = {"rung": notice.rung, "to": notice.to_address, "reply": notice.reply}
    record(
        session,
        "queued a notice again",
        actor=actor,
        now=now,
        deliverable_id=notice.deliverable_id,
        detail=detail,
    )
