"""Which events does Duecourse record by itself, because they happen here?

An obligation of a contract file may start with one of them: the funder's answer to a submission, its decision on a
request. Nobody records them by hand.
"""

from __future__ import annotations

from duecourse.language.said import say_in

SUBMISSION_RECEIVED = "submission-received"
"""The contractor submitted a version of a report."""
EXTENSION_REQUESTED = "extension-requested"
"""The contractor asked for more time."""

OWN_EVENTS = (SUBMISSION_RECEIVED, EXTENSION_REQUESTED)
_SAID = {
    SUBMISSION_RECEIVED: say_in("event", "submission received"),
    EXTENSION_REQUESTED: say_in("event", "extension requested"),
}


def event_said(name: str) -> str:
    """Return the name of an event in words: ours in every language, a contract's own as the file has it."""
    return _SAID.get(name) or name.replace("-", " ")
