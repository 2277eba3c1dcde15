"""With which sign, word and colour is a standing shown, and how are a notice and an audit entry said?

No meaning rests on colour alone: every standing has a sign of its own, and its word beside it or in its name.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import NamedTuple

from duecourse.calendar import lifecycle_words
from duecourse.calendar.lifecycle import Phase
from duecourse.calendar.lifecycle_words import standing_said
from duecourse.calendar.part_lifecycle import PartAct
from duecourse.calendar.roles import RoleName
from duecourse.calendar.standing import Standing
from duecourse.language.said import Commas, noted_count, opened, say, say_count, say_in
from duecourse.models import ExtensionState, NoticeState


class Mark(NamedTuple):
    """How a standing is shown; `style` is the name of its colours in the stylesheet."""

    sign: str
    word: str
    style: str


MARKS = {
    Standing.OVERDUE: Mark("!", opened(standing_said(Standing.OVERDUE)), "overdue"),
    Standing.RETURNED: Mark("↩", opened(standing_said(Standing.RETURNED)), "returned"),
    Standing.DUE_SOON: Mark("◷", opened(standing_said(Standing.DUE_SOON)), "soon"),
    Standing.EXPECTED: Mark("·", opened(standing_said(Standing.EXPECTED)), "expected"),
    Standing.EXCUSED: Mark("~", opened(standing_said(Standing.EXCUSED)), "expected"),
    Standing.SUBMITTED: Mark("↑", opened(standing_said(Standing.SUBMITTED)), "submitted"),
    Standing.SUBMITTED_LATE: Mark("⇡", opened(standing_said(Standing.SUBMITTED_LATE)), "submitted-late"),
    Standing.ACCEPTED: Mark("✓", opened(standing_said(Standing.ACCEPTED)), "accepted"),
    Standing.DONE: Mark("●", opened(standing_said(Standing.DONE)), "accepted"),
    Standing.DONE_LATE: Mark("◐", opened(standing_said(Standing.DONE_LATE)), "submitted-late"),
    Standing.WAIVED: Mark("–", opened(standing_said(Standing.WAIVED)), "withdrawn"),
    Standing.NOT_APPLICABLE: Mark("∅", opened(standing_said(Standing.NOT_APPLICABLE)), "withdrawn"),
    Standing.CANCELLED: Mark("⊘", opened(standing_said(Standing.CANCELLED)), "withdrawn"),
    Standing.WITHDRAWN: Mark("×", opened(standing_said(Standing.WITHDRAWN)), "withdrawn"),
}

_STATES = {
    NoticeState.OWED: say("Goes with the next daily mail"),
    NoticeState.QUEUED: say("Waiting to be sent"),
    NoticeState.CLAIMED: say("Being sent"),
    NoticeState.SENT: say("Sent"),
    NoticeState.BOUNCED: say("Came back: not delivered"),
    NoticeState.FAILED: say("Not sent: refused"),
    NoticeState.SUPERSEDED: say("Not sent: no longer needed"),
}


_CHANGES = {
    "returned": say_in("reminder", "returned"),
    "came-in": say_in("reminder", "came in"),
    "came-in-late": say_in("reminder", "came in late"),
    "overdue": say_in("reminder", "became overdue"),
    "daily": say_in("reminder", "daily mail"),
    "by-hand": say_in("reminder", "sent by hand"),
}
_ON_THE_DAY = say_in("reminder", "on the day")
_STEPS = {
    ("before", ""): noted_count("%(num)s day before", "%(num)s days before"),
    ("after", ""): noted_count("%(num)s day after", "%(num)s days after"),
    ("before", "b"): noted_count("%(num)s business day before", "%(num)s business days before"),
    ("after", "b"): noted_count("%(num)s business day after", "%(num)s business days after"),
}
_PARTS = {
    PartAct.HAND_IN: say("Received"),
    PartAct.ACCEPT: say("Accepted by the lead"),
    PartAct.SEND_BACK: say("Sent back by the lead"),
    PartAct.TAKE_BACK: say("Taken back"),
}
_OUTCOMES = {
    ExtensionState.ASKED: say_in("extension", "asked"),
    ExtensionState.GRANTED: say_in("extension", "granted"),
    ExtensionState.REFUSED: say_in("extension", "refused"),
    ExtensionState.TAKEN_BACK: say_in("extension", "taken back"),
}
_STEP = re.compile(r"(on-day|(?P<side>before|after)-(?P<days>[0-9]+)(?P<business>b?))(-(?P<prepare>.+))?")


def rung(name: str) -> str:
    """Return the step of the ladder in words: ``7 days before``, ``on the day``, ``3 business days after``."""
    if name in _CHANGES:
        return _CHANGES[name]
    found = _STEP.fullmatch(name)
    if found is None:
        return _ON_THE_DAY
    step = say_count(*_STEPS[found["side"], found["business"]], int(found["days"])) if found["days"] else _ON_THE_DAY
    return (
        say("%(step)s: %(prepare)s", step=step, prepare=found["prepare"].replace("-", " "))
        if found["prepare"]
        else step
    )


def notice_state(state: str) -> str:
    """Return in words what became of a notice."""
    return _STATES[NoticeState(state)]


def phase_said(phase: str) -> str:
    """Return a phase as it is said: ``returned``."""
    return lifecycle_words.phase_said(Phase(phase))


def extension_outcome(outcome: str) -> str:
    """Return in words what became of a request for more time."""
    return _OUTCOMES[ExtensionState(outcome)]


def parts_said(roles: Collection[RoleName]) -> str:
    """Return the parts of a person in a contract as they are said, in order: ``admin, program liaison``."""
    return Commas(tuple(RoleName(role).said for role in sorted(roles)))


def part_act(act: str) -> str:
    """Return in words what was done with a part of a report."""
    return _PARTS[PartAct(act)]


def action(said: str) -> str:
    """Return the action of an audit entry as the beginning of a sentence."""
    return said[:1].upper() + said[1:]
