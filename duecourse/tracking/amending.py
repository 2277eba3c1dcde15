"""What would an amendment change, and how does a person accept it line by line?

An amendment reaches Duecourse as a new version of the contract's definition. It is rehearsed first: nothing moves
before a person has seen each line.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from duecourse.calendar.schedule import Contract
from duecourse.errors import BadInput, Conflict, NotFound
from duecourse.language.said import say
from duecourse.models import Deliverable, Ruling, RulingKind
from duecourse.tracking.comparing import CHOOSABLE, Change, ChangeKind
from duecourse.tracking.in_force import in_force, with_decisions
from duecourse.tracking.loading import load_contract
from duecourse.tracking.planning import Planned, plan
from duecourse.tracking.rehearsing import Rehearsal, rehearsed


def rehearse_amendment(session: Session, contract: Contract, *, now: datetime) -> Rehearsal:
    """Return what would change if `contract` took the place of the definition in force. Changes nothing.

    Raises NotFound when the contract is not tracked.
    """
    held = in_force(session, contract_ids=[contract.id]).get(contract.id)
    if held is None:
        raise NotFound(f"The contract {contract.id} is not tracked here. Load it first: duecourse load {contract.id}.")
    rulings = session.exec(
        select(Ruling)
        .where(Ruling.contract_id == contract.id, col(Ruling.lifted_at).is_(None))
        .order_by(col(Ruling.id))
    ).all()
    proposed = with_decisions(
        contract,
        closures=held.contract.closures,
        rulings=rulings,
        events=held.recorded,
        figures=held.figures,
    )
    return rehearsed(session, contract.id, proposed, now=now)


def accept_amendment(
    session: Session,
    contract: Contract,
    *,
    definition: str,
    accepted: Collection[str] | None,
    seal: str | None,
    source: str,
    now: datetime,
    actor: str,
) -> tuple[Rehearsal, Planned]:
    """Put a new definition in force, with the lines that a person accepted (`Change.name`; all of them when None).

    A line that is not accepted stays as it is, by a recorded decision with its `source`: a date is not moved, an added
    deliverable is not asked for, a dropped one is kept. Returns the lines that were made, and what the plan did.

    Raises Conflict when the lines are not those of `seal`, since something changed after they were seen; BadInput when
    an accepted line is not among them.
    """
    rehearsal = rehearse_amendment(session, contract, now=now)
    if seal is not None and seal != rehearsal.seal:
        raise Conflict(say("Something changed since this rehearsal was shown. Look at it again, then accept it."))
    names = {change.name for change in rehearsal.changes}
    unknown = sorted(set(accepted or ()) - names)
    if unknown:
        raise BadInput(say("These lines are not part of the rehearsal: %(names)s.", names=", ".join(unknown)))
    for change in rehearsal.changes:
        if accepted is not None and change.name not in accepted:
            ruling = _declined(change, contract.id, source=source, now=now, actor=actor)
            if ruling is not None:
                session.add(ruling)
    load_contract(session, contract, definition=definition, now=now, actor=actor)
    session.flush()
    planned = plan(session, now=now, actor=actor, contract_id=contract.id, cause=source)
    made = [
        change
        for change in rehearsal.changes
        if accepted is None or change.name in accepted or change.kind not in CHOOSABLE
    ]
    return replace(rehearsal, changes=tuple(made)), planned


def _declined(change: Change, contract_id: str, *, source: str, now: datetime, actor: str) -> Ruling | None:
    obligation_id, occurrence = change.key
    ruling = Ruling(
        contract_id=contract_id,
        obligation_id=obligation_id,
        occurrence=occurrence,
        kind="",
        source=f"not accepted with {source}",
        decided_by=actor,
        decided_at=now,
    )
    match change.kind:
        case ChangeKind.ADDED:
            ruling.kind = RulingKind.NOT_ASKED
        case ChangeKind.MOVED if change.row is not None and change.row.withdrawn_at is not None:
            ruling.kind = RulingKind.NOT_ASKED
        case ChangeKind.DROPPED:
            ruling.kind = RulingKind.KEPT
        case ChangeKind.MOVED if change.row is not None:
            ruling.kind, ruling.on = RulingKind.MOVED, change.row.due_on
            ruling.cut_off = "" if change.row.whole_day else _local_time(change.row)
        case _:
            return None
    return ruling


def _local_time(row: Deliverable) -> str:
    return f"{row.due_at.astimezone(ZoneInfo(row.zone)):%H:%M}"
