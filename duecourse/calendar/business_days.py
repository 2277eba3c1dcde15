"""Is this a business day, and which day is so many business days away?

A calendar answers one question, whether a day is a business day; everything else is derived from it. Calendars are
frozen values: a closure that is announced makes a new calendar with a new version.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache

from duecourse.calendar import state_days
from duecourse.calendar.state_days import Closure
from duecourse.calendar.words import count

_MARGIN_YEARS = 2


class Roll(StrEnum):
    """The business-day convention: what becomes of a date on which offices are closed."""

    UNADJUSTED = "unadjusted"
    """The date stands, open or closed."""
    FOLLOWING = "following"
    """The first business day after it."""
    PRECEDING = "preceding"
    """The last business day before it."""
    MODIFIED_FOLLOWING = "modified-following"
    """The first business day after it, unless that lies in the next month: then the last business day before it."""


@dataclass(frozen=True, slots=True)
class BusinessCalendar:
    """The business days between two dates: every weekday that is no closure.

    `code` is the calendar's name (``"US-WA"``), `version` says which table of closures it was made from. The list of
    business days is searched, never walked, so that an offset costs the same however long it is.
    """

    code: str
    version: str
    first_on: date
    last_on: date
    closures: dict[date, Closure] = field(repr=False)
    half_days: dict[date, Closure] = field(default_factory=dict, repr=False)
    _business_ordinals: tuple[int, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        days = range(self.first_on.toordinal(), self.last_on.toordinal() + 1)
        closed = {on.toordinal() for on in self.closures}
        # Ordinal 1, 1 January of year 1, was a Monday.
        open_days = tuple(day for day in days if (day - 1) % 7 < 5 and day not in closed)
        object.__setattr__(self, "_business_ordinals", open_days)

    def is_business_day(self, on: date) -> bool:
        """Tell whether offices are open on `on`."""
        return on.weekday() < 5 and on not in self.closures

    def add(self, on: date, count: int) -> date:
        """Return the day that is `count` business days after `on`, or before it when `count` is negative.

        `on` is day 0, whether or not it is a business day; the first business day after it is day 1. With a count of 0
        the answer is `on` itself.
        """
        self._check(on)
        if count == 0:
            return on
        ordinals = self._business_ordinals
        at = bisect_left(ordinals, on.toordinal())
        if count > 0:
            is_open = at < len(ordinals) and ordinals[at] == on.toordinal()
            at += count if is_open else count - 1
        else:
            at += count
        return self._day(at)

    def nth_of_month(self, year: int, month: int, n: int) -> date:
        """Return the `n`-th business day of a month, counted from 1; the 0th is the last one of the month before."""
        self._check(date(year, month, 1))
        return self._day(bisect_left(self._business_ordinals, date(year, month, 1).toordinal()) + n - 1)

    def last_of_month(self, year: int, month: int) -> date:
        """Return the last business day of a month."""
        following = date(year + month // 12, month % 12 + 1, 1)
        return self.nth_of_month(following.year, following.month, 0)

    def roll(self, on: date, convention: Roll) -> date:
        """Return the day on which something nominally due on `on` is due under a business-day convention."""
        if convention is Roll.UNADJUSTED or self.is_business_day(on):
            return on
        before, after = self.add(on, -1), self.add(on, 1)
        if convention is Roll.PRECEDING or (convention is Roll.MODIFIED_FOLLOWING and after.month != on.month):
            return before
        return after

    def reason_closed(self, on: date) -> str:
        """Say why offices are closed on `on`: the holiday's name, or the weekday."""
        closure = self.closures.get(on)
        if closure is not None:
            return closure.name
        return on.strftime("%A") if on.weekday() >= 5 else ""

    def _check(self, on: date) -> None:
        if not self.first_on <= on <= self.last_on:
            raise OverflowError(f"the calendar {self.code} covers {self.first_on} to {self.last_on}, and not {on}")

    def _day(self, index: int) -> date:
        if not 0 <= index < len(self._business_ordinals):
            raise OverflowError(f"the calendar {self.code} covers {self.first_on} to {self.last_on} only")
        return date.fromordinal(self._business_ordinals[index])


@lru_cache(maxsize=256)
def business_calendar(
    code: str, first_year: int, last_year: int, announced: tuple[Closure, ...] = ()
) -> BusinessCalendar:
    """Return the calendar of some offices, good for the years given and two on either side.

    `code` is ``"US-WA"`` for a state's offices, ``"US"`` for the federal ones; ``"US-WA+US"`` is the joint calendar,
    closed when either is. `announced` are closures and half days besides those that the law names; they make another
    version.
    """
    first, last = first_year - _MARGIN_YEARS, last_year + _MARGIN_YEARS
    lawful = [closure for part in code.split("+") for closure in state_days.closed_days(part, first, last)]
    closed = {closure.on: closure for closure in (*announced, *lawful) if closure.closes_at is None}
    half = {closure.on: closure for closure in announced if closure.closes_at is not None and closure.on not in closed}
    version = " & ".join(state_days.edition(part) for part in code.split("+"))
    if announced:
        digest = hashlib.sha256(repr(sorted(announced, key=lambda closure: closure.on)).encode()).hexdigest()
        version += f"; {count(len(announced), 'announced closure')} ({digest[:8]})"
    return BusinessCalendar(code, version, date(first, 1, 1), date(last, 12, 31), closed, half)


def days_between(first_on: date, last_on: date) -> Iterable[date]:
    """Yield each day from `first_on` to `last_on`, both included."""
    for offset in range((last_on - first_on).days + 1):
        yield first_on + timedelta(days=offset)
