"""Which fields say on which days somebody is told of a deadline, and who is?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from duecourse.calendar.ladders import Audience, Ladder, NoticeTerms, Step
from duecourse.definitions.part import Part
from duecourse.definitions.strict_yaml import Path
from duecourse.definitions.values import Label, Number, YesNo
from duecourse.language.said import say

if TYPE_CHECKING:
    from duecourse.definitions.grammar import ContractFile

Days = Literal["calendar", "business"]
When = Literal["before", "after"]
To = Literal["owner", "backup", "supervisor", "leadership", "program liaison", "fiscal liaison"]


class RungPart(Part):
    """One step of a ladder: so many days before or after the due date, and who is told then."""

    days: Annotated[Number, Field(ge=0, le=90)] = Field(description="How many days; 0 for the day itself.")
    counted: Days = Field("calendar", description="Calendar days, or business days of the contract’s calendar.")
    when: When = Field("before", description="Before or after the due date.")
    to: Annotated[list[To], Field(min_length=1, max_length=6)] = Field(
        ["owner"], description="Who is told. The owner is whoever has to submit it, or stands in for them."
    )
    prepare: Label | None = Field(
        None, description="A step of the work before the due date, such as “data pulled”, “draft ready” or “review”."
    )

    def value(self) -> Step:
        """Return the step that is meant."""
        offset = self.days if self.when == "after" else -self.days
        return Step(offset, self.counted == "business", frozenset(map(Audience, self.to)), self.prepare or "")


class LadderPart(Part):
    """On which days somebody is told of a deadline, in place of the usual ladder."""

    rungs: Annotated[list[RungPart], Field(min_length=1, max_length=30)]
    weekly: YesNo = Field(True, description="Whether the owner is told every week after the last rung, until it is in.")

    def value(self) -> Ladder:
        """Return the ladder that is meant."""
        return Ladder(tuple(rung.value() for rung in self.rungs), self.weekly)


def ladder_findings(file: ContractFile) -> Iterator[tuple[Path, str, str]]:
    """Yield the rungs that stand twice, or prepare what is late already: where, what, and the cure."""
    ladders: list[tuple[Path, LadderPart | None]] = [(("contract", "ladder"), file.contract.ladder)]
    ladders += [(("obligations", i, "ladder"), each.ladder) for i, each in enumerate(file.obligations)]
    for here, part in ladders:
        seen = set()
        for index, rung in enumerate(part.rungs if part else ()):
            step = rung.value()
            place = (*here, "rungs", index)
            named = step.offset, step.business, step.prepare
            if named in seen:
                yield place, say("The ladder has this step already."), say("Name everybody who is told in one step.")
            seen.add(named)
            if rung.prepare and step.offset >= 0:
                yield (
                    (*place, "prepare"),
                    say("The work is prepared before the due date."),
                    say("Give it days before that date."),
                )


def notice_terms(file: ContractFile) -> NoticeTerms:
    """Return what a contract file says of notices."""
    usual = NoticeTerms(file.contract.calendar)
    own = {each.id: each.ladder.value() for each in file.obligations if each.ladder}
    return NoticeTerms(
        file.contract.calendar, file.contract.ladder.value() if file.contract.ladder else usual.ladder, own
    )
