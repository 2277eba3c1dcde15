"""How is a plan of action led through its stages, followed month by month, and brought to its end?"""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from duecourse.calendar import words
from duecourse.calendar.lifecycle import Act, Party, allowed
from duecourse.calendar.plan_process import PlanAct
from duecourse.errors import BadInput, Conflict
from duecourse.language.said import Commas, say, say_in
from duecourse.models import PlanEntry
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
from duecourse.tracking.action_plans.plan_shape import reached, step_reference


def reach_stage(
    session: Session,
    plan_uid: str,
    stage_name: str,
    *,
    happened_at: datetime,
    form_key: str,
    now: datetime,
    by: By,
    text: str = "",
) -> PlanEntry:
    """Record that a stage was reached, and mark its deliverable as done.

    Raises Conflict when it was reached, or is not within reach; BadInput for the stage that approving reaches.
    """
    held = held_plan(session, plan_uid)
    earlier = same_form(session, form_key, held, PlanAct.REACH)
    if earlier is not None:
        return earlier
    stage = next((stage for stage in held.process.stages if stage.name == stage_name), None)
    if stage is None:
        raise BadInput(say("There is no stage “%(stage_name)s” in this process.", stage_name=stage_name))
    if stage.approves:
        raise BadInput(say("The stage “%(title)s” is reached by approving the plan.", title=stage.title))
    check_may(held, PlanAct.REACH, by=by, side=stage.side)
    check_instant(held, happened_at, now)
    done = reached(held.shape, held.process, held.deliverables)
    if stage.name in done:
        raise Conflict(
            say("%(name)s: “%(title)s” was recorded before. Nothing was changed.", name=held.name, title=stage.title)
        )
    within = held.process.within_reach(done)
    if stage not in within:
        first = within[0].title if within else say_in("stage", "none")
        raise Conflict(
            say(
                "%(name)s: “%(title)s” is not next; the next stage is “%(first)s”. Nothing was changed.",
                name=held.name,
                title=stage.title,
                first=first,
            )
        )
    row = held.deliverable(stage.obligation) if stage.obligation else None
    marked = mark_done(session, row, text=text, happened_at=happened_at, form_key=form_key, now=now, by=by)
    if stage.event:
        record_plan_event(session, held.plan, stage.event, at=happened_at, now=now, by=by)
    return enter(
        session,
        held.plan,
        PlanAct.REACH,
        by=by,
        now=now,
        happened_at=happened_at,
        form_key=form_key,
        stage=stage.name,
        text=text,
        deliverable=marked,
    )


def record_missed_step(
    session: Session,
    plan_uid: str,
    number: int,
    *,
    happened_at: datetime,
    text: str,
    form_key: str,
    now: datetime,
    by: By,
) -> PlanEntry:
    """Record that a step was not done by its date: its follow-up is planned, and an amendment of the plan is open.

    `happened_at` is when that was found. The mail is owed by `notifications.plan_notices`, in the same transaction.
    Raises Conflict when the step is done or was recorded before; BadInput when its date is not past.
    """
    held = held_plan(session, plan_uid)
    earlier = same_form(session, form_key, held, PlanAct.MISS_STEP)
    if earlier is not None:
        return earlier
    check_may(held, PlanAct.MISS_STEP, by=by)
    check_instant(held, happened_at, now)
    if number not in held.shape.held:
        raise BadInput(say("The plan in force has no step %(number)s.", number=number))
    row = held.step(number)
    if row is None or row.facts.phase not in allowed(Act.SUBMIT).start:
        raise Conflict(
            say(
                "Step %(number)s of %(reference)s is done or not asked for. Nothing was changed.",
                number=number,
                reference=held.plan.reference,
            )
        )
    if row.facts.limit > happened_at:
        raise BadInput(
            say(
                "Step %(number)s is due on %(due)s: it cannot be missed before.",
                number=number,
                due=words.day(row.asked_for[0]),
            )
        )
    if held.shape.missed_now(number) is not None:
        raise Conflict(say("That step %(number)s was missed is recorded already. Nothing was changed.", number=number))
    if held.process.missed:
        reference = step_reference(held.plan.reference, number)
        record_plan_event(session, held.plan, held.process.missed, at=happened_at, now=now, by=by, reference=reference)
    return enter(
        session,
        held.plan,
        PlanAct.MISS_STEP,
        by=by,
        now=now,
        happened_at=happened_at,
        form_key=form_key,
        step=number,
        version=held.shape.version,
        text=text,
    )


def note_progress(
    session: Session,
    plan_uid: str,
    *,
    text: str,
    happened_at: datetime,
    form_key: str,
    now: datetime,
    by: By,
    deliverable_uid: str = "",
) -> PlanEntry:
    """Keep a note on the progress, and mark that month's progress as done if it is named.

    Raises BadInput without words; Conflict when the month named is done.
    """
    held = held_plan(session, plan_uid)
    earlier = same_form(session, form_key, held, PlanAct.NOTE)
    if earlier is not None:
        return earlier
    row = None
    if deliverable_uid:
        months = (row for row in held.deliverables if row.obligation_id == held.process.progress)
        row = next((month for month in months if month.uid == deliverable_uid), None)
        if row is None:
            raise BadInput(say("That month is none of this plan’s."))
    check_may(held, PlanAct.NOTE, by=by, side=Party(row.party) if row else None)
    check_instant(held, happened_at, now)
    if not text.strip():
        raise BadInput(say("Say how far the plan has come."))
    marked = mark_done(session, row, text=text, happened_at=happened_at, form_key=form_key, now=now, by=by)
    if row is not None and marked is None:
        raise Conflict(
            say("The progress due on %(due_on)s is done already. Nothing was changed.", due_on=words.day(row.due_on))
        )
    return enter(
        session,
        held.plan,
        PlanAct.NOTE,
        by=by,
        now=now,
        happened_at=happened_at,
        form_key=form_key,
        text=text,
        deliverable=marked,
    )


def complete(
    session: Session, plan_uid: str, *, happened_at: datetime, text: str, form_key: str, now: datetime, by: By
) -> PlanEntry:
    """End a plan by the funder's word: what would be due later under it is withdrawn.

    Raises Conflict while a needed stage was not reached or a step is open; BadInput without a word why.
    """
    held = held_plan(session, plan_uid)
    earlier = same_form(session, form_key, held, PlanAct.COMPLETE)
    if earlier is not None:
        return earlier
    check_may(held, PlanAct.COMPLETE, by=by)
    check_instant(held, happened_at, now)
    if not text.strip():
        raise BadInput(say("Say on what ground the plan is complete."))
    if waits := hindrances(held):
        raise Conflict(
            say(
                "%(name)s cannot end yet: %(waits)s. Nothing was changed.",
                name=held.name,
                waits=Commas(tuple(waits), "; "),
            )
        )
    if held.process.ends:
        record_plan_event(session, held.plan, held.process.ends, at=happened_at, now=now, by=by)
    return enter(
        session,
        held.plan,
        PlanAct.COMPLETE,
        by=by,
        now=now,
        happened_at=happened_at,
        form_key=form_key,
        text=text,
    )


def hindrances(held: Held) -> list[str]:
    """Return why a plan cannot end yet, each reason in words."""
    done = reached(held.shape, held.process, held.deliverables)
    waits: list[str] = [say("“%(title)s” was not reached", title=stage.title) for stage in held.process.lacking(done)]
    for number in held.shape.held:
        row = held.step(number)
        if row is not None and row.facts.phase in allowed(Act.SUBMIT).start:
            waits.append(say("step %(number)s is not done", number=number))
    return waits
