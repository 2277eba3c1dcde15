"""Is this a business day, and which day is so many business days away?

A calendar answers one question, whether a day is a business day; everything else is derived from it. Calendars are
frozen values: a closure that is announced makes a new calendar with a new version.
"""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache

from duecourse.calendar import state_days
from duecourse.calendar.state_days import Closure
from duecourse.calendar.words import count
from duecourse.language.said import say

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


# Looked up once: to find a member of an enumeration costs as much as the rest of a roll.
_UNADJUSTED, _FOLLOWING = Roll.UNADJUSTED, Roll.FOLLOWING


@dataclass(frozen=True, slots=True)
class BusinessCalendar:
    """The business days between two dates: every weekday that is no closure.

    `code` is the calendar's name (``"US-WA"``), `version` says which table of closures it was made from. Each
    calendar day has a place in the list of business days, so that an offset costs the same however long it is.
    """

    code: str
    version: str
    first_on: date
    last_on: date
    closures: dict[date, Closure] = field(repr=False)
    half_days: dict[date, Closure] = field(default_factory=dict, repr=False)
    _base: int = field(init=False, repr=False, compare=False)
    _open: tuple[date, ...] = field(init=False, repr=False, compare=False)
    """The business days, in order."""
    _place: array[int] = field(init=False, repr=False, compare=False)
    """For each calendar day the place in that list of the first business day that is not before it."""

    def __post_init__(self) -> None:
        base, last = self.first_on.toordinal(), self.last_on.toordinal()
        closed = {on.toordinal() for on in self.closures}
        open_days: list[date] = []
        place = array("l")
        for ordinal in range(base, last + 1):
            place.append(len(open_days))
            # Ordinal 1, 1 January of year 1, was a Monday.
            if (ordinal - 1) % 7 < 5 and ordinal not in closed:
                open_days.append(date.fromordinal(ordinal))
        object.__setattr__(self, "_base", base)
        object.__setattr__(self, "_open", tuple(open_days))
        object.__setattr__(self, "_place", place)

    def is_business_day(self, on: date) -> bool:
        """Tell whether offices are open on `on`."""
        return on.weekday() < 5 and on not in self.closures

    def add(self, on: date, count: int) -> date:
        """Return the day that is `count` business days after `on`, or before it when `count` is negative.

        `on` is day 0, whether or not it is a business day; the first business day after it is day 1. With a count of 0
        the answer is `on` itself.
        """
        at = self._at(on) + count
        if count > 0:
            # An index from the last open day that is not after `on`; the place is that of the first not before it.
            return self._day(at) if self._open[at - count] == on else self._day(at - 1)
        return self._day(at) if count else on

    def nth_of_month(self, year: int, month: int, n: int) -> date:
        """Return the `n`-th business day of a month, counted from 1; the 0th is the last one of the month before."""
        return self._day(self._at(date(year, month, 1)) + n - 1)

    def last_of_month(self, year: int, month: int) -> date:
        """Return the last business day of a month."""
        following = date(year + month // 12, month % 12 + 1, 1)
        return self.nth_of_month(following.year, following.month, 0)

    def roll(self, on: date, convention: Roll) -> date:
        """Return the day on which something nominally due on `on` is due under a business-day convention."""
        if convention is _UNADJUSTED:
            return on
        at = self._at(on)
        after = self._day(at)
        if convention is _FOLLOWING or after == on:
            return after
        if convention is Roll.MODIFIED_FOLLOWING and after.month == on.month:
            return after
        return self._day(at - 1)

    def reason_closed(self, on: date) -> str:
        """Say why offices are closed on `on`: the holiday's name, or the weekday."""
        closure = self.closures.get(on)
        if closure is not None:
            return closure.name
        return {5: say("Saturday"), 6: say("Sunday")}.get(on.weekday(), "")

    def _at(self, on: date) -> int:
        offset = on.toordinal() - self._base
        if not 0 <= offset < len(self._place):
            raise OverflowError(f"the calendar {self.code} covers {self.first_on} to {self.last_on}, and not {on}")
        return self._place[offset]

    def _day(self, index: int) -> date:
        if not 0 <= index < len(self._open):
            raise OverflowError(f"the calendar {self.code} covers {self.first_on} to {self.last_on} only")
        return self._open[index]


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
