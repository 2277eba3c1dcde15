"""What stands on a plan's timeline, from its notice to its end, each thing with its day and its standing?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from duecourse.calendar.plan_process import PlanAct, PlanPhase
from duecourse.calendar.standing import Standing
from duecourse.language.said import say, say_in
from duecourse.tracking.action_plans.plan_story import Story
from duecourse.tracking.boards import Item

_AHEAD = timedelta(days=45)
"""How far beyond today, or beyond the last step, the months of progress are shown."""


@dataclass(frozen=True, slots=True)
class PlanMark:
    """One thing on the timeline. `shape` is how it is drawn; `title` says it in full, `short` in a few words."""

    on: date
    shape: str
    short: str
    title: str
    standing: Standing | None = None
    uid: str = ""
    """The deliverable behind it."""
    detail: str = ""

    @property
    def style(self) -> str:
        """The name of its shape and, where nothing else says it, of its colour in the stylesheet."""
        return {"missed": "overdue", "event": "accepted"}.get(self.shape, "expected")


def plan_marks(story: Story, today: date) -> list[PlanMark]:
    """Return everything on the timeline in order of time; months of progress that lie far ahead are left out."""
    return sorted(_marks(story, today), key=lambda mark: mark.on)


def _marks(story: Story, today: date) -> Iterator[PlanMark]:
    yield PlanMark(
        _on(story, story.plan.opened_at), "event", say("Notice"), say("Notice, day 0"), detail=story.plan.reason
    )
    for state in story.stages:
        title = state.stage.title
        if state.item is not None:
            yield _of(state.item, "deadline", say("%(stage)s due", stage=title), say("%(stage)s: due", stage=title))
        if state.reached_at is not None:
            yield PlanMark(_on(story, state.reached_at), "event", title, say("%(stage)s: reached", stage=title))
    for step in story.steps:
        number = step.step.number
        title = say("Step %(number)s: %(title)s", number=number, title=step.step.title)
        if step.item is not None:
            yield _of(step.item, "step", say("Step %(number)s due", number=number), title, detail=step.step.who)
    if story.phase in (PlanPhase.DRAFTED, PlanPhase.AMENDED):
        for number, draft in story.shape.drafted.items():
            held = story.shape.held.get(number)
            if held is None or held.due_on != draft.due_on:
                title = say(
                    "Step %(number)s: %(title)s (version %(version)s, not approved)",
                    number=number,
                    title=draft.title,
                    version=story.shape.version + 1,
                )
                yield PlanMark(
                    draft.due_on, "draft", say("Step %(number)s, in the draft", number=number), title, detail=draft.who
                )
    yield from _progress(story, today)
    for item in story.follow_ups:
        yield _of(item, "deadline", say("Follow-up due"), item.deliverable.title)
    for entry in story.shape.entries:
        on = _on(story, entry.happened_at)
        match entry.act:
            case PlanAct.MISS_STEP:
                yield PlanMark(
                    on,
                    "missed",
                    say("Step %(number)s missed", number=entry.step),
                    say("Step %(number)s recorded as missed", number=entry.step),
                    detail=entry.text,
                )
            case PlanAct.APPROVE if not entry.stage:
                short = say("Version %(version)s approved", version=entry.version)
                yield PlanMark(on, "event", short, short, detail=entry.text)
            case PlanAct.COMPLETE:
                yield PlanMark(on, "event", say_in("plan", "Complete"), say("The plan is complete"), detail=entry.text)
            case PlanAct.NOTE if entry.deliverable_id is None:
                yield PlanMark(on, "month", say("Progress noted"), say("Progress noted"), detail=entry.text)


def _progress(story: Story, today: date) -> Iterator[PlanMark]:
    steps = [state.step.due_on for state in story.steps]
    until = max([today, *steps]) + _AHEAD
    for number, item in enumerate(story.progress, start=1):
        if item.deliverable.due_on <= until or not item.standing.is_open:
            yield _of(
                item,
                "month",
                say("Progress, month %(number)s", number=number),
                say("%(title)s, month %(number)s", title=item.deliverable.title, number=number),
            )


def _of(item: Item, shape: str, short: str, title: str, *, detail: str = "") -> PlanMark:
    return PlanMark(item.deliverable.due_on, shape, short, title, item.standing, item.deliverable.uid, detail)


def _on(story: Story, at: datetime) -> date:
    return at.astimezone(ZoneInfo(story.contract.zone)).date()
