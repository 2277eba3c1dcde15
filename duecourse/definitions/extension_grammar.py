"""Which fields say how many extensions a contract allows, and what counts as one type of report?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from duecourse.calendar.extension_terms import ExtensionTerms, ReportType
from duecourse.definitions.part import Part
from duecourse.definitions.strict_yaml import Path
from duecourse.definitions.values import Label, Number, Slug
from duecourse.language.said import say

if TYPE_CHECKING:
    from duecourse.definitions.grammar import ContractFile


class ReportTypePart(Part):
    """A type of report, for which extensions are counted apart."""

    name: Label
    obligations: Annotated[list[Slug], Field(max_length=100)] = Field(
        [], description="The obligations that count as this type; none for a type that has no date here."
    )


class ExtensionsPart(Part):
    """How many extensions are granted for each type of report, over the contract's whole term."""

    clause: Label = Field(description="Where the contract says so.")
    granted: Annotated[Number, Field(ge=0, le=100)] = Field(
        description="How many are granted for each type; a request that was refused does not count."
    )
    report_types: Annotated[list[ReportTypePart], Field(min_length=1, max_length=50)]

    def value(self) -> ExtensionTerms:
        """Return the terms that are meant."""
        types = tuple(ReportType(each.name, tuple(each.obligations)) for each in self.report_types)
        return ExtensionTerms(self.granted, types, self.clause)


def extension_findings(file: ContractFile) -> Iterator[tuple[Path, str, str]]:
    """Yield what the types of reports name that is not there, or name twice: where, what, and the cure."""
    if file.extensions is None:
        return
    known = {obligation.id for obligation in file.obligations}
    seen: dict[str, str] = {}
    names: set[str] = set()
    for index, each in enumerate(file.extensions.report_types):
        here: Path = ("extensions", "report_types", index)
        if each.name in names:
            yield (
                (*here, "name"),
                say("“%(name)s” is there twice.", name=each.name),
                say("Give each type its own name."),
            )
        names.add(each.name)
        for place, obligation in enumerate(each.obligations):
            there = (*here, "obligations", place)
            if obligation not in known:
                yield there, say("There is no obligation “%(name)s”.", name=obligation), say("Name the id of one.")
            if obligation in seen:
                yield (
                    there,
                    say("“%(name)s” counts as “%(other)s” already.", name=obligation, other=seen[obligation]),
                    say("Leave it in one of them."),
                )
            seen.setdefault(obligation, each.name)
