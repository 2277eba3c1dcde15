"""Where does a plan stand, in one sentence that anybody understands?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from duecourse.calendar import words
from duecourse.calendar.plan_process import PlanAct, PlanPhase
from duecourse.calendar.standing import Standing
from duecourse.language.said import say, say_count, say_in
from duecourse.tracking.action_plans.plan_story import StepState, Story

_ACTS = {
    PlanAct.OPEN: say_in("plan", "opened"),
    PlanAct.REACH: say_in("plan", "reached a stage"),
    PlanAct.WRITE_STEP: say_in("plan", "wrote a step"),
    PlanAct.DROP_STEP: say_in("plan", "left out a step"),
    PlanAct.APPROVE: say_in("plan", "approved"),
    PlanAct.AMEND: say_in("plan", "opened an amendment"),
    PlanAct.MISS_STEP: say_in("plan", "recorded a missed step"),
    PlanAct.NOTE: say_in("plan", "noted the progress"),
    PlanAct.COMPLETE: say_in("plan", "completed"),
    PlanAct.UNDO: say_in("plan", "undid"),
}


def plan_act(act: str) -> str:
    """Say what was done with a plan: ``recorded a missed step``."""
    return _ACTS[PlanAct(act)]


def where_it_stands(story: Story) -> str:
    """Return the sentence."""
    version, rung = story.shape.version, _rung(story)
    match story.phase:
        case PlanPhase.TAKEN_BACK:
            return say("The notice was taken back: nothing is asked for under this plan.")
        case PlanPhase.COMPLETE:
            assert story.shape.ended_at is not None
            return say("The plan is complete since %(day)s.", day=_day(story, story.shape.ended_at))
        case PlanPhase.DRAFTED if rung:
            return say("The plan is being written, on the rung “%(rung)s”%(then)s.", rung=rung, then=_next(story))
        case PlanPhase.DRAFTED:
            return say("The plan is being written%(then)s.", then=_next(story))
        case PlanPhase.IN_FORCE if rung:
            return say(
                "Version %(version)s is in force, on the rung “%(rung)s”: %(steps)s.",
                version=version,
                rung=rung,
                steps=_steps(story),
            )
        case PlanPhase.IN_FORCE:
            return say("Version %(version)s is in force: %(steps)s.", version=version, steps=_steps(story))
        case PlanPhase.AMENDED:
            values = {"next": version + 1, "because": _because(story), "version": version, "steps": _steps(story)}
            if rung:
                return say(
                    "Version %(next)s is being written%(because)s; until it is approved, version %(version)s holds, "
                    "on the rung “%(rung)s”: %(steps)s.",
                    rung=rung,
                    **values,
                )
            return say(
                "Version %(next)s is being written%(because)s; until it is approved, version %(version)s holds: "
                "%(steps)s.",
                **values,
            )


def _rung(story: Story) -> str:
    # Only a ladder, whose stages may be passed over, has a rung to stand on.
    reached = [state for state in story.stages if state.reached_at is not None and not state.stage.needed]
    return reached[-1].stage.title if reached else ""


def _next(story: Story) -> str:
    needed = [state for state in story.next_stages if state.stage.needed]
    if not needed:
        return ""
    stage, item = needed[0].stage.title, needed[0].item
    if item is None or not item.standing.is_open:
        return say("; next comes “%(stage)s”", stage=stage)
    if item.standing is Standing.OVERDUE:
        return say("; next comes “%(stage)s”, which was due %(due)s and is overdue", stage=stage, due=item.phrase)
    return say("; next comes “%(stage)s”, due %(due)s", stage=stage, due=item.phrase)


def _steps(story: Story) -> str:
    total, done = len(story.steps), sum(is_done(state) for state in story.steps)
    if total == 1:
        said = say("its one step is done") if done else say("its one step is not done")
    elif not done:
        said = say_count("none of %(num)s step is done", "none of %(num)s steps is done", total)
    elif done == 1:
        said = say_count("1 of %(num)s step is done", "1 of %(num)s steps is done", total)
    else:
        said = say_count("%(done)s of %(num)s step are done", "%(done)s of %(num)s steps are done", total, done=done)
    if late := [state.step.number for state in story.steps if state.is_overdue]:
        named = _named(late)
        if len(late) == 1:
            return say("%(said)s, and %(named)s is overdue", said=said, named=named)
        return say("%(said)s, and %(named)s are overdue", said=said, named=named)
    following = next((state for state in story.steps if state.item is not None and not is_done(state)), None)
    if following is None or following.item is None:
        return said
    number, due = following.step.number, following.item.phrase
    return say("%(said)s, and step %(number)s comes next, due %(due)s", said=said, number=number, due=due)


def is_done(state: StepState) -> bool:
    """Whether a step needs nothing more of the side that does it: it is in, or not asked for."""
    return state.item is not None and not state.item.standing.is_open


def _because(story: Story) -> str:
    missed = [e.step for e in story.shape.since_approval() if e.act == PlanAct.MISS_STEP]
    if not missed:
        return ""
    named = _named(missed)
    if len(missed) == 1:
        return say(" because %(named)s was missed", named=named)
    return say(" because %(named)s were missed", named=named)


def _named(numbers: Sequence[int | None]) -> str:
    return words.joined([say("step %(number)s", number=number) for number in numbers])


def _day(story: Story, at: datetime) -> str:
    return words.day(at.astimezone(ZoneInfo(story.contract.zone)).date())
