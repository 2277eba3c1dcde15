"""What happened under a contract, and which windows does it start?"""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session, select

from duecourse.calendar.own_events import OWN_EVENTS
from duecourse.errors import BadInput, NotFound
from duecourse.language.said import say, say_in
from duecourse.models import ContractRow, EventRow
from duecourse.tracking.audit import record
from duecourse.tracking.own_words import event_recorded
from duecourse.tracking.planning import Planned, plan
from duecourse.tracking.references import checked_reference
from duecourse.tracking.stored_definitions import contract_of


def record_event(
    session: Session,
    contract_id: str,
    name: str,
    *,
    happened_at: datetime,
    reference: str = "",
    now: datetime,
    actor: str,
) -> Planned:
    """Record an event and plan the windows that it starts; the same event twice is recorded once.

    Raises BadInput when no window of the contract starts with such an event, when it lies in the future although its
    windows are counted forward, or when its reference could say who a family is.
    """
    row = session.get(ContractRow, contract_id)
    if row is None:
        raise NotFound(f"There is no contract {contract_id}.")
    contract = contract_of(row)
    known = contract.events()
    if name not in known:
        raise BadInput(
            say(
                "No window of %(contract_id)s starts with “%(name)s”. Its events are: %(known)s.",
                contract_id=contract_id,
                name=name,
                known=", ".join(known) or say_in("list", "none"),
            )
        )
    if name in OWN_EVENTS:
        raise BadInput(
            say("The event %(name)s is recorded by itself when it happens here. Nothing was recorded.", name=name)
        )
    reference = checked_reference(reference, participant=contract.concerns_participants(name))
    if happened_at > now and not contract.is_planned(name):
        raise BadInput(say("This lies in the future. Record it when it has happened."))
    same = select(EventRow).where(
        EventRow.contract_id == contract_id,
        EventRow.name == name,
        EventRow.happened_at == happened_at,
        EventRow.reference == reference,
    )
    if session.exec(same).first() is None:
        session.add(
            EventRow(
                contract_id=contract_id,
                name=name,
                happened_at=happened_at,
                reference=reference,
                recorded_at=now,
                recorded_by=actor,
            )
        )
        session.flush()
        detail = {"event": name, "happened_at": happened_at.isoformat(), "reference": reference}
        record(session, "recorded an event", actor=actor, now=now, contract_id=contract_id, detail=detail)
    cause = event_recorded(name)
    return plan(session, now=now, actor=actor, contract_id=contract_id, cause=cause)
