"""What is due, overdue, submitted and accepted, over the contracts that a person may see?"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

from sqlmodel import Session, col, select

from duecourse.calendar.due import due_phrase
from duecourse.calendar.lifecycle import Act
from duecourse.calendar.standing import Facts, Standing, standing
from duecourse.errors import NotFound
from duecourse.models import AuditEntry, ContractRow, Deliverable, LifecycleEntry, Submission, SubmissionFile
from duecourse.tracking.acting import entries_of, in_effect, replayed
from duecourse.tracking.submitting import files_of


@dataclass(frozen=True, slots=True)
class Item:
    """A deliverable with its contract and its standing at the instant that was asked for."""

    deliverable: Deliverable
    contract: ContractRow
    standing: Standing
    phrase: str
    """When the version that is asked for, or the latest that came in, has to be in."""
    facts: Facts

    def days_late(self, now: datetime) -> int:
        """Return how many days it has been late, any begun day counting as one; 0 when it is not late."""
        late = now - self.facts.limit
        return late.days + 1 if late.total_seconds() >= 0 else 0


def items(session: Session, *, now: datetime, contract_ids: Collection[str], open_only: bool = False) -> list[Item]:
    """Return the deliverables of these contracts by due moment, with their standing at `now`.

    `now` may lie in the past: what came in or was decided later has not happened yet.
    """
    query = (
        select(Deliverable, ContractRow)
        .join(ContractRow, col(ContractRow.id) == Deliverable.contract_id)
        .where(col(Deliverable.contract_id).in_(contract_ids))
        .order_by(col(Deliverable.due_at), col(Deliverable.id))
    )
    rows = session.exec(query).all()
    facts = _facts(session, [row for row, _ in rows], now)
    found = [_item(row, contract, fact, now) for (row, contract), fact in zip(rows, facts, strict=True)]
    return [item for item in found if item.standing.is_open] if open_only else found


def item(session: Session, uid: str, *, now: datetime, contract_ids: Collection[str]) -> Item:
    """Return one deliverable. Raises NotFound when there is none, or it belongs to none of these contracts."""
    row = session.exec(
        select(Deliverable).where(Deliverable.uid == uid, col(Deliverable.contract_id).in_(contract_ids))
    ).one_or_none()
    contract = session.get(ContractRow, row.contract_id) if row else None
    if row is None or contract is None:
        raise NotFound("There is no such deliverable.")
    (facts,) = _facts(session, [row], now)
    return _item(row, contract, facts, now)


@dataclass(frozen=True, slots=True)
class Version:
    """One version that came in: its files, the decision on it that is in effect, the entry that took it back."""

    submission: Submission
    files: list[SubmissionFile]
    decision: LifecycleEntry | None = None
    taken_back: LifecycleEntry | None = None

    @property
    def is_late(self) -> bool:
        """Whether it came in at or after the due moment that was in force for it."""
        return self.submission.submitted_at >= self.submission.due_at


def history(session: Session, deliverable_id: int, *, now: datetime) -> list[Version]:
    """Return every version that had come in by `now`, with the decision on it by then, the newest first."""
    submissions = session.exec(
        select(Submission)
        .where(Submission.deliverable_id == deliverable_id, col(Submission.submitted_at) <= now)
        .order_by(col(Submission.version).desc())
    ).all()
    entries = [entry for entry in entries_of(session, deliverable_id) if entry.happened_at <= now]
    decided = {e.submission_id: e for e in in_effect(entries) if e.act in (Act.ACCEPT, Act.RETURN)}
    back = {e.submission_id: e for e in entries if e.act == Act.UNDO_SUBMISSION}
    files = files_of(session, [submission.id or 0 for submission in submissions])
    return [Version(each, files.get(each.id or 0, []), decided.get(each.id), back.get(each.id)) for each in submissions]


def audit_of(session: Session, deliverable_id: int) -> list[AuditEntry]:
    """Return what was changed on a deliverable, the newest first."""
    query = select(AuditEntry).where(AuditEntry.deliverable_id == deliverable_id)
    return list(session.exec(query.order_by(col(AuditEntry.sequence).desc())))


def _item(row: Deliverable, contract: ContractRow, facts: Facts, now: datetime) -> Item:
    # A correction has the whole of its last day.
    whole_day = row.whole_day or facts.limit != row.due_at
    phrase = due_phrase(facts.limit, zone=row.zone, whole_day=whole_day)
    return Item(row, contract, standing(facts, now), phrase, facts)


def _facts(session: Session, rows: list[Deliverable], now: datetime) -> list[Facts]:
    # A row holds the latest facts. Where one of them lies after `now`, its entries are replayed up to then.
    contracts = {row.contract_id for row in rows if row.changed_at > now}
    entries: dict[int, list[LifecycleEntry]] = {}
    if contracts:
        query = (
            select(LifecycleEntry)
            .join(Deliverable, col(Deliverable.id) == LifecycleEntry.deliverable_id)
            .where(
                col(Deliverable.contract_id).in_(contracts),
                col(Deliverable.changed_at) > now,
                col(LifecycleEntry.happened_at) <= now,
            )
            .order_by(col(LifecycleEntry.id))
        )
        for entry in session.exec(query):
            entries.setdefault(entry.deliverable_id, []).append(entry)
    return [
        replace(
            replayed(entries.get(row.id or 0, []), due_at=row.due_at),
            withdrawn_at=row.withdrawn_at,
            excused=bool(row.excused),
        )
        if row.changed_at > now
        else row.facts
        for row in rows
    ]
