"""What does a contract ask for, as values: amendments, exhibits, obligations, checks, and events that start windows?"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time
from enum import StrEnum
from zoneinfo import ZoneInfo

from duecourse.calendar.anchored_rules import AnchoredRule, events_of, paired_events, starting_event
from duecourse.calendar.business_days import BusinessCalendar, business_calendar
from duecourse.calendar.collecting import Collected, Programs
from duecourse.calendar.due import ClosedDayRule, Moved
from duecourse.calendar.enrollment import Enrollment
from duecourse.calendar.event_rules import FromEvent
from duecourse.calendar.extension_terms import ExtensionTerms
from duecourse.calendar.ladders import NoticeTerms
from duecourse.calendar.lifecycle import Party
from duecourse.calendar.mailing import Mailing
from duecourse.calendar.offsets import Direction
from duecourse.calendar.periods import Covers, Every
from duecourse.calendar.plan_process import PlanProcess
from duecourse.calendar.rules import PeriodRule
from duecourse.calendar.state_days import Closure
from duecourse.calendar.thresholds import Threshold

Rule = PeriodRule | AnchoredRule


@dataclass(frozen=True, slots=True)
class Amendment:
    """A change of the contract: from when it holds, when the last party signed it, and the new end if any.

    A day that is not known is None; nothing is excused by an amendment of which the signing is not known.
    """

    name: str
    effective_on: date | None
    executed_on: date | None
    ends: date | None = None


@dataclass(frozen=True, slots=True)
class Exhibit:
    """A deliverables exhibit: the services it covers, both days included, and the last day for deliverables on them.

    `amendment` is the one that brought it; None for an exhibit of the original contract.
    """

    name: str
    services_from: date
    services_to: date
    last_day: date | None = None
    amendment: Amendment | None = None


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
    """A standing duty under a contract: what, who owes it to whom, by which channel, and by which rule.

    `participant` says that it concerns one family or one member of staff: its events carry an opaque id, never a name.
    `remind` says whether the ladder of reminders runs: not for standing duties that nobody needs a mail about.
    `party` is the side whose duty it is: what the funder owes is tracked like what the contractor owes.
    """

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
    participant: bool = False
    remind: bool = True
    party: Party = Party.CONTRACTOR
    mail: Mailing = field(default_factory=Mailing)
    collected: Collected | None = None
    """What the lead collects for it from every program; None when it collects nothing."""


@dataclass(frozen=True, slots=True)
class Check:
    """A convention or a threshold of the contract: not a date, but something to know, or to hold figures against."""

    id: str
    title: str
    clause: str
    says: str
    threshold: Threshold | None = None


class AfterHours(StrEnum):
    """On which day an event counts that happens when offices are closed."""

    SAME_DAY = "same-day"
    """On its own date, whatever its hour."""
    NEXT_BUSINESS_DAY = "next-business-day"
    """After closing time, or on a closed day: on the next business day."""


@dataclass(frozen=True, slots=True)
class EventDay:
    """How a contract reads the day of an event."""

    after_hours: AfterHours = AfterHours.SAME_DAY
    offices_close: time = time(17)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened and starts windows: its name, its aware instant, and a reference if there is one."""

    name: str
    at: datetime
    reference: str = ""
    known_at: datetime | None = None
    """When it came to be known here, where that matters: what was due by then cannot be late."""

    @property
    def key(self) -> str:
        """What names the event within a contract."""
        return f"{self.name}@{self.at.isoformat()}" + (f"#{self.reference}" if self.reference else "")


@dataclass(frozen=True, slots=True)
class Contract:
    """A contract as its definition states it, with the closures and moved dates that were recorded under it.

    `email_subject` is the subject line that it prescribes, with blanks. `moved` holds the dates that were set by
    hand, by obligation and occurrence.
    """

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
    checks: tuple[Check, ...] = ()
    amendments: tuple[Amendment, ...] = ()
    event_day: EventDay = EventDay()
    plans: tuple[PlanProcess, ...] = ()
    programs: Programs | None = None
    enrollment: Enrollment | None = None
    extensions: ExtensionTerms | None = None
    """None when the contract says nothing of extensions."""
    notices: NoticeTerms = field(default_factory=NoticeTerms)
    closures: tuple[Closure, ...] = ()
    moved: dict[tuple[str, str], Moved] = field(default_factory=dict)

    def days(self, *around: date) -> BusinessCalendar:
        """Return the calendar by which this contract counts business days, over its term and around other dates."""
        years = [on.year for on in (self.start, self.end, *around)]
        return business_calendar(self.calendar, min(years), max(years), self.closures)

    def obligation(self, obligation_id: str) -> Obligation:
        """Return the obligation with this id; raises KeyError when the contract has none."""
        for obligation in self.obligations:
            if obligation.id == obligation_id:
                return obligation
        raise KeyError(obligation_id)

    def events(self) -> tuple[str, ...]:
        """Return the names of the events that start, end or bring forward something, in the order of the definition."""
        return tuple(dict.fromkeys(name for obligation in self.obligations for name in events_of(obligation.rule)))

    def started_by(self, event: str) -> tuple[Obligation, ...]:
        """Return the obligations whose windows start with an event."""
        return tuple(obligation for obligation in self.obligations if starting_event(obligation.rule) == event)

    def is_planned(self, event: str) -> bool:
        """Tell whether something is counted back from an event, so that it is recorded before it happens."""
        return any(
            isinstance(obligation.rule, FromEvent) and obligation.rule.offset.direction is Direction.BEFORE
            for obligation in self.started_by(event)
        )

    def concerns_participants(self, event: str) -> bool:
        """Tell whether an event is about one family or one member of staff."""
        return any(each.participant and event in paired_events(each.rule) for each in self.obligations)

    def day_of(self, event: Event) -> date:
        """Return the local date that counts as day 0 of an event."""
        local = event.at.astimezone(ZoneInfo(self.zone))
        if self.event_day.after_hours is AfterHours.SAME_DAY:
            return local.date()
        days = self.days(local.date())
        in_hours = days.is_business_day(local.date()) and local.time() < self.event_day.offices_close
        return local.date() if in_hours else days.add(local.date(), 1)
