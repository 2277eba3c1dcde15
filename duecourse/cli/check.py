"""Is this contract file right?"""

from __future__ import annotations

import argparse

from duecourse.calendar import words
from duecourse.calendar.occurrences import occurrences
from duecourse.cli.given import add_as_of, present
from duecourse.definitions.reading import find_contract, read_contract


def add_check(parser: argparse.ArgumentParser) -> None:
    """Describe the command."""
    parser.add_argument("contract", metavar="FILE", help="a contract file, or the id of one that ships here")
    add_as_of(parser)
    parser.set_defaults(verb=_check)


def _check(given: argparse.Namespace) -> int:
    path = find_contract(given.contract)
    contract, _ = read_contract(path, today=present(given).date())
    dated = len(occurrences(contract))
    windows = len(contract.events())
    print(
        f"{path.name} is right: {words.count(len(contract.obligations), 'obligation')}, "
        f"{words.count(dated, 'dated deliverable')}, windows after {words.count(windows, 'kind')} of event."
    )
    return 0
