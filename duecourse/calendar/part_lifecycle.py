"""How far has one part of a report come on its way from a program to the lead, and what may be done with it next?

Received from the program and accepted by the lead are two facts. The third, sent to the state, is the submission of the
lead's own report.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from duecourse.language.said import say_in


class PartAct(StrEnum):
    """Something that a person does with a part."""

    HAND_IN = "hand in"
    ACCEPT = "accept"
    SEND_BACK = "send back"
    TAKE_BACK = "take back"
    """Undo the latest of the other acts."""


class PartPhase(StrEnum):
    """How far a part has come."""

    MISSING = "not received"
    RECEIVED = "received"
    SENT_BACK = "sent back"
    ACCEPTED = "accepted"

    @property
    def said(self) -> str:
        """The phase as it is said to people."""
        return _SAID[self]


_SAID = {
    PartPhase.MISSING: say_in("part of a report", "not received"),
    PartPhase.RECEIVED: say_in("part of a report", "received"),
    PartPhase.SENT_BACK: say_in("part of a report", "sent back"),
    PartPhase.ACCEPTED: say_in("part of a report", "accepted"),
}

START = {
    PartAct.HAND_IN: frozenset({PartPhase.MISSING, PartPhase.SENT_BACK}),
    PartAct.ACCEPT: frozenset({PartPhase.RECEIVED}),
    PartAct.SEND_BACK: frozenset({PartPhase.RECEIVED}),
    PartAct.TAKE_BACK: frozenset({PartPhase.RECEIVED, PartPhase.SENT_BACK, PartPhase.ACCEPTED}),
}
"""The phases from which each act is possible."""

RECORDS = {
    PartAct.HAND_IN: "received a part",
    PartAct.ACCEPT: "accepted a part",
    PartAct.SEND_BACK: "sent a part back",
    PartAct.TAKE_BACK: "took back what was done with a part",
}
"""The action that the audit log names."""


@dataclass(frozen=True, slots=True)
class PartFacts:
    """What is known of a part; every instant is aware, and None where it did not happen."""

    received_at: datetime | None = None
    accepted_at: datetime | None = None
    sent_back_at: datetime | None = None

    @property
    def phase(self) -> PartPhase:
        """How far it has come."""
        if self.accepted_at is not None:
            return PartPhase.ACCEPTED
        if self.sent_back_at is not None:
            return PartPhase.SENT_BACK
        return PartPhase.MISSING if self.received_at is None else PartPhase.RECEIVED

    def is_late(self, at: datetime) -> bool:
        """Tell whether it was received at or after `at`."""
        return self.received_at is not None and self.received_at >= at


def replayed(acts: Iterable[tuple[PartAct, datetime]]) -> PartFacts:
    """Return the facts that acts come to, in the order in which they were recorded, without those that were undone."""
    facts = PartFacts()
    for act, at in acts:
        match act:
            case PartAct.HAND_IN:
                facts = PartFacts(received_at=at)
            case PartAct.ACCEPT:
                facts = replace(facts, accepted_at=at)
            case PartAct.SEND_BACK:
                facts = replace(facts, sent_back_at=at)
            case PartAct.TAKE_BACK:
                raise ValueError("what was undone is left out, and what undid it as well")
    return facts
