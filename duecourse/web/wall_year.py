"""What stands on a contract’s year for the wall: what is due on which days, and when are offices closed?"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Session

from duecourse.calendar import words
from duecourse.calendar.business_days import days_between
from duecourse.calendar.lifecycle import Party
from duecourse.calendar.periods import add_months
from duecourse.calendar.standing import Standing
from duecourse.calendar.words import ZONES
from duecourse.errors import NotFound
from duecourse.models import ContractRow
from duecourse.tracking.boards import Item, items
from duecourse.tracking.conditions import today_in
from duecourse.tracking.in_force import in_force
from duecourse.web.year import YearGrid, year_grid

_LABEL = 32
"""Longer names of a period or an event are left to the pages."""


@dataclass(frozen=True, slots=True)
class WallLine:
    """One thing that is due on a day: what, for which period, before which time, and whether the funder owes it."""

    on: date
    title: str
    label: str
    before: str
    is_funders: bool


@dataclass(frozen=True, slots=True)
class WallMonth:
    """A month: what is due in the order of days, and the names of the closures and half days."""

    first: date
    lines: tuple[WallLine, ...]
    closures: dict[date, str]
    half_days: dict[date, str]

    @property
    def weeks(self) -> list[list[date]]:
        """The weeks of the month from Sunday on, each of seven days; those of other months among them."""
        return calendar.Calendar(firstweekday=6).monthdatescalendar(self.first.year, self.first.month)


@dataclass(frozen=True, slots=True)
class WallYear:
    """A fiscal year of a contract, as it was known at one instant."""

    contract: ContractRow
    name: str
    months: tuple[WallMonth, ...]
    as_of: str
    zone_name: str
    version: str
    """From which contract file and which table of closures the dates come."""

    @property
    def title(self) -> str:
        """The year as people call it: ``FY23, July 2022 to June 2023``."""
        return f"{self.name}, {self.months[0].first:%B %Y} to {self.months[-1].first:%B %Y}"


def wall_year(session: Session, contract_id: str, *, asked: int | None, now: datetime) -> WallYear:
    """Return the year that was `asked` for, or the one that the contract's page shows at `now`. Raises NotFound."""
    row = session.get(ContractRow, contract_id)
    if row is None:
        raise NotFound(f"There is no contract {contract_id}.")
    everything = items(session, now=now, contract_ids=[contract_id])
    held = in_force(session, contract_ids=[contract_id])[contract_id].contract
    grid = year_grid(held, everything, asked=asked, today=today_in(row.zone, now))
    last = add_months(grid.months[-1], 1) - timedelta(days=1)
    days = held.days(grid.months[0], last)
    found = _lines(grid)
    months = []
    for first in grid.months:
        within = set(days_between(first, add_months(first, 1) - timedelta(days=1)))
        lines = tuple(line for line in found if line.on in within)
        closures = {on: closure.name for on, closure in sorted(days.closures.items()) if on in within}
        half_days = {
            on: f"{each.name}: offices close at {words.clock_time(each.closes_at)}"
            for on, each in sorted(days.half_days.items())
            if on in within and each.closes_at is not None
        }
        months.append(WallMonth(first, lines, closures, half_days))
    version = f"Contract file {row.definition_sha256[:8]}; office days of {days.code}, {days.version}"
    return WallYear(row, grid.name, tuple(months), words.instant(now, row.zone), ZONES[row.zone][0], version)


def _lines(grid: YearGrid) -> list[WallLine]:
    shown = [
        item
        for row in grid.rows
        for cell in row.cells
        for item in cell
        if not (item.standing.is_set_aside or item.standing is Standing.WITHDRAWN)
    ]
    return [_line(item) for item in sorted(shown, key=lambda one: (one.deliverable.due_at, one.deliverable.title))]


def _line(item: Item) -> WallLine:
    row = item.deliverable
    at = row.due_at.astimezone(ZoneInfo(row.zone))
    # The months of a quarter, which stand behind its name, are left out.
    label = re.sub(r" \([^()]*\)$", "", row.label)
    return WallLine(
        on=row.due_on,
        title=row.title,
        label=label if len(label) <= _LABEL else "",
        before="" if row.whole_day else f"before {words.clock_time(at.time())}",
        is_funders=row.party == Party.FUNDER,
    )
