"""Why is something due when it is, by the contract's file, or as we told people on a past day?"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from duecourse.calendar import words
from duecourse.calendar.derivation import Occurrence
from duecourse.calendar.occurrences import occurrences
from duecourse.calendar.schedule import Contract
from duecourse.cli.given import add_as_of, event_of, present
from duecourse.definitions.reading import find_contract, read_contract
from duecourse.errors import NotFound

if TYPE_CHECKING:
    from duecourse.models import Deliverable


def add_why(parser: argparse.ArgumentParser) -> None:
    """Describe the command."""
    parser.add_argument("contract", metavar="CONTRACT", help="the id of a contract that ships here, or a contract file")
    parser.add_argument("obligation", metavar="OBLIGATION", help="its id, such as wa-monthly-enrollment-report")
    parser.add_argument(
        "period", metavar="PERIOD", help="2022-01, FY23-Q2, FY23, a line number such as 2.07, or the nominal date"
    )
    parser.add_argument("--trigger", action="append", default=[], metavar="NAME=INSTANT", help="an event that happened")
    parser.add_argument("--data", metavar="FOLDER", help="answer from what is tracked there, as of --as-of")
    add_as_of(parser)
    parser.set_defaults(verb=_why)


def _why(given: argparse.Namespace) -> int:
    if given.data is not None:
        return _told(given)
    contract, _ = read_contract(find_contract(given.contract), today=present(given).date())
    events = [event_of(said, contract) for said in given.trigger]
    found = _matching(contract, given.obligation, given.period, occurrences(contract, events))
    for number, occurrence in enumerate(found):
        if number:
            print()
        obligation, moment = occurrence.obligation, occurrence.moment
        print(f"{obligation.title}, {occurrence.label}: due {moment.phrase()}.")
        _print_steps(moment.steps)
        print(f"Safe by {words.day(moment.safe_on)}, the business day before.")
        print(f"Counted with the calendar {moment.calendar_version}.")
        if occurrence.excused:
            print(f"It cannot be late: {occurrence.excused}")
        if obligation.note:
            print(f"Note: {obligation.note}")
    return 0


def _matching(contract: Contract, obligation_id: str, period: str, found: list[Occurrence]) -> list[Occurrence]:
    theirs = [occurrence for occurrence in found if occurrence.obligation.id == obligation_id]
    if not any(obligation.id == obligation_id for obligation in contract.obligations):
        known = ", ".join(obligation.id for obligation in contract.obligations)
        raise NotFound(f"{contract.id} has no obligation “{obligation_id}”. Its obligations: {known}.")
    matching = [occurrence for occurrence in theirs if period in names_of(occurrence, contract.fiscal_year_starts)]
    if not matching:
        known = ", ".join(min(names_of(one, contract.fiscal_year_starts), key=len) for one in theirs[:6])
        hint = f" It has {known}, ..." if theirs else " It waits for an event: give it with --trigger."
        raise NotFound(f"{obligation_id} has nothing for “{period}”.{hint}")
    return matching


def names_of(occurrence: Occurrence, fiscal_year_starts: int) -> set[str]:
    """Return the names by which a person may ask for an occurrence."""
    names = {occurrence.key, occurrence.label, occurrence.moment.nominal_on.isoformat()} | {occurrence.number} - {""}
    names |= {occurrence.key.rpartition("#")[2]}
    every, start = occurrence.obligation.every, occurrence.key
    if every.months and len(start) == 10:
        month = int(start[5:7])
        year = int(start[:4]) + (1 if fiscal_year_starts > 1 and month >= fiscal_year_starts else 0)
        quarter = (month - fiscal_year_starts) % 12 // 3 + 1
        names.add({1: start[:7], 3: f"FY{year % 100:02d}-Q{quarter}"}.get(every.months, f"FY{year % 100:02d}"))
    return names


def _told(given: argparse.Namespace) -> int:
    # The database is opened only when it is asked for: the file alone answers at once.
    from sqlmodel import select

    from duecourse.cli.opening import open_database, settings_of
    from duecourse.models import Deliverable
    from duecourse.models.database import reading
    from duecourse.tracking.telling import told_on

    at = present(given)
    given.data = Path(given.data)
    with reading(open_database(settings_of(given))) as session:
        rows = session.exec(
            select(Deliverable).where(
                Deliverable.contract_id == given.contract, Deliverable.obligation_id == given.obligation
            )
        ).all()
        wanted = [row for row in rows if given.period in _names_of_stored(row)]
        if not wanted:
            raise NotFound(f"Nothing is tracked for {given.obligation}, {given.period}, in {given.contract}.")
        for row in wanted:
            saying = told_on(session, row, at)
            if saying is None:
                planned = words.instant(row.planned_at, row.zone)
                raise NotFound(f"{row.title}, {row.label}, was not tracked yet; it has been since {planned}.")
            print(f"On {words.instant(at, row.zone)} we said: {row.title}, {row.label}, is due {saying.phrase}.")
            _print_steps(saying.steps)
            if saying.until is not None:
                print(f"That changed on {words.instant(saying.until, row.zone)}: {saying.cause} ({saying.changed_by}).")
    return 0


def _names_of_stored(row: Deliverable) -> set[str]:
    key = row.occurrence
    return {key, key[:7], key.rpartition("#")[2], row.number, row.label, row.nominal_on.isoformat()}


def _print_steps(steps: Iterable[str]) -> None:
    for number, step in enumerate(steps, start=1):
        print(f"  {number}. {step}")
