"""What is due, overdue, submitted and accepted, over the contracts that a person may see?"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from duecourse.calendar.desks import Span, days_late
from duecourse.calendar.due import due_phrase, last_day_before
from duecourse.calendar.lifecycle import Act
from duecourse.calendar.standing import Facts, Standing, standing
from duecourse.errors import NotFound
from duecourse.language.said import say
from duecourse.models import (
    AuditEntry,
    ContractRow,
    Deliverable,
    ExtensionState,
    LifecycleEntry,
    Person,
    Submission,
    SubmissionFile,
)
from duecourse.tracking.acting import entries_of, in_effect
from duecourse.tracking.as_of import Known, known_at
from duecourse.tracking.extensions.extension_ledger import extensions_of, waits_by_deliverable
from duecourse.tracking.submitting import files_of

_CHUNK = 200
"""How many deliverables are read at once when some of them are looked for by standing."""
_FEW = 500
"""So many rows are named one by one in a statement; of more, all of their contracts are asked for."""


@dataclass(frozen=True, slots=True)
class Item:
    """A deliverable with its contract and its standing at the instant that was asked for."""

    deliverable: Deliverable
    contract: ContractRow
    standing: Standing
    phrase: str
    """When the version that is asked for, or the latest that came in, has to be in."""
    facts: Facts
    waits: tuple[Span, ...] = ()
    """When a request for more time waited for the funder's decision: those days do not count as late."""

    def days_late(self, now: datetime) -> int:
        """Return how many days it has been late, any begun day counting as one; 0 when it is not late."""
        return days_late(self.facts.limit, now, self.waits)

    def is_due_today(self, now: datetime) -> bool:
        """Tell whether it is still to be handed in, and the last day for that is this one where the contract is."""
        limit, zone = self.facts.limit, self.deliverable.zone
        today = now.astimezone(ZoneInfo(zone)).date()
        return self.standing.is_open and now < limit and last_day_before(limit, zone) == today


def items(session: Session, *, now: datetime, contract_ids: Collection[str], open_only: bool = False) -> list[Item]:
    """Return the deliverables of these contracts by due moment, with their standing at `now`.

    `now` may lie in the past: what was recorded later has not happened yet.
    """
    query = (
        select(Deliverable, ContractRow)
        .join(ContractRow, col(ContractRow.id) == Deliverable.contract_id)
        .where(col(Deliverable.contract_id).in_(contract_ids))
        .order_by(col(Deliverable.due_at), col(Deliverable.id))
    )
    found = items_from(session, session.exec(query).all(), now=now)
    return [item for item in found if item.standing.is_open] if open_only else found


def items_from(session: Session, rows: Sequence[tuple[Deliverable, ContractRow]], *, now: datetime) -> list[Item]:
    """Return these deliverables, in their order, with their standing at `now`."""
    if not rows:
        return []
    known = known_at(session, [row for row, _ in rows], now)
    waits = waits_by_deliverable(
        session,
        now=now,
        contract_ids={row.contract_id for row, _ in rows},
        deliverable_ids=[row.id or 0 for row, _ in rows] if len(rows) <= _FEW else None,
    )
    return [
        _item(row, contract, each, now, waits.get(row.id or 0, ()))
        for (row, contract), each in zip(rows, known, strict=True)
    ]


def item(session: Session, uid: str, *, now: datetime, contract_ids: Collection[str]) -> Item:
    """Return one deliverable. Raises NotFound when there is none, or it belongs to none of these contracts."""
    row = session.exec(
        select(Deliverable).where(Deliverable.uid == uid, col(Deliverable.contract_id).in_(contract_ids))
    ).one_or_none()
    contract = session.get(ContractRow, row.contract_id) if row else None
    if row is None or contract is None:
        raise NotFound(say("There is no such deliverable."))
    (known,) = known_at(session, [row], now)
    waits = waits_by_deliverable(session, now=now, contract_ids=[contract.id])
    return _item(row, contract, known, now, waits.get(row.id or 0, ()))


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which deliverables are looked for: with one of these standings, due from the one instant and before the other."""

    contract_ids: Collection[str]
    standings: frozenset[Standing] = frozenset()
    """Any, when it is empty."""
    due_from: datetime | None = None
    due_before: datetime | None = None


def items_after(
    session: Session, place: tuple[datetime, int] | None, wanted: Wanted, *, limit: int, now: datetime
) -> list[Item]:
    """Return the next `limit` deliverables in the order of due moment and id, after a place in that order.

    However deep the place lies, it is sought by an index. A standing is not stored, so that it is chosen from what was
    read, chunk by chunk.
    """
    found: list[Item] = []
    size = max(limit, _CHUNK) if wanted.standings else limit
    while True:
        rows = _rows_after(session, place, wanted, limit=size)
        known = known_at(session, [row for row, _ in rows], now)
        waits = waits_by_deliverable(session, now=now, contract_ids={row.contract_id for row, _ in rows})
        for (row, contract), each in zip(rows, known, strict=True):
            item = _item(row, contract, each, now, waits.get(row.id or 0, ()))
            if not wanted.standings or item.standing in wanted.standings:
                found.append(item)
            if len(found) == limit:
                return found
        if len(rows) < size:
            return found
        last = rows[-1][0]
        place = (last.due_at, last.id or 0)


def _rows_after(
    session: Session, place: tuple[datetime, int] | None, wanted: Wanted, *, limit: int
) -> list[tuple[Deliverable, ContractRow]]:
    query = (
        select(Deliverable, ContractRow)
        .join(ContractRow, col(ContractRow.id) == Deliverable.contract_id)
        .where(col(Deliverable.contract_id).in_(wanted.contract_ids))
        .order_by(col(Deliverable.due_at), col(Deliverable.id))
    )
    if wanted.due_from is not None:
        query = query.where(col(Deliverable.due_at) >= wanted.due_from)
    if wanted.due_before is not None:
        query = query.where(col(Deliverable.due_at) < wanted.due_before)
    if place is None:
        return list(session.exec(query.limit(limit)))
    due_at, id = place
    # Two seeks: SQLite seeks only on the first column of a pair, and would walk all that is due at that moment.
    same = query.where(col(Deliverable.due_at) == due_at, col(Deliverable.id) > id).limit(limit)
    rows = list(session.exec(same))
    if len(rows) < limit:
        rows += session.exec(query.where(col(Deliverable.due_at) > due_at).limit(limit - len(rows)))
    return rows


@dataclass(frozen=True, slots=True)
class Version:
    """One version that came in: its files, the decision on it that is in effect, the entry that took it back."""

    submission: Submission
    files: list[SubmissionFile]
    decision: LifecycleEntry | None = None
    taken_back: LifecycleEntry | None = None
    entered_by: str = ""
    """The name of the person who entered it."""
    extended_until: datetime | None = None
    """The due moment that an extension gave, also one that was entered after it came in."""

    @property
    def is_for_another(self) -> bool:
        """Whether one person entered what another had sent."""
        return self.entered_by.casefold() != " ".join(self.submission.submitted_by.split()).casefold()

    @property
    def is_late(self) -> bool:
        """Whether it came in at or after the due moment for it, as an extension may have set it."""
        return self.submission.submitted_at >= max(
            self.submission.due_at, self.extended_until or self.submission.due_at
        )

    @property
    def is_explained(self) -> bool:
        """Whether it was late by the due moment of its own time, and is not by an extension that was entered later."""
        return self.submission.submitted_at >= self.submission.due_at and not self.is_late


def history(session: Session, deliverable_id: int, *, now: datetime) -> list[Version]:
    """Return every version that was recorded by `now`, with the decision on it by then, the newest first."""
    submissions = session.exec(
        select(Submission)
        .where(Submission.deliverable_id == deliverable_id, col(Submission.recorded_at) <= now)
        .order_by(col(Submission.version).desc())
    ).all()
    entries = [entry for entry in entries_of(session, deliverable_id) if entry.recorded_at <= now]
    decided = {e.submission_id: e for e in in_effect(entries) if e.act in (Act.ACCEPT, Act.RETURN)}
    back = {e.submission_id: e for e in entries if e.act == Act.UNDO_SUBMISSION}
    files = files_of(session, [submission.id or 0 for submission in submissions])
    names = _names(session, {submission.entered_by for submission in submissions})
    asked = extensions_of(session, deliverable_id, now=now)
    granted = [each.granted_until for each in asked if each.outcome == ExtensionState.GRANTED and each.granted_until]
    extended = max(granted, default=None)
    return [
        Version(
            each,
            files.get(each.id or 0, []),
            decided.get(each.id),
            back.get(each.id),
            names.get(each.entered_by, each.entered_by),
            extended,
        )
        for each in submissions
    ]


def audit_of(session: Session, deliverable_id: int) -> list[AuditEntry]:
    """Return what was changed on a deliverable, the newest first."""
    query = select(AuditEntry).where(AuditEntry.deliverable_id == deliverable_id)
    return list(session.exec(query.order_by(col(AuditEntry.sequence).desc())))


def _names(session: Session, emails: Collection[str]) -> dict[str, str]:
    people = session.exec(select(Person.email, Person.name).where(col(Person.email).in_(emails)))
    return dict(people.all())


def _item(row: Deliverable, contract: ContractRow, known: Known, now: datetime, waits: tuple[Span, ...]) -> Item:
    facts = known.facts
    # A correction has the whole of its last day.
    whole_day = known.whole_day or facts.limit != facts.due_at
    phrase = due_phrase(facts.limit, zone=row.zone, whole_day=whole_day)
    return Item(row, contract, standing(facts, now), phrase, facts, waits)
