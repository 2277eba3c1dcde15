"""How is something that is done with a plan checked, entered once, and sealed in the audit log?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from duecourse.calendar import words
from duecourse.calendar.lifecycle import Act, Party, allowed
from duecourse.calendar.lifecycle_words import side_said
from duecourse.calendar.plan_process import PlanAct, PlanPhase, PlanProcess, is_allowed, is_side_of
from duecourse.calendar.schedule import Contract
from duecourse.definitions.resolved import contract_from_json
from duecourse.errors import BadInput, Conflict, NotAllowed, NotFound
from duecourse.language.said import say, say_in
from duecourse.models import ActionPlan, ContractRow, DefinitionVersion, Deliverable, PlanEntry, PlanStep
from duecourse.tracking.acting import By
from duecourse.tracking.action_plans.plan_shape import Shape, is_of, reference_of, shape, step_reference
from duecourse.tracking.audit import record, take_turn
from duecourse.tracking.changes import mark_changed
from duecourse.tracking.events import record_event
from duecourse.tracking.stored_definitions import contract_of
from duecourse.tracking.submitting import Sent, submit

_PHASES = {
    PlanPhase.DRAFTED: say_in("plan phase", "being drafted"),
    PlanPhase.IN_FORCE: say_in("plan phase", "in force"),
    PlanPhase.AMENDED: say_in("plan phase", "being amended"),
    PlanPhase.COMPLETE: say_in("plan phase", "complete"),
    PlanPhase.TAKEN_BACK: say_in("plan phase", "taken back"),
}


@dataclass(frozen=True, slots=True)
class Held:
    """A plan that this transaction holds, with what its entries come to and the deliverables that belong to it."""

    plan: ActionPlan
    contract: Contract
    process: PlanProcess
    shape: Shape
    deliverables: tuple[Deliverable, ...]

    @property
    def name(self) -> str:
        """What people call it: ``Corrective Action Plan plan-1``."""
        return f"{self.process.title} {self.plan.reference}"

    def deliverable(self, obligation_id: str) -> Deliverable | None:
        """Return the deliverable of an obligation that is asked for, if there is one."""
        rows = (row for row in self.deliverables if row.obligation_id == obligation_id and not row.withdrawn_at)
        return next(rows, None)

    def step(self, number: int) -> Deliverable | None:
        """Return the deliverable of a step, if the step ever held."""
        named = step_reference(self.plan.reference, number)
        rows = [r for r in self.deliverables if r.obligation_id == self.process.step and reference_of(r) == named]
        return min(rows, key=lambda row: row.withdrawn_at is not None, default=None)


def held_plan(session: Session, plan_uid: str) -> Held:
    """Return a plan, held until the transaction ends. Raises NotFound."""
    take_turn(session)
    query = select(ActionPlan).where(ActionPlan.uid == plan_uid).with_for_update()
    plan = session.exec(query).one_or_none()
    if plan is None:
        raise NotFound(say("There is no such plan."))
    return held_with(session, plan)


def held_with(session: Session, plan: ActionPlan) -> Held:
    """Return a plan with what its entries come to."""
    row = session.get_one(ContractRow, plan.contract_id)
    contract = contract_of(row)
    process = process_of_plan(session, plan, contract)
    found = shape(entries_of(session, plan.id or 0), steps_of(session, plan.id or 0))
    return Held(plan, contract, process, found, tuple(deliverables_of(session, plan, process)))


def process_of(contract: Contract, process_id: str) -> PlanProcess:
    """Return a process of a contract. Raises NotFound when its definition has none of that name."""
    for process in contract.plans:
        if process.id == process_id:
            return process
    raise NotFound(f"The contract {contract.id} has no process “{process_id}”.")


def process_of_plan(session: Session, plan: ActionPlan, contract: Contract) -> PlanProcess:
    """Return the process of a plan: as the definition in force states it, or the last one that did."""
    if any(process.id == plan.process for process in contract.plans):
        return process_of(contract, plan.process)
    earlier = select(DefinitionVersion).where(DefinitionVersion.contract_id == plan.contract_id)
    for version in session.exec(earlier.order_by(col(DefinitionVersion.id).desc())):
        stated = contract_from_json(version.definition)
        if any(process.id == plan.process for process in stated.plans):
            return process_of(stated, plan.process)
    raise NotFound(f"No definition of {contract.id} has the process “{plan.process}”.")


def entries_of(session: Session, plan_id: int) -> list[PlanEntry]:
    """Return what was done with a plan, in the order in which it was recorded."""
    return list(session.exec(select(PlanEntry).where(PlanEntry.plan_id == plan_id).order_by(col(PlanEntry.id))))


def steps_of(session: Session, plan_id: int) -> list[PlanStep]:
    """Return every step that was ever written in a plan, in the order of writing."""
    return list(session.exec(select(PlanStep).where(PlanStep.plan_id == plan_id).order_by(col(PlanStep.id))))


def deliverables_of(session: Session, plan: ActionPlan, process: PlanProcess) -> Sequence[Deliverable]:
    """Return the deliverables that belong to a plan, by due moment."""
    query = (
        select(Deliverable)
        .where(Deliverable.contract_id == plan.contract_id, col(Deliverable.occurrence).contains(f"#{plan.reference}"))
        .order_by(col(Deliverable.due_at), col(Deliverable.id))
    )
    return [row for row in session.exec(query) if is_of(row, plan.reference)]


def same_form(session: Session, form_key: str, held: Held, act: PlanAct) -> PlanEntry | None:
    """Return the entry that this form made before. Call it under the lock.

    Raises Conflict when the key belongs to something else.
    """
    earlier = session.exec(select(PlanEntry).where(PlanEntry.form_key == form_key)).one_or_none()
    if earlier is not None and (earlier.plan_id != held.plan.id or earlier.act != act):
        raise Conflict(say("This form was sent before, for something else. What was recorded then stands."))
    return earlier


def check_may(held: Held, act: PlanAct, *, by: By, side: Party | None = None) -> None:
    """Raise NotAllowed for the wrong side, Conflict in the wrong phase; `side` limits it to that one."""
    if not is_side_of(act, by.party) or (side is not None and by.party not in (None, side)):
        raise NotAllowed(say("Only the %(side)s can do this with a plan.", side=side_said(side or Party.FUNDER)))
    if not is_allowed(act, phase=held.shape.phase, by=by.party):
        last = held.shape.entries[-1] if held.shape.entries else None
        phase: str = _PHASES[held.shape.phase]
        if last is not None:
            what, at = say_in("plan", str(last.act)), words.instant(last.recorded_at, held.contract.zone)
            phase = say("%(phase)s (%(what)s by %(actor)s, %(at)s)", phase=phase, what=what, actor=last.actor, at=at)
        raise Conflict(say("%(name)s is %(phase)s. Nothing was changed.", name=held.name, phase=phase))


def check_instant(held: Held, happened_at: datetime, now: datetime) -> None:
    """Raise BadInput for an instant in the future, or before the plan's notice."""
    if happened_at > now:
        raise BadInput(say("This lies in the future. Record it when it has happened."))
    if happened_at < held.plan.opened_at:
        opened = words.instant(held.plan.opened_at, held.contract.zone)
        raise BadInput(say("The plan was opened on %(opened)s; this cannot have happened before.", opened=opened))


def enter(
    session: Session,
    plan: ActionPlan,
    act: PlanAct,
    *,
    by: By,
    now: datetime,
    form_key: str,
    happened_at: datetime | None = None,
    stage: str = "",
    step: int | None = None,
    version: int | None = None,
    text: str = "",
    deliverable: Deliverable | None = None,
    undoes: PlanEntry | None = None,
) -> PlanEntry:
    """Add an entry that was checked, and seal it in the audit log."""
    entry = PlanEntry(
        plan_id=plan.id or 0,
        act=act,
        stage=stage,
        step=step,
        version=version,
        happened_at=happened_at or now,
        recorded_at=now,
        actor=by.actor,
        party=by.party or "",
        text=text.strip(),
        deliverable_id=deliverable.id if deliverable else None,
        undoes_id=undoes.id if undoes else None,
        form_key=form_key,
    )
    session.add(entry)
    session.flush()
    said = {"plan": plan.reference, "stage": stage, "step": step, "version": version, "text": entry.text}
    said |= {"happened_at": entry.happened_at.isoformat(), "undoes": undoes.act if undoes else None}
    record(
        session,
        f"plan: {act}",
        actor=by.actor,
        now=now,
        contract_id=plan.contract_id,
        deliverable_id=entry.deliverable_id,
        detail={name: value for name, value in said.items() if value not in (None, "")},
    )
    mark_changed(session, plan.contract_id)
    return entry


def mark_done(
    session: Session, row: Deliverable | None, *, text: str, happened_at: datetime, form_key: str, now: datetime, by: By
) -> Deliverable | None:
    """Mark a plan's deliverable as done by the side that owes it, unless it is; return it if this did it."""
    if row is None or row.facts.phase not in allowed(Act.SUBMIT).start:
        return None
    sent = Sent(submitted_at=happened_at, submitted_by=by.actor, channel=row.channel, note=text)
    submit(session, row.uid, sent, form_key=form_key, now=now, by=by)
    return row


def record_plan_event(
    session: Session, plan: ActionPlan, name: str, *, at: datetime, now: datetime, by: By, reference: str = ""
) -> None:
    """Record an event of a plan under its reference, or under that of one of its steps, and plan its windows."""
    reference = reference or plan.reference
    record_event(session, plan.contract_id, name, happened_at=at, reference=reference, now=now, actor=by.actor)
