"""What do a plan's entries come to: its phase, its version, and the steps that hold or are drafted?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from duecourse.calendar.lifecycle import Phase
from duecourse.calendar.plan_process import PlanAct, PlanPhase, PlanProcess
from duecourse.models import Deliverable, PlanEntry, PlanStep

_NUMBERED = re.compile(r"/[0-9]+$")
_IN = frozenset({Phase.IN, Phase.ACCEPTED, Phase.WAIVED, Phase.NOT_APPLICABLE, Phase.CANCELLED})


@dataclass(frozen=True, slots=True)
class Shape:
    """Where a plan stands by its entries. `held` are the steps of the version in force, `drafted` of the next one.

    `version` is 0 until the first approval; `reached` are the stages that were entered, each with its instant.
    """

    phase: PlanPhase
    version: int
    entries: tuple[PlanEntry, ...]
    """The entries in effect."""
    held: dict[int, PlanStep]
    drafted: dict[int, PlanStep]
    reached: dict[str, datetime]

    @property
    def ended_at(self) -> datetime | None:
        """When the plan was complete."""
        return next((entry.happened_at for entry in self.entries if entry.act == PlanAct.COMPLETE), None)

    def missed_now(self, number: int) -> PlanEntry | None:
        """Return the entry that says that a step was missed in the version in force."""
        return next((e for e in self.since_approval() if e.act == PlanAct.MISS_STEP and e.step == number), None)

    def since_approval(self) -> list[PlanEntry]:
        """Return what was entered since the version in force was approved."""
        approved = [at for at, entry in enumerate(self.entries) if entry.act == PlanAct.APPROVE]
        return list(self.entries[approved[-1] + 1 :]) if approved else list(self.entries)


def shape(entries: Iterable[PlanEntry], steps: Sequence[PlanStep]) -> Shape:
    """Return what these entries come to; `steps` are all that were ever written, in the order of writing."""
    everything = list(entries)
    known = {entry.id for entry in everything}
    undone = {entry.undoes_id for entry in everything if entry.undoes_id is not None}
    held = tuple(entry for entry in everything if entry.undoes_id is None and entry.id not in undone)
    written = [step for step in steps if step.entry_id in known and step.entry_id not in undone]
    version = sum(entry.act == PlanAct.APPROVE for entry in held)
    found = Shape(
        PlanPhase.DRAFTED,
        version,
        held,
        steps_in(written, version),
        steps_in(written, version + 1),
        {entry.stage: entry.happened_at for entry in held if entry.stage},
    )
    return Shape(_phase(found), version, held, found.held, found.drafted, found.reached)


def steps_in(written: Iterable[PlanStep], version: int) -> dict[int, PlanStep]:
    """Return the steps of a version by number: of each, the newest one that was written up to it."""
    newest: dict[int, PlanStep] = {}
    for step in written:
        if step.version <= version:
            newest[step.number] = step
    return {number: newest[number] for number in sorted(newest) if not newest[number].dropped}


def is_of(deliverable: Deliverable, reference: str) -> bool:
    """Tell whether a deliverable carries the reference of a plan, or that of one of its steps."""
    carried = reference_of(deliverable)
    return carried == reference or carried.startswith(f"{reference}, step ")


def reference_of(deliverable: Deliverable) -> str:
    """Return the reference of the event with which a deliverable started, or an empty text."""
    return _NUMBERED.sub("", deliverable.occurrence.partition("#")[2])


def step_reference(reference: str, number: int) -> str:
    """Return what the events of a step carry: ``plan-1, step 2``."""
    return f"{reference}, step {number}"


def reached(found: Shape, process: PlanProcess, deliverables: Sequence[Deliverable]) -> dict[str, datetime]:
    """Return the stages that were reached, with the instant of each.

    A stage that consists in a deliverable is reached when that is in, wherever it was marked as done.
    """
    stages = {}
    for stage in process.stages:
        own = next(
            (row for row in deliverables if row.obligation_id == stage.obligation and not row.withdrawn_at), None
        )
        if own is not None and not stage.approves and not stage.event:
            at = own.submitted_at or own.set_aside_at
            if at is not None and own.facts.phase in _IN:
                stages[stage.name] = at
        elif stage.name in found.reached:
            stages[stage.name] = found.reached[stage.name]
    return stages


def _phase(found: Shape) -> PlanPhase:
    acts = [entry.act for entry in found.entries]
    if PlanAct.OPEN not in acts:
        return PlanPhase.TAKEN_BACK
    if PlanAct.COMPLETE in acts:
        return PlanPhase.COMPLETE
    if not found.version:
        return PlanPhase.DRAFTED
    since = {entry.act for entry in found.since_approval()}
    return PlanPhase.AMENDED if since & {PlanAct.AMEND, PlanAct.MISS_STEP} else PlanPhase.IN_FORCE
