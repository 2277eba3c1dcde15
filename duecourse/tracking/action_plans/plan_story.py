"""Where does a plan stand, and what happened in it, as it was known at an instant?"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from duecourse.calendar.plan_process import PlanAct, PlanPhase, PlanProcess, PlanStage
from duecourse.calendar.standing import Standing
from duecourse.errors import NotFound
from duecourse.language.said import say
from duecourse.models import ActionPlan, ContractRow, PlanEntry, PlanStep
from duecourse.tracking.action_plans.plan_entries import entries_of, process_of_plan, steps_of
from duecourse.tracking.action_plans.plan_history import Happened, history
from duecourse.tracking.action_plans.plan_shape import (
    Shape,
    is_of,
    reached,
    reference_of,
    shape,
    step_reference,
    steps_in,
)
from duecourse.tracking.boards import Item, items
from duecourse.tracking.stored_definitions import contract_of


@dataclass(frozen=True, slots=True)
class StageState:
    """A stage, its deliverable if it has one, and when it was reached."""

    stage: PlanStage
    item: Item | None
    reached_at: datetime | None


@dataclass(frozen=True, slots=True)
class StepState:
    """A step of the version in force, its deliverable, and when it was recorded as missed in that version."""

    step: PlanStep
    item: Item | None
    missed: PlanEntry | None

    @property
    def is_overdue(self) -> bool:
        """Whether its day is past and it is not done."""
        return self.item is not None and self.item.standing is Standing.OVERDUE


@dataclass(frozen=True, slots=True)
class Version:
    """A version that was approved: its steps as they stood in it."""

    number: int
    approved: PlanEntry
    steps: tuple[PlanStep, ...]


@dataclass(frozen=True, slots=True)
class Story:
    """A plan as it stands: its stages, its steps, its months, its versions and its history, the newest first."""

    plan: ActionPlan
    contract: ContractRow
    process: PlanProcess
    shape: Shape
    entries: tuple[PlanEntry, ...]
    stages: tuple[StageState, ...]
    steps: tuple[StepState, ...]
    progress: tuple[Item, ...]
    follow_ups: tuple[Item, ...]
    """What a missed step asks for."""
    versions: tuple[Version, ...]
    history: tuple[Happened, ...]

    @property
    def phase(self) -> PlanPhase:
        """How far it has come."""
        return self.shape.phase

    @property
    def next_stages(self) -> tuple[StageState, ...]:
        """The stages within reach."""
        done = {state.stage.name for state in self.stages if state.reached_at is not None}
        within = self.process.within_reach(done)
        return tuple(state for state in self.stages if state.stage in within)


def stories(session: Session, contract_id: str, *, now: datetime) -> list[Story]:
    """Return the plans of a contract that were known at `now`, the newest first."""
    query = select(ActionPlan).where(ActionPlan.contract_id == contract_id, col(ActionPlan.recorded_at) <= now)
    plans = list(session.exec(query.order_by(col(ActionPlan.id).desc())))
    everything = items(session, now=now, contract_ids=[contract_id]) if plans else []
    return [_story(session, plan, everything, now) for plan in plans]


def story(session: Session, plan_uid: str, *, now: datetime, contract_ids: Collection[str]) -> Story:
    """Return one plan. Raises NotFound when there is none, or it belongs to none of these contracts."""
    plan = session.exec(select(ActionPlan).where(ActionPlan.uid == plan_uid)).one_or_none()
    if plan is None or plan.contract_id not in contract_ids or plan.recorded_at > now:
        raise NotFound(say("There is no such plan."))
    return _story(session, plan, items(session, now=now, contract_ids=[plan.contract_id]), now)


def _story(session: Session, plan: ActionPlan, everything: list[Item], now: datetime) -> Story:
    contract = session.get_one(ContractRow, plan.contract_id)
    process = process_of_plan(session, plan, contract_of(contract))
    entries = [entry for entry in entries_of(session, plan.id or 0) if entry.recorded_at <= now]
    written = steps_of(session, plan.id or 0)
    found = shape(entries, written)
    own = [item for item in everything if is_of(item.deliverable, plan.reference)]
    asked = [item for item in own if item.standing is not Standing.WITHDRAWN]
    done = reached(found, process, [item.deliverable for item in asked])
    steps = {reference_of(item.deliverable): item for item in asked if item.deliverable.obligation_id == process.step}
    stages = {item.deliverable.obligation_id: item for item in asked}
    known = process.obligations
    return Story(
        plan=plan,
        contract=contract,
        process=process,
        shape=found,
        entries=tuple(entries),
        stages=tuple(StageState(stage, stages.get(stage.obligation), done.get(stage.name)) for stage in process.stages),
        steps=tuple(
            StepState(step, steps.get(step_reference(plan.reference, number)), found.missed_now(number))
            for number, step in found.held.items()
        ),
        progress=tuple(item for item in asked if item.deliverable.obligation_id == process.progress),
        follow_ups=tuple(item for item in asked if item.deliverable.obligation_id not in known),
        versions=tuple(_versions(entries, found, written)),
        history=tuple(history(session, process, entries, [item.deliverable for item in own], now=now)),
    )


def _versions(entries: list[PlanEntry], found: Shape, written: list[PlanStep]) -> list[Version]:
    in_effect = {entry.id for entry in found.entries}
    kept = [step for step in written if step.entry_id in in_effect]
    approved = [entry for entry in entries if entry.id in in_effect and entry.act == PlanAct.APPROVE]
    return [Version(n, entry, tuple(steps_in(kept, n).values())) for n, entry in enumerate(approved, start=1)]
