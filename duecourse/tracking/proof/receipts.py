"""What does this server say of a submission that it recorded, word for word, for ever?"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

from sqlmodel import Session, col, func, select

from duecourse.calendar import words
from duecourse.calendar.due import due_phrase
from duecourse.calendar.words import ZONES
from duecourse.errors import BadInput, NotFound
from duecourse.language.said import say
from duecourse.models import AuditEntry, ContractRow, Deliverable, Receipt, Submission
from duecourse.models.columns import new_uid
from duecourse.tracking.audit import record
from duecourse.tracking.proof.signed_documents import canonical, content_sha256

ISSUED = "issued a receipt"


class HandedIn(Protocol):
    """A file of the submission; `size` is in bytes."""

    @property
    def name(self) -> str: ...
    @property
    def size(self) -> int: ...
    @property
    def sha256(self) -> str: ...


def issue_receipt(
    session: Session, row: Deliverable, submission: Submission, files: Sequence[HandedIn], *, now: datetime
) -> Receipt:
    """Write the receipt of a submission, in its transaction, after its audit entry.

    The audit entry made the caller the only writer until the transaction ends, so numbers have no gaps. The hash of the
    receipt goes into the audit log in an entry of its own, since the receipt names the seal of the submission's.
    """
    contract = session.get_one(ContractRow, row.contract_id)
    entry = session.exec(
        select(AuditEntry).where(AuditEntry.deliverable_id == row.id).order_by(col(AuditEntry.sequence).desc()).limit(1)
    ).one()
    number = (session.exec(select(func.max(Receipt.number))).one() or 0) + 1
    uid = new_uid()
    content = {"number": number, "uid": uid} | _content(contract, row, submission, files, entry)
    text = canonical(content)
    sha256 = content_sha256(text)
    said = {"number": number, "uid": uid, "sha256": sha256}
    holds = record(session, ISSUED, actor=submission.entered_by, now=now, contract_id=row.contract_id, detail=said)
    assert submission.id is not None
    receipt = Receipt(
        number=number,
        uid=uid,
        submission_id=submission.id,
        content=text,
        sha256=sha256,
        issued_at=now,
        audit_sequence=holds.sequence,
    )
    session.add(receipt)
    session.flush()
    return receipt


def content_of(receipt: Receipt) -> dict[str, Any]:
    """Return what a receipt says."""
    content: dict[str, Any] = json.loads(receipt.content)
    return content


def find_receipt(session: Session, uid: str) -> tuple[Receipt, Submission, Deliverable]:
    """Return a receipt with its submission and deliverable. Raises NotFound when there is none."""
    query = (
        select(Receipt, Submission, Deliverable)
        .join(Submission, col(Submission.id) == Receipt.submission_id)
        .join(Deliverable, col(Deliverable.id) == Submission.deliverable_id)
        .where(Receipt.uid == uid)
    )
    found = session.exec(query).one_or_none()
    if found is None:
        raise NotFound(say("There is no such receipt."))
    return found


def is_recorded(session: Session, uid: str, sha256: str) -> bool:
    """Tell whether this server issued a receipt with this name whose content has this hash."""
    return session.exec(select(Receipt).where(Receipt.uid == uid, Receipt.sha256 == sha256)).first() is not None


def verify_receipts(session: Session) -> int:
    """Return the number of receipts when every one says what the audit log holds the hash of.

    Check the log itself first (`audit.verify`). Raises BadInput naming the first receipt that was changed or is
    missing.
    """
    issued = session.exec(select(AuditEntry).where(AuditEntry.action == ISSUED).order_by(col(AuditEntry.sequence)))
    hashes = {entry.sequence: entry.detail["sha256"] for entry in issued}
    for receipt in session.exec(select(Receipt).order_by(col(Receipt.number)).execution_options(yield_per=1000)):
        if (
            content_sha256(receipt.content) != receipt.sha256
            or hashes.pop(receipt.audit_sequence, "") != receipt.sha256
        ):
            raise BadInput(say("Receipt number %(number)s was changed after it was issued.", number=receipt.number))
    if hashes:
        raise BadInput(say("The receipt that audit entry number %(number)s tells of is missing.", number=min(hashes)))
    return session.exec(select(func.count()).select_from(Receipt)).one()


def receipts_of(session: Session, submission_ids: Collection[int | None]) -> dict[int, Receipt]:
    """Return the receipts of these submissions, by submission; what came in before there were receipts has none."""
    query = select(Receipt).where(col(Receipt.submission_id).in_(submission_ids))
    return {receipt.submission_id: receipt for receipt in session.exec(query)}


def _content(
    contract: ContractRow,
    row: Deliverable,
    submission: Submission,
    files: Sequence[HandedIn],
    entry: AuditEntry,
) -> dict[str, Any]:
    zone, is_correction = row.zone, submission.due_at != row.due_at
    phrase = due_phrase(submission.due_at, zone=zone, whole_day=row.whole_day or is_correction)
    again = [f"A version was returned for correction: the correction is due {phrase}."] if is_correction else []
    return {
        "contract": {
            "id": contract.id,
            "number": contract.number,
            "name": contract.name,
            "contractor": contract.contractor,
            "funder": contract.funder,
        },
        "deliverable": {
            "uid": row.uid,
            "report": row.title,
            "for": row.label,
            "covers": [str(row.period_start), str(row.period_end)] if row.period_start and row.period_end else None,
            "exhibit_line": row.number,
            "clause": row.clause,
            "owed_by": row.owed_by,
            "owed_to": row.owed_to,
        },
        "submission": {
            "version": submission.version,
            "nothing_to_report": submission.is_nil,
            "submitted_at": _instant(submission.submitted_at, zone),
            "recorded_at": _instant(submission.recorded_at, zone),
            "submitted_by": submission.submitted_by,
            "entered_by": submission.entered_by,
            "channel": submission.channel,
            "reference": submission.reference,
            "note": submission.note,
            "files": [{"name": file.name, "size": file.size, "sha256": file.sha256} for file in files],
        },
        "due": {
            "before": _instant(submission.due_at, zone),
            "in_words": phrase,
            "why": [*row.steps, *again],
            "on_time": submission.submitted_at < submission.due_at,
            "excused": row.excused,
        },
        "rule": {"definition_sha256": contract.definition_sha256, "closures": row.calendar_version},
        "zone": {"name": zone, "in_words": f"{ZONES[zone][0]} time"},
        "audit_entry": {"number": entry.sequence, "seal": entry.sha256},
    }


def _instant(at: datetime, zone: str) -> dict[str, str]:
    return {"utc": at.astimezone(UTC).isoformat().replace("+00:00", "Z"), "in_words": words.instant(at, zone)}
