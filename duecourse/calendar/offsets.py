"""Which date lies so many days, business days or months after another, or before it?"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

from duecourse.calendar import words
from duecourse.calendar.business_days import BusinessCalendar
from duecourse.calendar.periods import add_months
from duecourse.language.said import say

_A_DAY = timedelta(days=1)


class Unit(StrEnum):
    """What a window is counted in."""

    CALENDAR_DAYS = "calendar-days"
    BUSINESS_DAYS = "business-days"
    MONTHS = "months"


class Direction(StrEnum):
    """Whether a window is counted forward or back."""

    AFTER = "after"
    BEFORE = "before"


@dataclass(frozen=True, slots=True)
class Offset:
    """`count` calendar days, business days or months after a day, or before it.

    The day counted from is day 0, open or closed; the first business day after it is day 1. A month later is the same
    day of the month, or that month's last day where it has no such day. With a count of 0 it is the day itself.

    `strictly_before` names the calendar day before all that: the first 3 months after July 1 end on September 30, and
    what is owed before a child is a year old is owed by the eve of the birthday.
    """

    count: int
    unit: Unit = Unit.CALENDAR_DAYS
    direction: Direction = Direction.AFTER
    strictly_before: bool = False
    # Worked out once: an offset is made when a contract is read, and applied thousands of times.
    _signed: int = field(init=False, repr=False, compare=False)
    _in_business_days: bool = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_signed", self.count if self.direction is Direction.AFTER else -self.count)
        object.__setattr__(self, "_in_business_days", self.unit is Unit.BUSINESS_DAYS)

    def apply(self, on: date, days: BusinessCalendar) -> date:
        """Return the date that lies this far from `on`."""
        if self._in_business_days:
            found = days.add(on, self._signed)
        elif self.unit is Unit.MONTHS:
            found = add_months(on, self._signed)
        else:
            found = on + timedelta(days=self._signed)
        return found - _A_DAY if self.strictly_before else found

    def reach(self, on: date) -> date:
        """Return a day that lies at least as far from `on`, whatever is closed between: calendars must cover it."""
        if self.unit is Unit.MONTHS:
            return add_months(on, self._signed)
        # No offices are closed for two days out of three, and over a month besides.
        return on + timedelta(days=3 * self._signed + (31 if self._signed > 0 else -31))

    def words(self, anchor: str) -> str:
        """Say the offset from what `anchor` names: ``within 10 business days after the notice``."""
        if self.count == 0:
            if self.strictly_before:
                return say("before %(anchor)s", anchor=anchor)
            return say("on the day of %(anchor)s", anchor=anchor)
        length = words.count(self.count, self.thing)
        if self.direction is Direction.AFTER:
            if not self.strictly_before:
                return say("within %(length)s after %(anchor)s", length=length, anchor=anchor)
            if self.count == 1:
                return say("before %(length)s has passed since %(anchor)s", length=length, anchor=anchor)
            return say("before %(length)s have passed since %(anchor)s", length=length, anchor=anchor)
        if self.strictly_before:
            return say("more than %(length)s before %(anchor)s", length=length, anchor=anchor)
        return say("at least %(length)s before %(anchor)s", length=length, anchor=anchor)

    @property
    def thing(self) -> str:
        """What it is counted in, as it is said of one: ``business day``."""
        return self.unit.value.replace("-", " ").removesuffix("s")
