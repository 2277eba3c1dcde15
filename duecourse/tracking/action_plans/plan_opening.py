"""How is a plan of action opened, and what is it called?"""

from __future__ import annotations

import re
from datetime import datetime

from sqlmodel import Session, col, select

from duecourse.calendar.plan_process import PlanAct, is_side_of
from duecourse.errors import BadInput, Conflict, NotAllowed, NotFound
from duecourse.language.said import say
from duecourse.models import ActionPlan, ContractRow
from duecourse.tracking.acting import By
from duecourse.tracking.action_plans.plan_entries import enter, process_of, record_plan_event
from duecourse.tracking.audit import take_turn
from duecourse.tracking.references import checked_reference
from duecourse.tracking.stored_definitions import contract_of

_REFERENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,38}")


def open_plan(
    session: Session,
    contract_id: str,
    process_id: str,
    *,
    notice_at: datetime,
    reason: str,
    form_key: str,
    now: datetime,
    by: By,
    reference: str = "",
) -> ActionPlan:
    """Open a plan by its notice, whose day is day 0, and plan the windows that it starts.

    Without a `reference` the plan gets the next one of the contract, ``plan-1``. The same `form_key` again returns the
    same plan. Raises BadInput without a reason, or for a notice in the future.
    """
    take_turn(session)
    row = session.exec(select(ContractRow).where(ContractRow.id == contract_id).with_for_update()).one_or_none()
    if row is None:
        raise NotFound(say("There is no such contract."))
    earlier = session.exec(select(ActionPlan).where(ActionPlan.form_key == form_key)).one_or_none()
    if earlier is not None:
        if (earlier.contract_id, earlier.process) != (contract_id, process_id):
            raise Conflict(say("This form was sent before, for something else. What was recorded then stands."))
        return earlier
    if not is_side_of(PlanAct.OPEN, by.party):
        raise NotAllowed(say("Only the funder can open a plan."))
    process = process_of(contract_of(row), process_id)
    if not reason.strip():
        raise BadInput(say("Say what is out of compliance: whoever reads the plan later needs to know."))
    if notice_at > now:
        raise BadInput(say("The notice lies in the future. Open the plan when it has been sent."))
    plan = ActionPlan(
        contract_id=contract_id,
        process=process.id,
        reference=_free_reference(session, contract_id, reference),
        opened_at=notice_at,
        reason=reason.strip(),
        recorded_at=now,
        opened_by=by.actor,
        form_key=form_key,
    )
    session.add(plan)
    session.flush()
    text = plan.reason
    enter(session, plan, PlanAct.OPEN, by=by, now=now, happened_at=notice_at, form_key=form_key, text=text)
    if process.opens:
        record_plan_event(session, plan, process.opens, at=notice_at, now=now, by=by)
    return plan


def _free_reference(session: Session, contract_id: str, wanted: str) -> str:
    taken = set(session.exec(select(ActionPlan.reference).where(col(ActionPlan.contract_id) == contract_id)))
    wanted = checked_reference(wanted, participant=False)
    if not wanted:
        return next(name for number in range(1, len(taken) + 2) if (name := f"plan-{number}") not in taken)
    if not _REFERENCE.fullmatch(wanted):
        raise BadInput(say("Write the reference with letters, digits, points and hyphens, such as CAP-2022-1."))
    if wanted in taken:
        raise Conflict(say("There is a plan %(wanted)s under this contract. Choose another reference.", wanted=wanted))
    return wanted
