"""Which occurrences go with a deliverable of another obligation, or are counted from it?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

from duecourse.calendar import words
from duecourse.calendar.anchored_rules import FromDeliverable, WithDeliverable, WithNextDeliverable
from duecourse.calendar.derivation import Derivation, Occurrence
from duecourse.calendar.due import DueMoment
from duecourse.calendar.event_rules import said
from duecourse.calendar.periods import Period, Window
from duecourse.calendar.schedule import Event, Line
from duecourse.language.said import say


def with_deliverable(derivation: Derivation, rule: WithDeliverable, line: Line) -> Iterator[Occurrence]:
    """Yield what goes with each deliverable of another obligation, or with that of one quarter."""
    open_between = [(_while(derivation, rule, event), event) for event in derivation.happened(rule.event)]
    for carrier in _carriers(derivation, rule.obligation, line):
        if rule.quarter is not None and carrier.period.quarter != rule.quarter:
            continue
        since = [pair for pair in open_between if pair[0].start <= carrier.moment.nominal_on <= pair[0].end]
        if rule.event and not since:
            continue
        first: str = say(
            "Due with the %(title)s for %(period)s (%(clause)s).",
            title=carrier.title,
            period=carrier.period.label,
            clause=derivation.obligation.clause,
        )
        if rule.event:
            started = words.day(since[0][0].start)
            lasts = say(
                "The event (%(name)s) was on %(day)s and still goes on then.", name=said(rule.event), day=started
            )
            first = words.following(first, lasts)
        if rule.quarter is not None:
            yield _carried(derivation, carrier, line, first, key=line.exhibit.name, label=line.exhibit.name)
        else:
            key, label = carrier.period.start.isoformat(), carrier.period.label
            found = _carried(derivation, carrier, line, first, key=key, label=label, index=carrier.index)
            yield _known_too_late(found, [event for _, event in since])


def with_next(derivation: Derivation, rule: WithNextDeliverable, event: Event) -> Iterator[Occurrence]:
    """Yield what goes with the next deliverable of another obligation after an event."""
    on = derivation.contract.day_of(event)
    coming = (
        (carrier, line)
        for line in derivation.obligation.lines
        for carrier in _carriers(derivation, rule.obligation, line)
        if carrier.moment.nominal_on >= on
    )
    for carrier, line in sorted(coming, key=lambda pair: pair[0].moment.nominal_on)[:1]:
        happened = words.instant(event.at, derivation.contract.zone)
        first = words.following(
            say("Rule: %(rule)s (%(clause)s).", rule=rule.words(carrier.title), clause=derivation.obligation.clause),
            say("The event: %(instant)s; day 0 is %(day)s.", instant=happened, day=words.day(on)),
            say("The next one is that for %(period)s.", period=carrier.period.label),
        )
        yield _carried(derivation, carrier, line, first, key=event.key, label=derivation.label_of(event))


def from_deliverable(derivation: Derivation, rule: FromDeliverable, line: Line) -> Iterator[Occurrence]:
    """Yield what is counted from each deliverable of another obligation."""
    for carrier in _carriers(derivation, rule.obligation, line):
        nominal_on = derivation.counted(rule.offset, carrier.moment.nominal_on)
        step = words.following(
            say("Rule: %(rule)s (%(clause)s).", rule=rule.words(carrier.title), clause=derivation.obligation.clause),
            say(
                "For %(period)s, %(start)s: %(day)s.",
                period=carrier.period.label,
                start=words.day(carrier.moment.nominal_on),
                day=words.day(nominal_on),
            ),
        )
        label = carrier.period.label
        yield derivation.at(
            nominal_on, step, line, key=carrier.period.start.isoformat(), label=label, index=carrier.index
        )


@dataclass(frozen=True, slots=True)
class _Carrier:
    """A deliverable with which another one goes."""

    title: str
    period: Period
    index: int
    moment: DueMoment


def _carriers(derivation: Derivation, obligation_id: str, line: Line) -> Iterator[_Carrier]:
    other = derivation.contract.obligation(obligation_id)
    theirs = Derivation(derivation.contract, other, derivation.events)
    for index, (period, nominal_on, step) in enumerate(theirs.periodic(line.exhibit)):
        found = theirs.at(nominal_on, step, line, key=period.start.isoformat(), label=period.label)
        yield _Carrier(other.title, period, index, found.moment)


def _carried(
    derivation: Derivation, carrier: _Carrier, line: Line, first: str, *, key: str, label: str, index: int = 0
) -> Occurrence:
    """Return an occurrence with its carrier's due moment, unless it was itself moved."""
    found = derivation.at(carrier.moment.nominal_on, first, line, key=key, label=label, index=index)
    if derivation.moved(key):
        return found
    return replace(found, moment=replace(carrier.moment, steps=(first, *carrier.moment.steps)))


def _known_too_late(found: Occurrence, events: list[Event]) -> Occurrence:
    """Return an occurrence that cannot be late when none of the events that ask for it was known before it was due."""
    known = [event.known_at for event in events]
    if found.excused or not known or any(at is None or at < found.moment.due_at for at in known):
        return found
    at = min(at for at in known if at is not None)
    entered = words.instant(at, found.moment.zone)
    return replace(found, excused=say("What asks for it was entered %(instant)s, after this date.", instant=entered))


def _while(derivation: Derivation, rule: WithDeliverable, event: Event) -> Window:
    ended_on = derivation.ended_on(rule.until, event)
    last_on = ended_on - timedelta(days=1) if ended_on else date.max
    return Window(derivation.contract.day_of(event), last_on)
