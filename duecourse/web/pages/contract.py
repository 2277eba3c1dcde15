"""What does a contract ask for in a year, who has a part in it, and what happened under it?"""

from __future__ import annotations

import re
from datetime import datetime
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from sqlmodel import Session, col, select
from starlette.responses import Response

from duecourse.calendar.own_events import OWN_EVENTS
from duecourse.calendar.words import ZONES
from duecourse.errors import NotFound
from duecourse.language.said import say
from duecourse.models import ContractRow, EventRow
from duecourse.models.database import reading
from duecourse.tracking.action_plans.plan_story import stories
from duecourse.tracking.boards import items
from duecourse.tracking.caseload.enrollment_board import enrolled
from duecourse.tracking.conditions import today_in
from duecourse.tracking.extensions.extension_ledger import extensions_under, ledger
from duecourse.tracking.rates import Rate, RateRow, on_time_rates, rate_rows
from duecourse.tracking.staff.people import people_of
from duecourse.tracking.staff.reaching import unreached
from duecourse.tracking.stored_definitions import contract_of
from duecourse.web.contract_timeline import timeline_of
from duecourse.web.enrollment_panel import enrollment_panel
from duecourse.web.event_forms import event_forms
from duecourse.web.forms import Posted
from duecourse.web.groups import has_ended
from duecourse.web.marks import MARKS
from duecourse.web.people_board import offered_imports
from duecourse.web.render import page
from duecourse.web.site import Site, TheSite
from duecourse.web.visitor import SignedIn, Visitor
from duecourse.web.year import year_grid

_YEAR = re.compile(r"20[0-9]{2}")

_DONE = {
    "added": say("The contract is tracked from now on, and you are its liaison. Add its people next."),
    "event": say("The event was recorded, and its deadlines are planned."),
    "amended": say("The amendment holds from now on, and the people whom it concerns are told."),
}

router = APIRouter()


@router.get("/contracts/{contract_id}")
def contract(
    request: Request, site: TheSite, visitor: SignedIn, contract_id: str, year: str = "", done: str = ""
) -> Response:
    """Show one fiscal year of a contract as a grid, its amendments and checks, its people, and its events."""
    asked = int(year) if _YEAR.fullmatch(year) else None
    return contract_page(request, site, visitor, contract_id, year=asked, done=done)


def contract_page(
    request: Request,
    site: Site,
    visitor: Visitor,
    contract_id: str,
    *,
    year: int | None = None,
    form: Posted | None = None,
    problem: str = "",
    reference_problem: str = "",
    done: str = "",
) -> Response:
    """Return the page; with a problem, the form of an event is filled in as it was sent."""
    visitor.check_sees(contract_id)
    now = visitor.now
    with reading(site.engine) as session:
        row = session.get(ContractRow, contract_id)
        if row is None:
            raise NotFound(say("There is no such contract."))
        everything = items(session, now=now, contract_ids=[contract_id])
        rows = rate_rows(session, [item for item in everything if item.deliverable.remind], now=now)
        people = people_of(session, contract_id)
        plans_of_action = stories(session, contract_id, now=now)
        events = _events(session, contract_id, now)
        without = unreached(session, now=now, contract_ids=[contract_id])
        counted = enrolled(session, row, now=now)
        lines = ledger(session, contract_id)
        extensions = extensions_under(session, [contract_id], now=now)
    stated = contract_of(row)
    today = today_in(row.zone, now)
    grid = year_grid(stated, everything, asked=year, today=today)
    return page(
        request,
        "contract.html",
        visitor=visitor,
        status=422 if problem or reference_problem else 200,
        contract=row,
        grid=grid,
        marks=[mark for standing, mark in MARKS.items() if standing in grid.standings],
        people=people,
        unreached=without,
        event_forms=event_forms(stated, said=form.says("event") if form else ""),
        events=events,
        enrollment=enrollment_panel(counted),
        timeline=timeline_of(row, stated, plans_of_action, today=today),
        plan_processes=stated.plans,
        extension_terms=stated.extensions,
        extension_lines=lines,
        extensions=extensions,
        rates=_rates(rows, grid.year, now=now, fiscal_year_starts=stated.fiscal_year_starts),
        checks=stated.checks,
        may_amend=contract_id in visitor.sets_up_in,
        may_import=bool(offered_imports(visitor, contract_id)),
        notes=[(obligation.title, obligation.note) for obligation in stated.obligations if obligation.note],
        this_month=today.replace(day=1),
        zone_name=ZONES[row.zone][0],
        local_now=now.astimezone(ZoneInfo(row.zone)),
        has_ended=has_ended(row, now),
        form=form,
        problem=problem,
        reference_problem=reference_problem,
        done=_DONE.get(done, ""),
    )


def _rates(rows: list[RateRow], year: int, *, now: datetime, fiscal_year_starts: int) -> list[Rate]:
    rates = on_time_rates(rows, now=now, fiscal_year_starts=fiscal_year_starts)
    return [rate for rate in rates if rate.fiscal_year == year]


def _events(session: Session, contract_id: str, now: datetime) -> list[EventRow]:
    query = select(EventRow).where(EventRow.contract_id == contract_id, col(EventRow.recorded_at) <= now)
    query = query.where(col(EventRow.name).not_in(OWN_EVENTS))
    return list(session.exec(query.order_by(col(EventRow.happened_at).desc(), col(EventRow.id).desc())))
