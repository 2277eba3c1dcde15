"""Which duties of the contracts are covered, and where does each one live?"""

from __future__ import annotations

import argparse

from duecourse.cli.given import add_as_of, present
from duecourse.definitions.coverage import coverage
from duecourse.definitions.reading import find_contract, read_contract, written_out


def add_coverage(parser: argparse.ArgumentParser) -> None:
    """Describe the command."""
    parser.add_argument(
        "contracts",
        nargs="*",
        metavar="CONTRACT",
        help="contract files, or ids of those that ship here; all that are written out in full when none is given",
    )
    add_as_of(parser)
    parser.set_defaults(verb=_print_coverage)


def _print_coverage(given: argparse.Namespace) -> int:
    today = present(given).date()
    paths = [find_contract(name) for name in given.contracts] or written_out()
    print(coverage((path.name, read_contract(path, today=today)[0]) for path in paths), end="")
    return 0
