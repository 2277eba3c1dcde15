"""Where did deliverables stand at a past instant, as far as was recorded by then?"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

from sqlmodel import Session, col, select

from duecourse.calendar.standing import Facts
from duecourse.models import Deliverable, DueChange, LifecycleEntry
from duecourse.tracking.acting import replayed


@dataclass(frozen=True, slots=True)
class Known:
    """What was known of a deliverable: its facts, and whether all of its last day counts."""

    facts: Facts
    whole_day: bool


def known_at(session: Session, rows: Collection[Deliverable], now: datetime) -> list[Known]:
    """Return what was known of each deliverable at `now`: acts by then, and the date that was told then.

    A row holds the latest facts. Where something was changed after `now`, its entries are replayed up to then, so that
    a submission which was entered later does not change what people saw before. Whether it cannot be late (`excused`)
    is taken as it is known today.
    """
    later = [row for row in rows if row.changed_at > now]
    contracts = {row.contract_id for row in later}
    entries = _entries(session, contracts, now) if contracts else {}
    dates = _dates(session, contracts, now) if contracts else {}
    return [_then(row, entries, dates) if row.changed_at > now else _today(row) for row in rows]


def _today(row: Deliverable) -> Known:
    return Known(row.facts, row.whole_day)


def _then(row: Deliverable, entries: dict[int, list[LifecycleEntry]], dates: dict[int, DueChange]) -> Known:
    date = dates.get(row.id or 0, row)
    facts = replace(
        replayed(entries.get(row.id or 0, []), due_at=date.due_at),
        withdrawn_at=row.withdrawn_at,
        excused=bool(row.excused),
        ends_when_in=row.facts.ends_when_in,
    )
    return Known(facts, date.whole_day)


def _entries(session: Session, contracts: Collection[str], now: datetime) -> dict[int, list[LifecycleEntry]]:
    query = (
        select(LifecycleEntry)
        .join(Deliverable, col(Deliverable.id) == LifecycleEntry.deliverable_id)
        .where(
            col(Deliverable.contract_id).in_(contracts),
            col(Deliverable.changed_at) > now,
            col(LifecycleEntry.recorded_at) <= now,
        )
        .order_by(col(LifecycleEntry.id))
    )
    found: dict[int, list[LifecycleEntry]] = {}
    for entry in session.exec(query):
        found.setdefault(entry.deliverable_id, []).append(entry)
    return found


def _dates(session: Session, contracts: Collection[str], now: datetime) -> dict[int, DueChange]:
    # A change keeps what was said before it: the first one after `now` holds what was said then.
    query = (
        select(DueChange)
        .join(Deliverable, col(Deliverable.id) == DueChange.deliverable_id)
        .where(col(Deliverable.contract_id).in_(contracts), col(DueChange.changed_at) > now)
        .order_by(col(DueChange.id).desc())
    )
    return {change.deliverable_id: change for change in session.exec(query)}
