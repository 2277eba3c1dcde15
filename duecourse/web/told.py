"""Who was told about a deliverable, when, and whom could no mail reach?"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
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
    """The latest reminder of a deliverable that was sent: when, and to whom by then."""

    at: datetime
    names: tuple[str, ...]


def last_told(session: Session, *, contract_ids: Collection[str], now: datetime) -> dict[int, Told]:
    """Return the latest reminder sent by `now` for each deliverable of these contracts that had one; one statement."""
    query = (
        select(Notice.deliverable_id, Notice.rung, Notice.sent_at, Person.name)
        .join(Person, col(Person.id) == Notice.person_id)
        .join(Deliverable, col(Deliverable.id) == Notice.deliverable_id)
        .where(
            col(Deliverable.contract_id).in_(contract_ids),
            Notice.state == NoticeState.SENT,
            col(Notice.sent_at) <= now,
        )
        # Of one reminder, whom it was addressed to comes before whom it was copied to.
        .order_by(col(Notice.owed_at), col(Notice.is_copy), col(Person.name))
    )
    told: dict[int, tuple[str, Told]] = {}
    for deliverable_id, rung, sent_at, name in session.exec(query):
        assert deliverable_id is not None and sent_at is not None
        before = told.get(deliverable_id)
        if before is not None and before[0] == rung:
            earlier = before[1]
            told[deliverable_id] = (rung, Told(max(earlier.at, sent_at), (*earlier.names, name)))
        else:
            told[deliverable_id] = (rung, Told(sent_at, (name,)))
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
