"""Which date lies so many days, business days or months after another, or before it?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from duecourse.calendar import words
from duecourse.calendar.business_days import BusinessCalendar
from duecourse.calendar.periods import add_months


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
    """

    count: int
    unit: Unit = Unit.CALENDAR_DAYS
    direction: Direction = Direction.AFTER

    def apply(self, on: date, days: BusinessCalendar) -> date:
        """Return the date that lies this far from `on`."""
        count = self.count if self.direction is Direction.AFTER else -self.count
        if self.unit is Unit.BUSINESS_DAYS:
            return days.add(on, count)
        if self.unit is Unit.MONTHS:
            return add_months(on, count)
        return on + timedelta(days=count)

    def words(self, anchor: str) -> str:
        """Say the offset from what `anchor` names: ``within 10 business days after the notice``."""
        if self.count == 0:
            return f"on the day of {anchor}"
        thing = {
            Unit.CALENDAR_DAYS: "calendar day",
            Unit.BUSINESS_DAYS: "business day",
            Unit.MONTHS: "month",
        }[self.unit]
        length = words.count(self.count, thing)
        if self.direction is Direction.AFTER:
            return f"within {length} after {anchor}"
        return f"at least {length} before {anchor}"
