"""How does a plan of action run: which stages, in which order, and what may each side do next?

One process for every funder: Connecticut's corrective action plan and Washington's ladder differ in their values only.
The steps of a plan hold from its approval on; a missed step opens an amendment, which is approved as a new version.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from duecourse.calendar.lifecycle import Party


@dataclass(frozen=True, slots=True)
class PlanStage:
    """One stage of a process.

    `obligation` is the duty whose due moment is the deadline of the stage, `event` what is recorded when it is reached;
    both are empty where there is none. `needed` says that later stages, and the end, wait for it. With `approves` the
    stage is reached by approving the plan.
    """

    name: str
    title: str
    side: Party
    obligation: str = ""
    event: str = ""
    needed: bool = True
    approves: bool = False


@dataclass(frozen=True, slots=True)
class PlanProcess:
    """A process of a contract: what opens it, its stages, the duty behind each step, and what ends it.

    `opens`, `missed` and `ends` are events, empty where no window starts or ends with them. `step` is the obligation
    of each step, `step_event` the event that gives its day; `progress` the monthly obligation, or empty.
    """

    id: str
    title: str
    clause: str
    stages: tuple[PlanStage, ...]
    step: str
    step_event: str
    opens: str = ""
    progress: str = ""
    missed: str = ""
    ends: str = ""
    follows: str = ""
    """What follows from a missed step, as people are told."""
    note: str = ""

    @property
    def obligations(self) -> frozenset[str]:
        """The obligations whose deliverables belong to a plan."""
        return frozenset({self.step, self.progress, *(stage.obligation for stage in self.stages)} - {""})

    @property
    def events(self) -> frozenset[str]:
        """The events that a plan records by itself."""
        named = {self.opens, self.step_event, self.missed, self.ends, *(stage.event for stage in self.stages)}
        return frozenset(named - {""})

    @property
    def approval(self) -> PlanStage | None:
        """The stage that is reached by approving the plan, if there is one."""
        return next((stage for stage in self.stages if stage.approves), None)

    def stage(self, name: str) -> PlanStage:
        """Return a stage by its name. Raises KeyError when there is none."""
        for stage in self.stages:
            if stage.name == name:
                return stage
        raise KeyError(name)

    def within_reach(self, reached: Collection[str]) -> tuple[PlanStage, ...]:
        """Return the stages that may be reached next: none is passed over that is needed, and there is no way back."""
        found: list[PlanStage] = []
        last = max((at for at, stage in enumerate(self.stages) if stage.name in reached), default=-1)
        for stage in self.stages[last + 1 :]:
            found.append(stage)
            if stage.needed:
                break
        return tuple(found)

    def lacking(self, reached: Collection[str]) -> tuple[PlanStage, ...]:
        """Return the needed stages that were not reached."""
        return tuple(stage for stage in self.stages if stage.needed and stage.name not in reached)


class PlanPhase(StrEnum):
    """How far a plan has come."""

    DRAFTED = "being drafted"
    IN_FORCE = "in force"
    AMENDED = "being amended"
    """In force, while the next version is drafted."""
    COMPLETE = "complete"
    TAKEN_BACK = "taken back"
    """Its opening was undone."""


class PlanAct(StrEnum):
    """Something that a person does with a plan, as its history names it."""

    OPEN = "opened"
    REACH = "reached a stage"
    WRITE_STEP = "wrote a step"
    DROP_STEP = "left out a step"
    APPROVE = "approved"
    AMEND = "opened an amendment"
    MISS_STEP = "recorded a missed step"
    NOTE = "noted the progress"
    COMPLETE = "completed"
    UNDO = "undid"


_OPEN = frozenset({PlanPhase.DRAFTED, PlanPhase.IN_FORCE, PlanPhase.AMENDED})
_DRAFTING = frozenset({PlanPhase.DRAFTED, PlanPhase.AMENDED})
_HOLDING = frozenset({PlanPhase.IN_FORCE, PlanPhase.AMENDED})
_BOTH = frozenset(Party)
_FUNDER = frozenset({Party.FUNDER})

# The sides that may do it, and the phases in which they may. Both sides write the plan; only the funder approves it.
_ALLOWED = {
    PlanAct.OPEN: (_FUNDER, frozenset[PlanPhase]()),
    PlanAct.REACH: (_BOTH, _OPEN),
    PlanAct.WRITE_STEP: (_BOTH, _DRAFTING),
    PlanAct.DROP_STEP: (_BOTH, _DRAFTING),
    PlanAct.APPROVE: (_FUNDER, _DRAFTING),
    PlanAct.AMEND: (_FUNDER, frozenset({PlanPhase.IN_FORCE})),
    PlanAct.MISS_STEP: (_FUNDER, _HOLDING),
    PlanAct.NOTE: (_BOTH, _OPEN),
    PlanAct.COMPLETE: (_FUNDER, _OPEN),
    PlanAct.UNDO: (_BOTH, _OPEN | {PlanPhase.COMPLETE}),
}


def is_allowed(act: PlanAct, *, phase: PlanPhase, by: Party | None) -> bool:
    """Tell whether a side may do this in a phase; without a side, the server's operator enters what either did."""
    return phase in _ALLOWED[act][1] and is_side_of(act, by)


def is_side_of(act: PlanAct, by: Party | None) -> bool:
    """Tell whether it is this side's act at all, whatever the phase."""
    return by is None or by in _ALLOWED[act][0]
