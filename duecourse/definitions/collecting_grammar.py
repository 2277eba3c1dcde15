"""Which fields say whose programs run under a contract, and what the lead collects from each?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from duecourse.calendar.collecting import COMBINED, Collected, Program, Programs
from duecourse.calendar.lifecycle import Party
from duecourse.calendar.offsets import Direction, Offset, Unit
from duecourse.definitions.part import Part
from duecourse.definitions.values import Label, Number, Slug, YesNo
from duecourse.language.said import say

if TYPE_CHECKING:
    from duecourse.definitions.grammar import ContractFile


class ReviewPart(Part):
    """How long before its own date the lead needs what its subcontractors hand in."""

    count: Annotated[Number, Field(ge=1, le=60)]
    unit: Literal["business-days", "calendar-days"] = "business-days"


class ProgramPart(Part):
    """A program that runs under the contract."""

    id: Slug
    name: Label


class ProgramsPart(Part):
    """The lead's own program, its subcontractors' programs, and the lead's review."""

    lead: ProgramPart
    subcontractors: Annotated[list[ProgramPart], Field(max_length=50)] = Field(
        [], description="Leave this out when the lead has no subcontractor."
    )
    review: ReviewPart = Field(description="The days of review by which a subcontractor is due before the lead.")

    def value(self) -> Programs:
        """Return the programs that are meant."""
        return Programs(
            Program(self.lead.id, self.lead.name),
            tuple(Program(each.id, each.name) for each in self.subcontractors),
            Offset(self.review.count, Unit(self.review.unit), Direction.BEFORE),
        )


class CollectedPart(Part):
    """What every program hands in to the lead for this report."""

    names: Annotated[list[Label], Field(min_length=1, max_length=10)] = Field(description="The parts, by name.")
    combined: YesNo = Field(False, description="Whether there is a combined one of each part, over all programs.")

    def value(self) -> Collected:
        """Return the parts that are meant."""
        return Collected(tuple(self.names), self.combined)


def findings(file: ContractFile) -> Iterator[tuple[tuple[str | int, ...], str, str]]:
    """Yield what is contradictory in the programs and the parts of a file whose fields are each valid."""
    programs = file.contract.programs
    if programs is not None:
        seen = {programs.lead.id, COMBINED}
        if programs.lead.id == COMBINED:
            yield (
                ("contract", "programs", "lead", "id"),
                say("“%(name)s” stands for all programs together.", name=COMBINED),
                say("Choose another id."),
            )
        for index, each in enumerate(programs.subcontractors):
            if each.id in seen:
                yield (
                    ("contract", "programs", "subcontractors", index, "id"),
                    say("“%(name)s” is taken.", name=each.id),
                    say("Give each program its own id, and none “%(name)s”.", name=COMBINED),
                )
            seen.add(each.id)
    for index, obligation in enumerate(file.obligations):
        here = ("obligations", index, "parts")
        if obligation.parts is None:
            continue
        if programs is None:
            yield (
                here,
                say("The contract names no programs."),
                say("Add programs to the contract, or leave this field out."),
            )
        if obligation.party is not Party.CONTRACTOR:
            yield here, say("The funder owes this, and collects nothing from programs."), say("Leave this field out.")
        if obligation.participant:
            yield (
                here,
                say("It concerns one family or one member of staff."),
                say("Collect parts of whole reports only."),
            )
        if len(set(obligation.parts.names)) < len(obligation.parts.names):
            yield (*here, "names"), say("A part is there twice."), say("Name each part once.")
