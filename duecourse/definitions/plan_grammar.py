"""Which fields does a contract file have for a process of corrective action or improvement?"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from pydantic import Field

from duecourse.calendar.anchored_rules import starting_event
from duecourse.calendar.lifecycle import Party
from duecourse.calendar.plan_process import PlanProcess, PlanStage
from duecourse.calendar.schedule import Obligation
from duecourse.definitions.part import Part
from duecourse.definitions.values import Label, Prose, Slug, YesNo


class PlanStagePart(Part):
    """A stage of a plan: what it is called, whose it is, and the obligation that gives its deadline, if any does."""

    name: Slug
    title: Label = Field(description="A noun: “Draft of the plan”.")
    side: Party = Field(Party.FUNDER, description="The side that records it.")
    obligation: Slug | None = Field(None, description="The obligation whose due moment is its deadline.")
    event: Slug | None = Field(None, description="The event that is recorded when it is reached.")
    needed: YesNo = Field(True, description="Whether later stages, and the plan's end, wait for it.")
    approves: YesNo = Field(False, description="Whether it is reached by approving the plan with its steps.")


class PlanPart(Part):
    """A process of corrective action or improvement, with its stages in order."""

    id: Slug
    title: Label
    clause: Label = Field(description="Where the contract asks for it.")
    opens: Slug | None = Field(None, description="The event that is recorded when a plan is opened; its day is day 0.")
    stages: Annotated[list[PlanStagePart], Field(min_length=1, max_length=20)]
    step: Slug = Field(description="The obligation of each step: from-event, count 0, direction before.")
    progress: Slug | None = Field(None, description="The obligation of the monthly progress.")
    missed: Slug | None = Field(None, description="The event that is recorded when a step was missed.")
    ends: Slug | None = Field(None, description="The event that is recorded when the plan is complete.")
    follows: Prose | None = Field(None, description="What follows from a missed step, as people are told.")
    note: Prose | None = Field(None, description="How the contract was read where it can be read in two ways.")

    def value(self, obligations: Iterable[Obligation]) -> PlanProcess:
        """Return the process, of which the fields were checked against these obligations."""
        rule = next(each.rule for each in obligations if each.id == self.step)
        return PlanProcess(
            id=self.id,
            title=self.title,
            clause=self.clause,
            stages=tuple(
                PlanStage(
                    stage.name,
                    stage.title,
                    stage.side,
                    stage.obligation or "",
                    stage.event or "",
                    stage.needed,
                    stage.approves,
                )
                for stage in self.stages
            ),
            step=self.step,
            step_event=starting_event(rule),
            opens=self.opens or "",
            progress=self.progress or "",
            missed=self.missed or "",
            ends=self.ends or "",
            follows=self.follows or "",
            note=self.note or "",
        )
