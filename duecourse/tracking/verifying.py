"""Does what is stored agree with what follows from it: every date, every standing, and the seals of the audit log?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlmodel import Session, col, select

from duecourse.calendar import words
from duecourse.errors import BadInput
from duecourse.language.said import say, say_count
from duecourse.models import Deliverable, LifecycleEntry
from duecourse.tracking.acting import replayed
from duecourse.tracking.audit import verify
from duecourse.tracking.comparing import Change, ChangeKind, compare
from duecourse.tracking.in_force import in_force

_DRIFT = {
    ChangeKind.ADDED: "is missing",
    ChangeKind.MOVED: "has another date than follows from its rule",
    ChangeKind.REWORDED: "says something else than its contract",
    ChangeKind.DROPPED: "is asked for, but not by its contract",
    ChangeKind.NO_LONGER_LATE: "counts as late, although its date moved",
}


@dataclass(frozen=True, slots=True)
class Verified:
    """What was looked at, and what does not agree, by contract; `audit` says what is wrong with the audit log."""

    dates: int
    entries: int
    drift: dict[str, list[str]] = field(default_factory=dict)
    audit: str = ""

    @property
    def is_whole(self) -> bool:
        """Whether everything agrees."""
        return not self.drift and not self.audit

    @property
    def said(self) -> str:
        """Say what was looked at, and how much does not agree."""
        entries = say_count("%(num)s audit entry", "%(num)s audit entries", self.entries)
        looked = words.joined([words.count(self.dates, "date"), entries])
        if self.is_whole:
            return say("%(looked)s agree", looked=looked)
        lines = [line for found in self.drift.values() for line in found]
        said = [*([self.audit] if self.audit else []), *lines]
        return say_count(
            "%(looked)s were checked; %(num)s thing disagree: %(first)s",
            "%(looked)s were checked; %(num)s things disagree: %(first)s",
            len(said),
            looked=looked,
            first=said[0],
        )

    def __str__(self) -> str:
        return str(self.said)


def verify_everything(session: Session, *, now: datetime) -> Verified:
    """Recompute every due moment and every standing of all contracts, and check the whole audit log.

    Changes nothing. A fixed number of statements, however many contracts there are. Read it in a snapshot: a change
    that is made meanwhile would look like a disagreement.
    """
    rows: dict[str, list[Deliverable]] = {}
    for row in session.exec(select(Deliverable).order_by(col(Deliverable.id))):
        rows.setdefault(row.contract_id, []).append(row)
    entries: dict[int, list[LifecycleEntry]] = {}
    for entry in session.exec(select(LifecycleEntry).order_by(col(LifecycleEntry.id))):
        entries.setdefault(entry.deliverable_id, []).append(entry)
    drift: dict[str, list[str]] = {}
    for contract_id, held in in_force(session).items():
        stored = rows.get(contract_id, [])
        found = [*_dates(compare(held, stored, now=now)), *_standings(stored, entries)]
        if found:
            drift[contract_id] = found
    try:
        count, problem = verify(session), ""
    except BadInput as error:
        count, problem = 0, str(error)
    return Verified(sum(len(each) for each in rows.values()), count, drift, problem)


def _dates(changes: Iterable[Change]) -> list[str]:
    return [f"{change.title}, {change.label}, {_DRIFT[change.kind]}" for change in changes if change.kind in _DRIFT]


def _standings(rows: Iterable[Deliverable], entries: dict[int, list[LifecycleEntry]]) -> list[str]:
    found = []
    for row in rows:
        worked_out = replayed(entries.get(row.id or 0, []), due_at=row.due_at)
        # These three follow from the contract, not from the history.
        kept = replace(row.facts, withdrawn_at=None, excused=False, ends_when_in=False)
        if worked_out != kept:
            found.append(f"{row.title}, {row.label}, stands elsewhere than its history leads")
    return found
