"""Which windows of the funder start because something happened here, and how are they taken back?

When the contract has an obligation that starts with such an event, the event is recorded by itself, and its windows are
planned without going over the rest of the contract: submitting must stay fast.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from sqlmodel import Session, col, select

from duecourse.calendar.anchored_rules import EventRule
from duecourse.calendar.schedule import Event
from duecourse.models import AnnouncedClosure, ContractRow, Deliverable, EventRow, OwnEvent
from duecourse.tracking.audit import record
from duecourse.tracking.changes import mark_changed
from duecourse.tracking.comparing import ChangeKind, compare
from duecourse.tracking.in_force import InForce, as_closure
from duecourse.tracking.own_words import event_recorded
from duecourse.tracking.planning import apply, plan
from duecourse.tracking.stored_definitions import contract_of


def start_windows(
    session: Session,
    row: Deliverable,
    name: str,
    *,
    at: datetime,
    what: str,
    now: datetime,
    actor: str,
    submission_id: int | None = None,
    extension_id: int | None = None,
) -> None:
    """Record that `name` happened to a deliverable, and plan what starts with it. Does nothing where nothing does.

    `what` says in words what it was about; the window is called after it. What the funder itself owes, and what nobody
    is reminded of, starts nothing.
    """
    contract_row = session.get_one(ContractRow, row.contract_id)
    contract = contract_of(contract_row)
    started = contract.started_by(name)
    if not started or not row.remind:
        return
    known = EventRow(
        contract_id=row.contract_id,
        name=name,
        happened_at=at.astimezone(UTC),
        reference=_free(session, row, name, at, what),
        recorded_at=now,
        recorded_by=actor,
    )
    session.add(known)
    session.flush()
    assert known.id is not None
    session.add(OwnEvent(event_id=known.id, submission_id=submission_id, extension_id=extension_id))
    session.flush()
    cause = event_recorded(name)
    if not all(isinstance(obligation.rule, EventRule) for obligation in started):
        plan(session, now=now, actor=actor, contract_id=row.contract_id, cause=cause)
        return
    codes = contract.calendar.split("+")
    announced = select(AnnouncedClosure).where(col(AnnouncedClosure.calendar).in_(codes))
    closures = tuple(as_closure(each) for each in session.exec(announced.order_by(col(AnnouncedClosure.id))))
    alone = replace(contract, obligations=started, closures=closures, moved={})
    event = Event(name, known.happened_at, known.reference)
    changes = [change for change in compare(InForce(alone, (event,)), [], now=now) if change.kind is ChangeKind.ADDED]
    apply(session, row.contract_id, changes, now=now, actor=actor, cause=cause)


def windows_of(
    session: Session, *, submission_id: int | None = None, extension_id: int | None = None
) -> list[Deliverable]:
    """Return what the funder owes because of a submission, or of a request for more time."""
    found = _event(session, submission_id, extension_id)
    if found is None:
        return []
    _, event = found
    contract = contract_of(session.get_one(ContractRow, event.contract_id))
    key = Event(event.name, event.happened_at, event.reference).key
    query = select(Deliverable).where(
        Deliverable.contract_id == event.contract_id,
        col(Deliverable.obligation_id).in_([each.id for each in contract.started_by(event.name)]),
        Deliverable.occurrence == key,
    )
    return list(session.exec(query.order_by(col(Deliverable.id))))


def take_windows_back(
    session: Session,
    *,
    now: datetime,
    actor: str,
    submission_id: int | None = None,
    extension_id: int | None = None,
) -> None:
    """Take back the event of what was taken back itself, and withdraw its open windows; the audit log keeps both."""
    found = _event(session, submission_id, extension_id)
    if found is None:
        return
    link, event = found
    for row in windows_of(session, submission_id=submission_id, extension_id=extension_id):
        if row.submitted_at is None and row.withdrawn_at is None:
            row.withdrawn_at, row.changed_at, row.sequence = now, max(row.changed_at, now), row.sequence + 1
    detail = {"event": event.name, "happened_at": event.happened_at.isoformat(), "reference": event.reference}
    session.delete(link)
    session.flush()
    session.delete(event)
    session.flush()
    record(session, "took an event back", actor=actor, now=now, contract_id=event.contract_id, detail=detail)
    mark_changed(session, event.contract_id)


def _event(session: Session, submission_id: int | None, extension_id: int | None) -> tuple[OwnEvent, EventRow] | None:
    about = (
        OwnEvent.submission_id == submission_id if submission_id is not None else OwnEvent.extension_id == extension_id
    )
    query = select(OwnEvent, EventRow).join(EventRow, col(EventRow.id) == OwnEvent.event_id).where(about)
    return session.exec(query).first()


def _free(session: Session, row: Deliverable, name: str, at: datetime, what: str) -> str:
    # Two deliverables may be called the same, such as two windows of one day; an event is recorded once.
    same = select(EventRow.id).where(
        EventRow.contract_id == row.contract_id,
        EventRow.name == name,
        EventRow.happened_at == at,
        EventRow.reference == what,
    )
    return what if session.exec(same).first() is None else f"{what}, {row.uid[:8]}"
