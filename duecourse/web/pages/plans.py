"""Which plans of action are there under a contract, and how is one opened?"""

from __future__ import annotations

from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from duecourse.calendar.plan_process import PlanAct
from duecourse.calendar.words import ZONES
from duecourse.errors import BadInput, NotFound
from duecourse.language.said import say
from duecourse.models import ContractRow
from duecourse.models.database import reading, writing
from duecourse.tracking.action_plans.plan_opening import open_plan
from duecourse.tracking.action_plans.plan_story import stories
from duecourse.tracking.stored_definitions import contract_of
from duecourse.web.forms import Form, Posted
from duecourse.web.pages.plan import acting_for, may
from duecourse.web.plan_words import where_it_stands
from duecourse.web.render import page
from duecourse.web.site import Site, TheSite
from duecourse.web.visitor import SignedIn, Visitor

router = APIRouter()


@router.get("/contracts/{contract_id}/plans")
def plans(request: Request, site: TheSite, visitor: SignedIn, contract_id: str) -> Response:
    """List the plans under a contract, each with where it stands, and the form that opens one."""
    return _list(request, site, visitor, contract_id)


@router.post("/contracts/{contract_id}/plans")
def open_one(request: Request, site: TheSite, visitor: SignedIn, contract_id: str, form: Form) -> Response:
    """Open a plan by its notice. The same form twice opens one."""
    visitor.check_sees(contract_id)
    by = acting_for(visitor, contract_id, PlanAct.OPEN)
    try:
        with writing(site.engine) as session:
            row = session.get(ContractRow, contract_id)
            if row is None:
                raise NotFound(say("There is no such contract."))
            known = {process.id for process in contract_of(row).plans}
            if form.line("process") not in known:
                raise BadInput(say("Choose the process."))
            made = open_plan(
                session,
                contract_id,
                form.line("process"),
                notice_at=form.instant("happened_on", "happened_at", zone=row.zone),
                reason=form.text("reason"),
                reference=form.line("reference"),
                form_key=form.key(),
                now=visitor.now,
                by=by,
            )
            uid = made.uid
    except BadInput as problem:
        return _list(request, site, visitor, contract_id, form=form, problem=str(problem))
    return RedirectResponse(f"/contracts/{contract_id}/plans/{uid}?done=opened", 303)


def _list(
    request: Request,
    site: Site,
    visitor: Visitor,
    contract_id: str,
    *,
    form: Posted | None = None,
    problem: str = "",
) -> Response:
    visitor.check_sees(contract_id)
    now = visitor.now
    with reading(site.engine) as session:
        row = session.get(ContractRow, contract_id)
        if row is None:
            raise NotFound(say("There is no such contract."))
        found = [(story, where_it_stands(story)) for story in stories(session, contract_id, now=now)]
    processes = contract_of(row).plans
    return page(
        request,
        "plans.html",
        visitor=visitor,
        status=422 if problem else 200,
        contract=row,
        found=found,
        processes=processes,
        may_open=bool(processes) and may(visitor, contract_id, PlanAct.OPEN),
        zone_name=ZONES[row.zone][0],
        local_now=now.astimezone(ZoneInfo(row.zone)),
        form=form,
        problem=problem,
    )
