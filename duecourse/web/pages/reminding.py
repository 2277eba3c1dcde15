"""How does a liaison remind contractors by hand of what is late, and see first who would be told?"""

from __future__ import annotations

from fastapi import APIRouter, Request
from sqlmodel import Session
from starlette.responses import Response

from duecourse.calendar import words
from duecourse.calendar.standing import Standing
from duecourse.errors import BadInput, NotAllowed
from duecourse.language.said import say
from duecourse.models.database import reading
from duecourse.notifications.messages import sender_of
from duecourse.notifications.reminding import remind, would_tell
from duecourse.tracking.acting import By
from duecourse.tracking.conditions import BY_LIMIT, FUNDERS, INVOICES, REMINDED, ended, of_contracts, stands
from duecourse.tracking.windows import page_of, scope
from duecourse.web.filters import Asked, Filters, place_from, place_said
from duecourse.web.forms import DefinitionForm
from duecourse.web.line_by_line import MOST, Chosen, chosen, one_by_one
from duecourse.web.render import page
from duecourse.web.site import Site, TheSite
from duecourse.web.told import last_told
from duecourse.web.visitor import SignedIn, Visitor

router = APIRouter()


@router.get("/remind")
def what_to_remind_of(
    request: Request,
    site: TheSite,
    visitor: SignedIn,
    asked: Asked,
    after: str = "",
    all: str = "",
    holds_up: str = "",
    item: str = "",
) -> Response:
    """Show what is late, to choose from, with who was told last; with `item`, who would be told of that one."""
    if item:
        return _preview(request, site, visitor, [item])
    only = holds_up if holds_up == "payment" else ""
    return _choosing(request, site, visitor, asked.without("side", "state"), after=after, all=all, holds_up=only)


@router.post("/remind")
def remind_of_several(request: Request, site: TheSite, visitor: SignedIn, form: DefinitionForm) -> Response:
    """Show who would be told of what was chosen; once that is confirmed, tell them, and say so line by line."""
    check_reminds(visitor)
    try:
        if form.line("step") != "remind":
            return _preview(request, site, visitor, form.lines("item"))
        with reading(site.engine) as session:
            asked = chosen(session, visitor, form.lines("item"))
        lines = one_by_one(site.engine, asked, form, lambda *given: remind_of_one(site, visitor, *given))
    except BadInput as problem:
        return _choosing(request, site, visitor, Filters(), problem=str(problem))
    site.wake()
    return page(
        request,
        "remind_done.html",
        visitor=visitor,
        done=[line for line in lines if not line.problem],
        refused=[line for line in lines if line.problem],
    )


def remind_of_one(site: Site, visitor: Visitor, session: Session, one: Chosen, key: str) -> str:
    """Remind the contractor of one of several, and return who is told."""
    row = one.item.deliverable
    if row.contract_id not in visitor.liaison_for or FUNDERS.holds(one.item):
        raise NotAllowed(say("Only a liaison of the contract reminds its contractor, of what the contractor owes."))
    names = remind(
        session,
        row.uid,
        form_key=key,
        by=By(visitor.email),
        now=visitor.now,
        base_url=site.settings.address,
        sender=sender_of(site.settings),
    )
    return words.joined(list(names))


def _preview(request: Request, site: Site, visitor: Visitor, named: list[str]) -> Response:
    check_reminds(visitor)
    with reading(site.engine) as session:
        asked = chosen(session, visitor, named)
        found = would_tell(session, [one.item for one in asked], now=visitor.now)
        told = last_told(session, deliverable_ids=[one.item.deliverable.id or 0 for one in asked], now=visitor.now)
    return page(request, "remind_preview.html", visitor=visitor, now=visitor.now, found=found, told=told)


def _choosing(
    request: Request,
    site: Site,
    visitor: Visitor,
    asked: Filters,
    *,
    after: str = "",
    all: str = "",
    holds_up: str = "",
    problem: str = "",
) -> Response:
    check_reminds(visitor)
    now = visitor.now
    late = of_contracts(visitor.liaison_for) & ~FUNDERS & REMINDED & stands(now, Standing.OVERDUE) & ~ended(now)
    late &= asked.condition(now)
    with reading(site.engine) as session:
        within = scope(session, now=now, contract_ids=visitor.liaison_for)
        wanted = late & INVOICES if holds_up else late
        found = page_of(within, wanted, most=MOST, after=place_from(after), order=BY_LIMIT)
        told = last_told(session, deliverable_ids=[item.deliverable.id or 0 for item in found.items], now=now)
    return page(
        request,
        "remind.html",
        visitor=visitor,
        status=422 if problem else 200,
        now=now,
        asked=asked,
        holds_up=holds_up,
        items=found.items,
        told=told,
        after=after,
        rest=place_said(found.rest),
        all=bool(all),
        problem=problem,
    )


def check_reminds(visitor: Visitor) -> None:
    """Raise NotAllowed unless the person reminds the contractor of some contract."""
    if not visitor.liaison_for:
        raise NotAllowed(
            say("Only a liaison of a contract reminds its contractor. What is due from you is on the page Due.")
        )
