"""Which dated occurrences follow from a contract and from what happened under it?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from duecourse.calendar import words
from duecourse.calendar.after_events import after_event
from duecourse.calendar.anchored_rules import (
    EventRule,
    FromContract,
    FromDeliverable,
    PrintedDates,
    WithDeliverable,
    WithNextDeliverable,
)
from duecourse.calendar.carried import from_deliverable, with_deliverable, with_next
from duecourse.calendar.derivation import Derivation, Occurrence
from duecourse.calendar.event_rules import said
from duecourse.calendar.periods import TermEnd
from duecourse.calendar.schedule import Contract, Event, Line
from duecourse.language.said import say, say_in


def occurrences(contract: Contract, events: Iterable[Event] = (), *, flow: str | None = None) -> list[Occurrence]:
    """Return everything that `contract` asks for over its term, and the windows that `events` start, by due moment.

    `flow` limits the answer to the obligations of one kind of schedule; the others never change what is counted.
    """
    happened = sorted(events, key=lambda event: event.at)
    found = [
        occurrence
        for obligation in contract.obligations
        if flow is None or obligation.flow == flow
        for occurrence in _of(Derivation(contract, obligation, happened))
    ]
    return sorted(found, key=lambda occurrence: occurrence.moment.due_at)


def _of(derivation: Derivation) -> Iterator[Occurrence]:
    rule = derivation.obligation.rule
    if isinstance(rule, EventRule):
        for event in derivation.happened(rule.event):
            yield from after_event(derivation, rule, event)
    elif isinstance(rule, WithNextDeliverable):
        for event in derivation.happened(rule.event):
            yield from with_next(derivation, rule, event)
    elif isinstance(rule, FromContract):
        yield from _from_contract(derivation, rule)
    else:
        for line in derivation.obligation.lines:
            match rule:
                case PrintedDates():
                    yield _printed(derivation, rule, line)
                case WithDeliverable():
                    yield from with_deliverable(derivation, rule, line)
                case FromDeliverable():
                    yield from from_deliverable(derivation, rule, line)
                case _:
                    yield from _periodic(derivation, line)


def _periodic(derivation: Derivation, line: Line) -> Iterator[Occurrence]:
    for index, (period, nominal_on, step) in enumerate(derivation.periodic(line.exhibit)):
        window = period.window(derivation.obligation.covers)
        key = period.start.isoformat()
        yield derivation.at(nominal_on, step, line, key=key, label=period.label, index=index, window=window)


def _printed(derivation: Derivation, rule: PrintedDates, line: Line) -> Occurrence:
    exhibit, number = line.exhibit, line.number(0)
    printed = (
        say("line %(number)s of exhibit %(exhibit)s", number=number, exhibit=exhibit.name)
        if number
        else say("exhibit %(exhibit)s", exhibit=exhibit.name)
    )
    nominal_on = rule.on[exhibit.name]
    step: str = say(
        "Fixed date: %(day)s, as %(printed)s states it (%(clause)s).",
        day=words.day(nominal_on),
        printed=printed,
        clause=derivation.obligation.clause,
    )
    for event in derivation.happened(rule.event):
        on = derivation.contract.day_of(event)
        if exhibit.services_from <= on < nominal_on:
            first = say("The event (%(name)s) came first, on %(day)s.", name=said(event.name), day=words.day(on))
            step = words.following(step, first)
            nominal_on = on
    return derivation.at(nominal_on, step, line, key=exhibit.name, label=exhibit.name)


def _from_contract(derivation: Derivation, rule: FromContract) -> Iterator[Occurrence]:
    start = rule.anchor is TermEnd.START
    if rule.whole_contract:
        on = derivation.contract.start if start else derivation.contract.end
        line = derivation.obligation.lines[0 if start else -1]
        anchors: list[tuple[date, str, Line]] = [(on, say("the contract"), line)]
    else:
        anchors = [
            (x.exhibit.services_from if start else x.exhibit.services_to, x.exhibit.name, x)
            for x in derivation.obligation.lines
        ]
    for on, name, line in anchors:
        nominal_on = derivation.counted(rule.offset, on)
        term = say("%(term)s (%(day)s)", term=name, day=words.day(on))
        step = say(
            "Rule: %(rule)s (%(clause)s): %(day)s.",
            rule=rule.words(term),
            clause=derivation.obligation.clause,
            day=words.day(nominal_on),
        )
        label = say_in("label", "the contract") if rule.whole_contract else name
        yield derivation.at(nominal_on, step, line, key=name, label=label)
