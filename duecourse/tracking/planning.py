"""Which deliverables should exist, and how do the stored ones come to agree with the definitions?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import insert
from sqlmodel import Session, col, select

from duecourse.calendar.derivation import Occurrence
from duecourse.calendar.occurrences import occurrences
from duecourse.calendar.schedule import Event
from duecourse.models import ContractRow, Deliverable, EventRow
from duecourse.models.columns import new_uid
from duecourse.tracking.audit import record
from duecourse.tracking.changes import mark_changed
from duecourse.tracking.stored_definitions import contract_of

_Row = TypeVar("_Row", Deliverable, EventRow)

# What a plan may change on a stored deliverable. A change of one of the first four is a change of its time.
_TIMES = ("nominal_on", "due_on", "due_at", "whole_day")
_WORDS = ("flow", "number", "title", "label", "clause", "owed_by", "owed_to", "channel", "subject", "steps")
_REST = ("period_start", "period_end", "zone", "calendar_version")


@dataclass(frozen=True, slots=True)
class Planned:
    """What a planning run changed."""

    added: int = 0
    moved: int = 0
    withdrawn: int = 0

    def __add__(self, other: Planned) -> Planned:
        return Planned(self.added + other.added, self.moved + other.moved, self.withdrawn + other.withdrawn)


def plan(
    session: Session, *, now: datetime, actor: str, flow: str | None = None, contract_id: str | None = None
) -> Planned:
    """Bring the stored deliverables in line with the definitions and recorded events; doing it again changes nothing.

    What was submitted stays as it was decided: its date is never moved, and it is never withdrawn. `flow` and
    `contract_id` limit the run to one kind of schedule and one contract.
    """
    query = select(ContractRow).order_by(col(ContractRow.id))
    if contract_id is not None:
        query = query.where(ContractRow.id == contract_id)
    contracts = session.exec(query).all()
    events = _grouped(session.exec(select(EventRow).order_by(col(EventRow.happened_at))).all())
    stored = select(Deliverable)
    if flow is not None:
        stored = stored.where(Deliverable.flow == flow)
    if contract_id is not None:
        stored = stored.where(Deliverable.contract_id == contract_id)
    known = _grouped(session.exec(stored).all())
    total = Planned()
    for row in contracts:
        happened = [Event(event.name, event.happened_at, event.reference) for event in events.get(row.id, [])]
        wanted = occurrences(contract_of(row), happened, flow=flow)
        total += _reconcile(session, row.id, wanted, known.get(row.id, []), now=now, actor=actor)
    return total


def _reconcile(
    session: Session,
    contract_id: str,
    wanted: list[Occurrence],
    stored: list[Deliverable],
    *,
    now: datetime,
    actor: str,
) -> Planned:
    known = {(row.obligation_id, row.occurrence): row for row in stored}
    fresh: list[dict[str, Any]] = []
    moved: list[dict[str, str]] = []
    for occurrence in wanted:
        row = known.pop((occurrence.obligation.id, occurrence.key), None)
        values = _values(occurrence)
        if row is None:
            identity = {
                "contract_id": contract_id,
                "obligation_id": occurrence.obligation.id,
                "occurrence": occurrence.key,
            }
            fresh.append(identity | values | {"uid": new_uid(), "planned_at": now, "changed_at": now, "sequence": 0})
        elif row.submitted_at is None and _changes(row, values):
            moved.append({"deliverable": row.uid, "from": row.due_at.isoformat(), "to": values["due_at"].isoformat()})
            _move(row, values, now=now)
    gone = [row for row in known.values() if row.submitted_at is None and row.withdrawn_at is None]
    for row in gone:
        row.withdrawn_at, row.changed_at, row.sequence = now, now, row.sequence + 1
    if fresh:
        session.execute(insert(Deliverable), fresh)
    done = Planned(len(fresh), len(moved), len(gone))
    if done != Planned():
        detail = {"added": len(fresh), "moved": moved, "withdrawn": [row.uid for row in gone]}
        record(session, "planned deliverables", actor=actor, now=now, contract_id=contract_id, detail=detail)
        mark_changed(session, contract_id)
    return done


def _values(occurrence: Occurrence) -> dict[str, Any]:
    obligation, moment = occurrence.obligation, occurrence.moment
    return {
        "flow": obligation.flow,
        "number": occurrence.number,
        "title": obligation.title,
        "label": occurrence.label,
        "clause": obligation.clause,
        "owed_by": obligation.owed_by,
        "owed_to": obligation.owed_to,
        "channel": obligation.channel,
        "subject": occurrence.subject,
        "period_start": occurrence.window.start if occurrence.window else None,
        "period_end": occurrence.window.end if occurrence.window else None,
        "nominal_on": moment.nominal_on,
        "due_on": moment.due_on,
        "due_at": moment.due_at,
        "whole_day": moment.whole_day,
        "zone": moment.zone,
        "steps": list(moment.steps),
        "calendar_version": moment.calendar_version,
    }


def _changes(row: Deliverable, values: dict[str, Any]) -> bool:
    return row.withdrawn_at is not None or any(getattr(row, name) != values[name] for name in _TIMES + _WORDS + _REST)


def _move(row: Deliverable, values: dict[str, Any], *, now: datetime) -> None:
    if row.withdrawn_at is not None or any(getattr(row, name) != values[name] for name in _TIMES):
        row.sequence += 1
    for name, value in values.items():
        setattr(row, name, value)
    row.withdrawn_at, row.changed_at = None, now


def _grouped(rows: Iterable[_Row]) -> dict[str, list[_Row]]:
    groups: dict[str, list[_Row]] = {}
    for row in rows:
        groups.setdefault(row.contract_id, []).append(row)
    return groups
