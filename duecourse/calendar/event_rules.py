"""Which dates do rules name that start with an event: a notice, a hire, a birth?

Each rule is a frozen value; its docstring is its specification. The local date of the event is day 0, whatever its
hour. With `until`, what falls due on the day of that event, or later, is not asked for; the ending event has the
reference of the one that started it, and ends nothing that another family or another plan owes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from duecourse.calendar import words
from duecourse.calendar.business_days import BusinessCalendar
from duecourse.calendar.offsets import Direction, Offset
from duecourse.calendar.own_events import event_said
from duecourse.calendar.periods import Window, add_months
from duecourse.language.said import say


@dataclass(frozen=True, slots=True)
class FromEvent:
    """An offset from the day of an event.

    Day 0 is the latest of that day and of the events `not_before` that have happened with the same reference, or with
    none; with `not_before_contract_end`, of the contract's last day as well. `opens_months` says after how many months,
    counted from day 0, it may be done at the earliest; it does not touch the due date.
    """

    event: str
    offset: Offset
    until: str = ""
    not_before: tuple[str, ...] = ()
    not_before_contract_end: bool = False
    opens_months: int | None = None

    def window(self, day_0: date, nominal_on: date) -> Window | None:
        """Return the days in which it is to be done, where that does not start at once."""
        return Window(add_months(day_0, self.opens_months), nominal_on) if self.opens_months is not None else None

    def words(self) -> str:
        """Say the rule."""
        also: list[str] = [the_event(name) for name in self.not_before]
        also += [say("the contract's last day")] if self.not_before_contract_end else []
        event = the_event(self.event)
        day_0 = say("the latest of %(days)s", days=words.joined([event, *also])) if also else event
        rule = self.offset.words(day_0)
        if self.opens_months is None:
            return rule
        return say(
            "%(rule)s, and not until %(months)s after it", rule=rule, months=words.count(self.opens_months, "month")
        )


@dataclass(frozen=True, slots=True)
class MonthsFromEvent:
    """So many months after an event, several times: a screen at 10, 18 and 24 months of age.

    Each date is counted from the event; a day that a month does not have is that month's last day.
    """

    event: str
    months: tuple[int, ...]
    until: str = ""

    def nominal_dates(self, event_on: date) -> list[tuple[int, date]]:
        """Return the number of months and the date of each."""
        return [(months, add_months(event_on, months)) for months in self.months]

    def words(self) -> str:
        """Say the rule."""
        months = words.joined([str(n) for n in self.months])
        return say("%(numbers)s months after %(event)s", numbers=months, event=the_event(self.event))


@dataclass(frozen=True, slots=True)
class DayOfMonthAfterEvent:
    """The first day `day` of a month that does not lie before an offset from an event.

    A month that has no such day uses its last day.
    """

    event: str
    offset: Offset
    day: int
    until: str = ""

    def nominal_on(self, event_on: date, days: BusinessCalendar) -> date:
        """Return the date that this rule names for an event on `event_on`."""
        earliest = self.offset.apply(event_on, days)
        on = _day_of_month(earliest, self.day)
        return on if on >= earliest else _day_of_month(add_months(earliest.replace(day=1), 1), self.day)

    def words(self) -> str:
        """Say the rule."""
        event: str = the_event(self.event)
        if self.offset.count:
            length = words.count(self.offset.count, self.offset.thing)
            event = (
                say("%(length)s after %(event)s", length=length, event=event)
                if self.offset.direction is Direction.AFTER
                else say("%(length)s before %(event)s", length=length, event=event)
            )
        return say("by the next %(day)s of a month, from %(event)s on", day=words.day_of_month(self.day), event=event)


@dataclass(frozen=True, slots=True)
class RepeatedFromEvent:
    """Every `every_months` months after an event, until the event that ends it, or the contract's last day.

    Each date is counted from the event, never from the date before it: an event on the 31st falls due on the 31st
    wherever the month has one.
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

    def words(self) -> str:
        """Say the rule."""
        event = the_event(self.event)
        rule = (
            say("every month after %(event)s", event=event)
            if self.every_months == 1
            else say("every %(months)s after %(event)s", months=words.count(self.every_months, "month"), event=event)
        )
        return say("%(rule)s, until %(end)s", rule=rule, end=said(self.until)) if self.until else rule


@dataclass(frozen=True, slots=True)
class AroundAnniversary:
    """Within a window around the day that lies `months` after an event: `days_before` before to `days_after` after it.

    Both ends are in the window, and it is due by its last day. An anniversary that a month does not have is that
    month's last day. Nothing is asked for when the event `until` comes before the anniversary; on it, or later, it
    changes nothing.
    """

    event: str
    months: int
    days_before: int
    days_after: int
    until: str = ""

    def anniversary(self, event_on: date) -> date:
        """Return the day around which the window lies."""
        return add_months(event_on, self.months)

    def window(self, event_on: date) -> Window:
        """Return the days in which it is to be done."""
        on = self.anniversary(event_on)
        return Window(on - timedelta(days=self.days_before), on + timedelta(days=self.days_after))

    def words(self) -> str:
        """Say the rule."""
        before, after = words.count(self.days_before, "day"), words.count(self.days_after, "day")
        return say(
            "from %(before)s before to %(after)s after the day %(months)s after %(event)s",
            before=before,
            after=after,
            months=words.count(self.months, "month"),
            event=the_event(self.event),
        )


def the_event(name: str) -> str:
    """Return an event as rules speak of it: ``the event (corrective action notice)``."""
    return say("the event (%(name)s)", name=said(name))


def said(event: str) -> str:
    """Return an event's name as it is said: ``corrective action notice``."""
    return event_said(event)


def _day_of_month(on: date, day: int) -> date:
    last = add_months(on.replace(day=1), 1) - timedelta(days=1)
    return on.replace(day=min(day, last.day))
