"""How do people and past submissions come in from a spreadsheet, from the terminal?"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlmodel import Session, select

from duecourse.calendar import words
from duecourse.calendar.lifecycle import Act
from duecourse.calendar.roles import RoleName
from duecourse.cli.given import add_as_of, present
from duecourse.cli.load import ACTOR
from duecourse.cli.opening import add_data, open_database, settings_of
from duecourse.errors import BadInput
from duecourse.models import ContractRow, Deliverable
from duecourse.models.database import writing
from duecourse.sheets.lines import MOST_BYTES
from duecourse.tracking.acting import By
from duecourse.tracking.importing.carrying_out import Outcome, Report, finish, previewed
from duecourse.tracking.importing.people import COLUMNS as PEOPLE_COLUMNS
from duecourse.tracking.importing.people import people_lines
from duecourse.tracking.importing.submissions import COLUMNS as SUBMISSION_COLUMNS
from duecourse.tracking.importing.submissions import submission_lines

_Read = Callable[[Session, bytes, Mapping[str, ContractRow], datetime, str], Report]


def add_import(parser: argparse.ArgumentParser) -> None:
    """Describe the command."""
    verbs = parser.add_subparsers(metavar="WHAT", required=True)
    for name, columns, read in (("people", PEOPLE_COLUMNS, _people), ("submissions", SUBMISSION_COLUMNS, _submissions)):
        says = f"{name} from a table under the header: {', '.join(columns)}"
        verb = verbs.add_parser(name, help=says, description=f"{says[0].upper()}{says[1:]}.", allow_abbrev=False)
        verb.add_argument("file", type=Path, metavar="FILE", help="an Excel workbook (.xlsx) or a CSV file in UTF-8")
        verb.add_argument("--dry-run", action="store_true", help="show what each line would do, and change nothing")
        verb.add_argument("--by", default=ACTOR, metavar="NAME", help="who enters it")
        add_data(verb)
        add_as_of(verb)
        verb.set_defaults(verb=_import, what=name, read=read)


def _people(
    session: Session, content: bytes, contracts: Mapping[str, ContractRow], now: datetime, actor: str
) -> Report:
    def check(_contract_id: str, _role: RoleName, _email: str) -> None:
        """Whoever runs the server may give every part."""

    return people_lines(session, content, contracts=contracts, check=check, now=now, actor=actor)


def _submissions(
    session: Session, content: bytes, contracts: Mapping[str, ContractRow], now: datetime, actor: str
) -> Report:
    def by_for(_act: Act, _row: Deliverable) -> By:
        # Whoever runs the server enters what either side did.
        return By(actor)

    return submission_lines(session, content, contracts=contracts, by_for=by_for, now=now)


def _import(given: argparse.Namespace) -> int:
    now, content = present(given), _content(given.file)
    read: _Read = given.read
    with writing(open_database(settings_of(given))) as session:
        arguments: Any = (content, {row.id: row for row in session.exec(select(ContractRow))}, now, given.by)
        with previewed(session):
            report = read(session, *arguments)
        _print(report)
        if not report.is_right:
            wrong = words.count(len(report.of(Outcome.WRONG)), "line has", "lines have")
            raise BadInput(f"{wrong} to be corrected. Nothing was changed.")
        if given.dry_run:
            print("Nothing was changed.")
            return 0
        made = read(session, *arguments)
        finish(session, made, what=given.what, file=given.file.name, seal=report.seal, now=now, actor=given.by)
    print(f"Entered: {words.count(len(report.of(Outcome.MADE)), 'line')}.")
    return 0


def _print(report: Report) -> None:
    for entry in report.entries:
        print(f"Row {entry.row}, {entry.about}: {entry.outcome}. {' '.join(entry.says)}".rstrip())
        for trouble in entry.troubles:
            where = f"{trouble.column}: " if trouble.column else ""
            print(f"    {where}{trouble.problem} {trouble.cure}")


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MOST_BYTES + 1)
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}.") from error
