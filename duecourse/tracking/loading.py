"""How does a contract come to be tracked?"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from sqlmodel import Session

from duecourse.calendar.schedule import Contract
from duecourse.models import ContractRow, DefinitionVersion
from duecourse.tracking.audit import record
from duecourse.tracking.changes import mark_changed


def load_contract(
    session: Session,
    contract: Contract,
    *,
    definition: str,
    now: datetime,
    actor: str,
    is_sample: bool = False,
    notices_from: datetime | None = None,
) -> ContractRow:
    """Track `contract`, or bring its definition up to date; loading the same definition again changes nothing.
    Every version of the definition is kept.

    `definition` is the resolved definition as JSON. Reminders are owed from `notices_from` on, or from now.
    """
    sha256 = hashlib.sha256(definition.encode()).hexdigest()
    row = session.get(ContractRow, contract.id)
    if row is not None and row.definition_sha256 == sha256:
        return row
    action = "loaded the contract" if row is None else "replaced the contract's definition"
    if row is None:
        row = ContractRow(
            id=contract.id,
            loaded_at=now,
            notices_from=notices_from or now,
            is_sample=is_sample,
            **_facts(contract, definition, sha256),
        )
    else:
        for name, value in _facts(contract, definition, sha256).items():
            setattr(row, name, value)
    session.add(row)
    session.flush()
    session.add(
        DefinitionVersion(
            contract_id=contract.id,
            in_force_from=now,
            definition=definition,
            definition_sha256=sha256,
            loaded_by=actor,
        )
    )
    record(session, action, actor=actor, now=now, contract_id=contract.id, detail={"definition_sha256": sha256})
    mark_changed(session, contract.id)
    return row


def _facts(contract: Contract, definition: str, sha256: str) -> dict[str, Any]:
    return {
        "number": contract.number,
        "name": contract.name,
        "funder": contract.funder,
        "contractor": contract.contractor,
        "zone": contract.zone,
        "start_on": contract.start,
        "end_on": contract.end,
        "definition": definition,
        "definition_sha256": sha256,
        "notice_terms": contract.notices.text(),
        "furthest_before": contract.notices.furthest_before,
    }
