"""What are the enrollment figures of a contract, and how is a month entered from the terminal?"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from datetime import date
from uuid import uuid4

from duecourse.calendar import words
from duecourse.calendar.figure_words import NOT_YET, award_in_words, exact, in_words
from duecourse.cli.given import add_as_of, present
from duecourse.cli.opening import add_data, open_database, settings_of
from duecourse.errors import BadInput, NotFound
from duecourse.models import ContractRow
from duecourse.models.database import reading, writing
from duecourse.tracking.acting import By
from duecourse.tracking.caseload.enrollment import Given, enter_figures
from duecourse.tracking.caseload.enrollment_board import Enrolled, enrolled

_MONTH = re.compile(r"(20[0-9]{2})-(0[1-9]|1[0-2])")
_ENTER = "enter"


def add_enrollment(parser: argparse.ArgumentParser) -> None:
    """Describe the command."""
    parser.usage = (
        "duecourse enrollment CONTRACT [--data FOLDER] [--as-of INSTANT]\n"
        "       duecourse enrollment enter CONTRACT --month MONTH [--served N] [--active N] --as EMAIL [...]"
    )
    parser.add_argument(
        "words", nargs="+", metavar="[enter] CONTRACT", help="the contract's id; “enter” in front of it"
    )
    parser.add_argument("--month", metavar="MONTH", help="the month to enter, such as 2022-10")
    parser.add_argument("--served", type=int, metavar="N", help="families served")
    parser.add_argument("--active", type=int, metavar="N", help="families active on the month's last day")
    parser.add_argument("--source", default="", metavar="NAME", help="the funding source")
    parser.add_argument("--program", default="", metavar="ID", help="the program")
    parser.add_argument("--as", dest="actor", metavar="EMAIL", help="who enters this")
    add_data(parser)
    add_as_of(parser)
    parser.set_defaults(verb=_run)


def _run(given: argparse.Namespace) -> int:
    match given.words:
        case ["enter", contract_id]:
            return _enter(given, contract_id)
        case [contract_id] if contract_id != _ENTER:
            return _print(given, contract_id)
    raise BadInput("Write: duecourse enrollment CONTRACT, or: duecourse enrollment enter CONTRACT --month 2022-10 ….")


def _enter(given: argparse.Namespace, contract_id: str) -> int:
    said = _MONTH.fullmatch(given.month or "")
    if said is None:
        raise BadInput("--month: write the month as year and month, such as 2022-10.")
    if not given.actor:
        raise BadInput("--as: say who enters the figures.")
    figures = [Given(given.served, given.active, given.program, given.source)]
    with writing(open_database(settings_of(given))) as session:
        entered = enter_figures(
            session,
            contract_id,
            date(int(said[1]), int(said[2]), 1),
            figures,
            form_key=str(uuid4()),
            now=present(given),
            by=By(given.actor),
        )
    if not entered.changed:
        print("These figures were recorded before. Nothing was changed.")
        return 0
    planned = entered.planned
    print(f"Recorded. Deadlines: {planned.added} added, {planned.moved} changed, {planned.withdrawn} withdrawn.")
    for quarter in entered.opened:
        print(f"With {quarter} a review begins.")
    return 0


def _print(given: argparse.Namespace, contract_id: str) -> int:
    with reading(open_database(settings_of(given))) as session:
        row = session.get(ContractRow, contract_id)
        if row is None:
            raise NotFound(f"There is no contract {contract_id}.")
        found = enrolled(session, row, now=present(given))
        if found is None:
            raise NotFound(f"{contract_id} counts no enrollment: its contract file says nothing about it.")
    for line in (*_quarters(found), *_months(found), *_visitors(found)):
        print(line)
    return 0


def _quarters(found: Enrolled) -> Iterator[str]:
    quarter = None
    for result in found.results:
        if all(figure is None for figure in result.figures) or result.test.event:
            continue
        if result.quarter != quarter:
            quarter = result.quarter
            yield quarter.label
        award = f"; award: {award_in_words(result)}" if result.test.award else ""
        figures = ", ".join("?" if figure is None else str(figure) for figure in result.figures)
        yield f"  {result.test.title}: {in_words(result)} ({result.test.measure}: {figures}){award}"
    for run in found.runs:
        if run.test.event:
            yield f"{run.test.title}, with {run.complete.quarter.label}: {run.test.threshold.consequence}"


def _months(found: Enrolled) -> Iterator[str]:
    if not any(found.months[month].held for month in found.over):
        yield "No figures have been entered yet."
        return
    yield "Months"
    for month in found.over:
        known, owed = found.months[month], found.owed(found.months[month])
        if not known.held:
            continue
        said = ", ".join(f"{_number(known.of(measure))} {measure}" for measure in found.terms.measures)
        against = f", {exact(owed)} slots owed" if owed is not None else ""
        improvement = found.terms.improvement
        low = f"; below {exact(improvement.threshold.needed)}" if improvement and found.is_low(known) else ""
        yield f"  {month:%B %Y}: {said}{against}{low}"


def _visitors(found: Enrolled) -> Iterator[str]:
    slots = found.slots(found.today)
    if not slots:
        return
    yield f"Home visitors on {words.day(found.today)}"
    for each in slots:
        visitor = each.visitor
        owed = f", {exact(each.full)} slots, all owed from {words.day(each.full_from)} on" if each.full else ""
        yield f"  {visitor.reference}: {' '.join(filter(None, (exact(visitor.fte), 'FTE', visitor.model)))}{owed}"


def _number(number: int | None) -> str:
    return NOT_YET if number is None else str(number)
