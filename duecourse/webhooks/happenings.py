"""Of which events can a webhook be told, and which entry of the audit log is each?

Acts come from the one table of what may be done with a deliverable. A date that moved is told from what was kept of it,
and what is overdue from the standing, since the record of neither is an entry about one deliverable.
"""

from __future__ import annotations

from dataclasses import dataclass

from duecourse.calendar.lifecycle import LIFECYCLE
from duecourse.calendar.lifecycle_words import recorded_said
from duecourse.language.said import say, say_in

PLANNED = "planned deliverables"
"""The entry with which dates move."""
MOVED, OVERDUE, PING = "deliverable.date_moved", "deliverable.overdue", "ping"


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that a webhook can be told: its name for programs, its entry in the audit log, and what people read."""

    name: str
    action: str
    said: str


def _of_extension(name: str, action: str, said: str) -> Happening:
    return Happening(f"extension.{name}", action, said)


HAPPENINGS = (
    *(
        Happening(f"deliverable.{row.records.replace(' ', '_')}", row.records, recorded_said(row.act))
        for row in LIFECYCLE
    ),
    Happening(OVERDUE, "", say("became overdue")),
    Happening(MOVED, PLANNED, say("a date moved")),
    _of_extension("requested", "asked for an extension", say("more time was asked for")),
    _of_extension("granted", "granted an extension", say("more time was granted")),
    _of_extension("refused", "refused an extension", say("more time was refused")),
    _of_extension("taken_back", "took a request for an extension back", say("a request for more time was taken back")),
    _of_extension(
        "decision_taken_back",
        "took the decision on an extension back",
        say("the decision on more time was taken back"),
    ),
)

NAMES = tuple(each.name for each in HAPPENINGS)


def actions_of(events: list[str]) -> dict[str, str]:
    """Return the entries of the audit log that tell of some of these events, with the name of the event of each."""
    return {each.action: each.name for each in HAPPENINGS if each.name in events and each.action}


def event_said(name: str) -> str:
    """Say an event: ``submitted``."""
    if name == PING:
        return say_in("webhook", "test message")
    return next((each.said for each in HAPPENINGS if each.name == name), name)
