"""Who may bring which spreadsheet into a contract, what would each of its lines do, and how is all of it entered?"""

from __future__ import annotations

from sqlalchemy import Engine
from sqlmodel import Session

from duecourse.calendar.roles import RoleName
from duecourse.errors import NotAllowed
from duecourse.language.said import say
from duecourse.models import ContractRow
from duecourse.models.database import writing
from duecourse.tracking.importing.carrying_out import Report, previewed
from duecourse.tracking.importing.people import people_lines
from duecourse.tracking.importing.submissions import ByFor, submission_lines
from duecourse.web.pages.tables import contract_row
from duecourse.web.people_board import PEOPLE, SUBMISSIONS, check_manages, offered_imports
from duecourse.web.visitor import Visitor


def check_brings(visitor: Visitor, contract_id: str, table: str) -> None:
    """Raise NotFound for a contract of others, and NotAllowed unless the person may bring this table into it."""
    visitor.check_sees(contract_id)
    if table not in offered_imports(visitor, contract_id):
        raise NotAllowed(
            say("Only those who look after the people of the contract can bring a list of them.")
            if table == PEOPLE
            else say("Only the people of the contractor and of the funder can enter what was submitted and accepted.")
        )


def lines_of(
    session: Session, visitor: Visitor, row: ContractRow, table: str, content: bytes, *, by_for: ByFor | None = None
) -> Report:
    """Do what the lines of a spreadsheet say, and return the report; what is wrong is undone line by line.

    `by_for` says who acts for which side, the visitor without it. Raises BadInput for what is no such table.
    """
    if table == SUBMISSIONS:
        contracts = {row.id: row}
        return submission_lines(session, content, contracts=contracts, by_for=by_for or visitor.by, now=visitor.now)

    def check(contract_id: str, role: RoleName, email: str) -> None:
        check_manages(visitor, contract_id, role)
        if email == visitor.email:
            raise NotAllowed(say("Nobody gives themselves a part. Ask another liaison or admin of the contract."))

    return people_lines(session, content, contracts={row.id: row}, check=check, now=visitor.now, actor=visitor.email)


def preview(
    engine: Engine, visitor: Visitor, contract_id: str, table: str, content: bytes, *, by_for: ByFor | None = None
) -> tuple[ContractRow, Report]:
    """Return what the lines of a spreadsheet would do, and the contract; nothing of it is kept."""
    with writing(engine) as session:
        row = contract_row(session, visitor, contract_id)
        with previewed(session):
            report = lines_of(session, visitor, row, table, content, by_for=by_for)
        session.refresh(row)
        session.expunge(row)
    return row, report
