"""Who is alarmed when what is stored no longer agrees with what follows from it, and once for each finding?"""

from __future__ import annotations

import hashlib
from datetime import datetime

from sqlmodel import Session, col, select

from duecourse.language.said import say_count
from duecourse.models import AuditEntry, AuditHead, ContractRow, Notice, Person
from duecourse.notifications.addressing import mailbox_of
from duecourse.notifications.messages import ChangedContract, Sender, changes_message
from duecourse.notifications.people_notices import notice_of
from duecourse.tracking.audit import record
from duecourse.tracking.staff.people import people_of
from duecourse.tracking.verifying import Verified

ACTOR = "duecourse"
FOUND = "found a disagreement"
DRIFT = "drift"
"""The rung of a mail that tells of a disagreement. It is about no single deliverable, and stays wanted."""
_MOST_NAMED = 20


def alarm_on_drift(session: Session, found: Verified, *, now: datetime, base_url: str, sender: Sender) -> None:
    """Record what disagrees, and owe the people who set contracts up one mail each about it.

    What was found and told before is neither recorded nor told again until it changes.
    """
    if found.is_whole:
        return
    # Held until the end: the second of two must see what the first has owed.
    session.exec(select(AuditHead).with_for_update()).one()
    told: dict[int, tuple[Person, list[ChangedContract]]] = {}
    for contract in session.exec(select(ContractRow).order_by(col(ContractRow.id))):
        lines = [*([found.audit] if found.audit else []), *found.drift.get(contract.id, [])]
        if not lines:
            continue
        said = ChangedContract(contract.number, contract.name, f"{base_url}/contracts/{contract.id}", _shown(lines))
        for person in {p.id: p for p, role in people_of(session, contract.id) if role.sets_up}.values():
            assert person.id is not None
            told.setdefault(person.id, (person, []))[1].append(said)
    digest = hashlib.sha256(repr((found.audit, sorted(found.drift.items()))).encode()).hexdigest()
    if not _is_known(session, digest):
        detail = {"sha256": digest, "audit": found.audit, "contracts": {k: len(v) for k, v in found.drift.items()}}
        record(session, FOUND, actor=ACTOR, now=now, detail=detail)
    for person, contracts in told.values():
        key = f"{DRIFT}|{digest}|{person.id}"
        if session.exec(select(Notice.id).where(Notice.key == key)).first() is not None:
            continue
        letter = changes_message(
            mailbox_of(person), tuple(contracts), cause=found.said, sender=sender, now=now, of=DRIFT
        )
        session.add(notice_of(person, letter, key=key, rung=DRIFT, now=now, sender=sender))
    session.flush()


def _is_known(session: Session, digest: str) -> bool:
    entries = session.exec(select(AuditEntry).where(AuditEntry.action == FOUND))
    return any(entry.detail.get("sha256") == digest for entry in entries)


def _shown(lines: list[str]) -> tuple[str, ...]:
    more = len(lines) - _MOST_NAMED
    tail = (say_count("And %(num)s more.", "And %(num)s more.", more),) if more > 0 else ()
    return (*(f"{line}." for line in lines[:_MOST_NAMED]), *tail)
