"""How do the stored deliverables come to agree with the definitions, the events and what people decided?"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert
from sqlmodel import Session, col, select

from duecourse.models import Deliverable, DueChange
from duecourse.models.columns import new_uid
from duecourse.tracking.audit import record, take_turn
from duecourse.tracking.changes import mark_changed
from duecourse.tracking.comparing import TIMES, Change, ChangeKind, compare
from duecourse.tracking.in_force import in_force
from duecourse.tracking.own_words import DEFINITION_CHANGED, no_longer_late


@dataclass(frozen=True, slots=True)
class Planned:
    """What a planning run changed."""

    added: int = 0
    moved: int = 0
    withdrawn: int = 0

    def __add__(self, other: Planned) -> Planned:
        return Planned(self.added + other.added, self.moved + other.moved, self.withdrawn + other.withdrawn)


def plan(
    session: Session,
    *,
    now: datetime,
    actor: str,
    flow: str | None = None,
    contract_id: str | None = None,
    contract_ids: Collection[str] | None = None,
    cause: str = DEFINITION_CHANGED,
) -> Planned:
    """Bring the stored deliverables in line with what holds; doing it again changes nothing.

    What was submitted stays as it was decided: its date is never moved, and it is never withdrawn. `flow` and
    `contract_id` (or `contract_ids`) limit the run to one kind of schedule, and to one contract or some. `cause` is
    what people are told when a date moves.
    """
    stored = select(Deliverable)
    if flow is not None:
        stored = stored.where(Deliverable.flow == flow)
    if contract_id is not None:
        contract_ids = [contract_id]
    if contract_ids is not None:
        stored = stored.where(col(Deliverable.contract_id).in_(contract_ids))
    known: dict[str, list[Deliverable]] = {}
    for row in session.exec(stored):
        known.setdefault(row.contract_id, []).append(row)
    total = Planned()
    held = in_force(session, contract_ids=contract_ids)
    for each, contract in held.items():
        changes = compare(contract, known.get(each, []), now=now, flow=flow)
        total += apply(session, each, changes, now=now, actor=actor, cause=cause)
    return total


def apply(
    session: Session, contract_id: str, changes: Iterable[Change], *, now: datetime, actor: str, cause: str
) -> Planned:
    """Make the changes of a comparison, record them, and keep what people had been told before."""
    changes = _still(session, list(changes))
    fresh = [change for change in changes if change.kind is ChangeKind.ADDED]
    moved = [change for change in changes if change.kind in (ChangeKind.MOVED, ChangeKind.REWORDED)]
    dropped = [change for change in changes if change.kind is ChangeKind.DROPPED]
    explained = [change for change in changes if change.kind is ChangeKind.NO_LONGER_LATE]
    for change in moved:
        _move(session, change, now=now, actor=actor, cause=cause)
    for change in dropped:
        row = _row(change)
        row.withdrawn_at, row.changed_at, row.sequence = now, now, row.sequence + 1
    for change in explained:
        row = _row(change)
        row.excused, row.changed_at = no_longer_late(cause), now
    if fresh:
        new = {"contract_id": contract_id, "planned_at": now, "changed_at": now, "sequence": 0}
        session.execute(insert(Deliverable), [_identified(change) | change.values | new for change in fresh])
    if fresh or moved or dropped or explained:
        detail = {
            "cause": cause,
            "added": len(fresh),
            "moved": [{"line": change.name, "from": change.was, "to": change.becomes} for change in moved],
            "withdrawn": [change.name for change in dropped],
            "no longer late": [change.name for change in explained],
        }
        session.flush()
        record(session, "planned deliverables", actor=actor, now=now, contract_id=contract_id, detail=detail)
        mark_changed(session, contract_id)
    return Planned(len(fresh), len(moved), len(dropped))


def _still(session: Session, changes: list[Change]) -> list[Change]:
    # Somebody may have acted on a row since it was compared: it is left as it is, and compared anew by the next plan.
    rows = [change.row for change in changes if change.row is not None]
    if not rows:
        return changes
    take_turn(session)
    before = {row.id: (row.changed_at, row.facts) for row in rows}
    held = select(Deliverable).where(col(Deliverable.id).in_(before)).order_by(col(Deliverable.id)).with_for_update()
    session.exec(held, execution_options={"populate_existing": True}).all()
    return [
        change
        for change in changes
        if change.row is None or before[change.row.id] == (change.row.changed_at, change.row.facts)
    ]


def _identified(change: Change) -> dict[str, str]:
    obligation_id, occurrence = change.key
    return {"obligation_id": obligation_id, "occurrence": occurrence, "uid": new_uid()}


def _move(session: Session, change: Change, *, now: datetime, actor: str, cause: str) -> None:
    row = _row(change)
    assert row.id is not None
    if row.withdrawn_at is not None or any(getattr(row, name) != change.values[name] for name in TIMES):
        row.sequence += 1
        session.add(
            DueChange(
                deliverable_id=row.id,
                changed_at=now,
                changed_by=actor,
                cause=cause,
                nominal_on=row.nominal_on,
                due_at=row.due_at,
                whole_day=row.whole_day,
                steps="\n".join(row.steps),
            )
        )
    for name, value in change.values.items():
        setattr(row, name, value)
    row.withdrawn_at, row.changed_at = None, now


def _row(change: Change) -> Deliverable:
    assert change.row is not None
    return change.row
