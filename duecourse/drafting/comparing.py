"""Does each date that an exhibit prints agree with the date that the definition's rule names?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from duecourse.calendar.derivation import Occurrence
from duecourse.calendar.occurrences import occurrences
from duecourse.calendar.rule_words import rule_in_words
from duecourse.calendar.schedule import Contract, Obligation
from duecourse.language.said import say

_FURTHEST_DAYS = 45
"""How far apart a printed date and a rule's date may lie that are shown side by side."""


class Verdict(StrEnum):
    """How a printed date and a rule's date stand to each other."""

    DIFFERS = "differs"
    NOT_NAMED = "no rule names it"
    NOT_PRINTED = "not printed"
    MOVES = "agrees, then moves"
    AGREES = "agrees"
    DERIVED = "by the rule alone"

    @property
    def is_disagreement(self) -> bool:
        """Whether a person has to look at it."""
        return self in (Verdict.DIFFERS, Verdict.NOT_NAMED, Verdict.NOT_PRINTED)


@dataclass(frozen=True, slots=True)
class Printed:
    """A date that an exhibit prints for an obligation."""

    obligation_id: str
    exhibit: str
    on: date
    number: str = ""
    where: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A printed date beside the rule's: `nominal_on` as the rule names it, `due_on` where a closed day moves that."""

    verdict: Verdict
    label: str
    printed_on: date | None
    nominal_on: date | None
    due_on: date | None
    why: str = ""
    number: str = ""
    where: str = ""

    @property
    def on(self) -> date:
        """The date by which the line is put in order and drawn."""
        found = self.printed_on or self.due_on
        assert found is not None
        return found


@dataclass(frozen=True, slots=True)
class Checked:
    """One obligation with its rule in words, and a line for each of its dates."""

    obligation_id: str
    title: str
    rule: str
    lines: tuple[Line, ...]

    @property
    def off(self) -> int:
        """How many lines disagree."""
        return sum(line.verdict.is_disagreement for line in self.lines)


def compare(contract: Contract, printed: Iterable[Printed]) -> list[Checked]:
    """Return every obligation that has dates, printed or derived, with those that disagree first."""
    named: dict[str, list[Occurrence]] = {}
    for occurrence in occurrences(contract):
        named.setdefault(occurrence.obligation.id, []).append(occurrence)
    wanted: dict[str, list[Printed]] = {}
    for each in printed:
        wanted.setdefault(each.obligation_id, []).append(each)
    found = [
        Checked(
            obligation.id,
            obligation.title,
            rule_in_words(contract, obligation),
            tuple(_lines(obligation, named.get(obligation.id, []), wanted.pop(obligation.id, []))),
        )
        for obligation in contract.obligations
    ]
    for obligation_id, rest in wanted.items():
        why = say("The definition has no obligation of this id any more.")
        lines = tuple(Line(Verdict.NOT_NAMED, "", each.on, None, None, why, each.number, each.where) for each in rest)
        found.append(Checked(obligation_id, obligation_id, "", lines))
    return sorted((each for each in found if each.lines), key=lambda each: each.off == 0)


def _lines(obligation: Obligation, named: Sequence[Occurrence], printed: Sequence[Printed]) -> list[Line]:
    rest = list(named)
    lines: list[Line] = []
    unmatched: list[Printed] = []
    for each in printed:
        match = next((one for one in rest if each.on in (one.moment.nominal_on, one.moment.due_on)), None)
        if match is None:
            unmatched.append(each)
        else:
            rest.remove(match)
            lines.append(_agrees(match, each))
    for each in unmatched:
        near = min(rest, key=lambda one: abs((one.moment.nominal_on - each.on).days), default=None)
        if near is None or abs((near.moment.nominal_on - each.on).days) > _FURTHEST_DAYS:
            why: str = say("The rule names no date near it.")
            lines.append(Line(Verdict.NOT_NAMED, "", each.on, None, None, why, each.number, each.where))
            continue
        rest.remove(near)
        moment = near.moment
        why = moment.steps[0]
        line = Line(
            Verdict.DIFFERS, near.label, each.on, moment.nominal_on, moment.due_on, why, each.number, each.where
        )
        lines.append(line)
    dated = {each.exhibit for each in printed}
    for one in rest:
        is_printed = _exhibit_of(obligation, one) in dated
        verdict = Verdict.NOT_PRINTED if is_printed else Verdict.DERIVED
        why = say("The exhibit prints no date for it.") if is_printed else ""
        lines.append(Line(verdict, one.label, None, one.moment.nominal_on, one.moment.due_on, why, one.number))
    return sorted(lines, key=lambda line: (not line.verdict.is_disagreement, line.on))


def _agrees(match: Occurrence, each: Printed) -> Line:
    moment = match.moment
    verdict, why = Verdict.AGREES, ""
    if len(moment.steps) > 2:
        # Between the rule and the hour stands what becomes of a closed day.
        why = moment.steps[1]
        if moment.due_on != moment.nominal_on and each.on == moment.nominal_on:
            verdict = Verdict.MOVES
    return Line(verdict, match.label, each.on, moment.nominal_on, moment.due_on, why, each.number, each.where)


def _exhibit_of(obligation: Obligation, occurrence: Occurrence) -> str:
    """Return the exhibit of an occurrence, whose key is the exhibit's name or the first day of its period."""
    for line in obligation.lines:
        exhibit = line.exhibit
        if occurrence.key == exhibit.name:
            return exhibit.name
        if exhibit.services_from.isoformat() <= occurrence.key <= exhibit.services_to.isoformat():
            return exhibit.name
    return ""
