"""Where does a plan of action stand, what happened in it, and what may this person do next?"""

from __future__ import annotations

from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from sqlmodel import Session
from starlette.responses import Response

from duecourse.calendar.lifecycle import Act, Party
from duecourse.calendar.plan_process import PlanAct, is_allowed, is_side_of
from duecourse.calendar.words import ZONES
from duecourse.errors import NotAllowed
from duecourse.language.said import Commas, say
from duecourse.models.database import reading
from duecourse.tracking.acting import By
from duecourse.tracking.action_plans.plan_entries import held_with
from duecourse.tracking.action_plans.plan_story import Story, story
from duecourse.tracking.action_plans.plans import hindrances
from duecourse.web.forms import Posted
from duecourse.web.plan_drawing import drawing_of
from duecourse.web.plan_marks import plan_marks
from duecourse.web.plan_words import is_done, where_it_stands
from duecourse.web.render import page
from duecourse.web.site import Site, TheSite
from duecourse.web.visitor import SignedIn, Visitor

_DONE = {
    "opened": say("The plan is open, and its deadlines are planned."),
    "stage": say("Recorded."),
    "steps": say("Written. It holds once this version is approved."),
    "approve": say("Approved: the steps and their dates hold now, and the people whom it concerns are told."),
    "amend": say("The next version can be written now."),
    "missed": say("Recorded. The contractor’s people are told by mail, and the next version can be written now."),
    "progress": say("Noted."),
    "complete": say("The plan is complete."),
    "undo": say("Undone. Both entries stay in the history."),
}

router = APIRouter()


@router.get("/contracts/{contract_id}/plans/{plan_uid}")
def plan(
    request: Request, site: TheSite, visitor: SignedIn, contract_id: str, plan_uid: str, done: str = ""
) -> Response:
    """Show a plan on one page: where it stands, its timeline, its steps, its versions and its history."""
    return plan_page(request, site, visitor, contract_id, plan_uid, done=done)


def plan_page(
    request: Request,
    site: Site,
    visitor: Visitor,
    contract_id: str,
    plan_uid: str,
    *,
    form: Posted | None = None,
    sent: str = "",
    problem: str = "",
    done: str = "",
) -> Response:
    """Return the page; with a `problem`, the form that was `sent` is filled in as it was."""
    now = visitor.now
    with reading(site.engine) as session:
        found = find_plan(session, visitor, contract_id, plan_uid)
        waits = hindrances(held_with(session, found.plan))
    zone = ZoneInfo(found.contract.zone)
    today = now.astimezone(zone).date()
    marks = plan_marks(found, today)
    allowed = {act for act in PlanAct if _may_now(visitor, found, act)}
    sides = visitor.parties(contract_id)
    last = found.shape.entries[-1] if found.shape.entries else None
    return page(
        request,
        "plan.html",
        visitor=visitor,
        status=422 if problem else 200,
        story=found,
        contract=found.contract,
        stands=where_it_stands(found),
        marks=marks,
        drawing=drawing_of(marks, today=today),
        acts={act.name for act in allowed},
        stages=[s for s in found.next_stages if s.stage.side in sides and not s.stage.approves],
        approval_next=not found.shape.version
        and found.process.approval is not None
        and found.process.approval not in [state.stage for state in found.next_stages],
        to_miss=[state for state in found.steps if state.is_overdue and state.missed is None],
        months=[each for each in found.progress if each.standing.is_open and visitor.may(Act.SUBMIT, each.deliverable)],
        may_submit={s.step.number for s in found.steps if s.item and visitor.may(Act.SUBMIT, s.item.deliverable)},
        may_decide={s.step.number for s in found.steps if s.item and visitor.may(Act.ACCEPT, s.item.deliverable)},
        waits=Commas(tuple(waits), "; "),
        done_steps={s.step.number for s in found.steps if is_done(s)},
        undoable=last if last is not None and (not last.party or last.party in sides) else None,
        next_version=found.shape.version + 1,
        zone_name=ZONES[found.contract.zone][0],
        local_now=now.astimezone(zone),
        form=form,
        sent=sent,
        problem=problem,
        done=_DONE.get(done, ""),
    )


def find_plan(session: Session, visitor: Visitor, contract_id: str, plan_uid: str) -> Story:
    """Return a plan of a contract. Raises NotFound unless the person has a part in it."""
    visitor.check_sees(contract_id)
    return story(session, plan_uid, now=visitor.now, contract_ids=[contract_id])


def may(visitor: Visitor, contract_id: str, act: PlanAct) -> bool:
    """Tell whether an act is one of the sides for which this person works."""
    return any(is_side_of(act, side) for side in visitor.parties(contract_id))


def acting_for(visitor: Visitor, contract_id: str, act: PlanAct, *, side: Party | None = None) -> By:
    """Return this person, acting for a side whose act it is, or for the `side` given. Raises NotAllowed without one."""
    sides = [each for each in visitor.parties(contract_id) if is_side_of(act, each) and side in (None, each)]
    if not sides:
        funders = side is Party.FUNDER or not is_side_of(act, Party.CONTRACTOR)
        raise NotAllowed(
            say("Only a liaison of the contract can do this.")
            if funders
            else say("Only who works on the contract can do this.")
        )
    return By(visitor.email, sides[0])


def _may_now(visitor: Visitor, found: Story, act: PlanAct) -> bool:
    return any(is_allowed(act, phase=found.phase, by=side) for side in visitor.parties(found.contract.id))
