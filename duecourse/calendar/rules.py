"""Which date does a rule name, before anybody looks at whether offices are open?

Each rule is a frozen value; its docstring is its specification, and ``words`` says it to a person. These name a date
for each period; `anchored_rules` holds those that count from something else.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from duecourse.calendar.business_days import BusinessCalendar
from duecourse.calendar.offsets import Offset
from duecourse.calendar.periods import Every, Period, TermEnd, add_months
from duecourse.calendar.words import day_of_month, ordinal
from duecourse.language.said import say


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
        last = _last_of(first)
        if self.day <= last.day:
            return first.replace(day=self.day)
        if self.short_month is ShortMonth.LAST_BUSINESS_DAY:
            return days.last_of_month(first.year, first.month)
        return last

    def words(self, period: Period) -> str:
        """Say the rule."""
        day = day_of_month(self.day)
        said = say("by the %(day)s of %(month)s", day=day, month=_which_month(period, self.months_after))
        if self.day <= 28:
            return said
        if self.short_month is ShortMonth.LAST_BUSINESS_DAY:
            return say("%(rule)s, or by the last business day of a month that has no %(day)s", rule=said, day=day)
        return say("%(rule)s, or by the last day of a month that has no %(day)s", rule=said, day=day)


@dataclass(frozen=True, slots=True)
class LastDayOfMonth:
    """The last day of the month that lies `months_after` after the month in which the period ends.

    With `business_day` it is that month's last business day.
    """

    months_after: int = 1
    business_day: bool = False

    def nominal_on(self, period: Period, days: BusinessCalendar) -> date:
        """Return the date that this rule names for `period`."""
        first = _month_after(period, self.months_after)
        return days.last_of_month(first.year, first.month) if self.business_day else _last_of(first)

    def words(self, period: Period) -> str:
        """Say the rule."""
        month = _which_month(period, self.months_after)
        if self.business_day:
            return say("by the last business day of %(month)s", month=month)
        return say("by the last day of %(month)s", month=month)


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
        month = _which_month(period, self.months_after)
        return say("by the %(number)s business day of %(month)s", number=ordinal(self.n), month=month)


@dataclass(frozen=True, slots=True)
class FromPeriod:
    """An offset from the last day of the period, which is day 0; with a count of 0, that last day itself.

    With `anchor` it counts from the period's first day: what is owed before a year starts, say.
    """

    offset: Offset
    anchor: TermEnd = TermEnd.END

    def nominal_on(self, period: Period, days: BusinessCalendar) -> date:
        """Return the date that this rule names for `period`."""
        return self.offset.apply(period.start if self.anchor is TermEnd.START else period.end, days)

    def words(self, period: Period) -> str:
        """Say the rule."""
        service = _service(period)
        day = (
            say("the first day of %(term)s", term=service)
            if self.anchor is TermEnd.START
            else say("the last day of %(term)s", term=service)
        )
        return say("by %(day)s", day=day) if self.offset == Offset(0) else self.offset.words(day)


PeriodRule = DayOfMonth | LastDayOfMonth | NthBusinessDay | FromPeriod


def _last_of(first: date) -> date:
    return add_months(first, 1) - timedelta(days=1)


def _month_after(period: Period, months_after: int) -> date:
    return add_months(period.end.replace(day=1), months_after)


def _service(period: Period) -> str:
    return (
        say("the month of service")
        if period.every is Every.MONTH
        else say("the %(period_of)s", period_of=period.every.said)
    )


def _which_month(period: Period, months_after: int) -> str:
    service = _service(period)
    if months_after == 0:
        return service if period.every is Every.MONTH else say("the last month of %(term)s", term=service)
    if months_after == 1:
        return say("the month after %(term)s", term=service)
    return say("the %(number)s month after %(term)s", number=ordinal(months_after), term=service)
