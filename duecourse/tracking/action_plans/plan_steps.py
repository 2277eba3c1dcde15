"""How are the steps of a plan written, version by version, and how does a version come into force?"""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from duecourse.calendar import words
from duecourse.calendar.plan_process import PlanAct
from duecourse.errors import BadInput, Conflict
from duecourse.language.said import say
from duecourse.models import PlanEntry, PlanStep
from duecourse.tracking.acting import By
from duecourse.tracking.action_plans.plan_entries import (
    Held,
    check_instant,
    check_may,
    enter,
    held_plan,
    mark_done,
    record_plan_event,
    same_form,
)
from duecourse.tracking.action_plans.plan_events import agree
from duecourse.tracking.action_plans.plan_shape import reached
from duecourse.tracking.own_words import step_written, version_approved
from duecourse.tracking.rehearsing import Rehearsal

MOST_STEPS = 60


def write_step(
    session: Session,
    plan_uid: str,
    *,
    title: str,
    who: str,
    due_on: date,
    form_key: str,
    now: datetime,
    by: By,
    number: int | None = None,
) -> PlanEntry:
    """Write a step in the version that is being drafted: a new one, or in other words the step with this `number`.

    Nothing of it holds until that version is approved. Raises Conflict for a step that is done.
    """
    held = held_plan(session, plan_uid)
    earlier = same_form(session, form_key, held, PlanAct.WRITE_STEP)
    if earlier is not None:
        return earlier
    check_may(held, PlanAct.WRITE_STEP, by=by)
    if not title.strip() or not who.strip():
        raise BadInput(say("A step says what is to be done, and who does it."))
    opened_on = held.plan.opened_at.astimezone(ZoneInfo(held.contract.zone)).date()
    if due_on < opened_on:
        raise BadInput(
            say(
                "The step would be due on %(due_on)s, before the plan was opened. Check the date.",
                due_on=words.day(due_on),
            )
        )
    if number is None:
        number = _highest(session, held) + 1
        if number > MOST_STEPS:
            raise BadInput(say("A plan has at most %(most_steps)s steps.", most_steps=MOST_STEPS))
    else:
        _check_open(held, number)
    entry = enter(
        session,
        held.plan,
        PlanAct.WRITE_STEP,
        by=by,
        now=now,
        form_key=form_key,
        step=number,
        version=held.shape.version + 1,
        text=step_written(title.strip(), who.strip(), due_on),
    )
    _add(session, entry, title=title.strip(), who=who.strip(), due_on=due_on)
    return entry


def drop_step(
    session: Session, plan_uid: str, number: int, *, reason: str, form_key: str, now: datetime, by: By
) -> PlanEntry:
    """Leave a step out of the version that is being drafted. Raises Conflict for a step that is done."""
    held = held_plan(session, plan_uid)
    earlier = same_form(session, form_key, held, PlanAct.DROP_STEP)
    if earlier is not None:
        return earlier
    check_may(held, PlanAct.DROP_STEP, by=by)
    step = _check_open(held, number)
    if not reason.strip():
        raise BadInput(say("Say why the step is left out."))
    version = held.shape.version + 1
    entry = enter(
        session,
        held.plan,
        PlanAct.DROP_STEP,
        by=by,
        now=now,
        form_key=form_key,
        step=number,
        version=version,
        text=reason,
    )
    _add(session, entry, title=step.title, who=step.who, due_on=step.due_on, dropped=True)
    return entry


def open_amendment(session: Session, plan_uid: str, *, reason: str, form_key: str, now: datetime, by: By) -> PlanEntry:
    """Begin the next version of a plan in force. Raises BadInput without a reason."""
    held = held_plan(session, plan_uid)
    earlier = same_form(session, form_key, held, PlanAct.AMEND)
    if earlier is not None:
        return earlier
    check_may(held, PlanAct.AMEND, by=by)
    if not reason.strip():
        raise BadInput(say("Say why the plan is to be amended."))
    version = held.shape.version + 1
    return enter(session, held.plan, PlanAct.AMEND, by=by, now=now, form_key=form_key, version=version, text=reason)


def approve(
    session: Session, plan_uid: str, *, happened_at: datetime, form_key: str, now: datetime, by: By, text: str = ""
) -> tuple[PlanEntry, Rehearsal]:
    """Approve the version that is being drafted: from now on its steps and their dates hold.

    Returns what that changed, for the people whom it concerns; a repeated form changes nothing. The first approval is
    the stage of the process that approves, where it has one. Raises Conflict when a stage before it was not reached, or
    somebody else approved first; BadInput without a step.
    """
    held = held_plan(session, plan_uid)
    earlier = same_form(session, form_key, held, PlanAct.APPROVE)
    if earlier is not None:
        return earlier, Rehearsal(held.plan.contract_id, ())
    check_may(held, PlanAct.APPROVE, by=by)
    check_instant(held, happened_at, now)
    if not held.shape.drafted:
        raise BadInput(say("The plan has no step. Write at least one, with its day, before it is approved."))
    version, first = held.shape.version + 1, not held.shape.version
    stage = held.process.approval if first else None
    marked = None
    if stage is not None:
        within = held.process.within_reach(reached(held.shape, held.process, held.deliverables))
        if stage not in within:
            raise Conflict(
                say(
                    "%(name)s: before “%(title)s” comes “%(first)s”. Nothing was changed.",
                    name=held.name,
                    title=stage.title,
                    first=within[0].title,
                )
            )
        row = held.deliverable(stage.obligation) if stage.obligation else None
        marked = mark_done(session, row, text=text, happened_at=happened_at, form_key=form_key, now=now, by=by)
    entry = enter(
        session,
        held.plan,
        PlanAct.APPROVE,
        by=by,
        now=now,
        happened_at=happened_at,
        form_key=form_key,
        stage=stage.name if stage else "",
        version=version,
        text=text,
        deliverable=marked,
    )
    rehearsal = agree(
        session,
        held,
        held.shape.held,
        held.shape.drafted,
        cause=version_approved(held.plan.reference, version),
        now=now,
        actor=by.actor,
    )
    if stage is not None and stage.event:
        record_plan_event(session, held.plan, stage.event, at=happened_at, now=now, by=by)
    return entry, rehearsal


def _check_open(held: Held, number: int) -> PlanStep:
    step = held.shape.drafted.get(number)
    if step is None:
        raise BadInput(say("The version that is being drafted has no step %(number)s.", number=number))
    row = held.step(number)
    if row is not None and row.submitted_at is not None and row.returned_at is None:
        raise Conflict(
            say(
                "Step %(number)s of %(reference)s is done: it stays as it is. Nothing was changed.",
                number=number,
                reference=held.plan.reference,
            )
        )
    return step


def _highest(session: Session, held: Held) -> int:
    # Numbers are never used again, also of a step whose writing was undone.
    return max(session.exec(select(PlanStep.number).where(col(PlanStep.plan_id) == held.plan.id)), default=0)


def _add(session: Session, entry: PlanEntry, *, title: str, who: str, due_on: date, dropped: bool = False) -> None:
    assert entry.id is not None and entry.step is not None and entry.version is not None
    session.add(
        PlanStep(
            plan_id=entry.plan_id,
            entry_id=entry.id,
            number=entry.step,
            version=entry.version,
            title=title,
            who=who,
            due_on=due_on,
            dropped=dropped,
        )
    )
    session.flush()
