"""What happened in a plan, as people read it, the newest first?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from duecourse.calendar.lifecycle import Act
from duecourse.calendar.lifecycle_words import recorded_said
from duecourse.calendar.plan_process import PlanAct, PlanProcess
from duecourse.language.recalling import recalled
from duecourse.language.said import say
from duecourse.models import Deliverable, LifecycleEntry, PlanEntry


@dataclass(frozen=True, slots=True)
class Happened:
    """Something in a plan's history; `undone` says that it was taken back later."""

    at: datetime
    recorded_at: datetime
    what: str
    actor: str
    text: str
    undone: bool = False


def history(
    session: Session,
    process: PlanProcess,
    entries: Sequence[PlanEntry],
    rows: Sequence[Deliverable],
    *,
    now: datetime,
) -> list[Happened]:
    """Return what these entries say, and what was done with the plan's deliverables on their own pages by `now`."""
    undone = {entry.undoes_id for entry in entries}
    by_id = {entry.id: entry for entry in entries}
    told = [
        Happened(e.happened_at, e.recorded_at, _said(process, e, by_id), e.actor, e.text, undone=e.id in undone)
        for e in entries
    ]
    known, keys = {row.id: row for row in rows}, {entry.form_key for entry in entries}
    query = select(LifecycleEntry).where(
        col(LifecycleEntry.deliverable_id).in_(known), col(LifecycleEntry.recorded_at) <= now
    )
    for act in session.exec(query):
        # What a form of the plan did to a deliverable stands there already.
        if act.form_key not in keys:
            row = known[act.deliverable_id]
            done = recorded_said(Act(act.act))
            what = say("%(title)s, %(label)s: %(done)s", title=row.title, label=recalled(row.label), done=done)
            told.append(Happened(act.happened_at, act.recorded_at, what, act.actor, act.reason))
    # Of what was recorded in one moment, the later entry stands above the earlier one.
    return sorted(told, key=lambda each: each.recorded_at)[::-1]


def _said(process: PlanProcess, entry: PlanEntry, by_id: dict[int | None, PlanEntry]) -> str:
    match entry.act:
        case PlanAct.OPEN:
            return say("Opened the plan")
        case PlanAct.REACH:
            return say("Reached the stage “%(stage)s”", stage=process.stage(entry.stage).title)
        case PlanAct.WRITE_STEP:
            return say("Wrote step %(step)s of version %(version)s", step=entry.step, version=entry.version)
        case PlanAct.DROP_STEP:
            return say("Left step %(step)s out of version %(version)s", step=entry.step, version=entry.version)
        case PlanAct.APPROVE:
            return say("Approved version %(version)s", version=entry.version)
        case PlanAct.AMEND:
            return say("Began to write version %(version)s", version=entry.version)
        case PlanAct.MISS_STEP:
            return say("Recorded that step %(step)s was missed; the plan is open for amendment", step=entry.step)
        case PlanAct.COMPLETE:
            return say("Completed the plan")
        case PlanAct.UNDO:
            return say("Undid: %(what)s", what=_said(process, by_id[entry.undoes_id], by_id))
        case _:
            return say("Noted the progress")
