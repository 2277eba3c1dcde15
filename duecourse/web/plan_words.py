"""Where does a plan stand, in one sentence that anybody understands?"""

from __future__ import annotations

from datetime import datetime

from duecourse.calendar import words
from duecourse.calendar.plan_process import PlanAct, PlanPhase
from duecourse.calendar.standing import Standing
from duecourse.tracking.action_plans.plan_story import StageState, StepState, Story


def where_it_stands(story: Story) -> str:
    """Return the sentence."""
    match story.phase:
        case PlanPhase.TAKEN_BACK:
            return "The notice was taken back: nothing is asked for under this plan."
        case PlanPhase.COMPLETE:
            assert story.shape.ended_at is not None
            return f"The plan is complete since {_day(story, story.shape.ended_at)}."
        case PlanPhase.DRAFTED:
            return f"The plan is being written{_rung(story)}{_next(story)}."
        case PlanPhase.IN_FORCE:
            return f"Version {story.shape.version} is in force{_rung(story)}: {_steps(story)}."
        case PlanPhase.AMENDED:
            version = story.shape.version
            return (
                f"Version {version + 1} is being written{_because(story)}; until it is approved, version {version} "
                f"holds{_rung(story)}: {_steps(story)}."
            )


def _rung(story: Story) -> str:
    # Only a ladder, whose stages may be passed over, has a rung to stand on.
    reached = [state for state in story.stages if state.reached_at is not None and not state.stage.needed]
    return f", on the rung “{reached[-1].stage.title}”" if reached else ""


def _next(story: Story) -> str:
    needed = [state for state in story.next_stages if state.stage.needed]
    if not needed:
        return ""
    return f"; next comes “{needed[0].stage.title}”{_due(needed[0])}"


def _due(state: StageState) -> str:
    if state.item is None or not state.item.standing.is_open:
        return ""
    if state.item.standing is Standing.OVERDUE:
        return f", which was due {state.item.phrase} and is overdue"
    return f", due {state.item.phrase}"


def _steps(story: Story) -> str:
    total, done = len(story.steps), sum(is_done(state) for state in story.steps)
    if total == 1:
        said = f"its one step is {'done' if done else 'not done'}"
    else:
        said = f"{done or 'none'} of {words.count(total, 'step')} {'are' if done > 1 else 'is'} done"
    if late := [str(state.step.number) for state in story.steps if state.is_overdue]:
        named = words.joined([f"step {number}" for number in late])
        return f"{said}, and {named} {'is' if len(late) == 1 else 'are'} overdue"
    following = next((state for state in story.steps if state.item is not None and not is_done(state)), None)
    if following is None or following.item is None:
        return said
    return f"{said}, and step {following.step.number} comes next, due {following.item.phrase}"


def is_done(state: StepState) -> bool:
    """Whether a step needs nothing more of the side that does it: it is in, or not asked for."""
    return state.item is not None and not state.item.standing.is_open


def _because(story: Story) -> str:
    missed = [e.step for e in story.shape.since_approval() if e.act == PlanAct.MISS_STEP]
    if not missed:
        return ""
    named = words.joined([f"step {number}" for number in missed])
    return f" because {named} {'was' if len(missed) == 1 else 'were'} missed"


def _day(story: Story, at: datetime) -> str:
    return words.instant(at, story.contract.zone).rsplit(", ", 1)[0]
