"""How does a rule's date become an occurrence, with its number, its window, its subject line and its reasons?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from duecourse.calendar import words
from duecourse.calendar.due import DueMoment, Moved, due_moment
from duecourse.calendar.event_rules import said
from duecourse.calendar.offsets import Offset
from duecourse.calendar.periods import Period, Window, periods_in
from duecourse.calendar.rules import FromPeriod, PeriodRule
from duecourse.calendar.schedule import Contract, Event, Exhibit, Line, Obligation
from duecourse.language.said import say, say_in


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One dated occurrence of an obligation. `key` names it within the obligation, whatever its date becomes.

    `excused` says why it cannot be late, and is empty for nearly all: its date lies before the amendment that asks
    for it was signed.
    """

    obligation: Obligation
    key: str
    label: str
    number: str
    window: Window | None
    moment: DueMoment
    subject: str
    excused: str = ""


@dataclass(frozen=True, slots=True)
class Derivation:
    """The derivation of one obligation's occurrences, in the light of what happened (`events`, in order of time)."""

    contract: Contract
    obligation: Obligation
    events: list[Event]

    def at(
        self,
        nominal_on: date,
        step: str,
        line: Line | None,
        *,
        key: str,
        label: str,
        index: int = 0,
        window: Window | None = None,
        within_exhibit: bool = True,
    ) -> Occurrence:
        """Return the occurrence that is nominally due on `nominal_on`; `step` says how the rule came to that date.

        `within_exhibit` says that the exhibit's last day binds it; what hangs on an event is bound by none.
        """
        exhibit = line.exhibit if line and within_exhibit else None
        moment = due_moment(
            nominal_on,
            self.contract.days(nominal_on),
            closed_day=self.obligation.closed_day,
            zone=self.contract.zone,
            rule=step,
            never_after=exhibit.last_day if exhibit else None,
            moved=self.moved(key),
        )
        number = line.number(index) if line else ""
        subject = self._subject(window) if window else ""
        excused = _excused(exhibit, moment)
        return Occurrence(self.obligation, key, label, number, window, moment, subject, excused)

    def moved(self, key: str) -> Moved | None:
        """Return where somebody moved this occurrence, if anybody did."""
        return self.contract.moved.get((self.obligation.id, key))

    def happened(self, name: str) -> list[Event]:
        """Return the events of this name, in order of time."""
        return [event for event in self.events if event.name == name]

    def ended_on(self, ending: str, event: Event) -> date | None:
        """Return the day of the first event `ending` that ends what `event` started, or None while it goes on."""
        days = (
            self.contract.day_of(other)
            for other in self.happened(ending)
            if other.reference == event.reference and other.at >= event.at
        )
        return next(days, None)

    def label_of(self, event: Event) -> str:
        """Return what an occurrence is called that hangs on an event: ``hire of Mon Oct 3, 2022 (E-12)``."""
        named, day = said(event.name), words.day(self.contract.day_of(event))
        if not event.reference:
            return say_in("label", "%(name)s of %(day)s", name=named, day=day)
        return say_in("label", "%(name)s of %(day)s (%(reference)s)", name=named, day=day, reference=event.reference)

    def counted(self, offset: Offset, on: date) -> date:
        """Return the date that lies an offset from `on`."""
        return offset.apply(on, self.contract.days(on, offset.reach(on)))

    def periodic(self, exhibit: Exhibit) -> Iterator[tuple[Period, date, str]]:
        """Yield the periods of an exhibit, the date that the obligation's rule names for each, and the step to it."""
        rule, every = self.obligation.rule, self.obligation.every
        assert isinstance(rule, PeriodRule), "checked when the contract file is read"
        starts = self.contract.fiscal_year_starts
        offset = rule.offset if isinstance(rule, FromPeriod) else None
        for period in periods_in(every, exhibit.services_from, exhibit.services_to, fiscal_year_starts=starts):
            edges = (offset.reach(period.start), offset.reach(period.end)) if offset else ()
            nominal_on = rule.nominal_on(period, self.contract.days(*edges))
            step = words.following(
                say("Rule: %(rule)s (%(clause)s).", rule=rule.words(period), clause=self.obligation.clause),
                say("For %(period)s: %(day)s.", period=period.label, day=words.day(nominal_on)),
            )
            yield period, nominal_on, step

    def _subject(self, window: Window) -> str:
        if not self.obligation.report_type:
            return ""
        blanks = {
            "{name}": self.contract.contractor,
            "{number}": self.contract.number,
            "{report type}": self.obligation.report_type,
            "{period}": words.range_of_days(window.start, window.end),
        }
        subject = self.contract.email_subject
        for blank, filled in blanks.items():
            subject = subject.replace(blank, filled)
        return subject


def _excused(exhibit: Exhibit | None, moment: DueMoment) -> str:
    amendment = exhibit.amendment if exhibit else None
    if amendment is None or amendment.executed_on is None or moment.due_on >= amendment.executed_on:
        return ""
    return say(
        "%(amendment)s asks for it and was signed on %(day)s, after this date.",
        amendment=amendment.name,
        day=words.day(amendment.executed_on),
    )
