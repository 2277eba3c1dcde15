"""Which dated occurrences follow from a contract and from what happened under it?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from duecourse.calendar import words
from duecourse.calendar.due import DueMoment, due_moment
from duecourse.calendar.periods import Every, Period, Window, periods_in
from duecourse.calendar.rules import DaysAfterEvent, FixedDates, PeriodRule, WithDeliverable
from duecourse.calendar.schedule import Contract, Event, Exhibit, Line, Obligation


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One dated occurrence of an obligation. `key` names it within the obligation, whatever its date becomes."""

    obligation: Obligation
    key: str
    label: str
    number: str
    window: Window | None
    moment: DueMoment
    subject: str


def occurrences(contract: Contract, events: Iterable[Event] = (), *, flow: str | None = None) -> list[Occurrence]:
    """Return everything that `contract` asks for over its term, and the windows that `events` start, by due moment.

    `flow` limits the answer to the obligations of one kind of schedule; the others never change what is counted.
    """
    happened = tuple(events)
    found = [
        occurrence
        for obligation in contract.obligations
        if flow is None or obligation.flow == flow
        for occurrence in _of(obligation, contract, happened)
    ]
    return sorted(found, key=lambda occurrence: occurrence.moment.due_at)


def _of(obligation: Obligation, contract: Contract, events: tuple[Event, ...]) -> Iterator[Occurrence]:
    match obligation.rule:
        case DaysAfterEvent() as rule:
            for event in events:
                if event.name == rule.event:
                    yield _after_event(obligation, rule, event, contract)
        case FixedDates() as rule:
            for line in obligation.lines:
                yield _on_printed_date(obligation, line, rule.on[line.exhibit.name], contract)
        case WithDeliverable() as rule:
            for line in obligation.lines:
                yield from _with_deliverable(obligation, line, rule, contract)
        case rule:
            for line in obligation.lines:
                for index, period in enumerate(_periods(obligation.every, line.exhibit, contract)):
                    yield _after_period(obligation, line.number(index), rule, period, line.exhibit, contract)


def _after_period(
    obligation: Obligation,
    number: str,
    rule: PeriodRule,
    period: Period,
    exhibit: Exhibit,
    contract: Contract,
) -> Occurrence:
    moment = _period_moment(obligation, rule, period, exhibit, contract)
    window = period.window(obligation.covers)
    subject = _subject(contract, obligation, window)
    return Occurrence(obligation, period.start.isoformat(), period.label, number, window, moment, subject)


def _on_printed_date(obligation: Obligation, line: Line, nominal_on: date, contract: Contract) -> Occurrence:
    number = line.number(0)
    printed = f"line {number} of exhibit {line.exhibit.name}" if number else f"exhibit {line.exhibit.name}"
    rule = f"Fixed date: {words.day(nominal_on)}, as {printed} states it ({obligation.clause})."
    moment = _moment(obligation, nominal_on, rule, line.exhibit, contract)
    return Occurrence(obligation, line.exhibit.name, line.exhibit.name, number, None, moment, "")


def _with_deliverable(
    obligation: Obligation, line: Line, rule: WithDeliverable, contract: Contract
) -> Iterator[Occurrence]:
    other = contract.obligation(rule.obligation)
    assert isinstance(other.rule, PeriodRule)
    for period in _periods(other.every, line.exhibit, contract):
        if period.quarter != rule.quarter:
            continue
        carrier = _period_moment(other, other.rule, period, line.exhibit, contract)
        first = f"Due with the {other.title} for {period.label} ({obligation.clause})."
        moment = DueMoment(
            carrier.nominal_on,
            carrier.due_on,
            carrier.due_at,
            carrier.whole_day,
            carrier.zone,
            (first, *carrier.steps),
            carrier.calendar_version,
        )
        yield Occurrence(obligation, line.exhibit.name, line.exhibit.name, line.number(0), None, moment, "")


def _after_event(obligation: Obligation, rule: DaysAfterEvent, event: Event, contract: Contract) -> Occurrence:
    event_on = event.at.astimezone(ZoneInfo(contract.zone)).date()
    covering = [line for line in obligation.lines if line.exhibit.services_from <= event_on <= line.exhibit.services_to]
    days = contract.days(around=event_on)
    nominal_on = rule.nominal_on(event_on, days)
    step = (
        f"Rule: {rule.words()} ({obligation.clause}). The event: {words.instant(event.at, contract.zone)}. "
        f"Counted from {words.day(event_on)}: {words.day(nominal_on)}."
    )
    moment = due_moment(nominal_on, days, closed_day=obligation.closed_day, zone=contract.zone, rule=step)
    key = f"{event.name}@{event.at.isoformat()}" + (f"#{event.reference}" if event.reference else "")
    label = f"event of {words.day(event_on)}" + (f" ({event.reference})" if event.reference else "")
    return Occurrence(obligation, key, label, covering[0].number(0) if covering else "", None, moment, "")


def _period_moment(
    obligation: Obligation,
    rule: PeriodRule,
    period: Period,
    exhibit: Exhibit,
    contract: Contract,
) -> DueMoment:
    nominal_on = rule.nominal_on(period, contract.days())
    step = f"Rule: {rule.words(period)} ({obligation.clause}). For {period.label}: {words.day(nominal_on)}."
    return _moment(obligation, nominal_on, step, exhibit, contract)


def _moment(obligation: Obligation, nominal_on: date, rule: str, exhibit: Exhibit, contract: Contract) -> DueMoment:
    return due_moment(
        nominal_on,
        contract.days(),
        closed_day=obligation.closed_day,
        zone=contract.zone,
        rule=rule,
        never_after=exhibit.last_day,
    )


def _periods(every: Every, exhibit: Exhibit, contract: Contract) -> Iterator[Period]:
    return periods_in(every, exhibit.services_from, exhibit.services_to, fiscal_year_starts=contract.fiscal_year_starts)


def _subject(contract: Contract, obligation: Obligation, window: Window) -> str:
    if not obligation.report_type:
        return ""
    blanks = {
        "{name}": contract.contractor,
        "{number}": contract.number,
        "{report type}": obligation.report_type,
        "{period}": words.range_of_days(window.start, window.end),
    }
    subject = contract.email_subject
    for blank, filled in blanks.items():
        subject = subject.replace(blank, filled)
    return subject
