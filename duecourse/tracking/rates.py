"""How much of what was due came in on time, by report and quarter or year?

On time means: no version in effect came in at or after the due moment that was in force for it. A version that was
taken back does not count. Left out is what cannot be late or was not to come in: what is excused, waived, not
applicable, cancelled, withdrawn, or not due yet.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import IntEnum
from fractions import Fraction

from sqlmodel import Session, col, select

from duecourse.calendar.lifecycle import Act
from duecourse.calendar.periods import add_months, fiscal_year_of
from duecourse.calendar.standing import Standing
from duecourse.models import LifecycleEntry, Submission
from duecourse.tracking.acting import in_effect
from duecourse.tracking.boards import Item

_LEFT_OUT = frozenset(
    {Standing.EXCUSED, Standing.WAIVED, Standing.NOT_APPLICABLE, Standing.CANCELLED, Standing.WITHDRAWN}
)


class Outcome(IntEnum):
    """What became of one deliverable that was due."""

    ON_TIME = 0
    LATE = 1
    MISSING = 2
    """Nothing is in, or a correction that was asked for is past its day."""


@dataclass(frozen=True, slots=True)
class CameIn:
    """One version that came in: at which instant, and which one was the first that is late for it."""

    at: datetime
    due_at: datetime


@dataclass(frozen=True, slots=True)
class RateRow:
    """What counts of one deliverable. `versions` are those in effect, the first one first.

    `counts` is False for what cannot be late or was not to come in; `is_overdue` says that something is still to come
    and past its day.
    """

    obligation_id: str
    title: str
    due_on: date
    due_at: datetime
    versions: tuple[CameIn, ...] = ()
    counts: bool = True
    is_overdue: bool = False

    def outcome(self, now: datetime) -> Outcome | None:
        """Return what became of it by `now`; None when it does not count, or is not due yet."""
        if not self.counts or self.due_at > now:
            return None
        arrived = [version for version in self.versions if version.at <= now]
        if not arrived or self.is_overdue:
            return Outcome.MISSING
        # A date that was moved explains the first version: the date that holds now is the one it is held against.
        first, *corrections = arrived
        late = first.at >= self.due_at or any(version.at >= version.due_at for version in corrections)
        return Outcome.LATE if late else Outcome.ON_TIME


@dataclass(frozen=True, slots=True)
class Rate:
    """Of `due` reports of one kind in one fiscal year or quarter, so many came in on time, late, and not at all.

    `quarter` is 1 to 4, counted in the contract's fiscal year; None for a whole year.
    """

    title: str
    fiscal_year: int
    on_time: int
    late: int
    missing: int
    quarter: int | None = None
    obligation_id: str = ""

    @property
    def due(self) -> int:
        """How many were due."""
        return self.on_time + self.late + self.missing

    @property
    def share(self) -> Fraction:
        """The share that came in on time; 1 when nothing was due."""
        return Fraction(self.on_time, self.due) if self.due else Fraction(1)


def on_time_rates(
    rows: Iterable[RateRow], *, now: datetime, fiscal_year_starts: int, quarterly: bool = False
) -> list[Rate]:
    """Return the rates of these rows at `now`, by report and fiscal year, or quarter of it, of their last day."""
    counts: dict[tuple[str, str, int, int | None], list[int]] = {}
    for row in rows:
        outcome = row.outcome(now)
        if outcome is None:
            continue
        year = fiscal_year_of(row.due_on, fiscal_year_starts)
        quarter = (row.due_on.month - fiscal_year_starts) % 12 // 3 + 1 if quarterly else None
        counts.setdefault((row.title, row.obligation_id, year, quarter), [0, 0, 0])[outcome] += 1
    keys = sorted(counts, key=lambda key: (key[0], key[1], key[2], key[3] or 0))
    return [
        Rate(title, year, on_time, late, missing, quarter, kind)
        for title, kind, year, quarter in keys
        for on_time, late, missing in [counts[title, kind, year, quarter]]
    ]


def quarter_name(rate: Rate, fiscal_year_starts: int) -> str:
    """Return ``Q2 of FY23 (Oct-Dec 2022)`` for a quarter of a fiscal year that starts in this month."""
    opening = date(rate.fiscal_year - (1 if fiscal_year_starts > 1 else 0), fiscal_year_starts, 1)
    first = add_months(opening, 3 * ((rate.quarter or 1) - 1))
    return f"Q{rate.quarter} of FY{rate.fiscal_year % 100:02d} ({first:%b}\N{EN DASH}{add_months(first, 2):%b %Y})"


def rate_rows(session: Session, items: Sequence[Item], *, now: datetime) -> list[RateRow]:
    """Return what counts of these deliverables, with the versions that were in effect at `now`. Two statements."""
    ids = [item.deliverable.id for item in items]
    entries: dict[int, list[LifecycleEntry]] = {}
    acts = select(LifecycleEntry).where(
        col(LifecycleEntry.deliverable_id).in_(ids), col(LifecycleEntry.happened_at) <= now
    )
    for entry in session.exec(acts.order_by(col(LifecycleEntry.id))):
        entries.setdefault(entry.deliverable_id, []).append(entry)
    found = session.exec(select(Submission).where(col(Submission.deliverable_id).in_(ids)))
    submissions = {submission.id: submission for submission in found}
    return [_row(item, entries.get(item.deliverable.id or 0, []), submissions) for item in items]


def _row(item: Item, entries: list[LifecycleEntry], submissions: dict[int | None, Submission]) -> RateRow:
    row = item.deliverable
    came = [
        submissions[entry.submission_id]
        for entry in in_effect(entries)
        if entry.act in (Act.SUBMIT, Act.REPORT_NOTHING) and entry.submission_id in submissions
    ]
    return RateRow(
        obligation_id=row.obligation_id,
        title=row.title,
        due_on=row.due_on,
        due_at=row.due_at,
        versions=tuple(CameIn(each.submitted_at, each.due_at) for each in came),
        counts=not row.excused and item.standing not in _LEFT_OUT,
        is_overdue=item.standing is Standing.OVERDUE,
    )
