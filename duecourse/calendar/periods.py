"""Which stretches of time do reports cover, and what are they called?"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from duecourse.language.cldr import Month, ShortMonths
from duecourse.language.said import say_in


class Every(StrEnum):
    """How often an obligation falls due."""

    MONTH = "month"
    QUARTER = "quarter"
    HALF_YEAR = "half-year"
    YEAR = "year"
    ONCE = "once"
    EVENT = "event"

    @property
    def months(self) -> int:
        """The length of its period in months; 0 for what has no period."""
        return {Every.MONTH: 1, Every.QUARTER: 3, Every.HALF_YEAR: 6, Every.YEAR: 12}.get(self, 0)

    @property
    def said(self) -> str:
        """The period as it is said: ``fiscal year``."""
        return _SAID.get(self, self.value)


_SAID = {
    Every.MONTH: say_in("period", "month"),
    Every.QUARTER: say_in("period", "quarter"),
    Every.HALF_YEAR: say_in("period", "half-year"),
    Every.YEAR: say_in("period", "fiscal year"),
}


class TermEnd(StrEnum):
    """Which end of a period, or of the contract's term."""

    START = "start"
    END = "end"


class Window(NamedTuple):
    """The days that a report covers, both included."""

    start: date
    end: date


class Covers(StrEnum):
    """Which days a report covers, compared with the period after which it is due."""

    PERIOD = "period"
    """The period itself."""
    HALF_YEAR_TO_DATE = "half-year-to-date"
    """From the start of the fiscal half-year: the second quarter of a half covers both."""
    SINCE_OCTOBER = "since-october"
    """From the latest 1 October: the benchmark year that ends on 30 September."""


@dataclass(frozen=True, slots=True)
class Period:
    """A month, or a quarter, a half or the whole of a fiscal year: the time after which a deliverable falls due."""

    every: Every
    start: date
    end: date
    fiscal_year_starts: int
    """The month, 1 to 12, in which the fiscal year starts."""

    @property
    def quarter(self) -> int:
        """The quarter of the fiscal year, 1 to 4, in which the period lies."""
        return (self.start.month - self.fiscal_year_starts) % 12 // 3 + 1

    @property
    def fiscal_year(self) -> int:
        """The fiscal year in which the period lies, named by the calendar year in which it ends."""
        return fiscal_year_of(self.start, self.fiscal_year_starts)

    @property
    def label(self) -> str:
        """The period's name: ``October 2022``, or ``Quarter 2 of FY23 (Oct-Dec 2022)``."""
        if self.every is Every.MONTH:
            return Month(self.start)
        year = f"{self.fiscal_year % 100:02d}"
        if self.every is Every.YEAR:
            return say_in("label", "FY%(year)s", year=year)
        months = ShortMonths(self.start, self.end)
        if self.every is Every.QUARTER:
            return say_in(
                "label", "Quarter %(number)s of FY%(year)s (%(months)s)", number=self.quarter, year=year, months=months
            )
        half = (self.quarter + 1) // 2
        return say_in("label", "Half %(number)s of FY%(year)s (%(months)s)", number=half, year=year, months=months)

    def window(self, covers: Covers) -> Window:
        """Return the days that a report due after this period covers."""
        if covers is Covers.SINCE_OCTOBER:
            year = self.end.year if self.end.month >= 10 else self.end.year - 1
            return Window(date(year, 10, 1), self.end)
        if covers is Covers.HALF_YEAR_TO_DATE:
            months_in = (self.end.month - self.fiscal_year_starts) % 6
            return Window(add_months(date(self.end.year, self.end.month, 1), -months_in), self.end)
        return Window(self.start, self.end)


def periods_in(every: Every, first_on: date, last_on: date, *, fiscal_year_starts: int) -> Iterator[Period]:
    """Yield the months, quarters, halves or fiscal years that overlap the days from `first_on` to `last_on`.

    The answer depends on the fiscal year and on these bounds alone, never on what is looked at.
    """
    length = every.months
    into = (first_on.month - fiscal_year_starts) % length
    start = add_months(date(first_on.year, first_on.month, 1), -into)
    while start <= last_on:
        following = add_months(start, length)
        end = date.fromordinal(following.toordinal() - 1)
        yield Period(every, max(start, first_on), min(end, last_on), fiscal_year_starts)
        start = following


def fiscal_year_of(on: date, fiscal_year_starts: int) -> int:
    """Return the fiscal year of a day, named by the calendar year in which it ends."""
    return on.year + (1 if fiscal_year_starts > 1 and on.month >= fiscal_year_starts else 0)


def add_months(on: date, months: int) -> date:
    """Return the same day of the month, `months` later (or earlier), clamped to that month's last day."""
    at = on.year * 12 + on.month - 1 + months
    year, month = divmod(at, 12)
    return date(year, month + 1, min(on.day, monthrange(year, month + 1)[1]))
