"""How is a change recorded, and is the record whole?"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlmodel import Session, col, select

from duecourse.errors import BadInput
from duecourse.language.said import say
from duecourse.models import AuditEntry, AuditHead

BEGINNING = "0" * 64
"""What stands in the first entry for the seal of the one before."""
_CAME_BY = "came by"


def came_by(session: Session, way: Mapping[str, Any]) -> None:
    """Have every entry of this session say by which way the change came, beside what it tells otherwise."""
    session.info[_CAME_BY] = dict(way)


def token_of(session: Session) -> int | None:
    """Return the token with which a program makes the changes of this session; None when a person makes them."""
    token: int | None = session.info.get(_CAME_BY, {}).get("token")
    return token


def take_turn(session: Session) -> None:
    """Hold the head of the log until the transaction ends, before anything else is held.

    Every change needs the head in the end. Who first held a row, and then waited for the head, could wait for somebody
    who has the head and waits for that row.
    """
    session.exec(select(AuditHead.id).with_for_update()).one()


def record(
    session: Session,
    action: str,
    *,
    actor: str,
    now: datetime,
    contract_id: str | None = None,
    deliverable_id: int | None = None,
    detail: dict[str, Any] | None = None,
) -> AuditEntry:
    """Add an entry to the audit log, in the transaction of the change it tells of.

    The head row is locked until that transaction ends, so that entries are numbered without a gap.
    """
    head = session.exec(select(AuditHead).with_for_update()).one()
    entry = AuditEntry(
        sequence=head.sequence + 1,
        at=now,
        actor=actor,
        action=action,
        contract_id=contract_id,
        deliverable_id=deliverable_id,
        detail=(detail or {}) | session.info.get(_CAME_BY, {}),
        previous_sha256=head.sha256,
        sha256="",
    )
    entry.sha256 = _seal(entry)
    head.sequence, head.sha256 = entry.sequence, entry.sha256
    session.add(entry)
    session.flush()
    return entry


def verify(session: Session) -> int:
    """Return the number of entries when every one is in place and unchanged.

    Raises BadInput naming the first entry that was changed, or after which one is missing.
    """
    previous, count = BEGINNING, 0
    for entry in session.exec(select(AuditEntry).order_by(col(AuditEntry.sequence)).execution_options(yield_per=1000)):
        count += 1
        if entry.sequence != count or entry.previous_sha256 != previous:
            raise BadInput(
                say("The audit log is broken: an entry is missing before number %(sequence)s.", sequence=entry.sequence)
            )
        if entry.sha256 != _seal(entry):
            raise BadInput(
                say(
                    "The audit log is broken: entry number %(sequence)s was changed after it was written.",
                    sequence=entry.sequence,
                )
            )
        previous = entry.sha256
    if session.exec(select(AuditHead)).one().sha256 != previous:
        raise BadInput(say("The audit log is broken: entries after number %(count)s are missing.", count=count))
    return count


def said(entry: AuditEntry) -> dict[str, Any]:
    """Return an entry as it is written into files: everything that its seal is over, and the seal."""
    return {
        "sequence": entry.sequence,
        "at": entry.at.astimezone(UTC).isoformat(),
        "actor": entry.actor,
        "action": entry.action,
        "contract_id": entry.contract_id,
        "deliverable_id": entry.deliverable_id,
        "detail": entry.detail,
        "previous_sha256": entry.previous_sha256,
        "sha256": entry.sha256,
    }


def seal(entry: Mapping[str, Any]) -> str:
    """Return the seal that an entry, as `said` gives it, ought to have: SHA-256 of all the rest, as JSON in order."""
    content = [value for name, value in entry.items() if name != "sha256"]
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _seal(entry: AuditEntry) -> str:
    return seal(said(entry))
