"""Do the plans of a contract file agree with its obligations?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from duecourse.calendar.anchored_rules import events_of
from duecourse.calendar.offsets import Direction
from duecourse.definitions.event_grammar import FromEventDue
from duecourse.definitions.grammar import ContractFile, ObligationPart
from duecourse.definitions.plan_grammar import PlanPart
from duecourse.definitions.strict_yaml import Path


def plan_findings(file: ContractFile) -> Iterator[tuple[Path, str, str]]:
    """Yield everything in the plans that names what is not there, or could not work: where, what, and the cure."""
    obligations = {obligation.id: obligation for obligation in file.obligations}
    events = {name for obligation in file.obligations for name in events_of(obligation.due.value())}
    for twice in [each for each, count in Counter(plan.id for plan in file.plans).items() if count > 1]:
        yield ("plans",), f"“{twice}” is there twice.", "Give each plan its own id."
    for index, plan in enumerate(file.plans):
        here: Path = ("plans", index)
        yield from _stages(plan, obligations, here)
        yield from _step(plan, obligations, here)
        if plan.progress is not None and plan.progress not in obligations:
            yield (*here, "progress"), f"There is no obligation “{plan.progress}”.", "Name the id of one."
        named: list[tuple[Path, str | None]] = [((*here, x), getattr(plan, x)) for x in ("opens", "missed", "ends")]
        named += [((*here, "stages", n, "event"), stage.event) for n, stage in enumerate(plan.stages)]
        for where, event in named:
            if event is not None and event not in events:
                yield where, f"No window starts or ends with “{event}”.", "Name an event of an obligation, or none."


def _stages(plan: PlanPart, obligations: dict[str, ObligationPart], here: Path) -> Iterator[tuple[Path, str, str]]:
    for name, count in Counter(stage.name for stage in plan.stages).items():
        if count > 1:
            yield (*here, "stages"), f"The stage “{name}” is there twice.", "Give each stage its own name."
    if sum(stage.approves for stage in plan.stages) > 1:
        yield (*here, "stages"), "Two stages approve the plan.", "Leave one of them."
    for n, stage in enumerate(plan.stages):
        where = (*here, "stages", n, "obligation")
        if stage.obligation is None:
            continue
        if stage.obligation not in obligations:
            yield where, f"There is no obligation “{stage.obligation}”.", "Name the id of one."
        elif obligations[stage.obligation].party is not stage.side:
            yield where, f"The {stage.side} records the stage and does not owe that.", "Give both the same side."


def _step(plan: PlanPart, obligations: dict[str, ObligationPart], here: Path) -> Iterator[tuple[Path, str, str]]:
    if plan.step not in obligations:
        yield (*here, "step"), f"There is no obligation “{plan.step}”.", "Name the id of one."
        return
    due = obligations[plan.step].due
    on_its_day = isinstance(due, FromEventDue) and due.count == 0 and due.direction is Direction.BEFORE
    if not on_its_day or obligations[plan.step].participant:
        cure = "Write it with “rule: from-event”, “count: 0” and “direction: before”."
        yield (*here, "step"), f"“{plan.step}” is not due on the day that a step is given.", cure
