"""How much of what was due came in on time, by report and fiscal year?

What cannot be late is left out: it was asked for after its date. So is what was withdrawn, and what is not due yet.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from duecourse.calendar.periods import fiscal_year_of
from duecourse.calendar.standing import Facts, Standing, standing
from duecourse.tracking.boards import Item


@dataclass(frozen=True, slots=True)
class Rate:
    """Of `due` reports of one kind in one fiscal year, so many came in on time, late, and not at all."""

    title: str
    fiscal_year: int
    on_time: int
    late: int
    missing: int

    @property
    def due(self) -> int:
        """How many were due."""
        return self.on_time + self.late + self.missing

    @property
    def share(self) -> Fraction:
        """The share that came in on time; 1 when nothing was due."""
        return Fraction(self.on_time, self.due) if self.due else Fraction(1)


def on_time_rates(items: Iterable[Item], *, now: datetime, fiscal_year_starts: int) -> list[Rate]:
    """Return the rates of these deliverables at `now`, by title and fiscal year of their last day."""
    counts: dict[tuple[str, int], list[int]] = {}
    for item in items:
        row = item.deliverable
        if row.excused or item.standing is Standing.WITHDRAWN or row.due_at > now:
            continue
        key = (row.title, fiscal_year_of(row.due_on, fiscal_year_starts))
        counts.setdefault(key, [0, 0, 0])[_outcome(row.facts, now)] += 1
    return [Rate(title, year, *found) for (title, year), found in sorted(counts.items())]


def _outcome(facts: Facts, now: datetime) -> int:
    # The latest version counts: what was returned and came in again after its date came in late.
    came_in = facts.submitted_at is not None and facts.submitted_at <= now
    if not came_in:
        return 2
    arrived = Facts(facts.due_at, submitted_at=facts.submitted_at)
    return 0 if standing(arrived, now) is Standing.SUBMITTED else 1
