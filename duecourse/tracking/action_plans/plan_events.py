"""How do the events and the dates of a plan's steps come to agree with the version in force?"""

from __future__ import annotations

from datetime import datetime, time
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from duecourse.calendar.due import instant_at
from duecourse.calendar.schedule import Event
from duecourse.models import Deliverable, EventRow, PlanStep, Ruling, RulingKind
from duecourse.tracking.action_plans.plan_entries import Held
from duecourse.tracking.action_plans.plan_shape import step_reference
from duecourse.tracking.audit import record
from duecourse.tracking.comparing import compare
from duecourse.tracking.in_force import in_force
from duecourse.tracking.own_words import event_taken_back
from duecourse.tracking.planning import apply, plan
from duecourse.tracking.rehearsing import Rehearsal

_NOON = time(12)
"""A step has a day alone: the event that gives it is taken to be at noon."""


def agree(
    session: Session,
    held: Held,
    before: dict[int, PlanStep],
    after: dict[int, PlanStep],
    *,
    cause: str,
    now: datetime,
    actor: str,
) -> Rehearsal:
    """Give each step the date of the version that now holds, and return what that changed.

    A step keeps its deliverable through all versions: its date is moved, and a step that was left out is not asked for.
    A step that both versions give the same day stays as it is, also where a liaison moved its date by hand.
    """
    for number in sorted({*before, *after}):
        old, new = before.get(number), after.get(number)
        if (old.due_on if old else None) != (new.due_on if new else None):
            _give_date(session, held, number, new, cause=cause, now=now, actor=actor)
    session.flush()
    contract_id = held.plan.contract_id
    stored = session.exec(select(Deliverable).where(Deliverable.contract_id == contract_id)).all()
    changes = compare(in_force(session, contract_ids=[contract_id])[contract_id], stored, now=now)
    apply(session, contract_id, changes, now=now, actor=actor, cause=cause)
    return Rehearsal(contract_id, tuple(change for change in changes if change.key[0] == held.process.step))


def take_back_event(
    session: Session, held: Held, name: str, *, happened_at: datetime, reference: str, now: datetime, actor: str
) -> None:
    """Take back an event that a plan recorded, and withdraw the windows that it started; the audit log keeps both."""
    query = select(EventRow).where(
        EventRow.contract_id == held.plan.contract_id,
        EventRow.name == name,
        EventRow.reference == reference,
        EventRow.happened_at == happened_at,
    )
    row = session.exec(query).one_or_none()
    if row is None:
        return
    session.delete(row)
    session.flush()
    detail = {"event": name, "happened_at": happened_at.isoformat(), "reference": reference}
    record(session, "took an event back", actor=actor, now=now, contract_id=row.contract_id, detail=detail)
    cause = event_taken_back(name)
    plan(session, now=now, actor=actor, contract_id=held.plan.contract_id, cause=cause)


def _give_date(
    session: Session, held: Held, number: int, step: PlanStep | None, *, cause: str, now: datetime, actor: str
) -> None:
    contract, name = held.contract, held.process.step_event
    reference = step_reference(held.plan.reference, number)
    query = select(EventRow).where(
        EventRow.contract_id == contract.id, EventRow.name == name, EventRow.reference == reference
    )
    row = session.exec(query.order_by(col(EventRow.id))).first()
    if row is None:
        assert step is not None
        at = instant_at(step.due_on, _NOON, contract.zone)
        row = EventRow(
            contract_id=contract.id,
            name=name,
            happened_at=at,
            reference=reference,
            recorded_at=now,
            recorded_by=actor,
        )
        session.add(row)
        session.flush()
        detail = {"event": name, "happened_at": at.isoformat(), "reference": reference}
        record(session, "recorded an event", actor=actor, now=now, contract_id=contract.id, detail=detail)
    key = Event(name, row.happened_at, reference).key
    active = select(Ruling).where(
        Ruling.contract_id == contract.id,
        Ruling.obligation_id == held.process.step,
        Ruling.occurrence == key,
        col(Ruling.lifted_at).is_(None),
    )
    for ruling in session.exec(active):
        ruling.lifted_at = now
    first_on = row.happened_at.astimezone(ZoneInfo(contract.zone)).date()
    if step is not None and step.due_on == first_on:
        return
    session.add(
        Ruling(
            contract_id=contract.id,
            obligation_id=held.process.step,
            occurrence=key,
            kind=RulingKind.MOVED if step else RulingKind.NOT_ASKED,
            on=step.due_on if step else None,
            source=cause,
            decided_by=actor,
            decided_at=now,
        )
    )
