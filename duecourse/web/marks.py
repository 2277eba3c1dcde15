"""With which sign, word and colour is a standing shown, and how are a notice and an audit entry said?

No meaning rests on colour alone: every standing has a sign of its own, and its word beside it or in its name.
"""

from __future__ import annotations

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


def rung(name: str) -> str:
    """Return the step of the reminder ladder in words: ``7 days before``, ``on the day``, ``3 days after``."""
    side, _, days = name.partition("-")
    if not days.isdigit():
        return "on the day"
    return f"{words.count(int(days), 'day')} {side}"


def notice_state(state: str) -> str:
    """Return in words what became of a notice."""
    return _STATES[NoticeState(state)]


def action(said: str) -> str:
    """Return the action of an audit entry as the beginning of a sentence."""
    return said[:1].upper() + said[1:]
