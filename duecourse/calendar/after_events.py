"""Which occurrences does an event start?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from duecourse.calendar import words
from duecourse.calendar.anchored_rules import EventRule
from duecourse.calendar.derivation import Derivation, Occurrence
from duecourse.calendar.event_rules import (
    AroundAnniversary,
    DayOfMonthAfterEvent,
    FromEvent,
    MonthsFromEvent,
    RepeatedFromEvent,
    the_event,
)
from duecourse.calendar.schedule import Event
from duecourse.language.said import say, say_in


def after_event(derivation: Derivation, rule: EventRule, event: Event) -> Iterator[Occurrence]:
    """Yield the occurrences that one event starts, less those that an ending event has made needless."""
    contract = derivation.contract
    on = contract.day_of(event)
    label, key = derivation.label_of(event), event.key
    clause = derivation.obligation.clause
    instant = words.instant(event.at, contract.zone)
    started: str = say("Rule: %(rule)s (%(clause)s).", rule=rule.words(), clause=clause)
    happened = say("The event: %(instant)s; day 0 is %(day)s.", instant=instant, day=words.day(on))
    started = words.following(started, happened)
    ended_on = derivation.ended_on(rule.until, event)
    line = next(
        (x for x in derivation.obligation.lines if x.exhibit.services_from <= on <= x.exhibit.services_to), None
    )
    match rule:
        case FromEvent():
            day_0, later = _day_0(derivation, rule, event)
            nominal_on = derivation.counted(rule.offset, day_0)
            if ended_on is not None and nominal_on >= ended_on:
                return
            step = words.following(started, later, say("Counted: %(day)s.", day=words.day(nominal_on)))
            window = rule.window(day_0, nominal_on)
            yield derivation.at(nominal_on, step, line, key=key, label=label, window=window, within_exhibit=False)
        case MonthsFromEvent():
            for months, nominal_on in rule.nominal_dates(on):
                if ended_on is not None and nominal_on >= ended_on:
                    return
                age = words.count(months, "month")
                step = words.following(started, say("At %(months)s: %(day)s.", months=age, day=words.day(nominal_on)))
                yield derivation.at(
                    nominal_on,
                    step,
                    line,
                    key=f"{key}/{months}",
                    label=say_in("label", "%(label)s, %(months)s", label=label, months=age),
                    within_exhibit=False,
                )
        case DayOfMonthAfterEvent():
            nominal_on = rule.nominal_on(on, contract.days(on, rule.offset.reach(on)))
            if ended_on is not None and nominal_on >= ended_on:
                return
            step = words.following(started, say("Counted: %(day)s.", day=words.day(nominal_on)))
            yield derivation.at(nominal_on, step, line, key=key, label=label, within_exhibit=False)
        case AroundAnniversary():
            if ended_on is not None and ended_on < rule.anniversary(on):
                return
            window = rule.window(on)
            start, end = words.day(window.start), words.day(window.end)
            days = say("The window: %(start)s to %(end)s, both included.", start=start, end=end)
            step = words.following(started, days)
            yield derivation.at(window.end, step, line, key=key, label=label, window=window, within_exhibit=False)
        case RepeatedFromEvent():
            last_on = contract.end if ended_on is None else min(contract.end, ended_on - timedelta(days=1))
            for number, nominal_on in enumerate(rule.nominal_dates(on, last_on), start=1):
                counted = say("Number %(number)s: %(day)s.", number=number, day=words.day(nominal_on))
                step = words.following(started, counted)
                yield derivation.at(
                    nominal_on,
                    step,
                    line,
                    key=f"{key}/{number}",
                    label=say_in("label", "%(label)s, %(number)s", label=label, number=number),
                    within_exhibit=False,
                )


def _day_0(derivation: Derivation, rule: FromEvent, event: Event) -> tuple[date, str]:
    """Return the day from which is counted, and what is said of it where that is not the day of the event."""
    contract = derivation.contract
    latest, what = contract.day_of(event), ""
    for name in rule.not_before:
        for other in derivation.happened(name):
            if other.reference in ("", event.reference) and contract.day_of(other) > latest:
                latest, what = contract.day_of(other), the_event(name)
    if rule.not_before_contract_end and contract.end > latest:
        latest, what = contract.end, say("the contract's last day")
    if not what:
        return latest, ""
    return latest, say("Later is %(what)s, %(day)s: it is counted from there.", what=what, day=words.day(latest))
