"""How does a month look as a sheet of weeks: what falls due on each day, and how much?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from duecourse.calendar.periods import add_months
from duecourse.language.said import say
from duecourse.tracking.boards import Item
from duecourse.tracking.windows import Window

WEEKDAYS = (
    say("Monday"),
    say("Tuesday"),
    say("Wednesday"),
    say("Thursday"),
    say("Friday"),
    say("Saturday"),
    say("Sunday"),
)


@dataclass(frozen=True, slots=True)
class Day:
    """One day of the sheet: the first that fall due on it, and how many do; days of other months are empty."""

    on: date
    is_inside: bool
    items: tuple[Item, ...] = ()
    count: int = 0

    @property
    def more(self) -> int:
        """How many are not shown."""
        return self.count - len(self.items)


def bounds(first: date) -> tuple[date, date]:
    """Return the first and the last day of a month."""
    return first, add_months(first, 1) - timedelta(days=1)


def weeks(first: date, found: Mapping[Any, Window]) -> list[tuple[Day, ...]]:
    """Return the weeks of a month, each from Monday to Sunday; `found` are windows by day."""
    start, last = bounds(first)
    on = start - timedelta(days=start.weekday())
    sheet = []
    while on <= last:
        sheet.append(tuple(_day(on + timedelta(days=place), first, found) for place in range(7)))
        on += timedelta(days=7)
    return sheet


def _day(on: date, first: date, found: Mapping[Any, Window]) -> Day:
    window = found.get(on)
    inside = (on.year, on.month) == (first.year, first.month)
    return Day(on, inside, tuple(window.items), window.count) if window and inside else Day(on, inside)
