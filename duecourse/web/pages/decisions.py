"""How is a submission accepted or returned, a deliverable set aside, and each of these taken back?"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypedDict

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from duecourse.calendar.lifecycle import Act
from duecourse.errors import BadInput, Conflict
from duecourse.language.said import say
from duecourse.models.database import reading, writing
from duecourse.tracking.boards import Item
from duecourse.tracking.deciding import decide, set_aside, undo
from duecourse.web.act_panel import SEEN, SETTING_ASIDE, UNDOING
from duecourse.web.forms import Form, Posted
from duecourse.web.pages.deliverable import deliverable_page, find
from duecourse.web.site import Site, TheSite
from duecourse.web.visitor import SignedIn, Visitor

DECIDING = (Act.ACCEPT, Act.RETURN)

router = APIRouter()


@router.post("/deliverables/{uid}/decide")
def decide_on(request: Request, site: TheSite, visitor: SignedIn, uid: str, form: Form) -> Response:
    """Accept or return what the person has seen; what happened since is shown first."""
    found = _found(site, visitor, uid)
    try:
        act = _chosen(form, DECIDING)
        by = visitor.by(act, found.deliverable)
        again_on = form.day("again_on") if act is Act.RETURN and form.line("again_on") else None
        with writing(site.engine) as session:
            decide(
                session,
                uid,
                act,
                comment=form.text("comment"),
                again_on=again_on,
                form_key=form.key(),
                now=visitor.now,
                by=by,
                seen=form.number(SEEN),
            )
    except (BadInput, Conflict) as problem:
        return deliverable_page(request, site, visitor, uid, form=form, problem=problem)
    site.wake()
    return _done(uid, act)


@router.post("/deliverables/{uid}/set-aside")
def set_it_aside(request: Request, site: TheSite, visitor: SignedIn, uid: str, form: Form) -> Response:
    """Waive or cancel what has not come in, or mark it as not applicable."""
    found = _found(site, visitor, uid)
    try:
        act = _chosen(form, SETTING_ASIDE)
        by = visitor.by(act, found.deliverable)
        with writing(site.engine) as session:
            set_aside(session, uid, act, **_given(form), now=visitor.now, by=by)
    except (BadInput, Conflict) as problem:
        return deliverable_page(request, site, visitor, uid, form=form, problem=problem)
    site.wake()
    return _done(uid, act)


@router.post("/deliverables/{uid}/undo")
def take_back(request: Request, site: TheSite, visitor: SignedIn, uid: str, form: Form) -> Response:
    """Take back a submission, a decision or what set the deliverable aside, with a reason."""
    found = _found(site, visitor, uid)
    try:
        act = _chosen(form, UNDOING)
        by = visitor.by(act, found.deliverable)
        with writing(site.engine) as session:
            undo(session, uid, act, **_given(form), now=visitor.now, by=by)
    except (BadInput, Conflict) as problem:
        return deliverable_page(request, site, visitor, uid, form=form, problem=problem)
    site.wake()
    return _done(uid, act)


def _found(site: Site, visitor: Visitor, uid: str) -> Item:
    with reading(site.engine) as session:
        return find(session, visitor, uid)


def _chosen(form: Posted, acts: Iterable[Act]) -> Act:
    said = form.line("act")
    for act in acts:
        if said == act:
            return act
    raise BadInput(say("Choose what you want to do."))


class _Given(TypedDict):
    reason: str
    form_key: str
    seen: int | None


def _given(form: Posted) -> _Given:
    return {"reason": form.text("reason"), "form_key": form.key(), "seen": form.number(SEEN)}


def _done(uid: str, act: Act) -> Response:
    return RedirectResponse(f"/deliverables/{uid}?done={act.name.lower()}", 303)
