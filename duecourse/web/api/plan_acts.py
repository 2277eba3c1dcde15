"""How is a plan of action led on: stages, steps, approval, missed steps, progress, its end, and what is undone?

Each answer is the plan as it is afterwards. An If-Match is about the plan as it was read.
"""

from __future__ import annotations

from collections.abc import Callable

from pydantic import Field
from sqlmodel import Session
from starlette.responses import Response

from duecourse.calendar.lifecycle import Party
from duecourse.calendar.plan_process import PlanAct
from duecourse.models.database import reading
from duecourse.notifications.messages import sender_of
from duecourse.notifications.plan_notices import owe_missed_step
from duecourse.tracking.acting import By
from duecourse.tracking.action_plans.plan_steps import approve, drop_step, open_amendment, write_step
from duecourse.tracking.action_plans.plan_story import Story
from duecourse.tracking.action_plans.plan_undo import undo_last
from duecourse.tracking.action_plans.plans import complete, note_progress, reach_stage, record_missed_step
from duecourse.tracking.api_tokens import Scope
from duecourse.tracking.rehearsing import Rehearsal
from duecourse.web.api.caller import Caller, Calling
from duecourse.web.api.fields import ContractId, Day, Instant, Name, Sent, Text, Uid
from duecourse.web.api.plans import PlanWhole, current_plan
from duecourse.web.api.routing import TAKES_VERSION, api_router, for_scope
from duecourse.web.pages.plan import acting_for, find_plan
from duecourse.web.pages.plan_acts import When
from duecourse.web.rehearsal import tell

router = api_router(tags=["plans of action"])
_PLAN = "/contracts/{contract_id}/plans/{plan_uid}"
_EITHER = for_scope(Scope.SUBMIT, Scope.DECIDE) | TAKES_VERSION
_DECIDE = for_scope(Scope.DECIDE) | TAKES_VERSION
_SCOPES = {Party.CONTRACTOR: Scope.SUBMIT, Party.FUNDER: Scope.DECIDE}


class HappenedSent(Sent):
    """When something happened, and what is to be said of it."""

    happened_at: Instant
    text: Text = ""


class StageSent(HappenedSent):
    """Which stage was reached."""

    stage: Name


class StepSent(Sent):
    """A step of the version that is being written: a new one, or with a number one that changes."""

    number: int | None = Field(default=None, ge=1, le=9999)
    title: Name
    who: Name
    due_on: Day


class DropSent(Sent):
    """Which step is left out, and why."""

    number: int = Field(ge=1, le=9999)
    reason: Text


class ReasonSent(Sent):
    """Why."""

    reason: Text


class MissedSent(HappenedSent):
    """Which step was missed."""

    number: int = Field(ge=1, le=9999)


class ProgressSent(HappenedSent):
    """A note, for a month of the plan or between them."""

    deliverable_uid: str = Field(default="", pattern=r"^([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})?$")


class UndoSent(ReasonSent):
    """The latest entry, by its id, and why it is undone."""

    entry_id: int = Field(ge=1, le=2**31 - 1)


@router.post(_PLAN + "/stages", openapi_extra=_EITHER, response_model=PlanWhole)
def reach_plan_stage(caller: Calling, contract_id: ContractId, plan_uid: Uid, sent: StageSent) -> Response:
    """Record that a stage was reached, by the side whose stage it is."""
    found = _found(caller, contract_id, plan_uid)
    named = sent.stage if sent.stage in [stage.name for stage in found.process.stages] else ""
    side = found.process.stage(named).side if named else None
    by = _acting(caller, contract_id, PlanAct.REACH, side)

    def act(session: Session) -> None:
        reach_stage(session, plan_uid, named, text=sent.text, **_when(caller, sent, by))

    return _changed(caller, found, sent, act)


@router.post(_PLAN + "/steps", openapi_extra=_EITHER, response_model=PlanWhole)
def write_plan_step(caller: Calling, contract_id: ContractId, plan_uid: Uid, sent: StepSent) -> Response:
    """Write a step in the version that is being drafted, or change it."""
    found = _found(caller, contract_id, plan_uid)
    by = _acting(caller, contract_id, PlanAct.WRITE_STEP)

    def act(session: Session) -> None:
        write_step(
            session,
            plan_uid,
            title=sent.title,
            who=sent.who,
            due_on=sent.due_on,
            number=sent.number,
            form_key=caller.form_key,
            now=caller.visitor.now,
            by=by,
        )

    return _changed(caller, found, sent, act)


@router.post(_PLAN + "/steps/leave-out", openapi_extra=_EITHER, response_model=PlanWhole)
def leave_plan_step_out(caller: Calling, contract_id: ContractId, plan_uid: Uid, sent: DropSent) -> Response:
    """Leave a step out of the version that is being drafted."""
    found = _found(caller, contract_id, plan_uid)
    by = _acting(caller, contract_id, PlanAct.WRITE_STEP)

    def act(session: Session) -> None:
        form_key, now = caller.form_key, caller.visitor.now
        drop_step(session, plan_uid, sent.number, reason=sent.reason, form_key=form_key, now=now, by=by)

    return _changed(caller, found, sent, act)


@router.post(_PLAN + "/approve", openapi_extra=_DECIDE, response_model=PlanWhole)
def approve_plan(caller: Calling, contract_id: ContractId, plan_uid: Uid, sent: HappenedSent) -> Response:
    """Approve the version that is being drafted, and tell the people whom its dates concern."""
    found = _found(caller, contract_id, plan_uid)
    by = _acting(caller, contract_id, PlanAct.APPROVE)

    def act(session: Session) -> None:
        entry, changed = approve(session, plan_uid, text=sent.text, **_when(caller, sent, by))
        _tell(session, caller, changed, f"{found.plan.reference}, version {entry.version}, was approved")

    return _changed(caller, found, sent, act)


@router.post(_PLAN + "/amend", openapi_extra=_EITHER, response_model=PlanWhole)
def amend_plan(caller: Calling, contract_id: ContractId, plan_uid: Uid, sent: ReasonSent) -> Response:
    """Begin the next version of a plan in force."""
    found = _found(caller, contract_id, plan_uid)
    by = _acting(caller, contract_id, PlanAct.AMEND)

    def act(session: Session) -> None:
        form_key, now = caller.form_key, caller.visitor.now
        open_amendment(session, plan_uid, reason=sent.reason, form_key=form_key, now=now, by=by)

    return _changed(caller, found, sent, act)


@router.post(_PLAN + "/missed", openapi_extra=_DECIDE, response_model=PlanWhole)
def record_missed_plan_step(caller: Calling, contract_id: ContractId, plan_uid: Uid, sent: MissedSent) -> Response:
    """Record a missed step, and owe the mail that says so to the contractor's people."""
    found = _found(caller, contract_id, plan_uid)
    by = _acting(caller, contract_id, PlanAct.MISS_STEP)

    def act(session: Session) -> None:
        settings = caller.site.settings
        entry = record_missed_step(session, plan_uid, sent.number, text=sent.text, **_when(caller, sent, by))
        now, sender = caller.visitor.now, sender_of(settings)
        owe_missed_step(session, entry, now=now, base_url=settings.address, sender=sender)

    return _changed(caller, found, sent, act)


@router.post(_PLAN + "/progress", openapi_extra=_EITHER, response_model=PlanWhole)
def note_plan_progress(caller: Calling, contract_id: ContractId, plan_uid: Uid, sent: ProgressSent) -> Response:
    """Keep a note on the progress, for a month of the plan or between them."""
    found = _found(caller, contract_id, plan_uid)
    uid = sent.deliverable_uid
    month = next((each for each in found.progress if each.deliverable.uid == uid), None)
    by = _acting(caller, contract_id, PlanAct.NOTE, Party(month.deliverable.party) if month else None)

    def act(session: Session) -> None:
        note_progress(session, plan_uid, text=sent.text, deliverable_uid=uid, **_when(caller, sent, by))

    return _changed(caller, found, sent, act)


@router.post(_PLAN + "/complete", openapi_extra=_DECIDE, response_model=PlanWhole)
def complete_plan(caller: Calling, contract_id: ContractId, plan_uid: Uid, sent: HappenedSent) -> Response:
    """End a plan."""
    found = _found(caller, contract_id, plan_uid)
    by = _acting(caller, contract_id, PlanAct.COMPLETE)

    def act(session: Session) -> None:
        complete(session, plan_uid, text=sent.text, **_when(caller, sent, by))

    return _changed(caller, found, sent, act)


@router.post(_PLAN + "/undo", openapi_extra=_EITHER, response_model=PlanWhole)
def undo_plan_entry(caller: Calling, contract_id: ContractId, plan_uid: Uid, sent: UndoSent) -> Response:
    """Take back the latest entry, by the side that made it."""
    found = _found(caller, contract_id, plan_uid)
    last = found.shape.entries[-1] if found.shape.entries else None
    by = _acting(caller, contract_id, PlanAct.UNDO, Party(last.party) if last is not None and last.party else None)

    def act(session: Session) -> None:
        form_key, now = caller.form_key, caller.visitor.now
        entry, changed = undo_last(
            session, plan_uid, seen=sent.entry_id, reason=sent.reason, form_key=form_key, now=now, by=by
        )
        _tell(session, caller, changed, f"the approval of {found.plan.reference} was undone ({entry.text})")

    return _changed(caller, found, sent, act)


def _found(caller: Caller, contract_id: str, plan_uid: str) -> Story:
    with reading(caller.site.engine) as session:
        return find_plan(session, caller.visitor, contract_id, plan_uid)


def _acting(caller: Caller, contract_id: str, act: PlanAct, side: Party | None = None) -> By:
    by = acting_for(caller.visitor, contract_id, act, side=side)
    assert by.party is not None
    # The contractor's acts are what “submit” is for, the funder's what “decide” is for.
    caller.check_scope(_SCOPES[by.party])
    return by


def _when(caller: Caller, sent: HappenedSent, by: By) -> When:
    return When(happened_at=sent.happened_at, form_key=caller.form_key, now=caller.visitor.now, by=by)


def _tell(session: Session, caller: Caller, changed: Rehearsal, cause: str) -> None:
    tell(session, caller.site, [changed], cause=cause, now=caller.visitor.now)


def _changed(caller: Caller, found: Story, sent: Sent, act: Callable[[Session], None]) -> Response:
    contract_id, plan_uid = found.contract.id, found.plan.uid

    def changing(session: Session) -> PlanWhole:
        act(session)
        session.flush()
        return current_plan(session, caller, contract_id, plan_uid)

    return caller.change(
        sent,
        changing,
        location=f"/api/v1/contracts/{contract_id}/plans/{plan_uid}",
        current=lambda session: current_plan(session, caller, contract_id, plan_uid),
    )
