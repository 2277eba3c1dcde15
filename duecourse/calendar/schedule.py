"""What does a contract ask for, as values: exhibits, obligations, and the events that start windows?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from duecourse.calendar.business_days import BusinessCalendar, business_calendar
from duecourse.calendar.due import ClosedDayRule
from duecourse.calendar.periods import Covers, Every
from duecourse.calendar.rules import (
    DaysAfterEvent,
    Rule,
)


@dataclass(frozen=True, slots=True)
class Exhibit:
    """A deliverables exhibit: the services it covers, both days included, and the last day for deliverables on them."""

    name: str
    services_from: date
    services_to: date
    last_day: date | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """The lines of one exhibit that ask for an obligation.

    `numbers` holds one number for all occurrences, one for each, or none where the exhibit prints none.
    """

    exhibit: Exhibit
    numbers: tuple[str, ...] = ()

    def number(self, index: int) -> str:
        """Return the line number of the occurrence at `index`, counted from 0 within the exhibit."""
        if len(self.numbers) <= 1:
            return self.numbers[0] if self.numbers else ""
        return self.numbers[index]


@dataclass(frozen=True, slots=True)
class Obligation:
    """A standing duty under a contract: what, who owes it to whom, by which channel, and by which rule."""

    id: str
    title: str
    flow: str
    clause: str
    owed_by: str
    owed_to: str
    channel: str
    every: Every
    rule: Rule
    covers: Covers
    closed_day: ClosedDayRule
    lines: tuple[Line, ...]
    report_type: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Contract:
    """A contract as its definition states it. `email_subject` is the subject line that it prescribes, with blanks."""

    id: str
    number: str
    name: str
    funder: str
    contractor: str
    start: date
    end: date
    zone: str
    calendar: str
    fiscal_year_starts: int
    email_subject: str
    obligations: tuple[Obligation, ...]

    def days(self, *, around: date | None = None) -> BusinessCalendar:
        """Return the calendar by which this contract counts business days, over its term and around a date."""
        years = (self.start.year, self.end.year, around.year if around else self.start.year)
        return business_calendar(self.calendar, min(years), max(years))

    def obligation(self, obligation_id: str) -> Obligation:
        """Return the obligation with this id; raises KeyError when the contract has none."""
        for obligation in self.obligations:
            if obligation.id == obligation_id:
                return obligation
        raise KeyError(obligation_id)

    def events(self) -> tuple[str, ...]:
        """Return the names of the events that start a window, in the order of the definition."""
        return tuple(dict.fromkeys(o.rule.event for o in self.obligations if isinstance(o.rule, DaysAfterEvent)))


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened and starts windows: its name, its aware instant, and a reference if there is one."""

    name: str
    at: datetime
    reference: str = ""
