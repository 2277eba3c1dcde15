"""Who was told about a deliverable, when, and whom could no mail reach?"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import defer
from sqlmodel import Session, col, select

from duecourse.models import ContractRow, Deliverable, Notice, NoticeState, Person, Role
from duecourse.models.mailed import REPORT_MAIL
from duecourse.notifications.claiming import SIGN_IN
from duecourse.notifications.failures import UNREACHED

_MOST_FAILED = 500


@dataclass(frozen=True, slots=True)
class Told:
    """The latest reminder of a deliverable that was sent by an instant: when, and to whom; whom it did not reach."""

    at: datetime | None
    names: tuple[str, ...]
    unreached: tuple[str, ...] = ()


def last_told(session: Session, *, deliverable_ids: Collection[int], now: datetime) -> dict[int, Told]:
    """Return the latest reminder sent by `now` for each of these deliverables that had one; one statement.

    Whom no later reminder reached after one came back is named, too.
    """
    query = (
        sa.select(
            col(Notice.deliverable_id),
            col(Notice.rung),
            col(Notice.owed_at),
            col(Notice.sent_at),
            col(Notice.state),
            col(Person.name),
        )
        .join(Person, col(Person.id) == Notice.person_id)
        .where(
            col(Notice.deliverable_id).in_(deliverable_ids),
            sa.or_(
                sa.and_(col(Notice.state) == NoticeState.SENT, col(Notice.sent_at) <= now),
                sa.and_(col(Notice.state).in_(UNREACHED), col(Notice.queued_at) <= now),
            ),
        )
        # Of one reminder, whom it was addressed to comes before whom it was copied to.
        .order_by(col(Notice.owed_at), col(Notice.is_copy), col(Person.name), col(Notice.id))
    )
    told: dict[int, tuple[tuple[str, datetime] | None, Told]] = {}
    for deliverable_id, rung, owed_at, sent_at, state, name in session.execute(query):
        assert deliverable_id is not None
        key, before = told.get(deliverable_id, (None, Told(None, ())))
        if state != NoticeState.SENT or sent_at is None:
            unreached = dict.fromkeys((*before.unreached, name))
            told[deliverable_id] = (key, replace(before, unreached=tuple(unreached)))
            continue
        others = tuple(one for one in before.unreached if one != name)
        if key == (rung, owed_at) and before.at is not None:
            told[deliverable_id] = (key, Told(max(before.at, sent_at), (*before.names, name), others))
        else:
            told[deliverable_id] = ((rung, owed_at), Told(sent_at, (name,), others))
    return {deliverable_id: latest for deliverable_id, (_, latest) in told.items()}


def notices_of(session: Session, deliverable_id: int, *, now: datetime) -> list[tuple[Notice, Person]]:
    """Return every notice about a deliverable that was owed by `now`, the newest first, each with its reader."""
    query = (
        select(Notice, Person)
        .join(Person, col(Person.id) == Notice.person_id)
        .where(Notice.deliverable_id == deliverable_id, col(Notice.queued_at) <= now)
        .options(defer(Notice.message))  # type: ignore[arg-type]
        .order_by(col(Notice.queued_at).desc(), col(Notice.id))
    )
    return list(session.exec(query))


@dataclass(frozen=True, slots=True)
class Unsent:
    """A notice that could not be sent, its reader, and the deliverable and contract it is about, if it is of one."""

    notice: Notice
    person: Person
    deliverable: Deliverable | None
    contract: ContractRow | None


def failed_in(session: Session, contract_ids: Collection[str]) -> list[Unsent]:
    """Return the notices about these contracts that could not be sent, the newest first.

    A mail that is about no single deliverable (changed dates, the daily mail) is shown where its reader has a part.
    """
    query = (
        select(Notice, Person, Deliverable, ContractRow)
        .join(Person, col(Person.id) == Notice.person_id)
        .outerjoin(Deliverable, col(Deliverable.id) == Notice.deliverable_id)
        .outerjoin(ContractRow, col(ContractRow.id) == Deliverable.contract_id)
        .where(_is_shown_to(contract_ids), col(Notice.state).in_(UNREACHED), col(Notice.carrier_id).is_(None))
        .options(defer(Notice.message))  # type: ignore[arg-type]
        .order_by(col(Notice.queued_at).desc(), col(Notice.id))
        .limit(_MOST_FAILED)
    )
    return [Unsent(*found) for found in session.exec(query)]


def is_failure_of(session: Session, notice_id: int, contract_ids: Collection[str]) -> bool:
    """Tell whether a notice is about one of these contracts, or tells somebody with a part in one what changed."""
    query = (
        select(Notice.id)
        .outerjoin(Deliverable, col(Deliverable.id) == Notice.deliverable_id)
        .where(Notice.id == notice_id, _is_shown_to(contract_ids))
    )
    return session.exec(query).first() is not None


def _is_shown_to(contract_ids: Collection[str]) -> sa.ColumnElement[bool]:
    readers = select(Role.person_id).where(col(Role.contract_id).in_(contract_ids))
    for_all = sa.and_(
        col(Notice.deliverable_id).is_(None),
        col(Notice.rung).not_in((SIGN_IN, REPORT_MAIL)),
        col(Notice.person_id).in_(readers),
    )
    return sa.or_(col(Deliverable.contract_id).in_(contract_ids), for_all)
