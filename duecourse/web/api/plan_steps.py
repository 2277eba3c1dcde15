"""Which steps has a plan of action, who approves them, and which were missed?"""

from __future__ import annotations

from pydantic import Field
from sqlmodel import Session
from starlette.responses import Response

from duecourse.calendar.plan_process import PlanAct
from duecourse.notifications.messages import sender_of
from duecourse.notifications.plan_notices import owe_missed_step
from duecourse.tracking.action_plans.plan_steps import approve, drop_step, open_amendment, write_step
from duecourse.tracking.action_plans.plans import record_missed_step
from duecourse.tracking.own_words import version_approved
from duecourse.web.api.caller import Calling
from duecourse.web.api.fields import ContractId, Day, Name, Sent, Text, Uid
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


class MissedSent(HappenedSent):
    """Which step was missed."""

    number: int = Field(ge=1, le=9999)


@router.post(PLAN + "/steps", openapi_extra=EITHER, response_model=PlanWhole)
def write_plan_step(caller: Calling, contract_id: ContractId, plan_uid: Uid, sent: StepSent) -> Response:
    """Write a step in the version that is being drafted, or change it."""
    found = found_plan(caller, contract_id, plan_uid)
    by = acting(caller, contract_id, PlanAct.WRITE_STEP)

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

    return changed_plan(caller, found, sent, act)


@router.post(PLAN + "/steps/leave-out", openapi_extra=EITHER, response_model=PlanWhole)
def leave_plan_step_out(caller: Calling, contract_id: ContractId, plan_uid: Uid, sent: DropSent) -> Response:
    """Leave a step out of the version that is being drafted."""
    found = found_plan(caller, contract_id, plan_uid)
    by = acting(caller, contract_id, PlanAct.WRITE_STEP)

    def act(session: Session) -> None:
        form_key, now = caller.form_key, caller.visitor.now
        drop_step(session, plan_uid, sent.number, reason=sent.reason, form_key=form_key, now=now, by=by)

    return changed_plan(caller, found, sent, act)


@router.post(PLAN + "/approve", openapi_extra=DECIDE, response_model=PlanWhole)
def approve_plan(caller: Calling, contract_id: ContractId, plan_uid: Uid, sent: HappenedSent) -> Response:
    """Approve the version that is being drafted, and tell the people whom its dates concern."""
    found = found_plan(caller, contract_id, plan_uid)
    by = acting(caller, contract_id, PlanAct.APPROVE)

    def act(session: Session) -> None:
        entry, changed = approve(session, plan_uid, text=sent.text, **when(caller, sent, by))
        tell_of(session, caller, changed, version_approved(found.plan.reference, entry.version))

    return changed_plan(caller, found, sent, act)


@router.post(PLAN + "/amend", openapi_extra=EITHER, response_model=PlanWhole)
def amend_plan(caller: Calling, contract_id: ContractId, plan_uid: Uid, sent: ReasonSent) -> Response:
    """Begin the next version of a plan in force."""
    found = found_plan(caller, contract_id, plan_uid)
    by = acting(caller, contract_id, PlanAct.AMEND)

    def act(session: Session) -> None:
        form_key, now = caller.form_key, caller.visitor.now
        open_amendment(session, plan_uid, reason=sent.reason, form_key=form_key, now=now, by=by)

    return changed_plan(caller, found, sent, act)


@router.post(PLAN + "/missed", openapi_extra=DECIDE, response_model=PlanWhole)
def record_missed_plan_step(caller: Calling, contract_id: ContractId, plan_uid: Uid, sent: MissedSent) -> Response:
    """Record a missed step, and owe the mail that says so to the contractor's people."""
    found = found_plan(caller, contract_id, plan_uid)
    by = acting(caller, contract_id, PlanAct.MISS_STEP)

    def act(session: Session) -> None:
        settings = caller.site.settings
        entry = record_missed_step(session, plan_uid, sent.number, text=sent.text, **when(caller, sent, by))
        now, sender = caller.visitor.now, sender_of(settings)
        owe_missed_step(session, entry, now=now, base_url=settings.address, sender=sender)

    return changed_plan(caller, found, sent, act)
