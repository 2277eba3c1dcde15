"""Do the fields of a contract file agree with each other?"""

from __future__ import annotations

from collections.abc import Iterator

from duecourse.definitions import collecting_grammar
from duecourse.definitions.due_checks import due_findings
from duecourse.definitions.enrollment_terms import enrollment_findings
from duecourse.definitions.extension_grammar import extension_findings
from duecourse.definitions.grammar import ContractFile, ObligationPart
from duecourse.definitions.ladder_grammar import ladder_findings
from duecourse.definitions.plan_checks import plan_findings
from duecourse.definitions.resolved import count_of_periods, line_fields, line_numbers
from duecourse.definitions.strict_yaml import Path
from duecourse.language.said import say

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
            yield (
                ("checks", index, "id"),
                say("“%(name)s” is there twice.", name=check.id),
                say("Give each its own id."),
            )
    seen: dict[str, int] = {}
    for index, obligation in enumerate(file.obligations):
        here: Path = ("obligations", index)
        if obligation.id in seen:
            first = seen[obligation.id] + 1
            yield (
                (*here, "id"),
                say("“%(name)s” is the id of obligation %(number)s as well.", name=obligation.id, number=first),
                say("Give each its own id."),
            )
        seen.setdefault(obligation.id, index)
        yield from _lines(file, obligation, here)
        yield from due_findings(file, obligation, here)
        if obligation.report_type and not file.contract.email_subject:
            yield (
                (*here, "report_type"),
                say("The contract prescribes no email subject."),
                say("Add email_subject to the contract, or leave this field out."),
            )


def _term(file: ContractFile) -> Iterator[Finding]:
    contract = file.contract
    if contract.ends <= contract.starts:
        yield (
            ("contract", "ends"),
            say("The contract ends on %(ends)s, before it starts.", ends=contract.ends),
            say("Check both dates."),
        )
    elif contract.ends.year - contract.starts.year > _LONGEST_YEARS:
        yield (
            ("contract", "ends"),
            say("The contract runs for more than %(years)s years.", years=_LONGEST_YEARS),
            say("Check both dates."),
        )
    extended = [(name, each.ends) for name, each in file.amendments.items() if each.ends]
    if extended and extended[-1][1] != contract.ends:
        name, ends = extended[-1]
        yield (
            ("contract", "ends"),
            say("%(name)s moved the end to %(ends)s.", name=name, ends=ends),
            say("Write the end as it was last amended."),
        )


def _exhibits(file: ContractFile) -> Iterator[Finding]:
    before = None
    for name, exhibit in file.exhibits.items():
        here: Path = ("exhibits", name)
        if exhibit.services_to < exhibit.services_from:
            yield (*here, "services_to"), say("The services end before they start."), say("Check both dates.")
        if exhibit.services_from < file.contract.starts or exhibit.services_to > file.contract.ends:
            yield here, say("Its services lie outside the contract’s term."), say("Check the dates of both.")
        if exhibit.last_day is not None and exhibit.last_day < exhibit.services_to:
            yield (
                (*here, "last_day"),
                say("The last day for deliverables lies before the end of the services."),
                say("Check both."),
            )
        if exhibit.amendment is not None and exhibit.amendment not in file.amendments:
            names = ", ".join(file.amendments)
            cure = say("The amendments are: %(names)s.", names=names) if names else say("The file has no amendments.")
            yield (*here, "amendment"), say("There is no amendment “%(name)s”.", name=exhibit.amendment), cure
        if before is not None and exhibit.services_from <= before:
            yield (
                (*here, "services_from"),
                say("The exhibit overlaps the one before it."),
                say("Write exhibits in order of time."),
            )
        before = exhibit.services_to


def _lines(file: ContractFile, obligation: ObligationPart, here: Path) -> Iterator[Finding]:
    for name, said in line_fields(obligation, file.exhibits).items():
        there = (*here, "lines", name)
        if name not in file.exhibits:
            yield (
                there,
                say("There is no exhibit “%(name)s”.", name=name),
                say("The exhibits are: %(names)s.", names=", ".join(file.exhibits)),
            )
            continue
        numbers = line_numbers(said)
        if " to " in said and len(numbers) == 1:
            yield there, say("“%(said)s” is not a range of line numbers.", said=said), say("Write it as 2.01 to 2.12.")
        elif len(numbers) > 1:
            count = count_of_periods(file, obligation, name) if obligation.every.months else 1
            if len(numbers) != count:
                yield (
                    there,
                    say(
                        "The exhibit falls due %(count)s times, and there are %(numbers)s line numbers.",
                        count=count,
                        numbers=len(numbers),
                    ),
                    say("Give one number for all, or one for each."),
                )
