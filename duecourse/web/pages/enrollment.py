"""How many families are enrolled under a contract, month by month, and what follows from it?"""

from __future__ import annotations

import re
from datetime import date
from uuid import uuid4

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from duecourse.calendar import figure_words
from duecourse.calendar.caseload import last_day
from duecourse.calendar.enrollment import Cell, Enrollment, Measure
from duecourse.calendar.lifecycle import Party
from duecourse.calendar.periods import fiscal_year_of
from duecourse.calendar.slots import HomeVisitorFacts
from duecourse.errors import BadInput, Conflict, NotAllowed, NotFound
from duecourse.language.said import say
from duecourse.models import ContractRow
from duecourse.models.database import reading, writing
from duecourse.tracking.acting import By
from duecourse.tracking.caseload.enrollment import Given, enter_figures
from duecourse.tracking.caseload.enrollment_board import Enrolled, consequences, enrolled
from duecourse.tracking.caseload.home_visitors import enter_home_visitor, fte_of
from duecourse.tracking.stored_definitions import contract_of
from duecourse.web.chart import chart
from duecourse.web.forms import Form, Posted
from duecourse.web.render import page
from duecourse.web.site import Site, TheSite
from duecourse.web.visitor import SignedIn, Visitor

_YEAR = re.compile(r"20[0-9]{2}")
_MONTH = re.compile(r"(20[0-9]{2})-(0[1-9]|1[0-2])")
_HEIGHT = 300

_DONE = {
    "figures": say("Recorded. What follows from the figures is shown below."),
    "same": say("These figures were recorded before. Nothing was changed."),
    "review": say("Recorded. With this quarter a review begins: see below."),
    "visitor": say("Recorded."),
}

router = APIRouter()


@router.get("/contracts/{contract_id}/enrollment")
def enrollment(
    request: Request, site: TheSite, visitor: SignedIn, contract_id: str, year: str = "", done: str = ""
) -> Response:
    """Show a fiscal year's figures as a chart and a table, with the quarters, the home visitors and the forms."""
    asked = int(year) if _YEAR.fullmatch(year) else None
    return enrollment_page(request, site, visitor, contract_id, year=asked, done=done)


@router.post("/contracts/{contract_id}/enrollment")
def enter(request: Request, site: TheSite, visitor: SignedIn, contract_id: str, form: Form) -> Response:
    """Enter or correct the figures of a month, for every source whose fields are filled."""
    visitor.check_sees(contract_id)
    by = acting_contractor(visitor, contract_id)
    try:
        with writing(site.engine) as session:
            row = session.get(ContractRow, contract_id)
            stated = contract_of(row) if row else None
            if stated is None or stated.enrollment is None:
                raise NotFound(say("This contract counts no enrollment."))
            month, given = _month(form), _given(form, stated.enrollment)
            entered = enter_figures(session, contract_id, month, given, form_key=form.key(), now=visitor.now, by=by)
            year = fiscal_year_of(month, stated.fiscal_year_starts)
    except (BadInput, Conflict) as problem:
        return enrollment_page(request, site, visitor, contract_id, form=form, problem=str(problem))
    done = "review" if entered.opened else "figures" if entered.changed else "same"
    return RedirectResponse(f"/contracts/{contract_id}/enrollment?year={year}&done={done}", 303)


@router.post("/contracts/{contract_id}/home-visitors")
def enter_visitor(request: Request, site: TheSite, visitor: SignedIn, contract_id: str, form: Form) -> Response:
    """Enter a home visitor under an opaque id, or what changed about one."""
    visitor.check_sees(contract_id)
    by = acting_contractor(visitor, contract_id)
    try:
        facts = HomeVisitorFacts(
            reference=form.line("reference"),
            model=form.line("model"),
            fte=fte_of(form.line("fte", at_most=10)),
            hired_on=form.day("hired_on"),
            left_on=form.day("left_on") if form.line("left_on") else None,
            program=form.line("program"),
        )
        with writing(site.engine) as session:
            enter_home_visitor(session, contract_id, facts, form_key=form.key(), now=visitor.now, by=by)
    except (BadInput, Conflict) as problem:
        return enrollment_page(request, site, visitor, contract_id, visiting=form, problem=str(problem))
    return RedirectResponse(f"/contracts/{contract_id}/enrollment?done=visitor#home-visitors", 303)


def enrollment_page(
    request: Request,
    site: Site,
    visitor: Visitor,
    contract_id: str,
    *,
    year: int | None = None,
    form: Posted | None = None,
    visiting: Posted | None = None,
    problem: str = "",
    done: str = "",
) -> Response:
    """Return the page; with a `problem`, the form that was sent is filled in as it was."""
    visitor.check_reads(contract_id)
    with reading(site.engine) as session:
        row = session.get(ContractRow, contract_id)
        found = enrolled(session, row, now=visitor.now) if row else None
        if row is None or found is None:
            raise NotFound(say("This contract counts no enrollment."))
        follows = consequences(session, found)
    shown = year if year in found.years else found.usual_year
    quarters = dict.fromkeys(result.quarter for result in found.results if result.quarter.fiscal_year == shown)
    return page(
        request,
        "enrollment.html",
        visitor=visitor,
        status=422 if problem else 200,
        contract=row,
        found=found,
        terms=found.terms,
        follows=follows,
        chart=chart(found, shown, height=_HEIGHT),
        year=shown,
        earlier=shown - 1 if shown - 1 in found.years else None,
        later=shown + 1 if shown + 1 in found.years else None,
        months=found.months_in(shown),
        next_month=_next(found),
        said=figure_words,
        last_day=last_day,
        quarters=[(quarter, [each for each in found.results if each.quarter == quarter]) for quarter in quarters],
        tests=[test for test in found.terms.tests if not test.event],
        served=Measure.SERVED,
        active=Measure.ACTIVE,
        slots=found.slots(found.today),
        may_enter=Party.CONTRACTOR in visitor.parties(contract_id),
        form=form,
        visiting=visiting,
        other_key=str(uuid4()),
        problem=problem,
        done=_DONE.get(done, ""),
    )


def _next(found: Enrolled) -> date:
    """Return the month that is offered first: the newest that is over, or the one after the newest that is known."""
    known = [month for month in found.over if found.months[month].held]
    after = [month for month in found.over if known and month > known[-1]]
    return after[0] if after else (found.over or list(found.months))[-1]


def acting_contractor(visitor: Visitor, contract_id: str) -> By:
    """Return this person, acting for the contractor. Raises NotAllowed unless that is the person's side."""
    if Party.CONTRACTOR not in visitor.parties(contract_id):
        raise NotAllowed(say("Only the contractor’s staff can do this. Ask the program manager of the contract."))
    return By(visitor.email, Party.CONTRACTOR)


def _month(form: Posted) -> date:
    said = _MONTH.fullmatch(form.line("month"))
    if said is None:
        raise BadInput(say("Choose the month."))
    return date(int(said[1]), int(said[2]), 1)


def _given(form: Posted, terms: Enrollment) -> list[Given]:
    given = []
    for at, cell in enumerate(terms.cells):
        served, active = (_number(form, terms, measure, at, cell) for measure in (Measure.SERVED, Measure.ACTIVE))
        if served is not None or active is not None:
            given.append(Given(served, active, program=cell[0], source=cell[1]))
    if not given:
        raise BadInput(say("Give the figures of at least one source."))
    return given


def _number(form: Posted, terms: Enrollment, measure: Measure, at: int, cell: Cell) -> int | None:
    name = f"{measure}-{at}"
    if measure not in terms.measures or not form.line(name):
        return None
    number = form.number(name)
    if number is None:
        what = " ".join(part for part in (terms.programs.get(cell[0], ""), cell[1]) if part)
        said = form.line(name)
        if what:
            raise BadInput(say("“%(said)s” is not a number of families (%(what)s).", said=said, what=what))
        raise BadInput(say("“%(said)s” is not a number of families.", said=said))
    return number
