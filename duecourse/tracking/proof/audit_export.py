"""What does an auditor get of a contract: the record of its changes, its receipts, what became of each deliverable?"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlmodel import Session, col, select

from duecourse.errors import NotFound
from duecourse.models import (
    AuditEntry,
    AuditHead,
    ContractRow,
    Deliverable,
    DueChange,
    LifecycleEntry,
    Receipt,
    Submission,
)
from duecourse.sheets.csv_files import as_csv
from duecourse.sheets.tables import Table
from duecourse.tracking.acting import in_effect
from duecourse.tracking.audit import said
from duecourse.tracking.boards import Item, items
from duecourse.tracking.proof.export_archive import archive
from duecourse.tracking.proof.receipts import content_of
from duecourse.tracking.proof.signed_documents import EXPORT, RECEIPT, signed_document
from duecourse.tracking.proof.signing import PrivateKey
from duecourse.tracking.rates import Rate, on_time_rates, quarter_name, rate_rows
from duecourse.tracking.stored_definitions import contract_of

MANIFEST, INDEX, ENTRIES = "manifest.json", "index.html", "audit-entries.jsonl"
DELIVERABLES, RATES, RECEIPTS = "deliverables.jsonl", "on-time-rates.csv", "receipts/"


@dataclass(frozen=True, slots=True)
class ContractRecords:
    """Everything that is exported of one contract, as it was at one instant."""

    contract: ContractRow
    at: datetime
    head: dict[str, Any]
    entries: list[dict[str, Any]]
    """Every entry of the whole audit log: those of this contract in full, of the others number and seal alone."""
    receipts: list[Receipt]
    deliverables: list[dict[str, Any]]
    rates: list[Rate]
    fiscal_year_starts: int

    def quarter(self, rate: Rate) -> str:
        """Return the quarter of a rate as people call it."""
        return quarter_name(rate, self.fiscal_year_starts)


def contract_records(session: Session, contract_id: str, *, now: datetime) -> ContractRecords:
    """Return what is exported of a contract. Read it in a snapshot. Raises NotFound when there is no such contract."""
    contract = session.get(ContractRow, contract_id)
    if contract is None:
        raise NotFound(f"There is no contract {contract_id}.")
    everything = items(session, now=now, contract_ids=[contract_id])
    starts = contract_of(contract).fiscal_year_starts
    rows = rate_rows(session, everything, now=now)
    head = session.exec(select(AuditHead)).one()
    log = session.exec(select(AuditEntry).order_by(col(AuditEntry.sequence)).execution_options(yield_per=1000))
    return ContractRecords(
        contract=contract,
        at=now,
        head={"sequence": head.sequence, "sha256": head.sha256},
        entries=[
            said(entry) if entry.contract_id == contract_id else {"sequence": entry.sequence, "sha256": entry.sha256}
            for entry in log
        ],
        receipts=_receipts(session, contract_id),
        deliverables=_deliverables(session, contract_id, everything),
        rates=on_time_rates(rows, now=now, fiscal_year_starts=starts, quarterly=True),
        fiscal_year_starts=starts,
    )


def export_file(records: ContractRecords, *, index: str, by: str, key: PrivateKey) -> bytes:
    """Return the one file for an auditor, signed. `index` is its page for reading, `by` who asked for it."""
    files = {
        INDEX: index.encode(),
        ENTRIES: _lines(records.entries),
        DELIVERABLES: _lines(records.deliverables),
        RATES: _rates(records),
    } | {
        f"{RECEIPTS}{receipt.number:06d}.json": signed_document(RECEIPT, content_of(receipt), key)
        for receipt in records.receipts
    }
    contract = records.contract
    manifest = {
        "contract": {
            "id": contract.id,
            "number": contract.number,
            "name": contract.name,
            "contractor": contract.contractor,
            "funder": contract.funder,
            "definition_sha256": contract.definition_sha256,
        },
        "exported_at": utc(records.at),
        "exported_by": by,
        "audit_head": records.head,
        "files": {name: hashlib.sha256(content).hexdigest() for name, content in files.items()},
    }
    return archive({MANIFEST: signed_document(EXPORT, manifest, key)} | files)


def utc(at: datetime | None) -> str | None:
    """Return an instant in UTC, or None."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z") if at else None


def _receipts(session: Session, contract_id: str) -> list[Receipt]:
    query = (
        select(Receipt)
        .join(Submission, col(Submission.id) == Receipt.submission_id)
        .join(Deliverable, col(Deliverable.id) == Submission.deliverable_id)
        .where(Deliverable.contract_id == contract_id)
    )
    return list(session.exec(query.order_by(col(Receipt.number))))


def _deliverables(session: Session, contract_id: str, everything: list[Item]) -> list[dict[str, Any]]:
    def own(query: Any, found: dict[int, list[Any]]) -> dict[int, list[Any]]:
        for each in session.exec(query):
            found.setdefault(each.deliverable_id, []).append(each)
        return found

    belongs = Deliverable.contract_id == contract_id
    acts = own(select(LifecycleEntry).join(Deliverable).where(belongs).order_by(col(LifecycleEntry.id)), {})
    changes = own(select(DueChange).join(Deliverable).where(belongs).order_by(col(DueChange.id)), {})
    submissions = session.exec(select(Submission).join(Deliverable).where(belongs)).all()
    versions = {submission.id: submission.version for submission in submissions}
    return [
        _deliverable(item, acts.get(item.deliverable.id or 0, []), changes.get(item.deliverable.id or 0, []), versions)
        for item in everything
    ]


def _deliverable(
    item: Item, acts: list[LifecycleEntry], changes: list[DueChange], versions: dict[int | None, int]
) -> dict[str, Any]:
    row, standing = item.deliverable, {entry.id for entry in in_effect(acts)}
    return {
        "id": row.id,
        "uid": row.uid,
        "report": row.title,
        "for": row.label,
        "clause": row.clause,
        "exhibit_line": row.number,
        "owed_by": row.owed_by,
        "owed_to": row.owed_to,
        "side": row.party,
        "due": item.phrase,
        "due_at": utc(row.due_at),
        "why": row.steps,
        "excused": row.excused,
        "standing": str(item.standing),
        "earlier_dates": [
            {"due_at": utc(each.due_at), "until": utc(each.changed_at), "by": each.changed_by, "cause": each.cause}
            for each in changes
        ],
        "acts": [
            {
                "act": entry.act,
                "from": entry.start,
                "to": entry.to,
                "happened_at": utc(entry.happened_at),
                "recorded_at": utc(entry.recorded_at),
                "by": entry.actor,
                "reason": entry.reason,
                "version": versions.get(entry.submission_id),
                "correction_late_from": utc(entry.again_by),
                "in_effect": entry.id in standing,
            }
            for entry in acts
        ],
    }


def _lines(rows: Iterable[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n" for row in rows).encode()


def _rates(records: ContractRecords) -> bytes:
    columns = ("report", "obligation", "quarter", "due", "on time", "late", "missing", "share on time")
    rows = [
        (
            rate.title,
            rate.obligation_id,
            records.quarter(rate),
            rate.due,
            rate.on_time,
            rate.late,
            rate.missing,
            f"{float(rate.share):.3f}",
        )
        for rate in records.rates
    ]
    return as_csv(Table("On time", columns, rows))
