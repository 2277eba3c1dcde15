"""What would a change do to a contract, line by line, before anything moves?"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, select

from duecourse.models import Deliverable
from duecourse.tracking.comparing import Change, ChangeKind, compare
from duecourse.tracking.in_force import InForce


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What a change would do to one contract. `seal` names exactly these lines: what is accepted is what was seen."""

    contract_id: str
    changes: tuple[Change, ...]

    @property
    def seal(self) -> str:
        """A short name of these lines, which another set of lines does not have."""
        said = "\n".join(f"{c.kind}|{c.name}|{c.was}|{c.becomes}" for c in self.changes)
        return hashlib.sha256(said.encode()).hexdigest()[:16]

    def of(self, *kinds: ChangeKind) -> list[Change]:
        """Return the lines of these kinds."""
        return [change for change in self.changes if change.kind in kinds]

    @property
    def late_at_once(self) -> list[Change]:
        """The lines that would be overdue in the moment of acceptance."""
        return [change for change in self.changes if change.late_at_once]


def rehearsed(session: Session, contract_id: str, proposed: InForce, *, now: datetime) -> Rehearsal:
    """Return what would change if `proposed` took the place of what holds. Changes nothing."""
    stored = session.exec(select(Deliverable).where(Deliverable.contract_id == contract_id)).all()
    return Rehearsal(contract_id, tuple(compare(proposed, stored, now=now)))
