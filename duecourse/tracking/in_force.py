"""What is a contract in full: its definition, with the closures that were announced and the dates that were decided?"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import time

from sqlmodel import Session, col, select

from duecourse.calendar.caseload import Figure
from duecourse.calendar.due import Moved
from duecourse.calendar.improvement import improvement_events
from duecourse.calendar.schedule import Contract, Event
from duecourse.calendar.state_days import Closure
from duecourse.models import AnnouncedClosure, ContractRow, EventRow, Ruling, RulingKind
from duecourse.tracking.caseload.figures import figures_of
from duecourse.tracking.stored_definitions import contract_of

Key = tuple[str, str]
"""An obligation's id and an occurrence's key."""

_OTHER_DATE = (RulingKind.MOVED, RulingKind.EXTENDED)


@dataclass(frozen=True, slots=True)
class InForce:
    """A contract as it holds, what happened under it, and what is kept or left out by decision."""

    contract: Contract
    events: tuple[Event, ...]
    kept: frozenset[Key] = frozenset()
    not_asked: frozenset[Key] = frozenset()
    recorded: tuple[Event, ...] = ()
    """The events that were recorded; `events` holds those that follow from the figures as well."""
    figures: tuple[Figure, ...] = ()


def in_force(session: Session, *, contract_ids: Collection[str] | None = None) -> dict[str, InForce]:
    """Return the contracts as they hold, by id; all of them, or those with the given ids. Five statements."""
    query = select(ContractRow).order_by(col(ContractRow.id))
    if contract_ids is not None:
        query = query.where(col(ContractRow.id).in_(contract_ids))
    rows = session.exec(query).all()
    if not rows:
        return {}
    announced = session.exec(select(AnnouncedClosure).order_by(col(AnnouncedClosure.id))).all()
    ids = [row.id for row in rows]
    held = select(Ruling).where(col(Ruling.lifted_at).is_(None), col(Ruling.contract_id).in_(ids))
    rulings = session.exec(held.order_by(col(Ruling.id))).all()
    happened = select(EventRow).where(col(EventRow.contract_id).in_(ids))
    events = session.exec(happened.order_by(col(EventRow.happened_at), col(EventRow.id))).all()
    figures = figures_of(session, contract_ids=ids)
    return {
        row.id: with_decisions(
            contract_of(row),
            closures=[as_closure(each) for each in announced if each.calendar in contract_of(row).calendar.split("+")],
            rulings=[ruling for ruling in rulings if ruling.contract_id == row.id],
            events=[Event(e.name, e.happened_at, e.reference) for e in events if e.contract_id == row.id],
            figures=figures.get(row.id, ()),
        )
        for row in rows
    }


def with_decisions(
    contract: Contract,
    *,
    closures: Iterable[Closure],
    rulings: Iterable[Ruling],
    events: Iterable[Event],
    figures: Sequence[Figure] = (),
) -> InForce:
    """Return a contract with what was decided under it; of two rulings on one deliverable the later holds."""
    newest = {(ruling.obligation_id, ruling.occurrence): ruling for ruling in rulings}
    moved = {key: _moved(ruling) for key, ruling in newest.items() if ruling.kind in _OTHER_DATE}
    held = replace(contract, closures=tuple(closures), moved=moved)
    recorded = tuple(events)
    return InForce(
        held,
        (*recorded, *improvement_events(held, figures, recorded)),
        kept=frozenset(key for key, ruling in newest.items() if ruling.kind == RulingKind.KEPT),
        not_asked=frozenset(key for key, ruling in newest.items() if ruling.kind == RulingKind.NOT_ASKED),
        recorded=recorded,
        figures=tuple(figures),
    )


def as_closure(row: AnnouncedClosure) -> Closure:
    """Return an announced closure as the calendar takes it."""
    closes_at = time.fromisoformat(row.closes_at) if row.closes_at else None
    return Closure(row.on, row.name, row.source, closes_at)


def _moved(ruling: Ruling) -> Moved:
    assert ruling.on is not None
    cut_off = time.fromisoformat(ruling.cut_off) if ruling.cut_off else None
    extended = ruling.kind == RulingKind.EXTENDED
    return Moved(ruling.on, cut_off, ruling.source, ruling.decided_by, extended)
