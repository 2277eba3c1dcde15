"""What did we say about a date, on any past day, and why?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from duecourse.calendar.due import due_phrase
from duecourse.models import Deliverable, DueChange


@dataclass(frozen=True, slots=True)
class Told:
    """What people were told of one date, from `since` until `until` (None: still), and what ended it."""

    since: datetime
    until: datetime | None
    phrase: str
    steps: tuple[str, ...]
    changed_by: str
    cause: str


def told(session: Session, deliverable: Deliverable) -> list[Told]:
    """Return what was said about a deliverable's date, from the first telling to the present one."""
    query = select(DueChange).where(DueChange.deliverable_id == deliverable.id).order_by(col(DueChange.id))
    since, sayings = deliverable.planned_at, []
    for change in session.exec(query):
        phrase = due_phrase(change.due_at, zone=deliverable.zone, whole_day=change.whole_day)
        steps = tuple(change.steps.split("\n"))
        sayings.append(Told(since, change.changed_at, phrase, steps, change.changed_by, change.cause))
        since = change.changed_at
    phrase = due_phrase(deliverable.due_at, zone=deliverable.zone, whole_day=deliverable.whole_day)
    return [*sayings, Told(since, None, phrase, tuple(deliverable.steps), "", "")]


def told_on(session: Session, deliverable: Deliverable, at: datetime) -> Told | None:
    """Return what we said at the instant `at`; None before the deliverable was first planned."""
    sayings = told(session, deliverable)
    current = [saying for saying in sayings if saying.since <= at]
    return current[-1] if current else None
