"""Which dates do rules name that stand in the contract, or count from its term, from another deliverable or an event?

Each rule is a frozen value; its docstring is its specification. `event_rules` holds those that start with an event.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from duecourse.calendar.event_rules import (
    AroundAnniversary,
    DayOfMonthAfterEvent,
    FromEvent,
    MonthsFromEvent,
    RepeatedFromEvent,
    said,
    the_event,
)
from duecourse.calendar.offsets import Offset
from duecourse.calendar.periods import TermEnd
from duecourse.language.said import say


@dataclass(frozen=True, slots=True)
class PrintedDates:
    """The dates that the contract prints, one for each exhibit: stored, not derived.

    With an `event`, whichever comes first: the printed date, or the day on which the event happens while the item is
    open.
    """

    on: dict[str, date]
    event: str = ""

    def words(self) -> str:
        """Say the rule."""
        if not self.event:
            return say("the printed date")
        return say("the printed date, or the day of %(event)s, whichever comes first", event=the_event(self.event))


@dataclass(frozen=True, slots=True)
class WithDeliverable:
    """When another deliverable is due: that of quarter `quarter` of each fiscal year, or each one where it is None.

    With an `event`, only those whose nominal date does not lie before the day of the event, and lies before that of the
    event `until` with the same reference: what each monthly report has to carry while something is the matter.
    """

    obligation: str
    quarter: int | None = None
    event: str = ""
    until: str = ""

    def words(self, title: str) -> str:
        """Say the rule; `title` is what the other deliverable is called."""
        if self.quarter is not None:
            return say("with the %(title)s of quarter %(number)s", title=title, number=self.quarter)
        if not self.event:
            return say("with each %(title)s", title=title)
        event = the_event(self.event)
        if not self.until:
            return say("with each %(title)s after %(event)s", title=title, event=event)
        end = said(self.until)
        return say("with each %(title)s after %(event)s until %(end)s", title=title, event=event, end=end)


@dataclass(frozen=True, slots=True)
class WithNextDeliverable:
    """When another deliverable is next due after an event: the first whose nominal date is not before the event's day.

    An event after the last of them starts nothing.
    """

    obligation: str
    event: str

    def words(self, title: str) -> str:
        """Say the rule; `title` is what the other deliverable is called."""
        return say("with the next %(title)s after %(event)s", title=title, event=the_event(self.event))


@dataclass(frozen=True, slots=True)
class FromDeliverable:
    """An offset from the nominal date of each deliverable of another obligation."""

    obligation: str
    offset: Offset

    def words(self, title: str) -> str:
        """Say the rule; `title` is what the other deliverable is called."""
        return self.offset.words(say("the date of the %(title)s", title=title))


@dataclass(frozen=True, slots=True)
class FromContract:
    """An offset from the first or the last day of each exhibit's services, or of the contract's own term.

    `whole_contract` says which: with it the item falls due once in the contract, without it once for each exhibit.
    """

    anchor: TermEnd
    offset: Offset
    whole_contract: bool = False

    def words(self, named: str = "") -> str:
        """Say the rule; `named` is what the term is called, where one is meant."""
        term = named or (say("the contract") if self.whole_contract else say("the exhibit's services"))
        day = (
            say("the first day of %(term)s", term=term)
            if self.anchor is TermEnd.START
            else say("the last day of %(term)s", term=term)
        )
        return say("by %(day)s", day=day) if self.offset == Offset(0) else self.offset.words(day)


EventRule = FromEvent | MonthsFromEvent | DayOfMonthAfterEvent | AroundAnniversary | RepeatedFromEvent

AnchoredRule = PrintedDates | WithDeliverable | WithNextDeliverable | FromDeliverable | FromContract | EventRule


def events_of(rule: object) -> tuple[str, ...]:
    """Return the names of the events on which a rule depends."""
    more = rule.not_before if isinstance(rule, FromEvent) else ()
    return (*paired_events(rule), *more)


def paired_events(rule: object) -> tuple[str, ...]:
    """Return the names of the events that start, bring forward or end what a rule asks for of one person, one plan."""
    names: tuple[str, ...] = ()
    if isinstance(rule, PrintedDates | WithNextDeliverable):
        names = (rule.event,)
    elif isinstance(rule, WithDeliverable | EventRule):
        names = (rule.event, rule.until)
    return tuple(name for name in names if name)


def starting_event(rule: object) -> str:
    """Return the name of the event without which a rule names no date, or an empty text."""
    return rule.event if isinstance(rule, WithDeliverable | WithNextDeliverable | EventRule) else ""
