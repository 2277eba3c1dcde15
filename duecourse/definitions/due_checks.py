"""Does the rule of each obligation agree with how often it falls due, and with what else the file names?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from duecourse.calendar.periods import Covers, Every
from duecourse.definitions.due_grammar import (
    FromContractDue,
    FromDeliverableDue,
    PrintedDatesDue,
    WithDeliverableDue,
)
from duecourse.definitions.event_grammar import EventDue, WithNextDeliverableDue
from duecourse.definitions.grammar import ContractFile, ObligationPart
from duecourse.definitions.resolved import line_fields
from duecourse.definitions.strict_yaml import Path
from duecourse.language.said import say

if TYPE_CHECKING:
    from duecourse.definitions.checks import Finding


def due_findings(file: ContractFile, obligation: ObligationPart, here: Path) -> Iterator[Finding]:
    """Yield where the rule of an obligation contradicts its other fields, or the other obligations."""
    due, every = obligation.due, (*here, "every")
    match due:
        case PrintedDatesDue():
            if obligation.every is not Every.ONCE:
                yield every, say("Printed dates fall due once for each exhibit."), say("Write “every: once”.")
            yield from _printed_dates(file, obligation, due, (*here, "due", "dates"))
        case WithDeliverableDue() | FromDeliverableDue():
            yield from _carried(file, obligation, due, here)
        case FromContractDue():
            if obligation.every is not Every.ONCE:
                yield (
                    every,
                    say("This falls due once for each exhibit, or once in the contract."),
                    say("Write “every: once”."),
                )
        case _ if isinstance(due, EventDue):
            if obligation.every is not Every.EVENT:
                yield every, say("This falls due after an event."), say("Write “every: event”.")
            if isinstance(due, WithNextDeliverableDue):
                yield from _recurring(file, due.obligation, (*here, "due", "obligation"))
        case _:
            if not obligation.every.months:
                yield (
                    every,
                    say("The rule “%(rule)s” needs a month, a quarter, a half-year or a year.", rule=due.rule),
                    say("Write “every: month”, or another of these."),
                )
    if obligation.covers is not Covers.PERIOD and obligation.every is not Every.QUARTER:
        yield (
            (*here, "covers"),
            say("Only a quarterly report covers more than its period."),
            say("Leave this field out."),
        )


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
            yield (*here, "due", "event"), say("It names a quarter and an event."), say("Leave one of them out.")
        if due.until and not due.event:
            yield (
                (*here, "due", "until"),
                say("Nothing has started that could end."),
                say("Name the event that starts it."),
            )
    other = next((other for other in file.obligations if other.id == due.obligation and not flaws), None)
    if other and once and other.every is not Every.QUARTER:
        yield (
            where,
            say("“%(name)s” does not fall due every quarter.", name=due.obligation),
            say("Leave the quarter out, or name another."),
        )
    elif other and not once and obligation.every is not other.every:
        yield (
            (*here, "every"),
            say("It falls due as often as “%(name)s”.", name=other.id),
            say("Write “every: %(every)s”.", every=other.every),
        )
    if once and obligation.every is not Every.ONCE:
        yield (*here, "every"), say("This falls due once for each fiscal year."), say("Write “every: once”.")


def _recurring(file: ContractFile, named: str, where: Path) -> Iterator[Finding]:
    other = next((other for other in file.obligations if other.id == named), None)
    if other is None or not other.every.months or isinstance(other.due, WithDeliverableDue | FromDeliverableDue):
        yield (
            where,
            say("“%(name)s” is no recurring obligation of this contract.", name=named),
            say("Name the id of one that recurs."),
        )


def _printed_dates(
    file: ContractFile, obligation: ObligationPart, due: PrintedDatesDue, there: Path
) -> Iterator[Finding]:
    asked = line_fields(obligation, file.exhibits)
    for name in asked:
        if name in file.exhibits and name not in due.dates:
            yield (
                there,
                say("Exhibit “%(name)s” asks for it, and no date is given for it.", name=name),
                say("Add the date of %(name)s.", name=name),
            )
    for name, on in due.dates.items():
        if name not in asked:
            yield (
                (*there, name),
                say("No line of exhibit “%(name)s” asks for it.", name=name),
                say("Add the line, or drop the date."),
            )
        elif not file.contract.starts <= on <= file.contract.ends:
            yield (
                (*there, name),
                say("%(on)s lies outside the contract’s term.", on=on),
                say("Check the date and the term."),
            )
