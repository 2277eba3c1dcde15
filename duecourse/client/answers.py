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
