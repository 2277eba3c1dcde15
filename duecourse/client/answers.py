"""What does a server answer, as values with types?"""

from __future__ import annotations

from datetime import date, datetime

from pydantic import BaseModel, ConfigDict


class Answered(BaseModel):
    """Something that the server said. Fields that a newer server adds are kept as they come."""

    model_config = ConfigDict(extra="allow", frozen=True)


class Deliverable(Answered):
    """One dated occurrence of an obligation. On time means strictly before `due_at`."""

    uid: str
    contract_id: str
    title: str
    label: str
    party: str
    channel: str
    due_on: date
    due_at: datetime
    due_phrase: str
    zone: str
    standing: str
    version: int
    may: list[str]
    steps: list[str] = []
    """Why this date; filled by `deliverable` alone."""
    etag: str = ""
    """Which version this is; filled by `deliverable` and by every act."""


class SubmittedFile(Answered):
    """One file that was handed in; `size` is in bytes."""

    uid: str
    name: str
    size: int
    sha256: str


class Submission(Answered):
    """One version that came in, with the uid of its receipt."""

    uid: str
    version: int
    submitted_at: datetime
    submitted_by: str
    is_late: bool
    receipt_uid: str | None
    files: list[SubmittedFile]


class Contract(Answered):
    """One contract in which the token's person has a part."""

    id: str
    number: str
    name: str
    funder: str
    contractor: str
    zone: str
    start_on: date
    end_on: date


class Outcome(Answered):
    """What came of an act for one of several deliverables: `says` tells what was done, or why nothing was."""

    is_done: bool
    says: str
    deliverable: Deliverable


class WouldTell(Answered):
    """Who would be reminded of one deliverable; `problem` says why nobody would be."""

    deliverable_uid: str
    to: list[str]
    problem: str


class PrintedDate(Answered):
    """A date that an exhibit prints, with the obligation that it was read for."""

    obligation_id: str
    exhibit: str
    on: date
    number: str = ""
    where: str = ""


class CheckedDate(Answered):
    """A printed date beside the rule's; `is_disagreement` says whether a person has to look at it."""

    verdict: str
    is_disagreement: bool
    label: str
    printed_on: date | None
    due_on: date | None
    why: str


class CheckedObligation(Answered):
    """One obligation with its rule in words, and a line for each of its dates."""

    obligation_id: str
    title: str
    rule: str
    lines: list[CheckedDate]


class Flaw(Answered):
    """One thing that is wrong in a contract file, and its cure."""

    line: int
    field: str
    problem: str
    cure: str


class Checks(Answered):
    """What there is to say of a contract file; `off` is how many dates disagree."""

    flaws: list[Flaw]
    off: int
    printed: int
    dated: int
    checks: list[CheckedObligation]


class Draft(Answered):
    """A contract file that was drafted from its exhibit: `asked` names what only a person can say."""

    definition: str
    asked: list[str]
    doubts: list[str]
    printed: list[PrintedDate]
    check: Checks


class ImportedTrouble(Answered):
    """One thing that is wrong in a line of a spreadsheet, and its cure."""

    column: str
    problem: str
    cure: str


class ImportedLine(Answered):
    """What becomes of one line of a spreadsheet: `outcome` is ``new``, ``there already`` or ``to correct``."""

    row: int
    about: str
    outcome: str
    says: list[str]
    troubles: list[ImportedTrouble]


class Import(Answered):
    """What a spreadsheet would do, or did, line by line."""

    seal: str
    is_right: bool
    made: int
    lines: list[ImportedLine]


class MailAside(Answered):
    """A mail of the mailbox that could not be taken, and who has looked after it."""

    id: int
    mailbox: str
    number: int
    reason: str
    seen_to_by: str
