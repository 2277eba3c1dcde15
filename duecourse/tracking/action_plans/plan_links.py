"""To which plan does a deliverable belong, and which step of it is it?"""

from __future__ import annotations

from dataclasses import dataclass

from sqlmodel import Session, select

from duecourse.models import ActionPlan, Deliverable, PlanStep
from duecourse.tracking.action_plans.plan_entries import held_with
from duecourse.tracking.action_plans.plan_shape import reference_of, step_reference


@dataclass(frozen=True, slots=True)
class PlanLink:
    """The plan of a deliverable, what it is called, and the step that the deliverable is, if it is one."""

    plan: ActionPlan
    name: str
    step: PlanStep | None


def plan_of(session: Session, row: Deliverable) -> PlanLink | None:
    """Return the plan to which a deliverable belongs, or None for nearly all."""
    carried = reference_of(row)
    if not carried:
        return None
    reference = carried.partition(", step ")[0]
    query = select(ActionPlan).where(ActionPlan.contract_id == row.contract_id, ActionPlan.reference == reference)
    plan = session.exec(query).one_or_none()
    if plan is None:
        return None
    held = held_with(session, plan)
    if row.occurrence.partition("@")[0] not in held.process.events:
        return None
    steps = (step for step in held.shape.held.values() if step_reference(reference, step.number) == carried)
    return PlanLink(plan, held.name, next(steps, None))
