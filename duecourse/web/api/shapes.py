"""In which form does a program get a deliverable, its versions, and what was done with it?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Annotated

from pydantic import AfterValidator, Field
from sqlalchemy import func
from sqlmodel import Session, col, select

from duecourse.calendar.lifecycle import Act, Party, Phase, acts
from duecourse.calendar.standing import Standing
from duecourse.models import LifecycleEntry, Receipt
from duecourse.tracking.boards import Item, Version
from duecourse.web.api.fields import Shown
from duecourse.web.visitor import Visitor

At = Annotated[datetime, AfterValidator(lambda at: at.astimezone(UTC))]
"""An instant, in UTC."""


class DeliverableShown(Shown):
    """One dated occurrence of an obligation. On time means strictly before `due_at`."""

    uid: str
    contract_id: str
    obligation_id: str
    occurrence: str
    number: str = Field(description="Its line in the exhibit.")
    title: str
    label: str = Field(description="The period or event it is for.")
    clause: str
    owed_by: str
    owed_to: str
    party: Party = Field(description="The side that owes it.")
    channel: str
    subject: str
    period_start: date | None
    period_end: date | None
    due_on: date = Field(description="The last day on which it is on time.")
    due_at: At = Field(description="The first instant that is late; of a returned version, that of its correction.")
    due_phrase: str = Field(description="The due moment in words, with its zone.")
    safe_on: date = Field(description="Who submits by then is on time whichever way the rule is read.")
    zone: str
    remind: bool
    standing: Standing = Field(description="Where it stands at this moment.")
    phase: Phase
    excused: str
    submitted_at: At | None
    accepted_at: At | None
    returned_at: At | None
    set_aside_at: At | None
    version: int = Field(description="How many acts were recorded for it.")
    may: list[Act] = Field(description="What the token’s person may do with it now.")


class DeliverableWhy(DeliverableShown):
    """A deliverable with the reasons of its date."""

    steps: list[str] = Field(description="Why this date: the steps from the clause to the instant.")
    calendar_version: str


class FileShown(Shown):
    """One file that was handed in."""

    uid: str
    name: str
    media_type: str
    size: int = Field(description="Bytes.")
    sha256: str


class SubmissionShown(Shown):
    """One version that came in."""

    uid: str
    version: int
    submitted_at: At
    recorded_at: At
    submitted_by: str
    entered_by: str
    channel: str
    reference: str
    note: str
    is_nil: bool = Field(description="Whether it says that there was nothing to report.")
    due_at: At = Field(description="The first instant that was late when it came in.")
    is_late: bool
    is_taken_back: bool
    receipt_uid: str | None
    files: list[FileShown]


class ActShown(Shown):
    """One act on a deliverable. Acts are only ever added."""

    act: Act
    start: Phase = Field(description="The phase from which it led.")
    to: Phase = Field(description="The phase to which it led.")
    happened_at: At
    recorded_at: At
    actor: str
    reason: str
    again_by: At | None = Field(description="Of a return: the first instant at which the correction is late.")


def shown(item: Item, visitor: Visitor, *, version: int) -> DeliverableShown:
    """Return a deliverable as programs get it."""
    return DeliverableShown.model_validate(_values(item, visitor, version))


def shown_with_reasons(item: Item, visitor: Visitor, *, version: int) -> DeliverableWhy:
    """Return a deliverable with the reasons of its date."""
    row = item.deliverable
    more = {"steps": row.steps, "calendar_version": row.calendar_version}
    return DeliverableWhy.model_validate(_values(item, visitor, version) | more)


def versions_of(session: Session, items: Sequence[Item]) -> list[int]:
    """Return how many acts were recorded for each of these deliverables. One statement."""
    ids = [item.deliverable.id for item in items]
    query = (
        select(LifecycleEntry.deliverable_id, func.count())
        .where(col(LifecycleEntry.deliverable_id).in_(ids))
        .group_by(col(LifecycleEntry.deliverable_id))
    )
    found = dict(session.exec(query).all())
    return [found.get(id or 0, 0) for id in ids]


def all_shown(session: Session, items: Sequence[Item], visitor: Visitor) -> list[DeliverableShown]:
    """Return several deliverables as programs get them."""
    versions = versions_of(session, items)
    return [shown(item, visitor, version=version) for item, version in zip(items, versions, strict=True)]


def submission_shown(version: Version, receipt: Receipt | None) -> SubmissionShown:
    """Return a version that came in as programs get it."""
    more = {
        "is_late": version.is_late,
        "is_taken_back": version.taken_back is not None,
        "receipt_uid": receipt.uid if receipt else None,
        "files": [FileShown.model_validate(file) for file in version.files],
    }
    return SubmissionShown.model_validate(version.submission.model_dump() | more)


def _values(item: Item, visitor: Visitor, version: int) -> dict[str, object]:
    row, facts = item.deliverable, item.facts
    due_on, _, _ = row.asked_for
    parties = visitor.parties(row.contract_id)
    may = {act for party in parties for act in acts(facts.phase, owing=Party(row.party), by=party)}
    return row.model_dump() | {
        "due_on": due_on,
        "due_at": facts.limit,
        "due_phrase": item.phrase,
        "standing": item.standing,
        "phase": facts.phase,
        "version": version,
        "may": [act for act in Act if act in may],
    }
