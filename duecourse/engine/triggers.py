"""Which events were recorded whose flows nobody has started yet?

What an event starts is planned in the transaction that records it; starting the flow shows that, and is what the other
side of a server waits for. Whoever misses an event finds its windows with the next scheduled run.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine, update
from sqlmodel import col, select

from duecourse.models import ContractRow, EventRow
from duecourse.models.database import reading, writing
from duecourse.tracking.stored_definitions import contract_of

_NEWS = timedelta(days=1)
"""An event that nobody announced for so long is left to the scheduled runs."""
_AT_ONCE = 500
"""How many events are looked at in one tick."""


@dataclass(frozen=True, slots=True)
class Started:
    """An event that was recorded, and the jobs that look after its windows."""

    event_id: int
    contract_id: str
    name: str
    jobs: tuple[str, ...]


def waiting(engine: Engine, *, now: datetime) -> list[Started]:
    """Return the events of the last day that were not announced yet, the oldest first."""
    query = (
        select(EventRow, ContractRow)
        .join(ContractRow, col(ContractRow.id) == EventRow.contract_id)
        .where(col(EventRow.announced_at).is_(None), col(EventRow.recorded_at) > now - _NEWS)
        .order_by(col(EventRow.id))
        .limit(_AT_ONCE)
    )
    with reading(engine) as session:
        return [_started(event, contract) for event, contract in session.exec(query)]


def announced(engine: Engine, started: Collection[Started], *, now: datetime) -> None:
    """Record that the flows of these events were started, so that they are started once."""
    if not started:
        return
    with writing(engine) as session:
        ids = [each.event_id for each in started]
        session.execute(update(EventRow).where(col(EventRow.id).in_(ids)).values(announced_at=now))


def _started(event: EventRow, contract: ContractRow) -> Started:
    assert event.id is not None
    flows = dict.fromkeys(obligation.flow for obligation in contract_of(contract).started_by(event.name))
    return Started(event.id, event.contract_id, event.name, tuple(flows))
