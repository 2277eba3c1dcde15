"""How does what a board shows leave as an Excel workbook or as CSV, and a year as PDF for the wall?"""

from __future__ import annotations

import re

from fastapi import APIRouter
from sqlmodel import Session
from starlette.responses import Response

from duecourse.errors import NotFound
from duecourse.language.said import say
from duecourse.models import ContractRow
from duecourse.models.database import reading
from duecourse.tracking.boards import items
from duecourse.tracking.caseload.enrollment_board import consequences, enrolled
from duecourse.tracking.conditions import today_in
from duecourse.tracking.stored_definitions import contract_of
from duecourse.web.board_tables import due_table, overdue_table, owed_table, unsent_table
from duecourse.web.contract_tables import enrollment_table, people_table, year_table
from duecourse.web.downloads import check_ending, dated, download, table_file
from duecourse.web.filters import Asked
from duecourse.web.pages.notices import check_sees_unsent
from duecourse.web.paper.wall_calendar import PAPERS, wall_calendar
from duecourse.web.people_board import board
from duecourse.web.shown import due_shown, overdue_shown, owed_shown
from duecourse.web.site import TheSite
from duecourse.web.told import failed_in
from duecourse.web.visitor import SignedIn, Visitor
from duecourse.web.wall_year import wall_year
from duecourse.web.year import year_grid

_YEAR = re.compile(r"20[0-9]{2}")

router = APIRouter()


@router.get("/tables/due.{ending}")
def due(site: TheSite, visitor: SignedIn, ending: str) -> Response:
    """Return what is due from the person."""
    check_ending(ending)
    with reading(site.engine) as session:
        table = due_table(due_shown(session, visitor), visitor, site.settings.address)
    return table_file(table, dated("due", visitor.now, visitor.zone), ending)


@router.get("/tables/overdue.{ending}")
def overdue(site: TheSite, visitor: SignedIn, ending: str, asked: Asked, holds_up: str = "") -> Response:
    """Return the overdue board, of what the address asks for as on the page."""
    check_ending(ending)
    with reading(site.engine) as session:
        table = overdue_table(overdue_shown(session, visitor, asked, holds_up), visitor, site.settings.address)
    return table_file(table, dated("overdue", visitor.now, visitor.zone), ending)


@router.get("/tables/owed.{ending}")
def owed(site: TheSite, visitor: SignedIn, ending: str) -> Response:
    """Return what the funder owes."""
    check_ending(ending)
    with reading(site.engine) as session:
        table = owed_table(owed_shown(session, visitor), visitor, site.settings.address)
    return table_file(table, dated("we-owe", visitor.now, visitor.zone), ending)


@router.get("/tables/not-sent.{ending}")
def not_sent(site: TheSite, visitor: SignedIn, ending: str) -> Response:
    """Return the reminders that could not be sent."""
    check_ending(ending)
    contract_ids = check_sees_unsent(visitor)
    with reading(site.engine) as session:
        table = unsent_table(failed_in(session, contract_ids), visitor, site.settings.address)
    return table_file(table, dated("not-sent", visitor.now, visitor.zone), ending)


@router.get("/contracts/{contract_id}/year.{ending}")
def year_of_contract(site: TheSite, visitor: SignedIn, contract_id: str, ending: str, year: str = "") -> Response:
    """Return a fiscal year of a contract."""
    check_ending(ending)
    with reading(site.engine) as session:
        row = contract_row(session, visitor, contract_id)
        everything = items(session, now=visitor.now, contract_ids=[contract_id])
    today = today_in(row.zone, visitor.now)
    grid = year_grid(contract_of(row), everything, asked=asked_year(year), today=today)
    table = year_table(row, grid, visitor, site.settings.address)
    return table_file(table, dated(f"{row.id}-{grid.name}", visitor.now, row.zone), ending)


@router.get("/contracts/{contract_id}/calendar.pdf")
def for_the_wall(site: TheSite, visitor: SignedIn, contract_id: str, year: str = "", paper: str = "letter") -> Response:
    """Return a fiscal year of a contract as PDF for the wall, on ``letter`` or ``a4`` paper."""
    visitor.check_reads(contract_id)
    if paper not in PAPERS:
        raise NotFound(say("There is no such paper."))
    with reading(site.engine) as session:
        found = wall_year(session, contract_id, asked=asked_year(year), now=visitor.now)
    made = wall_calendar(found, paper=paper, address=f"{site.settings.address}/contracts/{contract_id}")
    return download(made, f"{contract_id}-{found.name}-{paper}.pdf", "application/pdf")


@router.get("/contracts/{contract_id}/people.{ending}")
def people(site: TheSite, visitor: SignedIn, contract_id: str, ending: str) -> Response:
    """Return the people of a contract."""
    check_ending(ending)
    with reading(site.engine) as session:
        row = contract_row(session, visitor, contract_id)
        shown = board(session, visitor, row, now=visitor.now)
    table = people_table(row, shown, visitor, site.settings.address)
    return table_file(table, dated(f"{row.id}-people", visitor.now, row.zone), ending)


@router.get("/contracts/{contract_id}/enrollment.{ending}")
def enrollment(site: TheSite, visitor: SignedIn, contract_id: str, ending: str, year: str = "") -> Response:
    """Return a fiscal year's enrollment figures."""
    check_ending(ending)
    with reading(site.engine) as session:
        row = contract_row(session, visitor, contract_id)
        found = enrolled(session, row, now=visitor.now)
        if found is None:
            raise NotFound(say("This contract counts no enrollment."))
        parts = consequences(session, found).parts
    asked = asked_year(year)
    shown = asked if asked in found.years else found.usual_year
    table = enrollment_table(row, found, shown or 0, visitor, site.settings.address, parts=parts)
    return table_file(table, dated(f"{row.id}-enrollment", visitor.now, row.zone), ending)


def contract_row(session: Session, visitor: Visitor, contract_id: str) -> ContractRow:
    """Return a contract that the person may see. Raises NotFound."""
    visitor.check_reads(contract_id)
    row = session.get(ContractRow, contract_id)
    if row is None:
        raise NotFound(say("There is no such contract."))
    return row


def asked_year(said: str) -> int | None:
    """Return the fiscal year that an address asks for, or None."""
    return int(said) if _YEAR.fullmatch(said) else None
