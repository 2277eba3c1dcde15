"""How does a contract's fiscal year look as a grid: which obligation falls due in which month?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from duecourse.calendar.periods import add_months, fiscal_year_of
from duecourse.calendar.schedule import Contract
from duecourse.calendar.standing import Standing
from duecourse.language.said import say_in
from duecourse.tracking.boards import Item


@dataclass(frozen=True, slots=True)
class Row:
    """One obligation, with what falls due in each month of the year."""

    title: str
    clause: str
    cells: tuple[tuple[Item, ...], ...]


@dataclass(frozen=True, slots=True)
class YearGrid:
    """One fiscal year of a contract, named by the calendar year in which it ends. `months` are first days."""

    year: int
    months: tuple[date, ...]
    rows: tuple[Row, ...]
    earlier: int | None
    """The nearest fiscal year before in which something falls due or the contract runs."""
    later: int | None
    """The nearest one after: records may be kept for years beyond a contract's end."""

    @property
    def name(self) -> str:
        """The year as people call it: ``FY23``."""
        short = f"{self.year % 100:02d}"
        return say_in("label", "FY%(year)s", year=short)

    @property
    def standings(self) -> frozenset[Standing]:
        """Every standing that occurs in the grid."""
        return frozenset(item.standing for row in self.rows for cell in row.cells for item in cell)


def year_grid(contract: Contract, items: Sequence[Item], *, asked: int | None, today: date) -> YearGrid:
    """Return the grid of the fiscal year that was `asked` for, or of the one in which today lies.

    Where nothing falls due in that year, it is the nearest one in which something does. Long after a contract's end, it
    is the latest year that is at least half as busy as the busiest: the last reports of a contract often fall into the
    first weeks of a year of their own.
    """
    starts = contract.fiscal_year_starts
    busy = Counter(fiscal_year_of(item.deliverable.due_on, starts) for item in items)
    ends = (fiscal_year_of(contract.start, starts), fiscal_year_of(contract.end, starts))
    years = sorted({*busy, *range(ends[0], ends[1] + 1)})
    year = fiscal_year_of(today, starts) if asked is None else asked
    if asked is None and year > ends[1] and year not in busy and busy:
        year = max(one for one, number in busy.items() if 2 * number >= max(busy.values()))
    year = min(years, key=lambda one: (abs(one - year), one))
    opening = date(year if starts == 1 else year - 1, starts, 1)
    months = tuple(add_months(opening, n) for n in range(12))
    shown = [item for item in items if fiscal_year_of(item.deliverable.due_on, starts) == year]
    return YearGrid(
        year=year,
        months=months,
        rows=tuple(_rows(contract, shown, months)),
        earlier=max((one for one in years if one < year), default=None),
        later=min((one for one in years if one > year), default=None),
    )


def _rows(contract: Contract, items: Sequence[Item], months: Sequence[date]) -> list[Row]:
    known = {obligation.id: obligation.title for obligation in contract.obligations}
    # What an earlier definition asked for may still be there, withdrawn.
    titles = known | {
        item.deliverable.obligation_id: item.deliverable.title
        for item in items
        if item.deliverable.obligation_id not in known
    }
    return [
        Row(title, own[0].deliverable.clause, tuple(_cell(own, month) for month in months))
        for obligation_id, title in titles.items()
        if (own := [item for item in items if item.deliverable.obligation_id == obligation_id])
    ]


def _cell(items: Sequence[Item], month: date) -> tuple[Item, ...]:
    return tuple(item for item in items if item.deliverable.due_on.replace(day=1) == month)
