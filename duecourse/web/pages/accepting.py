"""How does a liaison accept several submissions at once, see first which, and take that back?"""

from __future__ import annotations

from fastapi import APIRouter, Request
from sqlmodel import Session
from starlette.responses import Response

from duecourse.calendar.lifecycle import Act, allowed
from duecourse.errors import BadInput, NotAllowed
from duecourse.language.said import say
from duecourse.models.database import reading
from duecourse.tracking.conditions import FUNDERS, of_contracts, stands
from duecourse.tracking.deciding import decide, undo
from duecourse.tracking.windows import page_of, scope
from duecourse.web.filters import Asked, Filters, place_from, place_said
from duecourse.web.forms import DefinitionForm
from duecourse.web.groups import DECIDABLE
from duecourse.web.line_by_line import MOST, Chosen, chosen, one_by_one
from duecourse.web.render import page
from duecourse.web.site import Site, TheSite
from duecourse.web.visitor import SignedIn, Visitor

_UNDONE = "Taken back right after it was accepted together with others."

router = APIRouter()


@router.get("/accept")
def what_to_accept(
    request: Request, site: TheSite, visitor: SignedIn, asked: Asked, after: str = "", all: str = ""
) -> Response:
    """Show what waits for the person's decision, to choose from; `all` chooses everything on the page."""
    return _choosing(request, site, visitor, asked.without("side", "state"), after=after, all=all)


@router.post("/accept")
def accept_several(request: Request, site: TheSite, visitor: SignedIn, form: DefinitionForm) -> Response:
    """Show what was chosen; once that is confirmed, accept each, and say line by line what came of it."""
    check_decides(visitor)
    try:
        with reading(site.engine) as session:
            asked = chosen(session, visitor, form.lines("item"))
        match form.line("step"):
            case "accept":
                lines = one_by_one(site.engine, asked, form, lambda *given: accept_one(visitor, *given))
            case "undo":
                lines = one_by_one(site.engine, asked, form, lambda *given: take_one_back(visitor, *given))
            case _:
                return page(request, "accept_preview.html", visitor=visitor, asked=asked, decidable=DECIDABLE)
    except BadInput as problem:
        return _choosing(request, site, visitor, Filters(), problem=str(problem))
    return page(
        request,
        "accept_done.html",
        visitor=visitor,
        done=[line for line in lines if not line.problem],
        refused=[line for line in lines if line.problem],
        taken_back=form.line("step") == "undo",
    )


def accept_one(visitor: Visitor, session: Session, one: Chosen, key: str, *, comment: str = "") -> str:
    """Accept one of several as it was seen, and return what was done."""
    by = visitor.by(Act.ACCEPT, one.item.deliverable)
    uid = one.item.deliverable.uid
    decide(session, uid, Act.ACCEPT, comment=comment, form_key=key, now=visitor.now, by=by, seen=one.seen)
    return allowed(Act.ACCEPT).records


def take_one_back(visitor: Visitor, session: Session, one: Chosen, key: str, *, reason: str = _UNDONE) -> str:
    """Take the acceptance of one of several back, and return what was done."""
    by = visitor.by(Act.UNDO_ACCEPTANCE, one.item.deliverable)
    uid, act = one.item.deliverable.uid, Act.UNDO_ACCEPTANCE
    undo(session, uid, act, reason=reason, form_key=key, now=visitor.now, by=by, seen=one.seen)
    return allowed(act).records


def _choosing(
    request: Request,
    site: Site,
    visitor: Visitor,
    asked: Filters,
    *,
    after: str = "",
    all: str = "",
    problem: str = "",
) -> Response:
    check_decides(visitor)
    now = visitor.now
    with reading(site.engine) as session:
        within = scope(session, now=now, contract_ids=visitor.liaison_for)
        waiting = of_contracts(visitor.liaison_for) & ~FUNDERS & stands(now, *DECIDABLE) & asked.condition(now)
        found = page_of(within, waiting, most=MOST, after=place_from(after))
    return page(
        request,
        "accept.html",
        visitor=visitor,
        status=422 if problem else 200,
        now=now,
        asked=asked,
        items=found.items,
        after=after,
        rest=place_said(found.rest),
        all=bool(all),
        problem=problem,
    )


def check_decides(visitor: Visitor) -> None:
    """Raise NotAllowed unless the person decides on what comes in somewhere."""
    if not visitor.liaison_for:
        raise NotAllowed(
            say("Only a liaison of a contract accepts what came in. What is due from you is on the page Due.")
        )
