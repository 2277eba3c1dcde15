"""Which dates do rules name that count from an event, a printed date, the contract's term, or another deliverable?

Each rule is a frozen value; its docstring is its specification.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from duecourse.calendar.offsets import Offset
from duecourse.calendar.periods import Window, add_months
from duecourse.calendar.words import count


@dataclass(frozen=True, slots=True)
class PrintedDates:
    """The dates that the contract prints, one for each exhibit: stored, not derived.

    With an `event`, whichever comes first: the printed date, or the day on which the event happens while the item is
    open.
    """

    on: dict[str, date]
    event: str = ""


@dataclass(frozen=True, slots=True)
class WithDeliverable:
    """When another deliverable is due: that of quarter `quarter` of each fiscal year, or each one where it is None."""

    obligation: str
    quarter: int | None = None


@dataclass(frozen=True, slots=True)
class FromDeliverable:
    """An offset from the nominal date of each deliverable of another obligation."""

    obligation: str
    offset: Offset


class TermEnd(StrEnum):
    """Which end of the contract's term."""

    START = "start"
    END = "end"


@dataclass(frozen=True, slots=True)
class FromContract:
    """An offset from the first or the last day of each exhibit's services, or of the contract's own term.

    `whole_contract` says which: with it the item falls due once in the contract, without it once for each exhibit.
    """

    anchor: TermEnd
    offset: Offset
    whole_contract: bool = False


@dataclass(frozen=True, slots=True)
class FromEvent:
    """An offset from the local date of an event, which is day 0 whatever its hour."""

    event: str
    offset: Offset


@dataclass(frozen=True, slots=True)
class RepeatedFromEvent:
    """Every `every_months` months after an event, until an event that ends it, or the contract's last day.

    Each date is counted from the event, never from the date before it: an event on the 31st falls due on the 31st
    wherever the month has one. What falls due on the day of the ending event, or later, is not asked for.
    """

    event: str
    every_months: int
    until: str = ""

    def nominal_dates(self, event_on: date, last_on: date) -> list[date]:
        """Return the dates after `event_on` up to and with `last_on`."""
        dates, step = [], 1
        while (on := add_months(event_on, self.every_months * step)) <= last_on:
            dates.append(on)
            step += 1
        return dates


@dataclass(frozen=True, slots=True)
class AroundAnniversary:
    """Within a window around the day that lies `months` after an event: `days_before` before to `days_after` after it.

    Both ends are in the window, and it is due by its last day. An anniversary that a month does not have is that
    month's last day.
    """

    event: str
    months: int
    days_before: int
    days_after: int

    def window(self, event_on: date) -> Window:
        """Return the days in which it is to be done."""
        anniversary = add_months(event_on, self.months)
        return Window(anniversary - timedelta(days=self.days_before), anniversary + timedelta(days=self.days_after))

    def words(self) -> str:
        """Say the rule."""
        before, after = count(self.days_before, "day"), count(self.days_after, "day")
        return (
            f"from {before} before to {after} after the day {count(self.months, 'month')} after the {said(self.event)}"
        )


AnchoredRule = (
    PrintedDates | WithDeliverable | FromDeliverable | FromContract | FromEvent | RepeatedFromEvent | AroundAnniversary
)


def events_of(rule: object) -> tuple[str, ...]:
    """Return the names of the events on which a rule depends."""
    match rule:
        case FromEvent() | AroundAnniversary():
            return (rule.event,)
        case RepeatedFromEvent():
            return (rule.event, rule.until) if rule.until else (rule.event,)
        case PrintedDates() if rule.event:
            return (rule.event,)
        case _:
            return ()


def starting_event(rule: object) -> str:
    """Return the name of the event without which a rule names no date, or an empty text."""
    return rule.event if isinstance(rule, FromEvent | RepeatedFromEvent | AroundAnniversary) else ""


def said(event: str) -> str:
    """Return an event's name as it is said: ``corrective action notice``."""
    return event.replace("-", " ")
