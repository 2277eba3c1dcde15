"""What would change among the stored deliverables, if a contract held in this form?

The comparison changes nothing: planning applies it whole, a rehearsal shows it, and a person accepts it line by line.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from duecourse.calendar.derivation import Occurrence
from duecourse.calendar.due import due_phrase
from duecourse.calendar.occurrences import occurrences
from duecourse.calendar.standing import Facts, Standing, standing
from duecourse.models import Deliverable
from duecourse.tracking.in_force import InForce, Key

TIMES = ("due_on", "due_at", "whole_day")
"""The columns whose change is a change of its time."""
WORDS = (
    "nominal_on",
    "flow",
    "number",
    "title",
    "label",
    "clause",
    "owed_by",
    "owed_to",
    "channel",
    "subject",
    "steps",
)
REST = ("period_start", "period_end", "zone", "calendar_version", "safe_on", "remind", "excused", "party")


class ChangeKind(StrEnum):
    """What becomes of a deliverable."""

    ADDED = "added"
    MOVED = "moved"
    REWORDED = "reworded"
    """Its date stays; its words, its number or its reasons change."""
    DROPPED = "dropped"
    NO_LONGER_LATE = "no longer late"
    """It came in late, and what changed explains why: the flag is withdrawn, the date stays as it was decided."""
    SUBMITTED = "already submitted"
    """Its date would change, but it is in: what was submitted stays as it was decided."""


CHOOSABLE = (ChangeKind.MOVED, ChangeKind.ADDED, ChangeKind.DROPPED)
"""The lines that a person may accept or leave. The others follow from the rest, or change nothing that people see."""


@dataclass(frozen=True, slots=True)
class Change:
    """One line of a comparison: what becomes of one deliverable, in the database's terms and in a person's.

    `values` are the columns as they would be, `was` and `becomes` the due phrases before and after.
    """

    kind: ChangeKind
    key: Key
    title: str
    label: str
    was: str
    becomes: str
    late_at_once: bool
    values: dict[str, Any]
    row: Deliverable | None = None

    @property
    def name(self) -> str:
        """The name under which a person accepts this line: obligation and occurrence."""
        return "/".join(self.key)


def compare(held: InForce, stored: Iterable[Deliverable], *, now: datetime, flow: str | None = None) -> list[Change]:
    """Return what would change if `held` were planned over the `stored` deliverables, by due moment, then what drops.

    The order of `stored` does not matter: who confirms what was seen names it by its lines in their order.
    """
    known = {(row.obligation_id, row.occurrence): row for row in stored}
    changes: list[Change] = []
    for occurrence in occurrences(held.contract, held.events, flow=flow):
        key = (occurrence.obligation.id, occurrence.key)
        if key in held.not_asked:
            continue
        row, values = known.pop(key, None), _values(occurrence)
        change = _added(key, values, now) if row is None else _changed(key, row, values, now)
        if change is not None:
            changes.append(change)
    changes += [
        Change(ChangeKind.DROPPED, key, row.title, row.label, _phrase(row), "", False, {}, row)
        for key, row in sorted(known.items(), key=lambda one: (one[1].due_at, one[0]))
        if row.submitted_at is None and row.withdrawn_at is None and key not in held.kept
    ]
    return changes


def _added(key: Key, values: dict[str, Any], now: datetime) -> Change:
    late = standing(Facts(values["due_at"], excused=bool(values["excused"])), now) is Standing.OVERDUE
    return Change(ChangeKind.ADDED, key, values["title"], values["label"], "", _said(values), late, values)


def _changed(key: Key, row: Deliverable, values: dict[str, Any], now: datetime) -> Change | None:
    moves = row.withdrawn_at is not None or _differ(row, values, TIMES)
    if row.submitted_at is not None and row.returned_at is None:
        return _submitted(key, row, values) if moves else None
    if not moves and not _differ(row, values, WORDS + REST):
        return None
    before, after = standing(row.facts, now), standing(Facts(values["due_at"], excused=bool(values["excused"])), now)
    late = after is Standing.OVERDUE and before is not Standing.OVERDUE
    kind = ChangeKind.MOVED if moves else ChangeKind.REWORDED
    was = "" if row.withdrawn_at is not None else _phrase(row)
    return Change(kind, key, row.title, row.label, was, _said(values), late, values, row)


def _submitted(key: Key, row: Deliverable, values: dict[str, Any]) -> Change:
    assert row.submitted_at is not None
    explained = row.due_at <= row.submitted_at < values["due_at"] and not row.excused
    kind = ChangeKind.NO_LONGER_LATE if explained else ChangeKind.SUBMITTED
    return Change(kind, key, row.title, row.label, _phrase(row), _said(values), False, values, row)


def _differ(row: Deliverable, values: dict[str, Any], names: Iterable[str]) -> bool:
    return any(getattr(row, name) != values[name] for name in names)


def _phrase(row: Deliverable) -> str:
    return due_phrase(row.due_at, zone=row.zone, whole_day=row.whole_day)


def _said(values: dict[str, Any]) -> str:
    return due_phrase(values["due_at"], zone=values["zone"], whole_day=values["whole_day"])


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
        "safe_on": moment.safe_on,
        "zone": moment.zone,
        "steps": list(moment.steps),
        "calendar_version": moment.calendar_version,
        "remind": obligation.remind,
        "party": str(obligation.party),
        "excused": occurrence.excused,
    }
