"""What of that which waits is still to be told, looked at again in the moment in which it is written or sent?"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from duecourse.models import Person
from duecourse.notifications.owing import owed
from duecourse.notifications.part_reminders import PREFIX, part_keys
from duecourse.notifications.stale_calendars import STALE_CALENDAR, stale_keys


def still_wanted(session: Session, rows: Iterable[Any], *, now: datetime) -> set[str]:
    """Return the keys of those rows (key, deliverable_id, person_id, rung) that are still to be told.

    What is about a deliverable, a part or an old calendar must still be owed. Of the rest, such as dates that changed,
    each person is told who may still come in. A fixed number of statements.
    """
    waiting = list(rows)
    about = {row.deliverable_id for row in waiting if row.deliverable_id is not None}
    keys = {key for one in owed(session, now=now, deliverable_ids=about) for key in one.keys} if about else set()
    if any(_is_part(row) for row in waiting):
        keys |= part_keys(session, now=now)
    if any(row.rung == STALE_CALENDAR for row in waiting):
        keys |= stale_keys(session, now=now)
    others = [row for row in waiting if not may_end(row)]
    if others:
        query = select(Person.id).where(
            col(Person.id).in_({row.person_id for row in others}), col(Person.disabled_at).is_(None)
        )
        there = set(session.exec(query))
        keys |= {row.key for row in others if row.person_id in there}
    return keys & {row.key for row in waiting}


def may_end(row: Any) -> bool:
    """Tell whether what a row of the outbox says may be so no longer: it is about a deliverable, a part, a calendar."""
    return row.deliverable_id is not None or row.rung == STALE_CALENDAR or _is_part(row)


def _is_part(row: Any) -> bool:
    return row.deliverable_id is None and row.rung.startswith(PREFIX)
