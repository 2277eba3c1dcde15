"""Into which groups does work fall, as the database works it out? The same as groups.py says of one deliverable."""

from __future__ import annotations

from datetime import datetime

from duecourse.calendar.standing import Standing
from duecourse.tracking.conditions import (
    ANSWERS,
    FUNDERS,
    REMINDED,
    Condition,
    Key,
    due_by_sunday,
    ended,
    first_of,
    stands,
)
from duecourse.web.groups import (
    DECIDABLE,
    PRESSING,
    UNDONE,
    Group,
    decider_group,
    submitter_group,
)


def by_decider_group(now: datetime) -> Key:
    """Return the group into which a deliverable falls for somebody who decides."""
    owed = FUNDERS & stands(now, *PRESSING) & REMINDED & ~ANSWERS & ~ended(now)
    cases: list[tuple[Condition, str | None]] = [
        (owed, Group.OWED),
        (~FUNDERS & stands(now, *DECIDABLE), Group.TO_DECIDE),
    ]
    return Key(first_of(cases, None).sql, lambda item: decider_group(item, now))


def by_submitter_group(now: datetime) -> Key:
    """Return the group into which a deliverable falls for somebody who submits."""
    undone = stands(now, *UNDONE)
    cases: list[tuple[Condition, str | None]] = [
        (FUNDERS, None),
        (stands(now, Standing.OVERDUE, Standing.EXCUSED) & ended(now), Group.ENDED),
        (stands(now, Standing.EXCUSED), Group.EXCUSED),
        (undone & ~REMINDED, Group.DUTIES),
        (stands(now, Standing.OVERDUE), Group.OVERDUE),
        (stands(now, Standing.RETURNED), Group.RETURNED),
        (stands(now, *DECIDABLE), Group.WAITING),
        (undone & due_by_sunday(now), Group.THIS_WEEK),
        (undone & due_by_sunday(now, weeks=2), Group.NEXT_TWO_WEEKS),
        (undone, Group.LATER),
    ]
    return Key(first_of(cases, None).sql, lambda item: submitter_group(item, now))
