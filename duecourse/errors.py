"""Which errors does a person see, and what does each one tell them to do?

DuecourseError
├── BadInput                what was given cannot be accepted; nothing was changed
│   ├── BadDefinition       a contract file was refused, with file, line, field and cure
│   └── BadExhibit          an exhibit could not be read, with file, place and cure
├── NotFound                there is no such thing, or it is not yours to see
├── NotAllowed              you may see it, but this change is not yours to make
├── Conflict                somebody else changed it first
└── NotReady                the server cannot start or serve as it is configured
"""

from __future__ import annotations

from dataclasses import dataclass


class DuecourseError(Exception):
    """A problem that is shown to a person in its own words."""

    exit_code = 1
    http_status = 500

    def __str__(self) -> str:
        """Return the sentence, in English; one that was made by `say` can still be said in the reader's language."""
        return self.args[0] if len(self.args) == 1 and isinstance(self.args[0], str) else super().__str__()


class BadInput(DuecourseError):
    """What was given cannot be accepted; nothing was changed."""

    exit_code = 2
    http_status = 422


@dataclass(frozen=True, slots=True)
class Flaw:
    """One thing that is wrong in a contract file: where it is, what it is, and its cure."""

    file: str
    line: int
    field: str
    problem: str
    cure: str

    def __str__(self) -> str:
        where = f"{self.file}, line {self.line}"
        field = f", {self.field}" if self.field else ""
        return f"{where}{field}: {self.problem} {self.cure}"


class BadDefinition(BadInput):
    """A contract file was refused as a whole; `flaws` lists every reason that was found."""

    def __init__(self, flaws: list[Flaw]) -> None:
        self.flaws = tuple(flaws)
        super().__init__("\n".join(str(flaw) for flaw in flaws))


class BadExhibit(BadInput):
    """An exhibit could not be read, or holds no table of deliverables; nothing was drafted."""


class NotFound(DuecourseError):
    """There is no such thing, or it is not this person's to see; the two look alike."""

    exit_code = 3
    http_status = 404


class NotAllowed(DuecourseError):
    """The person may see it, but may not make this change."""

    exit_code = 4
    http_status = 403


class Conflict(DuecourseError):
    """Somebody else changed it first; the message says what it is now."""

    exit_code = 5
    http_status = 409


class NotReady(DuecourseError):
    """The server cannot start or serve as it is configured; the message says the cure."""

    exit_code = 6
    http_status = 503
