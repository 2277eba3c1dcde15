"""Until when does a subcontractor hand its part to the lead, what does a packet need, and what puts it at risk?

The internal date lies the lead's review days before the lead's own date. It is derived each time, never stored: when
the lead's date moves, or offices announce a closure, it moves along.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from duecourse.calendar import words
from duecourse.calendar.business_days import BusinessCalendar, Roll, days_between
from duecourse.calendar.due import instant_at
from duecourse.calendar.offsets import Offset, Unit
from duecourse.calendar.part_lifecycle import PartFacts, PartPhase

COMBINED = "combined"
"""The program to which the parts belong that tell of all programs together."""
SHORT = timedelta(days=7)
"""Who has less than this after the period's end is told so."""


@dataclass(frozen=True, slots=True)
class Program:
    """The lead's own program, or a subcontractor's."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Programs:
    """The programs under one contract, and how long before its own date the lead needs what the others hand in."""

    lead: Program
    subcontractors: tuple[Program, ...]
    review: Offset

    def program(self, program_id: str) -> Program | None:
        """Return the program with this id, or None."""
        return next((each for each in (self.lead, *self.subcontractors) if each.id == program_id), None)

    def is_subcontractor(self, program_id: str) -> bool:
        """Tell whether this is the id of a subcontractor's program."""
        return any(each.id == program_id for each in self.subcontractors)


@dataclass(frozen=True, slots=True)
class Collected:
    """What each program hands in for one report: its parts by name, and whether there is a combined one of each."""

    parts: tuple[str, ...]
    combined: bool = False


@dataclass(frozen=True, slots=True)
class Need:
    """One part that belongs into a packet. Only a subcontractor's part is accepted by the lead."""

    program: str
    program_name: str
    part: str
    from_subcontractor: bool

    @property
    def words(self) -> str:
        """The part and whose it is: ``Rate Card of Riverbend Family Center``, ``Combined Rate Card``."""
        return f"Combined {self.part}" if self.program == COMBINED else f"{self.part} of {self.program_name}"


@dataclass(frozen=True, slots=True)
class InternalDate:
    """The last day for a subcontractor's part, the first instant that is late, and why.

    `days_left` are the days after the period's end, that day included, where they are fewer than seven, else None.
    """

    on: date
    at: datetime
    steps: tuple[str, ...]
    days_left: int | None = None


def needs(programs: Programs, collected: Collected) -> list[Need]:
    """Return what belongs into a packet: each part once for every program, and the combined ones.

    For two reports of each program with combined ones, 2 x (programs + 1) parts, also where there is one program.
    """
    everybody = [programs.lead, *programs.subcontractors]
    found = [
        Need(program.id, program.name, part, programs.is_subcontractor(program.id))
        for program in everybody
        for part in collected.parts
    ]
    if collected.combined:
        found += [Need(COMBINED, "all programs", part, from_subcontractor=False) for part in collected.parts]
    return found


def internal_date(
    due_on: date, days: BusinessCalendar, *, review: Offset, zone: str, period_end: date | None = None
) -> InternalDate:
    """Return until when a subcontractor hands in its part of what the lead owes by `due_on`.

    It is never before the day after `period_end`, the last day that is reported on, unless the lead's own date is. A
    date counted in calendar days on which offices are closed goes back to the business day before.
    """
    on = review.apply(due_on, days)
    length = words.count(review.count, review.thing)
    steps = [
        f"The lead’s own date is {words.day(due_on)}.",
        f"The lead reviews for {length} before it, so it asks for the parts by {words.day(on)}.",
    ]
    if review.unit is Unit.BUSINESS_DAYS:
        closed = [each for each in days_between(on, due_on) if each.weekday() < 5 and not days.is_business_day(each)]
        steps += [f"Not counted: {words.day(each)} ({days.reason_closed(each)})." for each in closed]
    elif not days.is_business_day(on):
        reason, was, on = days.reason_closed(on), on, days.roll(on, Roll.PRECEDING)
        steps.append(f"Offices are closed on {words.day(was)} ({reason}): the business day before, {words.day(on)}.")
    days_left = None
    if period_end is not None and period_end < due_on:
        first = period_end + timedelta(days=1)
        if on < first:
            on = first
            steps.append(
                f"The period ends on {words.day(period_end)}, and nothing is asked for before the day after it: "
                f"{words.day(on)}. The lead’s review is shorter this time."
            )
        if on - period_end < SHORT:
            days_left = (on - period_end).days
            steps.append(f"This leaves {words.count(days_left, 'day')} after the end of the period, less than a week.")
    steps.append(f"All of {words.day(on)} counts.")
    return InternalDate(on, instant_at(on + timedelta(days=1), time(0), zone), tuple(steps), days_left)


def missing(need: Need, facts: PartFacts) -> str:
    """Say what a packet lacks of one part, or return an empty text when it lacks nothing."""
    match facts.phase:
        case PartPhase.MISSING:
            return f"{need.words}: not received."
        case PartPhase.SENT_BACK:
            return f"{need.words}: sent back, and not received again."
        case PartPhase.RECEIVED if need.from_subcontractor:
            return f"{need.words}: received, not accepted yet."
        case _:
            return ""


def risk(need: Need, facts: PartFacts, internal: InternalDate, *, now: datetime) -> str:
    """Say why a subcontractor's part puts the lead's report at risk at `now`, or return an empty text.

    There is a risk from the moment at which the internal date has passed, until the lead has accepted the part.
    """
    if not need.from_subcontractor or now < internal.at or facts.phase is PartPhase.ACCEPTED:
        return ""
    whose = f"The {need.part} of {need.program_name}"
    match facts.phase:
        case PartPhase.RECEIVED:
            return f"{whose} came in{' late' if facts.is_late(internal.at) else ''} and is not accepted yet."
        case PartPhase.SENT_BACK:
            return f"{whose} was sent back and has not come in again; its internal date was {words.day(internal.on)}."
        case _:
            late = words.count((now - internal.at).days + 1, "day")
            return (
                f"{need.program_name} is {late} late with its {need.part}, due to the lead by {words.day(internal.on)}."
            )
