"""What should become of one deliverable, as a person would reckon it with pencil and paper?

Written apart from the program: it keeps a stack of what holds now, and knows nothing of entries, replaying or tables.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

OPEN, IN, RETURNED, ACCEPTED = "open", "in", "returned", "accepted"
ASIDE = {"waive": "waived", "mark as not applicable": "not applicable", "cancel": "cancelled"}
UNDOES = {
    "undo the submission": IN,
    "undo the acceptance": ACCEPTED,
    "undo the return": RETURNED,
    "ask for it again": "aside",
}
OWNER = {"submit": "contractor", "report nothing": "contractor", "undo the submission": "contractor"}
"""Who may do what with a report that the contractor owes; everything else is the funder's."""


@dataclass(frozen=True)
class Layer:
    """What the latest act that still holds made of the deliverable."""

    state: str
    sent_at: datetime | None = None
    limit: datetime | None = None
    """The end of a fresh window, once a return opened one."""
    version: int = 0


@dataclass
class Model:
    """One report that the contractor owes; undoing takes the topmost layer off."""

    due_at: datetime
    layers: list[Layer] = field(default_factory=lambda: [Layer(OPEN)])
    versions: list[tuple[datetime, datetime]] = field(default_factory=list)
    """Of each version ever sent: when it was sent, and before when it had to be."""
    effects: int = 0
    last: str | None = None
    """What was done last, and by whom."""

    @property
    def top(self) -> Layer:
        """What holds now."""
        return self.layers[-1]

    @property
    def limit(self) -> datetime:
        """Before when the version that is asked for has to be in."""
        return max(self.due_at, self.top.limit or self.due_at)

    def allows(self, act: str) -> bool:
        """Whether an act fits what holds now, whoever does it."""
        state = self.top.state
        if act in ("submit", "report nothing") or act in ASIDE:
            return state in (OPEN, RETURNED)
        if act in ("accept", "return"):
            return state == IN
        if act == "ask for it again":
            return state in ASIDE.values()
        return state == UNDOES[act]

    def do(self, act: str, *, sent_at: datetime, again_by: datetime | None) -> None:
        """Do what fits: add what it makes of the deliverable, or take the topmost layer off."""
        top = self.top
        self.effects += 1
        if act in UNDOES:
            self.layers.pop()
        elif act in ("submit", "report nothing"):
            self.versions.append((sent_at, self.limit))
            self.layers.append(Layer(IN, sent_at, top.limit, len(self.versions)))
        elif act == "accept":
            self.layers.append(replace(top, state=ACCEPTED))
        elif act == "return":
            self.layers.append(replace(top, state=RETURNED, limit=again_by))
        else:
            self.layers.append(replace(top, state=ASIDE[act]))

    def standing(self, now: datetime) -> str:
        """What a page says of it."""
        top = self.top
        match top.state:
            case "in":
                assert top.sent_at is not None
                return "submitted" if top.sent_at < self.limit else "submitted late"
            case "returned":
                return "overdue" if now >= self.limit else "returned"
            case "open":
                if now >= self.due_at:
                    return "overdue"
                return "due soon" if (self.due_at - now).total_seconds() <= 14 * 86400 else "expected"
            case state:
                return state
