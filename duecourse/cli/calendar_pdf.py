"""How is a contract's year written as PDF for the wall?"""

from __future__ import annotations

import argparse
from pathlib import Path

from duecourse.calendar import words
from duecourse.cli.given import add_as_of, present
from duecourse.cli.opening import add_data, open_database, settings_of
from duecourse.errors import BadInput
from duecourse.models.database import reading


def add_calendar_pdf(parser: argparse.ArgumentParser) -> None:
    """Describe the command."""
    parser.add_argument("contract", metavar="CONTRACT", help="the contract's id, such as wa-22-1174")
    parser.add_argument("--year", type=int, metavar="YEAR", help="the fiscal year, such as 2027 for FY27")
    parser.add_argument("--paper", choices=("letter", "a4"), default="letter")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="the PDF file to write; a new one")
    add_data(parser)
    add_as_of(parser)
    parser.set_defaults(verb=_write)


def _write(given: argparse.Namespace) -> int:
    from duecourse.web.paper.wall_calendar import wall_calendar
    from duecourse.web.wall_year import wall_year

    settings = settings_of(given)
    with reading(open_database(settings)) as session:
        year = wall_year(session, given.contract, asked=given.year, now=present(given))
    content = wall_calendar(year, paper=given.paper, address=f"{settings.address}/contracts/{given.contract}")
    try:
        with given.out.open("xb") as file:
            file.write(content)
    except FileExistsError:
        raise BadInput(f"{given.out} is there already. Name a new file.") from None
    except OSError as error:
        raise BadInput(f"{given.out} cannot be written: {error.strerror}.") from error
    number = words.count(sum(len(month.lines) for month in year.months), "deliverable")
    print(f"{year.title}, with {number}: written to {given.out}.")
    return 0
