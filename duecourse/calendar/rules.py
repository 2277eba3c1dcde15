"""Which date does a rule name, before anybody looks at whether offices are open?

Each rule is a frozen value; its docstring is its specification. ``words`` says it to a person.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from duecourse.calendar.business_days import BusinessCalendar
from duecourse.calendar.periods import Every, Period, add_months
from duecourse.calendar.words import count, ordinal


class Unit(StrEnum):
    """What a window is counted in."""

    CALENDAR_DAYS = "calendar-days"
    BUSINESS_DAYS = "business-days"


class ShortMonth(StrEnum):
    """Which day stands in for a day that a month does not have."""

    LAST_DAY = "last-day"
    LAST_BUSINESS_DAY = "last-business-day"


@dataclass(frozen=True, slots=True)
class DayOfMonth:
    """Day `day` of the month that lies `months_after` after the month in which the period ends.

    A month that has no such day uses its last day, or its last business day, as `short_month` says. It is counted from
    the period each time, so that the 31st never drifts to the 28th.
    """

    day: int
    months_after: int = 1
    short_month: ShortMonth = ShortMonth.LAST_DAY

    def nominal_on(self, period: Period, days: BusinessCalendar) -> date:
        """Return the date that this rule names for `period`."""
        first = _month_after(period, self.months_after)
        last = add_months(first, 1) - timedelta(days=1)
        if self.day <= last.day:
            return first.replace(day=self.day)
        if self.short_month is ShortMonth.LAST_BUSINESS_DAY:
            return days.last_of_month(first.year, first.month)
        return last

    def words(self, period: Period) -> str:
        """Say the rule."""
        said = f"by the {ordinal(self.day)} of {_which_month(period, self.months_after)}"
        if self.day <= 28:
            return said
        instead = "last business day" if self.short_month is ShortMonth.LAST_BUSINESS_DAY else "last day"
        return f"{said}, or by the {instead} of a month that has no {ordinal(self.day)}"


@dataclass(frozen=True, slots=True)
class NthBusinessDay:
    """The `n`-th business day of the month that lies `months_after` after the month in which the period ends."""

    n: int
    months_after: int = 1

    def nominal_on(self, period: Period, days: BusinessCalendar) -> date:
        """Return the date that this rule names for `period`."""
        first = _month_after(period, self.months_after)
        return days.nth_of_month(first.year, first.month, self.n)

    def words(self, period: Period) -> str:
        """Say the rule."""
        return f"by the {ordinal(self.n)} business day of {_which_month(period, self.months_after)}"


@dataclass(frozen=True, slots=True)
class DaysAfterPeriod:
    """`count` days after the last day of the period, which is day 0; with a count of 0, that last day itself."""

    count: int
    unit: Unit = Unit.CALENDAR_DAYS

    def nominal_on(self, period: Period, days: BusinessCalendar) -> date:
        """Return the date that this rule names for `period`."""
        return days_after(period.end, self.count, self.unit, days)

    def words(self, period: Period) -> str:
        """Say the rule."""
        if self.count == 0:
            return f"by the last day of the {period.every}"
        return f"within {_said(self.count, self.unit)} after the {period.every} ends"


@dataclass(frozen=True, slots=True)
class FixedDates:
    """The dates that the contract prints, one for each exhibit."""

    on: dict[str, date]


@dataclass(frozen=True, slots=True)
class WithDeliverable:
    """When another deliverable is due: that of quarter `quarter` of each fiscal year."""

    obligation: str
    quarter: int


@dataclass(frozen=True, slots=True)
class DaysAfterEvent:
    """`count` days after the local date of an event, which is day 0 whatever its hour; with a count of 0, that date."""

    event: str
    count: int
    unit: Unit = Unit.CALENDAR_DAYS

    def nominal_on(self, event_on: date, days: BusinessCalendar) -> date:
        """Return the date that this rule names for an event on `event_on`, a date in the contract's time zone."""
        return days_after(event_on, self.count, self.unit, days)

    def words(self) -> str:
        """Say the rule."""
        event = self.event.replace("-", " ")
        if self.count == 0:
            return f"on the day of the event ({event})"
        return f"within {_said(self.count, self.unit)} after the event ({event}), its day being day 0"


PeriodRule = DayOfMonth | NthBusinessDay | DaysAfterPeriod
Rule = PeriodRule | FixedDates | WithDeliverable | DaysAfterEvent


def days_after(on: date, n: int, unit: Unit, days: BusinessCalendar) -> date:
    """Return the date `n` calendar or business days after `on`, which is day 0."""
    return days.add(on, n) if unit is Unit.BUSINESS_DAYS else on + timedelta(days=n)


def _month_after(period: Period, months_after: int) -> date:
    return add_months(period.end.replace(day=1), months_after)


def _which_month(period: Period, months_after: int) -> str:
    service = "the month of service" if period.every is Every.MONTH else f"the {period.every}"
    if months_after == 0:
        return service if period.every is Every.MONTH else f"the last month of {service}"
    if months_after == 1:
        return f"the month after {service}"
    return f"the {ordinal(months_after)} month after {service}"


def _said(n: int, unit: Unit) -> str:
    return count(n, "business day" if unit is Unit.BUSINESS_DAYS else "calendar day")
