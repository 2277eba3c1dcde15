"""How is a plan of action led on: which stages were reached, what progress was made, when does it end?"""

from __future__ import annotations

from pydantic import Field
from sqlmodel import Session
from starlette.responses import Response

from duecourse.calendar.lifecycle import Party
from duecourse.calendar.plan_process import PlanAct
from duecourse.tracking.action_plans.plan_undo import undo_last
from duecourse.tracking.action_plans.plans import complete, note_progress, reach_stage
from duecourse.tracking.own_words import approval_undone_because
from duecourse.web.api.caller import Calling
from duecourse.web.api.fields import ContractId, Name, Uid
from duecourse.web.api.plan_acting import (
    DECIDE,
    EITHER,
    PLAN,
    HappenedSent,
    ReasonSent,
    acting,
    changed_plan,
    found_plan,
    tell_of,
    when,
)
from duecourse.web.api.plans import PlanWhole
from duecourse.web.api.routing import api_router

router = api_router(tags=["plans of action"])


class StageSent(HappenedSent):
    """Which stage was reached."""

    stage: Name


class ProgressSent(HappenedSent):
    """A note, for a month of the plan or between them."""

    deliverable_uid: str = Field(default="", pattern=r"^([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})?$")


class UndoSent(ReasonSent):
    """The latest entry, by its id, and why it is undone."""

    entry_id: int = Field(ge=1, le=2**31 - 1)


@router.post(PLAN + "/stages", openapi_extra=EITHER, response_model=PlanWhole)
def reach_plan_stage(caller: Calling, contract_id: ContractId, plan_uid: Uid, sent: StageSent) -> Response:
    """Record that a stage was reached, by the side whose stage it is."""
    found = found_plan(caller, contract_id, plan_uid)
    named = sent.stage if sent.stage in [stage.name for stage in found.process.stages] else ""
    side = found.process.stage(named).side if named else None
    by = acting(caller, contract_id, PlanAct.REACH, side)

    def act(session: Session) -> None:
        reach_stage(session, plan_uid, named, text=sent.text, **when(caller, sent, by))

    return changed_plan(caller, found, sent, act)


@router.post(PLAN + "/progress", openapi_extra=EITHER, response_model=PlanWhole)
def note_plan_progress(caller: Calling, contract_id: ContractId, plan_uid: Uid, sent: ProgressSent) -> Response:
    """Keep a note on the progress, for a month of the plan or between them."""
    found = found_plan(caller, contract_id, plan_uid)
    uid = sent.deliverable_uid
    month = next((each for each in found.progress if each.deliverable.uid == uid), None)
    by = acting(caller, contract_id, PlanAct.NOTE, Party(month.deliverable.party) if month else None)

    def act(session: Session) -> None:
        note_progress(session, plan_uid, text=sent.text, deliverable_uid=uid, **when(caller, sent, by))

    return changed_plan(caller, found, sent, act)


@router.post(PLAN + "/complete", openapi_extra=DECIDE, response_model=PlanWhole)
def complete_plan(caller: Calling, contract_id: ContractId, plan_uid: Uid, sent: HappenedSent) -> Response:
    """End a plan."""
    found = found_plan(caller, contract_id, plan_uid)
    by = acting(caller, contract_id, PlanAct.COMPLETE)

    def act(session: Session) -> None:
        complete(session, plan_uid, text=sent.text, **when(caller, sent, by))

    return changed_plan(caller, found, sent, act)


@router.post(PLAN + "/undo", openapi_extra=EITHER, response_model=PlanWhole)
def undo_plan_entry(caller: Calling, contract_id: ContractId, plan_uid: Uid, sent: UndoSent) -> Response:
    """Take back the latest entry, by the side that made it."""
    found = found_plan(caller, contract_id, plan_uid)
    last = found.shape.entries[-1] if found.shape.entries else None
    by = acting(caller, contract_id, PlanAct.UNDO, Party(last.party) if last is not None and last.party else None)

    def act(session: Session) -> None:
        form_key, now = caller.form_key, caller.visitor.now
        entry, changed = undo_last(
            session, plan_uid, seen=sent.entry_id, reason=sent.reason, form_key=form_key, now=now, by=by
        )
        tell_of(session, caller, changed, approval_undone_because(found.plan.reference, entry.text))

    return changed_plan(caller, found, sent, act)
