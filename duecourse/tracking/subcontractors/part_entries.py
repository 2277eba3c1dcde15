"""What was done with one part of a report, and to which facts does that come?"""

from __future__ import annotations

from dataclasses import dataclass

from sqlmodel import Session, col, select

from duecourse.calendar.part_lifecycle import PartAct, PartFacts, replayed
from duecourse.models import PartEntry


@dataclass(frozen=True, slots=True)
class PartKey:
    """Which part: of which deliverable, from which program, with which name."""

    deliverable_uid: str
    program: str
    part: str


def entries_of(session: Session, deliverable_id: int, key: PartKey) -> list[PartEntry]:
    """Return what was done with one part, in the order in which it was recorded."""
    query = select(PartEntry).where(
        PartEntry.deliverable_id == deliverable_id, PartEntry.program == key.program, PartEntry.part == key.part
    )
    return list(session.exec(query.order_by(col(PartEntry.id))))


def in_effect(entries: list[PartEntry]) -> list[PartEntry]:
    """Return the entries that were not undone, without the undoing ones."""
    undone = {entry.undoes_id for entry in entries if entry.undoes_id is not None}
    return [entry for entry in entries if entry.undoes_id is None and entry.id not in undone]


def facts_of(entries: list[PartEntry]) -> PartFacts:
    """Return the facts that the entries of one part come to."""
    return replayed((PartAct(entry.act), entry.happened_at) for entry in in_effect(entries))
