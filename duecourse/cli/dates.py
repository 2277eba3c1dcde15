"""When is everything due that a contract asks for?

Imports the pure rooms only, so that it answers at once.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys

from duecourse.calendar.anchored_rules import starting_event
from duecourse.calendar.derivation import Occurrence
from duecourse.calendar.occurrences import occurrences
from duecourse.calendar.schedule import Contract, Event
from duecourse.cli.given import add_as_of, day, event_of, present
from duecourse.definitions.reading import find_contract, read_contract
from duecourse.errors import BadInput

# In this order, and stable for ever: people's spreadsheets read them.
COLUMNS = (
    "contract",
    "obligation",
    "number",
    "title",
    "period_start",
    "period_end",
    "nominal_on",
    "due_at",
    "subject",
)


def add_dates(parser: argparse.ArgumentParser) -> None:
    """Describe the command."""
    parser.add_argument("contract", metavar="CONTRACT", help="the id of a contract that ships here, or a contract file")
    parser.add_argument("--from", dest="first", metavar="DATE", help="leave out what is nominally due before this date")
    parser.add_argument("--to", dest="last", metavar="DATE", help="leave out what is nominally due after this date")
    parser.add_argument(
        "--trigger",
        action="append",
        default=[],
        metavar="NAME=INSTANT",
        help="list the windows that this event starts as well, "
        "such as corrective-action-notice=2022-02-01T09:00:00-05:00; may be given more than once",
    )
    parser.add_argument("--format", choices=("table", "csv", "json"), default="table", help="how to print them")
    add_as_of(parser)
    parser.set_defaults(verb=_print_dates)


def _print_dates(given: argparse.Namespace) -> int:
    first = day(given.first, "--from") if given.first else None
    last = day(given.last, "--to") if given.last else None
    if first and last and last < first:
        raise BadInput(f"--to {last} lies before --from {first}. Nothing could be due between them.")
    today = present(given).date()
    contract, _ = read_contract(find_contract(given.contract), today=today)
    events = [event_of(said, contract) for said in given.trigger]
    found = [
        occurrence
        for occurrence in occurrences(contract, events)
        if (first is None or occurrence.moment.nominal_on >= first)
        and (last is None or occurrence.moment.nominal_on <= last)
    ]
    {"table": _table, "csv": _csv, "json": _json}[given.format](contract, found, events)
    return 0


def _row(contract: Contract, occurrence: Occurrence) -> dict[str, str]:
    window = occurrence.window
    values = (
        contract.id,
        occurrence.obligation.id,
        occurrence.number,
        occurrence.obligation.title,
        window.start.isoformat() if window else "",
        window.end.isoformat() if window else "",
        occurrence.moment.nominal_on.isoformat(),
        occurrence.moment.due_at.isoformat(),
        occurrence.subject,
    )
    return dict(zip(COLUMNS, values, strict=True))


def _csv(contract: Contract, found: list[Occurrence], _events: list[Event]) -> None:
    writer = csv.DictWriter(sys.stdout, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(_row(contract, occurrence) for occurrence in found)


def _json(contract: Contract, found: list[Occurrence], _events: list[Event]) -> None:
    rows = [
        _row(contract, occurrence) | {"due": occurrence.moment.phrase(), "why": list(occurrence.moment.steps)}
        for occurrence in found
    ]
    json.dump(rows, sys.stdout, indent=2, ensure_ascii=False)
    print()


def _table(contract: Contract, found: list[Occurrence], events: list[Event]) -> None:
    print(f"{contract.name} ({contract.number}), {contract.start} to {contract.end}\n")
    rows = [("Due", "No.", "What", "For", "Obligation")] + [
        (item.moment.phrase(), item.number, item.obligation.title, item.label, item.obligation.id) for item in found
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    if not found:
        print("Nothing is due between these dates.")
    happened = {event.name for event in events}
    waiting = [
        (obligation, event)
        for obligation in contract.obligations
        if (event := starting_event(obligation.rule)) and event not in happened
    ]
    if waiting:
        print("\nWaiting for an event (show its windows with --trigger NAME=INSTANT):")
    for obligation, event in waiting:
        numbers = ", ".join(f"{line.exhibit.name} {line.number(0)}" for line in obligation.lines if line.numbers)
        print(f"  {event}: {obligation.title}{f' ({numbers})' if numbers else ''}  {obligation.id}")
