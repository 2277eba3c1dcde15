"""How is a plan of action led on: stages, steps, approval, missed steps, progress, its end, and what is undone?"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypedDict

from fastapi import APIRouter, Request
from sqlmodel import Session
from starlette.responses import RedirectResponse, Response

from duecourse.calendar.lifecycle import Party
from duecourse.calendar.plan_process import PlanAct
from duecourse.errors import BadInput
from duecourse.models.database import reading, writing
from duecourse.notifications.messages import sender_of
from duecourse.notifications.plan_notices import owe_missed_step
from duecourse.tracking.acting import By
from duecourse.tracking.action_plans.plan_steps import approve, drop_step, open_amendment, write_step
from duecourse.tracking.action_plans.plan_story import Story
from duecourse.tracking.action_plans.plan_undo import undo_last
from duecourse.tracking.action_plans.plans import complete, note_progress, reach_stage, record_missed_step
from duecourse.tracking.own_words import approval_undone_because, version_approved
from duecourse.tracking.rehearsing import Rehearsal
from duecourse.web.forms import Form, Posted
from duecourse.web.pages.plan import acting_for, find_plan, plan_page
from duecourse.web.rehearsal import tell
from duecourse.web.site import Site, TheSite
from duecourse.web.visitor import SignedIn, Visitor

router = APIRouter()
_PLAN = "/contracts/{contract_id}/plans/{plan_uid}"


class When(TypedDict):
    """What every form says that records something: when it happened, who says so, and the form's own key."""

    happened_at: datetime
    form_key: str
    now: datetime
    by: By


@router.post(_PLAN + "/stage")
def reach(request: Request, site: TheSite, visitor: SignedIn, contract_id: str, plan_uid: str, form: Form) -> Response:
    """Record that a stage was reached, by the side whose stage it is."""
    found = _found(site, visitor, contract_id, plan_uid)
    named = form.line("stage") if form.line("stage") in [stage.name for stage in found.process.stages] else ""
    by = acting_for(visitor, contract_id, PlanAct.REACH, side=found.process.stage(named).side if named else None)

    def act(session: Session) -> None:
        reach_stage(session, plan_uid, named, text=form.text("text"), **_when(form, found, visitor, by))

    return _done(request, site, visitor, found, form, "stage", act)


@router.post(_PLAN + "/steps")
def write(request: Request, site: TheSite, visitor: SignedIn, contract_id: str, plan_uid: str, form: Form) -> Response:
    """Write a step in the version that is being drafted, change it, or leave it out."""
    found = _found(site, visitor, contract_id, plan_uid)
    by = acting_for(visitor, contract_id, PlanAct.WRITE_STEP)

    def act(session: Session) -> None:
        number = form.number("number") if form.line("number") else None
        if number is not None and form.line("do") == "leave-out":
            drop_step(
                session, plan_uid, number, reason=form.text("reason"), form_key=form.key(), now=visitor.now, by=by
            )
            return
        write_step(
            session,
            plan_uid,
            title=form.line("title"),
            who=form.line("who"),
            due_on=form.day("due_on"),
            number=number,
            form_key=form.key(),
            now=visitor.now,
            by=by,
        )

    return _done(request, site, visitor, found, form, "steps", act)


@router.post(_PLAN + "/approve")
def approve_it(
    request: Request, site: TheSite, visitor: SignedIn, contract_id: str, plan_uid: str, form: Form
) -> Response:
    """Approve the version that is being drafted, and tell the people whom its dates concern."""
    found = _found(site, visitor, contract_id, plan_uid)
    by = acting_for(visitor, contract_id, PlanAct.APPROVE)

    def act(session: Session) -> None:
        entry, changed = approve(session, plan_uid, text=form.text("text"), **_when(form, found, visitor, by))
        _tell(session, site, visitor, changed, version_approved(found.plan.reference, entry.version))

    return _done(request, site, visitor, found, form, "approve", act)


@router.post(_PLAN + "/amend")
def amend(request: Request, site: TheSite, visitor: SignedIn, contract_id: str, plan_uid: str, form: Form) -> Response:
    """Begin the next version of a plan in force."""
    found = _found(site, visitor, contract_id, plan_uid)
    by = acting_for(visitor, contract_id, PlanAct.AMEND)

    def act(session: Session) -> None:
        open_amendment(session, plan_uid, reason=form.text("reason"), form_key=form.key(), now=visitor.now, by=by)

    return _done(request, site, visitor, found, form, "amend", act)


@router.post(_PLAN + "/missed")
def missed(request: Request, site: TheSite, visitor: SignedIn, contract_id: str, plan_uid: str, form: Form) -> Response:
    """Record a missed step, and owe the mail that says so to the contractor's people."""
    found = _found(site, visitor, contract_id, plan_uid)
    by = acting_for(visitor, contract_id, PlanAct.MISS_STEP)

    def act(session: Session) -> None:
        number = form.number("number") or 0
        when = _when(form, found, visitor, by)
        entry = record_missed_step(session, plan_uid, number, text=form.text("text"), **when)
        settings = site.settings
        sender = sender_of(settings)
        owe_missed_step(session, entry, now=visitor.now, base_url=settings.address, sender=sender)

    return _done(request, site, visitor, found, form, "missed", act)


@router.post(_PLAN + "/progress")
def note(request: Request, site: TheSite, visitor: SignedIn, contract_id: str, plan_uid: str, form: Form) -> Response:
    """Keep a note on the progress, for a month of the plan or between them."""
    found = _found(site, visitor, contract_id, plan_uid)
    month = next((each for each in found.progress if each.deliverable.uid == form.line("month")), None)
    side = Party(month.deliverable.party) if month else None
    by = acting_for(visitor, contract_id, PlanAct.NOTE, side=side)

    def act(session: Session) -> None:
        uid = form.line("month")
        note_progress(session, plan_uid, text=form.text("text"), deliverable_uid=uid, **_when(form, found, visitor, by))

    return _done(request, site, visitor, found, form, "progress", act)


@router.post(_PLAN + "/complete")
def end(request: Request, site: TheSite, visitor: SignedIn, contract_id: str, plan_uid: str, form: Form) -> Response:
    """End a plan."""
    found = _found(site, visitor, contract_id, plan_uid)
    by = acting_for(visitor, contract_id, PlanAct.COMPLETE)

    def act(session: Session) -> None:
        complete(session, plan_uid, text=form.text("text"), **_when(form, found, visitor, by))

    return _done(request, site, visitor, found, form, "complete", act)


@router.post(_PLAN + "/undo")
def take_back(
    request: Request, site: TheSite, visitor: SignedIn, contract_id: str, plan_uid: str, form: Form
) -> Response:
    """Take back the latest entry, by the side that made it."""
    found = _found(site, visitor, contract_id, plan_uid)
    last = found.shape.entries[-1] if found.shape.entries else None
    side = Party(last.party) if last is not None and last.party else None
    by = acting_for(visitor, contract_id, PlanAct.UNDO, side=side)

    def act(session: Session) -> None:
        entry, changed = undo_last(
            session,
            plan_uid,
            seen=form.number("entry"),
            reason=form.text("reason"),
            form_key=form.key(),
            now=visitor.now,
            by=by,
        )
        _tell(session, site, visitor, changed, approval_undone_because(found.plan.reference, entry.text))

    return _done(request, site, visitor, found, form, "undo", act)


def _found(site: Site, visitor: Visitor, contract_id: str, plan_uid: str) -> Story:
    with reading(site.engine) as session:
        return find_plan(session, visitor, contract_id, plan_uid)


def _when(form: Posted, found: Story, visitor: Visitor, by: By) -> When:
    at = form.instant("happened_on", "happened_at", zone=found.contract.zone)
    return When(happened_at=at, form_key=form.key(), now=visitor.now, by=by)


def _tell(session: Session, site: Site, visitor: Visitor, changed: Rehearsal, cause: str) -> None:
    tell(session, site, [changed], cause=cause, now=visitor.now)


def _done(
    request: Request,
    site: Site,
    visitor: Visitor,
    found: Story,
    form: Posted,
    done: str,
    act: Callable[[Session], None],
) -> Response:
    contract_id, plan_uid = found.contract.id, found.plan.uid
    try:
        with writing(site.engine) as session:
            act(session)
    except BadInput as problem:
        return plan_page(request, site, visitor, contract_id, plan_uid, form=form, sent=done, problem=str(problem))
    site.wake()
    return RedirectResponse(f"/contracts/{contract_id}/plans/{plan_uid}?done={done}", 303)
