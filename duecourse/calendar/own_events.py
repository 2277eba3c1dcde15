"""Which events does Duecourse record by itself, because they happen here?

An obligation of a contract file may start with one of them: the funder's answer to a submission, its decision on a
request. Nobody records them by hand.
"""

from __future__ import annotations

SUBMISSION_RECEIVED = "submission-received"
"""The contractor submitted a version of a report."""
EXTENSION_REQUESTED = "extension-requested"
"""The contractor asked for more time."""

OWN_EVENTS = (SUBMISSION_RECEIVED, EXTENSION_REQUESTED)
