"""What does a contract say about extensions: how many, and for which types of report?"""

from __future__ import annotations

from dataclasses import dataclass

from duecourse.language.said import say_in


@dataclass(frozen=True, slots=True)
class ReportType:
    """A type of report, and the ids of the obligations that count as one."""

    name: str
    obligations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ExtensionTerms:
    """How many extensions are granted for each report type over the contract's whole term, and which clause says so."""

    granted: int
    types: tuple[ReportType, ...]
    clause: str

    def type_of(self, obligation_id: str) -> str:
        """Return the name of an obligation's report type, or an empty text when it counts as none."""
        return next((each.name for each in self.types if obligation_id in each.obligations), "")


def request_in_words(by: str, day: str, due: str) -> str:
    """Return what an extension rests on: who asked for it, on which day, and when it was due at first."""
    return say_in("source", "asked for by %(by)s on %(day)s; first due %(due)s", by=by, day=day, due=due)
