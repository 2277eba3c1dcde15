"""What is due, overdue, submitted and accepted, over the contracts that a person may see?"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

from sqlmodel import Session, col, select

from duecourse.calendar.due import due_phrase
from duecourse.calendar.standing import Facts, Standing, standing
from duecourse.errors import NotFound
from duecourse.models import AuditEntry, ContractRow, Decision, Deliverable, Outcome, Submission


@dataclass(frozen=True, slots=True)
class Item:
    """A deliverable with its contract and its standing at the instant that was asked for."""

    deliverable: Deliverable
    contract: ContractRow
    standing: Standing
    phrase: str

    def days_late(self, now: datetime) -> int:
        """Return how many days it has been late, any begun day counting as one; 0 when it is not late."""
        late = now - self.deliverable.due_at
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
    found = [
        Item(row, contract, standing(fact, now), due_phrase(row.due_at, zone=row.zone, whole_day=row.whole_day))
        for (row, contract), fact in zip(rows, facts, strict=True)
    ]
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
    phrase = due_phrase(row.due_at, zone=row.zone, whole_day=row.whole_day)
    return Item(row, contract, standing(facts, now), phrase)


def history(session: Session, deliverable_id: int) -> list[tuple[Submission, Decision | None]]:
    """Return every version that came in, with the decision on it, the newest first."""
    query = (
        select(Submission, Decision)
        .join(Decision, col(Decision.submission_id) == Submission.id, isouter=True)
        .where(Submission.deliverable_id == deliverable_id)
        .order_by(col(Submission.version).desc())
    )
    return [(submission, decision) for submission, decision in session.exec(query)]


def audit_of(session: Session, deliverable_id: int) -> list[AuditEntry]:
    """Return what was changed on a deliverable, the newest first."""
    query = select(AuditEntry).where(AuditEntry.deliverable_id == deliverable_id)
    return list(session.exec(query.order_by(col(AuditEntry.sequence).desc())))


def _facts(session: Session, rows: list[Deliverable], now: datetime) -> list[Facts]:
    # A row holds the latest facts. Where one of them lies after `now`, an earlier version may have been in force then.
    later = [row.id for row in rows if _is_after(row, now)]
    earlier: dict[int, Facts] = {}
    if later:
        query = (
            select(Submission, Decision)
            .join(Decision, col(Decision.submission_id) == Submission.id, isouter=True)
            .where(col(Submission.deliverable_id).in_(later), col(Submission.submitted_at) <= now)
            .order_by(col(Submission.version))
        )
        due = {row.id: row for row in rows}
        for submission, decision in session.exec(query):
            decided = decision if decision is not None and decision.decided_at <= now else None
            earlier[submission.deliverable_id] = Facts(
                due_at=due[submission.deliverable_id].due_at,
                submitted_at=submission.submitted_at,
                accepted_at=decided.decided_at if decided and decided.outcome == Outcome.ACCEPTED else None,
                returned_at=decided.decided_at if decided and decided.outcome == Outcome.RETURNED else None,
            )
    return [
        replace(earlier.get(row.id or 0, Facts(row.due_at)), withdrawn_at=row.withdrawn_at)
        if row.id in later
        else row.facts
        for row in rows
    ]


def _is_after(row: Deliverable, now: datetime) -> bool:
    return any(at is not None and at > now for at in (row.submitted_at, row.accepted_at, row.returned_at))
