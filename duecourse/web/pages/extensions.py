"""How does a contractor ask for more time on a page, and how does a liaison decide on it, or enter what was granted?"""

from __future__ import annotations

import re
from collections.abc import Callable

from fastapi import APIRouter, Request
from sqlmodel import Session, select
from starlette.responses import RedirectResponse, Response

from duecourse.calendar.lifecycle import Party
from duecourse.errors import BadInput, Conflict, NotAllowed, NotFound
from duecourse.language.said import say
from duecourse.models import Deliverable, Extension
from duecourse.models.database import reading, writing
from duecourse.tracking.acting import By
from duecourse.tracking.boards import Item
from duecourse.tracking.extensions import extending, granting
from duecourse.tracking.extensions.granting import Granted, Granting
from duecourse.web.forms import Form, Posted
from duecourse.web.pages.deliverable import deliverable_page, find
from duecourse.web.rehearsal import tell
from duecourse.web.site import Site, TheSite
from duecourse.web.visitor import SignedIn, Visitor

_UID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

router = APIRouter()


@router.post("/deliverables/{uid}/extension")
def ask_for_time(request: Request, site: TheSite, visitor: SignedIn, uid: str, form: Form) -> Response:
    """Record that the contractor asks for more time, or asked for it by another way."""
    found = _found(site, visitor, uid)
    by = acting_side(visitor, found, Party.CONTRACTOR)

    def take(session: Session) -> None:
        wish = _request(form, found)
        extending.ask(session, uid, wish, form_key=form.key(), now=visitor.now, by=by)

    return _done(request, site, visitor, found, form, take, "extension_asked")


@router.post("/deliverables/{uid}/extension/record")
def record_granted(request: Request, site: TheSite, visitor: SignedIn, uid: str, form: Form) -> Response:
    """Enter an extension that was asked for and granted elsewhere, and tell the people concerned."""
    found = _found(site, visitor, uid)
    by = acting_side(visitor, found, Party.FUNDER)

    def take(session: Session) -> None:
        made = granting.record_granted(
            session,
            uid,
            _request(form, found),
            _granting(form),
            decided_at=form.instant("decided_on", "decided_time", zone=found.deliverable.zone),
            decided_by=form.line("decided_by"),
            form_key=form.key(),
            now=visitor.now,
            by=by,
        )
        _tell(session, site, visitor, made)

    return _done(request, site, visitor, found, form, take, "extension_recorded")


@router.post("/extensions/{extension_uid}/decide")
def decide(request: Request, site: TheSite, visitor: SignedIn, extension_uid: str, form: Form) -> Response:
    """Grant a request, to a date that the liaison sets, or refuse it."""
    found = find_of_extension(site, visitor, extension_uid)
    by = acting_side(visitor, found, Party.FUNDER)
    act = form.line("act")

    def take(session: Session) -> None:
        if act == "refuse":
            comment = form.text("comment")
            extending.refuse(session, extension_uid, comment=comment, form_key=form.key(), now=visitor.now, by=by)
        elif act == "grant":
            made = granting.grant(session, extension_uid, _granting(form), form_key=form.key(), now=visitor.now, by=by)
            _tell(session, site, visitor, made)
        else:
            raise BadInput(say("Choose whether to grant it or to refuse it."))

    return _done(request, site, visitor, found, form, take, f"extension_{act}")


@router.post("/extensions/{extension_uid}/take-back")
def take_back(request: Request, site: TheSite, visitor: SignedIn, extension_uid: str, form: Form) -> Response:
    """Take back a request that waits, or the decision on it."""
    found = find_of_extension(site, visitor, extension_uid)
    sides = visitor.parties(found.contract.id)
    if not sides:
        raise NotAllowed(say("Only the two sides of the contract can do this."))
    reason, is_decision = form.text("reason"), form.line("what") == "decision"
    by = acting_side(visitor, found, Party.FUNDER) if is_decision else By(visitor.email, sides[0])

    def take(session: Session) -> None:
        if is_decision:
            made = granting.undo_decision(
                session, extension_uid, reason=reason, form_key=form.key(), now=visitor.now, by=by
            )
            _tell(session, site, visitor, made)
        else:
            extending.take_back(session, extension_uid, reason=reason, form_key=form.key(), now=visitor.now, by=by)

    return _done(request, site, visitor, found, form, take, "extension_back")


def _done(
    request: Request,
    site: Site,
    visitor: Visitor,
    found: Item,
    form: Posted,
    take: Callable[[Session], None],
    done: str,
) -> Response:
    uid = found.deliverable.uid
    try:
        with writing(site.engine) as session:
            take(session)
    except (BadInput, Conflict) as problem:
        return deliverable_page(request, site, visitor, uid, extending=form, problem=problem)
    site.wake()
    return RedirectResponse(f"/deliverables/{uid}?done={done}", 303)


def _tell(session: Session, site: Site, visitor: Visitor, made: Granted) -> None:
    if made.rehearsal.changes:
        tell(session, site, [made.rehearsal], cause=made.cause, now=visitor.now)


def _request(form: Posted, found: Item) -> extending.Request:
    return extending.Request(
        asked_at=form.instant("asked_on", "asked_time", zone=found.deliverable.zone),
        asked_by=form.line("asked_by"),
        reason=form.text("reason"),
        wanted_on=form.day("wanted_on") if form.line("wanted_on") else None,
    )


def _granting(form: Posted) -> Granting:
    return Granting(
        form.day("granted_on"), form.time_of_day("granted_time"), form.text("comment"), form.line("override_reason")
    )


def acting_side(visitor: Visitor, found: Item, side: Party) -> By:
    """Return this person, acting for a side. Raises NotAllowed unless it is the person's side."""
    if side not in visitor.parties(found.contract.id):
        raise NotAllowed(
            say("Only the contractor’s staff can ask for more time. A liaison can enter what was granted.")
            if side is Party.CONTRACTOR
            else say("Only a liaison of the contract can decide on more time.")
        )
    return By(visitor.email, side)


def _found(site: Site, visitor: Visitor, uid: str) -> Item:
    with reading(site.engine) as session:
        return find(session, visitor, uid)


def find_of_extension(site: Site, visitor: Visitor, extension_uid: str) -> Item:
    """Return the deliverable of a request for more time. Raises NotFound as for the deliverable itself."""
    query = (
        select(Deliverable.uid)
        .join(Extension)
        .where(Extension.deliverable_id == Deliverable.id, Extension.uid == extension_uid)
    )
    with reading(site.engine) as session:
        uid = session.exec(query).first() if _UID.fullmatch(extension_uid) else None
        if uid is None:
            raise NotFound(say("There is no such request."))
        return find(session, visitor, uid)
