"""Which dated occurrences follow from a contract and from what happened under it?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date

from duecourse.calendar import words
from duecourse.calendar.anchored_rules import (
    AroundAnniversary,
    FromContract,
    FromDeliverable,
    FromEvent,
    PrintedDates,
    RepeatedFromEvent,
    TermEnd,
    WithDeliverable,
    said,
)
from duecourse.calendar.derivation import Derivation, Occurrence
from duecourse.calendar.due import DueMoment
from duecourse.calendar.periods import Period
from duecourse.calendar.rules import DayOfMonth, FromPeriod, LastDayOfMonth, NthBusinessDay
from duecourse.calendar.schedule import Contract, Event, Line, Obligation


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
    match derivation.obligation.rule:
        case FromEvent() | AroundAnniversary() | RepeatedFromEvent() as rule:
            for event in derivation.happened(rule.event):
                yield from _after(derivation, rule, event)
        case PrintedDates() as rule:
            for line in derivation.obligation.lines:
                yield _printed(derivation, rule, line)
        case WithDeliverable() as rule:
            for line in derivation.obligation.lines:
                yield from _with(derivation, rule, line)
        case FromDeliverable() as rule:
            for line in derivation.obligation.lines:
                yield from _from_deliverable(derivation, rule, line)
        case FromContract() as rule:
            yield from _from_contract(derivation, rule)
        case rule:
            for line in derivation.obligation.lines:
                for index, period in enumerate(derivation.periods(derivation.obligation.every, line.exhibit)):
                    nominal_on = rule.nominal_on(period, derivation.contract.days())
                    step = f"Rule: {rule.words(period)} ({derivation.obligation.clause}). "
                    step += f"For {period.label}: {words.day(nominal_on)}."
                    window = period.window(derivation.obligation.covers)
                    yield derivation.at(
                        nominal_on,
                        step,
                        line,
                        key=period.start.isoformat(),
                        label=period.label,
                        index=index,
                        window=window,
                    )


def _after(
    derivation: Derivation, rule: FromEvent | AroundAnniversary | RepeatedFromEvent, event: Event
) -> Iterator[Occurrence]:
    on = derivation.contract.day_of(event)
    days = derivation.contract.days(around=on)
    key = f"{event.name}@{event.at.isoformat()}" + (f"#{event.reference}" if event.reference else "")
    label = f"{said(event.name)} of {words.day(on)}" + (f" ({event.reference})" if event.reference else "")
    happened = f"The event: {words.instant(event.at, derivation.contract.zone)}; day 0 is {words.day(on)}."
    line = next(
        (x for x in derivation.obligation.lines if x.exhibit.services_from <= on <= x.exhibit.services_to), None
    )
    match rule:
        case FromEvent():
            nominal_on = rule.offset.apply(on, days)
            step = f"Rule: {rule.offset.words(f'the event ({said(rule.event)})')} ({derivation.obligation.clause}). "
            step += happened
            step += f" Counted: {words.day(nominal_on)}."
            yield derivation.at(nominal_on, step, line, key=key, label=label, around=on)
        case AroundAnniversary():
            window = rule.window(on)
            step = f"Rule: {rule.words()} ({derivation.obligation.clause}). {happened} "
            step += f"The window: {words.day(window.start)} to {words.day(window.end)}, both included."
            yield derivation.at(window.end, step, line, key=key, label=label, window=window, around=window.end)
        case RepeatedFromEvent():
            last = _ends(derivation, rule, event)
            for number, nominal_on in enumerate(rule.nominal_dates(on, last), start=1):
                step = f"Rule: every {words.count(rule.every_months, 'month')} after the event ({said(rule.event)}) "
                step += f"({derivation.obligation.clause}). {happened} Number {number}: {words.day(nominal_on)}."
                yield derivation.at(
                    nominal_on, step, line, key=f"{key}/{number}", label=f"{label}, {number}", around=nominal_on
                )


def _ends(derivation: Derivation, rule: RepeatedFromEvent, event: Event) -> date:
    ending = [e for e in derivation.happened(rule.until) if e.reference == event.reference and e.at >= event.at]
    if not ending:
        return derivation.contract.end
    return min(derivation.contract.end, date.fromordinal(derivation.contract.day_of(ending[0]).toordinal() - 1))


def _printed(derivation: Derivation, rule: PrintedDates, line: Line) -> Occurrence:
    exhibit, number = line.exhibit, line.number(0)
    printed = f"line {number} of exhibit {exhibit.name}" if number else f"exhibit {exhibit.name}"
    nominal_on = rule.on[exhibit.name]
    step = f"Fixed date: {words.day(nominal_on)}, as {printed} states it ({derivation.obligation.clause})."
    for event in derivation.happened(rule.event):
        on = derivation.contract.day_of(event)
        if exhibit.services_from <= on < nominal_on:
            step += f" The event ({said(event.name)}) came first, on {words.day(on)}."
            nominal_on = on
    return derivation.at(nominal_on, step, line, key=exhibit.name, label=exhibit.name)


def _with(derivation: Derivation, rule: WithDeliverable, line: Line) -> Iterator[Occurrence]:
    for carrier in _carriers(derivation, rule.obligation, line):
        if rule.quarter is not None and carrier.period.quarter != rule.quarter:
            continue
        one = rule.quarter is not None
        first = f"Due with the {carrier.obligation.title} for {carrier.period.label} ({derivation.obligation.clause})."
        found = derivation.at(
            carrier.moment.nominal_on,
            first,
            line,
            key=line.exhibit.name if one else carrier.period.start.isoformat(),
            label=line.exhibit.name if one else carrier.period.label,
            index=0 if one else carrier.index,
        )
        steps = (first, *carrier.moment.steps)
        yield replace(found, moment=replace(carrier.moment, steps=steps)) if not derivation.moved(found.key) else found


def _from_deliverable(derivation: Derivation, rule: FromDeliverable, line: Line) -> Iterator[Occurrence]:
    for carrier in _carriers(derivation, rule.obligation, line):
        nominal_on = rule.offset.apply(carrier.moment.nominal_on, derivation.contract.days())
        anchor = f"the date of the {carrier.obligation.title}"
        step = f"Rule: {rule.offset.words(anchor)} ({derivation.obligation.clause}). "
        step += f"For {carrier.period.label}, {words.day(carrier.moment.nominal_on)}: {words.day(nominal_on)}."
        label = carrier.period.label
        yield derivation.at(
            nominal_on, step, line, key=carrier.period.start.isoformat(), label=label, index=carrier.index
        )


def _from_contract(derivation: Derivation, rule: FromContract) -> Iterator[Occurrence]:
    start = rule.anchor is TermEnd.START
    if rule.whole_contract:
        on = derivation.contract.start if start else derivation.contract.end
        anchors = [(on, "the contract", derivation.obligation.lines[0] if start else derivation.obligation.lines[-1])]
    else:
        anchors = [
            (x.exhibit.services_from if start else x.exhibit.services_to, x.exhibit.name, x)
            for x in derivation.obligation.lines
        ]
    for on, name, line in anchors:
        nominal_on = rule.offset.apply(on, derivation.contract.days())
        what = f"the {'first' if start else 'last'} day of {name} ({words.day(on)})"
        step = f"Rule: {rule.offset.words(what)} ({derivation.obligation.clause}): {words.day(nominal_on)}."
        yield derivation.at(nominal_on, step, line, key=name, label=name)


def _carriers(derivation: Derivation, obligation_id: str, line: Line) -> Iterator[_Carrier]:
    other = derivation.contract.obligation(obligation_id)
    rule = other.rule
    assert isinstance(rule, DayOfMonth | LastDayOfMonth | NthBusinessDay | FromPeriod)
    theirs = Derivation(derivation.contract, other, derivation.events)
    for index, period in enumerate(derivation.periods(other.every, line.exhibit)):
        nominal_on = rule.nominal_on(period, derivation.contract.days())
        step = f"Rule: {rule.words(period)} ({other.clause}). For {period.label}: {words.day(nominal_on)}."
        found = theirs.at(nominal_on, step, line, key=period.start.isoformat(), label=period.label)
        yield _Carrier(other, period, index, found.moment)


@dataclass(frozen=True, slots=True)
class _Carrier:
    """A deliverable with which another one goes."""

    obligation: Obligation
    period: Period
    index: int
    moment: DueMoment
