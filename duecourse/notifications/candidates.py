"""Of which deliverables may something be owed now? A net with wide meshes: the ladder decides."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from duecourse.calendar.ladders import FIRST_OFFSET
from duecourse.calendar.lifecycle import Act, Party, Phase
from duecourse.calendar.standing import Facts
from duecourse.models import ContractRow, Deliverable, LifecycleEntry, Preference
from duecourse.notifications import ladder

LATEST_WITHIN = ladder.LASTS + timedelta(days=2)
"""How long ago a rung that is owed was reached at most, with room for zones and whole days."""
_ROOM = timedelta(days=2)


def candidates(session: Session, now: datetime, deliverable_ids: Collection[int] | None) -> list[Any]:
    """Return what is open, or was returned, and near enough to its due date; two statements, or one for given ids."""
    earliest = (now - LATEST_WITHIN).date()
    earliest_end, earliest_due = earliest - ladder.STOPS_AFTER, earliest - timedelta(days=ladder.COPIES_FROM)
    base = (
        sa.select(*_COLUMNS)
        .join(ContractRow, col(ContractRow.id) == Deliverable.contract_id)
        .where(
            *_asked_for(),
            sa.or_(
                col(ContractRow.end_on) >= earliest_end,
                col(Deliverable.due_on) >= earliest_due,
                col(Deliverable.again_by) >= now - LATEST_WITHIN,
                col(Deliverable.returned_at) >= now - LATEST_WITHIN,
            ),
        )
    )
    if deliverable_ids is not None:
        base = base.where(col(Deliverable.id).in_(deliverable_ids))
    else:
        base = base.where(col(Deliverable.due_at) < now + _horizon(session))
    # Two selects, so that each can have a partial index of its own.
    both = sa.union_all(
        base.where(col(Deliverable.submitted_at).is_(None)),
        base.where(col(Deliverable.submitted_at).is_not(None), col(Deliverable.returned_at).is_not(None)),
    )
    return list(session.execute(both).all())


def arrivals(session: Session, now: datetime, deliverable_ids: Collection[int] | None) -> list[Any]:
    """Return what came in lately and was not sent back, each with the instant at which it was recorded; one statement.

    What fell due before its contract was entered is left out: a past that is being entered is no news.
    """
    entry = col(LifecycleEntry.recorded_at)
    query = (
        sa.select(*_COLUMNS, entry, col(LifecycleEntry.happened_at))
        .join(LifecycleEntry, col(LifecycleEntry.deliverable_id) == Deliverable.id)
        .join(ContractRow, col(ContractRow.id) == Deliverable.contract_id)
        .where(
            *_asked_for(),
            col(LifecycleEntry.act).in_([Act.SUBMIT, Act.REPORT_NOTHING]),
            entry > now - ladder.CHANGE_LASTS,
            entry <= now,
            entry >= ContractRow.notices_from,
            col(Deliverable.due_at) >= ContractRow.notices_from,
            col(Deliverable.party) == Party.CONTRACTOR,
            col(Deliverable.submitted_at).is_not(None),
        )
        .order_by(col(LifecycleEntry.id))
    )
    if deliverable_ids is not None:
        query = query.where(col(Deliverable.id).in_(deliverable_ids))
    latest = {row.id: row for row in session.execute(query)}
    return [
        row
        for row in latest.values()
        if row.happened_at == row.submitted_at and facts_of(row).phase in (Phase.IN, Phase.ACCEPTED)
    ]


def to_hand_in() -> list[sa.ColumnElement[bool]]:
    """Return the conditions under which a deliverable is still to be handed in, for the first time or again."""
    is_out = sa.or_(
        col(Deliverable.submitted_at).is_(None), col(Deliverable.returned_at) >= col(Deliverable.submitted_at)
    )
    return [is_out, *_wanted()]


def facts_of(row: Any) -> Facts:
    """Return the facts of a deliverable that was found."""
    return Facts(
        row.due_at,
        row.submitted_at,
        row.accepted_at,
        row.returned_at,
        excused=bool(row.excused),
        again_by=row.again_by,
    )


def _asked_for() -> tuple[sa.ColumnElement[bool], ...]:
    return *_wanted(), col(Deliverable.remind).is_(True)


def _wanted() -> tuple[sa.ColumnElement[bool], ...]:
    return col(Deliverable.withdrawn_at).is_(None), col(Deliverable.set_aside) == ""


def _horizon(session: Session) -> timedelta:
    """Return how far ahead a due moment may lie for its first rung to be reached; one statement."""
    by_contract = sa.select(sa.func.max(col(ContractRow.furthest_before))).scalar_subquery()
    by_person = sa.select(sa.func.max(col(Preference.furthest_before))).scalar_subquery()
    furthest = session.execute(sa.select(by_contract, by_person)).one()
    return timedelta(days=max(-FIRST_OFFSET, *(days or 0 for days in furthest))) + _ROOM


_COLUMNS = (
    col(Deliverable.id),
    col(Deliverable.uid),
    col(Deliverable.contract_id),
    col(Deliverable.obligation_id),
    col(Deliverable.due_on),
    col(Deliverable.due_at),
    col(Deliverable.zone),
    col(Deliverable.submitted_at),
    col(Deliverable.accepted_at),
    col(Deliverable.returned_at),
    col(Deliverable.again_by),
    col(Deliverable.party),
    col(Deliverable.excused),
    col(ContractRow.notices_from),
    col(ContractRow.end_on),
    col(ContractRow.notice_terms),
)
