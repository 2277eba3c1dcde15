"""Which of the mails that were sent to a person has that person seen, and what is the proof that they were told?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import defer
from sqlmodel import Session, col, select

from duecourse.errors import Conflict, NotFound
from duecourse.language.said import say
from duecourse.models import Deliverable, Notice, NoticeState, NoticeTry, Person
from duecourse.tracking.audit import record, take_turn

_UNSEEN = say("Nothing was sent to you about this that you have not said to have seen.")


def unseen_by(notices: Sequence[tuple[Notice, Person]], person_id: int) -> bool:
    """Tell whether some of these notices were sent to a person who has not said to have seen them."""
    return any(
        notice.person_id == person_id and notice.state == NoticeState.SENT and notice.acknowledged_at is None
        for notice, _ in notices
    )


def acknowledge(session: Session, person_id: int, deliverable: Deliverable, *, now: datetime, actor: str) -> int:
    """Record that a person has seen what was sent about a deliverable; return how many notices that is.

    Raises Conflict when there is nothing of that kind.
    """
    take_turn(session)
    count = _mark(session, sa.and_(col(Notice.deliverable_id) == deliverable.id, _sent_to(person_id)), now)
    if not count:
        raise Conflict(_UNSEEN)
    detail = {"notices": count}
    record(
        session,
        "has seen the reminders",
        actor=actor,
        now=now,
        contract_id=deliverable.contract_id,
        deliverable_id=deliverable.id,
        detail=detail,
    )
    return count


def mail_named(session: Session, person_id: int, name: UUID) -> tuple[Notice, list[Notice]]:
    """Return a person's daily mail and what it carried, by due moment. Raises NotFound for any other name."""
    query = select(Notice).where(
        Notice.person_id == person_id,
        Notice.rung == "daily",
        col(Notice.message_id).like(f"<notice-{name}@%"),
    )
    carrier = session.exec(query.options(defer(Notice.message))).first()  # type: ignore[arg-type]
    if carrier is None:
        raise NotFound(say("There is no such mail."))
    items = select(Notice).where(Notice.carrier_id == carrier.id).order_by(col(Notice.due_at), col(Notice.id))
    return carrier, list(session.exec(items))


def acknowledge_mail(session: Session, person_id: int, name: UUID, *, now: datetime, actor: str) -> int:
    """Record that a person has seen a daily mail and all it carried; the same again changes nothing."""
    carrier, _ = mail_named(session, person_id, name)
    take_turn(session)
    of_mail = sa.or_(col(Notice.carrier_id) == carrier.id, col(Notice.id) == carrier.id)
    count = _mark(session, sa.and_(of_mail, _sent_to(person_id)), now)
    if count:
        record(session, "has seen a daily mail", actor=actor, now=now, detail={"notices": count})
    return count


def tries_of(session: Session, notices: Sequence[Notice]) -> dict[int, list[NoticeTry]]:
    """Return every try to send these notices, oldest first; of what a daily mail carried, those of the mail."""
    carriers = {notice.carrier_id or notice.id for notice in notices}
    query = select(NoticeTry).where(col(NoticeTry.notice_id).in_(carriers)).order_by(col(NoticeTry.id))
    by_mail: dict[int, list[NoticeTry]] = {}
    for one in session.exec(query):
        by_mail.setdefault(one.notice_id, []).append(one)
    return {notice.id or 0: by_mail.get(notice.carrier_id or notice.id or 0, []) for notice in notices}


def message_ids(session: Session, notices: Sequence[Notice]) -> dict[int, str]:
    """Return the Message-ID of each daily mail that carried one of these notices."""
    carriers = {notice.carrier_id for notice in notices if notice.carrier_id is not None}
    query = sa.select(col(Notice.id), col(Notice.message_id)).where(col(Notice.id).in_(carriers))
    return {row.id: row.message_id for row in session.execute(query)}


def _sent_to(person_id: int) -> sa.ColumnElement[bool]:
    return sa.and_(
        col(Notice.person_id) == person_id,
        col(Notice.state) == NoticeState.SENT,
        col(Notice.acknowledged_at).is_(None),
    )


def _mark(session: Session, which: sa.ColumnElement[bool], now: datetime) -> int:
    statement = sa.update(Notice).where(which).values(acknowledged_at=now)
    return int(session.execute(statement.execution_options(synchronize_session=False)).rowcount)  # type: ignore[attr-defined]
