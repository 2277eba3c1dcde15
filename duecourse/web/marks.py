"""With which sign, word and colour is a standing shown, and how are a notice and an audit entry said?

No meaning rests on colour alone: every standing has a sign of its own, and its word beside it or in its name.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from duecourse.calendar import words
from duecourse.calendar.standing import Standing
from duecourse.models import NoticeState


class Mark(NamedTuple):
    """How a standing is shown; `style` is the name of its colours in the stylesheet."""

    sign: str
    word: str
    style: str


MARKS = {
    Standing.OVERDUE: Mark("!", "Overdue", "overdue"),
    Standing.RETURNED: Mark("↩", "Returned", "returned"),
    Standing.DUE_SOON: Mark("◷", "Due soon", "soon"),
    Standing.EXPECTED: Mark("·", "Expected", "expected"),
    Standing.EXCUSED: Mark("~", "Excused", "expected"),
    Standing.SUBMITTED: Mark("↑", "Submitted", "submitted"),
    Standing.SUBMITTED_LATE: Mark("⇡", "Submitted late", "submitted-late"),
    Standing.ACCEPTED: Mark("✓", "Accepted", "accepted"),
    Standing.DONE: Mark("●", "Done", "accepted"),
    Standing.DONE_LATE: Mark("◐", "Done late", "submitted-late"),
    Standing.WAIVED: Mark("–", "Waived", "withdrawn"),
    Standing.NOT_APPLICABLE: Mark("∅", "Not applicable", "withdrawn"),
    Standing.CANCELLED: Mark("⊘", "Cancelled", "withdrawn"),
    Standing.WITHDRAWN: Mark("×", "Withdrawn", "withdrawn"),
}

_STATES = {
    NoticeState.OWED: "Goes with the next daily mail",
    NoticeState.QUEUED: "Waiting to be sent",
    NoticeState.CLAIMED: "Being sent",
    NoticeState.SENT: "Sent",
    NoticeState.BOUNCED: "Came back: not delivered",
    NoticeState.FAILED: "Not sent: refused",
    NoticeState.SUPERSEDED: "Not sent: no longer needed",
}


_CHANGES = {
    "returned": "returned",
    "came-in": "came in",
    "came-in-late": "came in late",
    "overdue": "became overdue",
    "daily": "daily mail",
    "by-hand": "sent by hand",
}
_STEP = re.compile(r"(on-day|(?P<side>before|after)-(?P<days>[0-9]+)(?P<business>b?))(-(?P<prepare>.+))?")


def rung(name: str) -> str:
    """Return the step of the ladder in words: ``7 days before``, ``on the day``, ``3 business days after``."""
    if name in _CHANGES:
        return _CHANGES[name]
    found = _STEP.fullmatch(name)
    if found is None:
        return "on the day"
    step = "on the day"
    if found["days"]:
        step = f"{words.count(int(found['days']), 'business day' if found['business'] else 'day')} {found['side']}"
    return f"{step}: {found['prepare'].replace('-', ' ')}" if found["prepare"] else step


def notice_state(state: str) -> str:
    """Return in words what became of a notice."""
    return _STATES[NoticeState(state)]


def action(said: str) -> str:
    """Return the action of an audit entry as the beginning of a sentence."""
    return said[:1].upper() + said[1:]
