"""Do the plans of a contract file agree with its obligations?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from duecourse.calendar.anchored_rules import events_of
from duecourse.calendar.lifecycle import Party
from duecourse.calendar.offsets import Direction
from duecourse.definitions.event_grammar import FromEventDue
from duecourse.definitions.grammar import ContractFile, ObligationPart
from duecourse.definitions.plan_grammar import PlanPart
from duecourse.definitions.strict_yaml import Path
from duecourse.language.said import say

_RECORDS_ALONE = {
    Party.CONTRACTOR: say("The contractor records the stage and does not owe that."),
    Party.FUNDER: say("The funder records the stage and does not owe that."),
}


def plan_findings(file: ContractFile) -> Iterator[tuple[Path, str, str]]:
    """Yield everything in the plans that names what is not there, or could not work: where, what, and the cure."""
    obligations = {obligation.id: obligation for obligation in file.obligations}
    events = {name for obligation in file.obligations for name in events_of(obligation.due.value())}
    for twice in [each for each, count in Counter(plan.id for plan in file.plans).items() if count > 1]:
        yield ("plans",), say("“%(name)s” is there twice.", name=twice), say("Give each plan its own id.")
    for index, plan in enumerate(file.plans):
        here: Path = ("plans", index)
        yield from _stages(plan, obligations, here)
        yield from _step(plan, obligations, here)
        if plan.progress is not None and plan.progress not in obligations:
            yield (
                (*here, "progress"),
                say("There is no obligation “%(name)s”.", name=plan.progress),
                say("Name the id of one."),
            )
        named: list[tuple[Path, str | None]] = [((*here, x), getattr(plan, x)) for x in ("opens", "missed", "ends")]
        named += [((*here, "stages", n, "event"), stage.event) for n, stage in enumerate(plan.stages)]
        for where, event in named:
            if event is not None and event not in events:
                yield (
                    where,
                    say("No window starts or ends with “%(name)s”.", name=event),
                    say("Name an event of an obligation, or none."),
                )


def _stages(plan: PlanPart, obligations: dict[str, ObligationPart], here: Path) -> Iterator[tuple[Path, str, str]]:
    for name, count in Counter(stage.name for stage in plan.stages).items():
        if count > 1:
            yield (
                (*here, "stages"),
                say("The stage “%(name)s” is there twice.", name=name),
                say("Give each stage its own name."),
            )
    if sum(stage.approves for stage in plan.stages) > 1:
        yield (*here, "stages"), say("Two stages approve the plan."), say("Leave one of them.")
    for n, stage in enumerate(plan.stages):
        where = (*here, "stages", n, "obligation")
        if stage.obligation is None:
            continue
        if stage.obligation not in obligations:
            yield where, say("There is no obligation “%(name)s”.", name=stage.obligation), say("Name the id of one.")
        elif obligations[stage.obligation].party is not stage.side:
            yield where, _RECORDS_ALONE[stage.side], say("Give both the same side.")


def _step(plan: PlanPart, obligations: dict[str, ObligationPart], here: Path) -> Iterator[tuple[Path, str, str]]:
    if plan.step not in obligations:
        yield (*here, "step"), say("There is no obligation “%(name)s”.", name=plan.step), say("Name the id of one.")
        return
    due = obligations[plan.step].due
    on_its_day = isinstance(due, FromEventDue) and due.count == 0 and due.direction is Direction.BEFORE
    if not on_its_day or obligations[plan.step].participant:
        cure = say("Write it with “rule: from-event”, “count: 0” and “direction: before”.")
        yield (*here, "step"), say("“%(name)s” is not due on the day that a step is given.", name=plan.step), cure
