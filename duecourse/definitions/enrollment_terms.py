"""How does the enrollment part of a contract file become a value, and does it agree with the rest of the file?"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING

from duecourse.calendar.enrollment import Award, Enrollment, HomeVisiting, Improvement, QuarterTest
from duecourse.calendar.schedule import Check
from duecourse.calendar.thresholds import Threshold
from duecourse.definitions.due_grammar import WithDeliverableDue
from duecourse.definitions.enrollment_grammar import AwardPart, EnrollmentPart, QuarterTestPart, hundredths
from duecourse.definitions.event_grammar import EventDue
from duecourse.definitions.strict_yaml import Path
from duecourse.language.said import say

if TYPE_CHECKING:
    from duecourse.definitions.checks import Finding
    from duecourse.definitions.grammar import ContractFile, ExhibitPart

_HERE: Path = ("enrollment",)


def enrollment_terms(file: ContractFile, checks: tuple[Check, ...]) -> Enrollment | None:
    """Return what a checked file says about enrollment, or None when it says nothing."""
    part = file.enrollment
    if part is None:
        return None
    by_id = {check.id: check for check in checks}
    exhibits = list(file.exhibits.values())
    visiting = part.home_visitors
    improvement = part.improvement
    return Enrollment(
        capacity=part.capacity,
        first_on=min(exhibit.services_from for exhibit in exhibits),
        last_on=max(exhibit.services_to for exhibit in exhibits),
        sources=tuple(part.sources),
        programs=_programs(file) if part.per_program else {},
        measures=tuple(part.measures),
        tests=tuple(_test(each, by_id[each.check], file.exhibits) for each in part.tests),
        improvement=Improvement(improvement.obligation, _limit(by_id[improvement.check]), improvement.measure)
        if improvement
        else None,
        visiting=HomeVisiting(
            slots=dict(visiting.slots),
            grace_months=visiting.grace_months,
            funded={source: Fraction(fte) for source, fte in visiting.funded_fte.items()},
        )
        if visiting
        else None,
    )


def enrollment_findings(file: ContractFile) -> Iterator[Finding]:
    """Yield what contradicts the rest of the file."""
    part = file.enrollment
    if part is None:
        return
    for name, count, listed in (
        ("sources", len(set(part.sources)), part.sources),
        ("measures", len(set(part.measures)), part.measures),
    ):
        if count != len(listed):
            yield (*_HERE, name), say("Something is there twice."), say("Name each once.")
    if part.per_program and file.contract.programs is None:
        yield (*_HERE, "per_program"), say("The contract names no programs."), say("Add them to the contract.")
    if part.tests and part.capacity is None:
        yield _HERE, say("Its tests need a capacity."), say("Add the capacity.")
    for index, test in enumerate(part.tests):
        yield from _test_findings(file, part, test, (*_HERE, "tests", index))
    if part.improvement is not None:
        yield from _threshold_findings(file, part, part.improvement.check, (*_HERE, "improvement", "check"))
        yield from _improvement_findings(file, part.improvement.obligation)
    for source in part.home_visitors.funded_fte if part.home_visitors else ():
        if source not in part.sources:
            names = ", ".join(part.sources)
            cure = say("The sources are: %(names)s.", names=names) if names else say("The file has no sources.")
            where = (*_HERE, "home_visitors", "funded_fte", source)
            yield where, say("There is no source “%(name)s”.", name=source), cure


def _test_findings(file: ContractFile, part: EnrollmentPart, test: QuarterTestPart, here: Path) -> Iterator[Finding]:
    yield from _threshold_findings(file, part, test.check, (*here, "check"))
    if test.measure not in part.measures:
        yield (*here, "measure"), say("“%(name)s” is not counted.", name=test.measure), say("Add it to the measures.")
    if test.event is not None and test.event not in _starting_events(file):
        yield (
            (*here, "event"),
            say("No obligation starts with “%(name)s”.", name=test.event),
            say("Add one, or leave the event out."),
        )
    if test.award is not None and test.award.exhibit not in file.exhibits:
        names = ", ".join(file.exhibits)
        yield (
            (*here, "award", "exhibit"),
            say("There is no exhibit “%(name)s”.", name=test.award.exhibit),
            say("The exhibits are: %(names)s.", names=names),
        )


def _threshold_findings(file: ContractFile, part: EnrollmentPart, named: str, where: Path) -> Iterator[Finding]:
    found = next((check for check in file.checks if check.id == named), None)
    if found is None or found.threshold is None:
        yield where, say("“%(name)s” is no check with a threshold.", name=named), say("Name the id of one.")
    elif found.threshold.capacity != part.capacity:
        capacity = found.threshold.capacity
        problem = (
            say("Its capacity is %(capacity)s, here it is %(here)s.", capacity=capacity, here=part.capacity)
            if part.capacity
            else say("Its capacity is %(capacity)s, and here none is given.", capacity=capacity)
        )
        yield where, problem, say("Check both.")


def _improvement_findings(file: ContractFile, named: str) -> Iterator[Finding]:
    found = next((obligation for obligation in file.obligations if obligation.id == named), None)
    due = found.due if found else None
    if not isinstance(due, WithDeliverableDue) or not due.event or not due.until or found is None or found.participant:
        yield (
            (*_HERE, "improvement", "obligation"),
            say("“%(name)s” does not go with each report between two events.", name=named),
            say("Name an obligation of the rule with-deliverable that has an event and an until."),
        )


def _programs(file: ContractFile) -> dict[str, str]:
    programs = file.contract.programs
    return {each.id: each.name for each in (programs.lead, *programs.subcontractors)} if programs else {}


def _starting_events(file: ContractFile) -> set[str]:
    return {each.due.event for each in file.obligations if isinstance(each.due, EventDue)}


def _test(part: QuarterTestPart, check: Check, exhibits: dict[str, ExhibitPart]) -> QuarterTest:
    award = _award(part.award, exhibits) if part.award else None
    return QuarterTest(check.id, check.title, check.clause, _limit(check), part.measure, part.event or "", award)


def _award(part: AwardPart, exhibits: dict[str, ExhibitPart]) -> Award:
    exhibit = exhibits[part.exhibit]
    return Award(
        at_least=hundredths(part.at_least),
        share=Fraction(part.percent) / 100,
        budget=hundredths(part.budget),
        first_on=exhibit.services_from,
        last_on=exhibit.services_to,
    )


def _limit(check: Check) -> Threshold:
    assert check.threshold is not None, "checked when the contract file is read"
    return check.threshold
