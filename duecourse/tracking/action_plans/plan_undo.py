"""How is the last thing that was done with a plan taken back, with a reason?"""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from duecourse.calendar.lifecycle import Act, Party, Phase
from duecourse.calendar.lifecycle_words import side_said
from duecourse.calendar.plan_process import PlanAct
from duecourse.errors import BadInput, Conflict, NotAllowed
from duecourse.language.said import say
from duecourse.models import Deliverable, PlanEntry
from duecourse.tracking.acting import By
from duecourse.tracking.action_plans.plan_entries import (
    Held,
    check_may,
    enter,
    entries_of,
    held_plan,
    same_form,
    steps_of,
)
from duecourse.tracking.action_plans.plan_events import agree, take_back_event
from duecourse.tracking.action_plans.plan_shape import shape, step_reference
from duecourse.tracking.deciding import undo
from duecourse.tracking.own_words import approval_undone
from duecourse.tracking.rehearsing import Rehearsal


def undo_last(
    session: Session, plan_uid: str, *, seen: int | None, reason: str, form_key: str, now: datetime, by: By
) -> tuple[PlanEntry, Rehearsal]:
    """Take back the latest entry in effect; both stay in the history. Only the side that made it may.

    `seen` is the entry that the person saw as the latest one; None takes whichever is. Returns what that changed in the
    dates of steps. Raises Conflict when another one came since, or the other side has decided on what was marked as
    done; BadInput without a reason.
    """
    held = held_plan(session, plan_uid)
    nothing = Rehearsal(held.plan.contract_id, ())
    earlier = same_form(session, form_key, held, PlanAct.UNDO)
    if earlier is not None:
        return earlier, nothing
    check_may(held, PlanAct.UNDO, by=by)
    last = held.shape.entries[-1]
    if seen is not None and last.id != seen:
        raise Conflict(say("Something else was done with the plan since you opened the page. Nothing was changed."))
    if by.party is not None and last.party and last.party != by.party:
        raise NotAllowed(
            say("The %(party)s did this last: only that side can undo it.", party=side_said(Party(last.party)))
        )
    if not reason.strip():
        raise BadInput(say("Give a reason: whoever reads this later needs to know why it was undone."))
    entry = enter(session, held.plan, PlanAct.UNDO, by=by, now=now, form_key=form_key, text=reason, undoes=last)
    _unmark(session, last, reason=reason, form_key=form_key, now=now, by=by)
    for name, reference in _events_of(held, last):
        take_back_event(session, held, name, happened_at=last.happened_at, reference=reference, now=now, actor=by.actor)
    if last.act != PlanAct.APPROVE:
        return entry, nothing
    back = shape(entries_of(session, last.plan_id), steps_of(session, last.plan_id))
    cause = approval_undone(held.plan.reference, last.version)
    return entry, agree(session, held, held.shape.held, back.held, cause=cause, now=now, actor=by.actor)


def _unmark(session: Session, last: PlanEntry, *, reason: str, form_key: str, now: datetime, by: By) -> None:
    if last.deliverable_id is None:
        return
    row = session.get_one(Deliverable, last.deliverable_id)
    if row.facts.phase in (Phase.TO_DO, Phase.WITHDRAWN):
        return
    undo(session, row.uid, Act.UNDO_SUBMISSION, reason=reason, by=by, now=now, form_key=form_key)


def _events_of(held: Held, last: PlanEntry) -> list[tuple[str, str]]:
    process, reference = held.process, held.plan.reference
    match last.act:
        case PlanAct.OPEN:
            named = process.opens
        case PlanAct.COMPLETE:
            named = process.ends
        case PlanAct.MISS_STEP:
            named, reference = process.missed, step_reference(reference, last.step or 0)
        case PlanAct.REACH | PlanAct.APPROVE if last.stage:
            named = process.stage(last.stage).event
        case _:
            named = ""
    return [(named, reference)] if named else []
