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
from duecourse.language.said import say

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
        if self.program == COMBINED:
            return say("Combined %(part)s", part=self.part)
        return say("%(part)s of %(program)s", part=self.part, program=self.program_name)


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
        say("The lead’s own date is %(day)s.", day=words.day(due_on)),
        say(
            "The lead reviews for %(length)s before it, so it asks for the parts by %(day)s.",
            length=length,
            day=words.day(on),
        ),
    ]
    if review.unit is Unit.BUSINESS_DAYS:
        closed = [each for each in days_between(on, due_on) if each.weekday() < 5 and not days.is_business_day(each)]
        steps += [
            say("Not counted: %(day)s (%(reason)s).", day=words.day(each), reason=days.reason_closed(each))
            for each in closed
        ]
    elif not days.is_business_day(on):
        reason, was, on = days.reason_closed(on), on, days.roll(on, Roll.PRECEDING)
        steps.append(
            say(
                "Offices are closed on %(day)s (%(reason)s): the business day before, %(before)s.",
                day=words.day(was),
                reason=reason,
                before=words.day(on),
            )
        )
    days_left = None
    if period_end is not None and period_end < due_on:
        first = period_end + timedelta(days=1)
        if on < first:
            on = first
            steps.append(
                say(
                    "The period ends on %(end)s, and nothing is asked for before the day after it: %(day)s. "
                    "The lead’s review is shorter this time.",
                    end=words.day(period_end),
                    day=words.day(on),
                )
            )
        if on - period_end < SHORT:
            days_left = (on - period_end).days
            left = words.count(days_left, "day")
            steps.append(say("This leaves %(days)s after the end of the period, less than a week.", days=left))
    steps.append(say("All of %(day)s counts.", day=words.day(on)))
    return InternalDate(on, instant_at(on + timedelta(days=1), time(0), zone), tuple(steps), days_left)


def missing(need: Need, facts: PartFacts) -> str:
    """Say what a packet lacks of one part, or return an empty text when it lacks nothing."""
    match facts.phase:
        case PartPhase.MISSING:
            return say("%(part)s: not received.", part=need.words)
        case PartPhase.SENT_BACK:
            return say("%(part)s: sent back, and not received again.", part=need.words)
        case PartPhase.RECEIVED if need.from_subcontractor:
            return say("%(part)s: received, not accepted yet.", part=need.words)
        case _:
            return ""


def risk(need: Need, facts: PartFacts, internal: InternalDate, *, now: datetime) -> str:
    """Say why a subcontractor's part puts the lead's report at risk at `now`, or return an empty text.

    There is a risk from the moment at which the internal date has passed, until the lead has accepted the part.
    """
    if not need.from_subcontractor or now < internal.at or facts.phase is PartPhase.ACCEPTED:
        return ""
    part, program = need.part, need.program_name
    match facts.phase:
        case PartPhase.RECEIVED if facts.is_late(internal.at):
            return say("The %(part)s of %(program)s came in late and is not accepted yet.", part=part, program=program)
        case PartPhase.RECEIVED:
            return say("The %(part)s of %(program)s came in and is not accepted yet.", part=part, program=program)
        case PartPhase.SENT_BACK:
            return say(
                "The %(part)s of %(program)s was sent back and has not come in again; its internal date was %(day)s.",
                part=part,
                program=program,
                day=words.day(internal.on),
            )
        case _:
            return say(
                "%(program)s is %(days)s late with its %(part)s, due to the lead by %(day)s.",
                program=program,
                days=words.count((now - internal.at).days + 1, "day"),
                part=part,
                day=words.day(internal.on),
            )
