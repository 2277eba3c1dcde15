"""How is a change recorded, and is the record whole?"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

from sqlmodel import Session, col, select

from duecourse.errors import BadInput
from duecourse.models import AuditEntry, AuditHead

_BEGINNING = "0" * 64


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
        detail=detail or {},
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
    previous, count = _BEGINNING, 0
    for entry in session.exec(select(AuditEntry).order_by(col(AuditEntry.sequence))):
        count += 1
        if entry.sequence != count or entry.previous_sha256 != previous:
            raise BadInput(f"The audit log is broken: an entry is missing before number {entry.sequence}.")
        if entry.sha256 != _seal(entry):
            raise BadInput(f"The audit log is broken: entry number {entry.sequence} was changed after it was written.")
        previous = entry.sha256
    if session.exec(select(AuditHead)).one().sha256 != previous:
        raise BadInput(f"The audit log is broken: entries after number {count} are missing.")
    return count


def _seal(entry: AuditEntry) -> str:
    content = [
        entry.sequence,
        entry.at.astimezone(UTC).isoformat(),
        entry.actor,
        entry.action,
        entry.contract_id,
        entry.deliverable_id,
        entry.detail,
        entry.previous_sha256,
    ]
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
