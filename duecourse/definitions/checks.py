"""Do the fields of a contract file agree with each other?"""

from __future__ import annotations

from collections.abc import Iterator

from duecourse.calendar.periods import Covers, Every
from duecourse.definitions import collecting_grammar
from duecourse.definitions.due_grammar import (
    FromContractDue,
    FromDeliverableDue,
    PrintedDatesDue,
    WithDeliverableDue,
)
from duecourse.definitions.enrollment_terms import enrollment_findings
from duecourse.definitions.event_grammar import EventDue, WithNextDeliverableDue
from duecourse.definitions.extension_grammar import extension_findings
from duecourse.definitions.grammar import ContractFile, ObligationPart
from duecourse.definitions.ladder_grammar import ladder_findings
from duecourse.definitions.plan_checks import plan_findings
from duecourse.definitions.resolved import count_of_periods, line_fields, line_numbers
from duecourse.definitions.strict_yaml import Path

# Where it is, what is wrong, and the cure.
Finding = tuple[Path, str, str]

_LONGEST_YEARS = 50


def findings(file: ContractFile) -> Iterator[Finding]:
    """Yield everything that is impossible or contradictory in a file whose fields are each valid."""
    yield from _term(file)
    yield from _exhibits(file)
    yield from collecting_grammar.findings(file)
    yield from enrollment_findings(file)
    yield from extension_findings(file)
    yield from ladder_findings(file)
    yield from plan_findings(file)
    for index, check in enumerate(file.checks):
        if check.id in {obligation.id for obligation in file.obligations} | {c.id for c in file.checks[:index]}:
            yield ("checks", index, "id"), f"“{check.id}” is there twice.", "Give each its own id."
    seen: dict[str, int] = {}
    for index, obligation in enumerate(file.obligations):
        here: Path = ("obligations", index)
        if obligation.id in seen:
            first = seen[obligation.id] + 1
            yield (*here, "id"), f"“{obligation.id}” is the id of obligation {first} as well.", "Give each its own id."
        seen.setdefault(obligation.id, index)
        yield from _lines(file, obligation, here)
        yield from _due(file, obligation, here)
        if obligation.report_type and not file.contract.email_subject:
            yield (
                (*here, "report_type"),
                "The contract prescribes no email subject.",
                "Add email_subject to the contract, or leave this field out.",
            )


def _term(file: ContractFile) -> Iterator[Finding]:
    contract = file.contract
    if contract.ends <= contract.starts:
        yield ("contract", "ends"), f"The contract ends on {contract.ends}, before it starts.", "Check both dates."
    elif contract.ends.year - contract.starts.year > _LONGEST_YEARS:
        yield ("contract", "ends"), f"The contract runs for more than {_LONGEST_YEARS} years.", "Check both dates."
    extended = [(name, each.ends) for name, each in file.amendments.items() if each.ends]
    if extended and extended[-1][1] != contract.ends:
        name, ends = extended[-1]
        yield ("contract", "ends"), f"{name} moved the end to {ends}.", "Write the end as it was last amended."


def _exhibits(file: ContractFile) -> Iterator[Finding]:
    before = None
    for name, exhibit in file.exhibits.items():
        here: Path = ("exhibits", name)
        if exhibit.services_to < exhibit.services_from:
            yield (*here, "services_to"), "The services end before they start.", "Check both dates."
        if exhibit.services_from < file.contract.starts or exhibit.services_to > file.contract.ends:
            yield here, "Its services lie outside the contract's term.", "Check the dates of both."
        if exhibit.last_day is not None and exhibit.last_day < exhibit.services_to:
            yield (
                (*here, "last_day"),
                "The last day for deliverables lies before the end of the services.",
                "Check both.",
            )
        if exhibit.amendment is not None and exhibit.amendment not in file.amendments:
            known = ", ".join(file.amendments) or "none"
            yield (*here, "amendment"), f"There is no amendment “{exhibit.amendment}”.", f"The amendments are: {known}."
        if before is not None and exhibit.services_from <= before:
            yield (
                (*here, "services_from"),
                "The exhibit overlaps the one before it.",
                "Write exhibits in order of time.",
            )
        before = exhibit.services_to


def _lines(file: ContractFile, obligation: ObligationPart, here: Path) -> Iterator[Finding]:
    for name, said in line_fields(obligation, file.exhibits).items():
        there = (*here, "lines", name)
        if name not in file.exhibits:
            yield there, f"There is no exhibit “{name}”.", f"The exhibits are: {', '.join(file.exhibits)}."
            continue
        numbers = line_numbers(said)
        if " to " in said and len(numbers) == 1:
            yield there, f"“{said}” is not a range of line numbers.", "Write it as 2.01 to 2.12."
        elif len(numbers) > 1:
            count = count_of_periods(file, obligation, name) if obligation.every.months else 1
            if len(numbers) != count:
                yield (
                    there,
                    f"The exhibit falls due {count} times, and there are {len(numbers)} line numbers.",
                    "Give one number for all, or one for each.",
                )


def _due(file: ContractFile, obligation: ObligationPart, here: Path) -> Iterator[Finding]:
    due, every = obligation.due, (*here, "every")
    match due:
        case PrintedDatesDue():
            if obligation.every is not Every.ONCE:
                yield every, "Printed dates fall due once for each exhibit.", "Write “every: once”."
            yield from _printed_dates(file, obligation, due, (*here, "due", "dates"))
        case WithDeliverableDue() | FromDeliverableDue():
            yield from _carried(file, obligation, due, here)
        case FromContractDue():
            if obligation.every is not Every.ONCE:
                yield every, "This falls due once for each exhibit, or once in the contract.", "Write “every: once”."
        case _ if isinstance(due, EventDue):
            if obligation.every is not Every.EVENT:
                yield every, "This falls due after an event.", "Write “every: event”."
            if isinstance(due, WithNextDeliverableDue):
                yield from _recurring(file, due.obligation, (*here, "due", "obligation"))
        case _:
            if not obligation.every.months:
                yield (
                    every,
                    f"The rule “{due.rule}” needs a month, a quarter, a half-year or a year.",
                    "Write “every: month”, or another of these.",
                )
    if obligation.covers is not Covers.PERIOD and obligation.every is not Every.QUARTER:
        yield (*here, "covers"), "Only a quarterly report covers more than its period.", "Leave this field out."


def _carried(
    file: ContractFile, obligation: ObligationPart, due: WithDeliverableDue | FromDeliverableDue, here: Path
) -> Iterator[Finding]:
    where = (*here, "due", "obligation")
    flaws = list(_recurring(file, due.obligation, where))
    yield from flaws
    once = False
    if isinstance(due, WithDeliverableDue):
        once = due.quarter is not None
        if due.event and once:
            yield (*here, "due", "event"), "It names a quarter and an event.", "Leave one of them out."
        if due.until and not due.event:
            yield (*here, "due", "until"), "Nothing has started that could end.", "Name the event that starts it."
    other = next((other for other in file.obligations if other.id == due.obligation and not flaws), None)
    if other and once and other.every is not Every.QUARTER:
        yield where, f"“{due.obligation}” does not fall due every quarter.", "Leave the quarter out, or name another."
    elif other and not once and obligation.every is not other.every:
        yield (*here, "every"), f"It falls due as often as “{other.id}”.", f"Write “every: {other.every}”."
    if once and obligation.every is not Every.ONCE:
        yield (*here, "every"), "This falls due once for each fiscal year.", "Write “every: once”."


def _recurring(file: ContractFile, named: str, where: Path) -> Iterator[Finding]:
    other = next((other for other in file.obligations if other.id == named), None)
    if other is None or not other.every.months or isinstance(other.due, WithDeliverableDue | FromDeliverableDue):
        yield where, f"“{named}” is no recurring obligation of this contract.", "Name the id of one that recurs."


def _printed_dates(
    file: ContractFile, obligation: ObligationPart, due: PrintedDatesDue, there: Path
) -> Iterator[Finding]:
    asked = line_fields(obligation, file.exhibits)
    for name in asked:
        if name in file.exhibits and name not in due.dates:
            yield there, f"Exhibit “{name}” asks for it, and no date is given for it.", f"Add the date of {name}."
    for name, on in due.dates.items():
        if name not in asked:
            yield (*there, name), f"No line of exhibit “{name}” asks for it.", "Add the line, or drop the date."
        elif not file.contract.starts <= on <= file.contract.ends:
            yield (*there, name), f"{on} lies outside the contract's term.", "Check the date and the term."
