"""Which extensions were asked for and granted, and how many are left for each type of report?

Counted over the contract's whole term; a request that was refused or taken back uses up none.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func
from sqlmodel import Session, col, select

from duecourse.calendar.desks import Span
from duecourse.calendar.extension_terms import ExtensionTerms
from duecourse.models import ContractRow, Deliverable, Extension, ExtensionState
from duecourse.tracking.stored_definitions import contract_of


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """One type of report: how many extensions the contract allows, and how many were granted.

    `allowed` is None where the contract states no limit.
    """

    report_type: str
    allowed: int | None
    granted: int

    @property
    def left(self) -> int | None:
        """How many are left; None where there is no limit."""
        return None if self.allowed is None else max(self.allowed - self.granted, 0)


def left_for(session: Session, contract_id: str, report_type: str) -> int | None:
    """Return how many extensions are left for a type of report; None where no limit is stated."""
    terms = terms_of(session, contract_id)
    if terms is None or not report_type or report_type not in [each.name for each in terms.types]:
        return None
    return terms.granted - _granted(session, [contract_id]).get((contract_id, report_type), 0)


def line_for(session: Session, row: Deliverable) -> LedgerLine:
    """Return the line of the ledger under which an extension of this deliverable counts."""
    (line,) = lines_for(session, [row])
    return line


def lines_for(session: Session, rows: Collection[Deliverable]) -> list[LedgerLine]:
    """Return such a line for each of these deliverables. Two statements, however many they are."""
    if not rows:
        return []
    contract_ids = {row.contract_id for row in rows}
    contracts = session.exec(select(ContractRow).where(col(ContractRow.id).in_(contract_ids)))
    terms = {contract.id: contract_of(contract).extensions for contract in contracts}
    granted = _granted(session, contract_ids)
    return [_line(row, terms[row.contract_id], granted) for row in rows]


def used_lines(session: Session, contract_ids: Collection[str]) -> dict[str, list[LedgerLine]]:
    """Return by contract a line for every type of report of which an extension was granted, under a limit.

    Two statements; only the contracts under which there was one are read.
    """
    granted = _granted(session, contract_ids)
    rows = session.exec(select(ContractRow).where(col(ContractRow.id).in_({contract for contract, _ in granted})))
    terms = {row.id: contract_of(row).extensions for row in rows}
    found: dict[str, list[LedgerLine]] = {}
    for (contract_id, name), number in sorted(granted.items()):
        stated = terms[contract_id]
        if stated is not None and name:
            found.setdefault(contract_id, []).append(LedgerLine(name, stated.granted, number))
    return found


def ledger(session: Session, contract_id: str) -> list[LedgerLine]:
    """Return a line for every type of report that the contract names; none where it says nothing of extensions."""
    terms = terms_of(session, contract_id)
    if terms is None:
        return []
    granted = _granted(session, [contract_id])
    return [LedgerLine(each.name, terms.granted, granted.get((contract_id, each.name), 0)) for each in terms.types]


def extensions_of(session: Session, deliverable_id: int, *, now: datetime) -> list[Extension]:
    """Return what was asked for a deliverable by `now`, the newest first."""
    query = select(Extension).where(Extension.deliverable_id == deliverable_id, col(Extension.recorded_at) <= now)
    return list(session.exec(query.order_by(col(Extension.id).desc())))


def extensions_under(
    session: Session, contract_ids: Collection[str], *, now: datetime, waiting_only: bool = False
) -> list[tuple[Extension, Deliverable]]:
    """Return what was asked for under these contracts by `now`, the oldest first."""
    query = (
        select(Extension, Deliverable)
        .join(Deliverable, col(Deliverable.id) == Extension.deliverable_id)
        .where(col(Extension.contract_id).in_(contract_ids), col(Extension.recorded_at) <= now)
    )
    if waiting_only:
        query = query.where(Extension.outcome == ExtensionState.ASKED)
    return list(session.exec(query.order_by(col(Extension.asked_at), col(Extension.id))))


def count_waiting(session: Session, contract_ids: Collection[str], *, now: datetime) -> int:
    """Return how many requests under these contracts wait for a decision; one statement."""
    query = (
        select(func.count())
        .select_from(Extension)
        .where(
            col(Extension.contract_id).in_(contract_ids),
            col(Extension.recorded_at) <= now,
            Extension.outcome == ExtensionState.ASKED,
        )
    )
    return session.exec(query).one()


def waits_by_deliverable(
    session: Session,
    *,
    now: datetime,
    contract_ids: Collection[str],
    deliverable_ids: Collection[int] | None = None,
) -> dict[int, tuple[Span, ...]]:
    """Return for each deliverable the times, up to `now`, in which a request waited for the funder's decision.

    Of all deliverables of these contracts, or of those with the given ids alone.
    """
    query = select(Extension.deliverable_id, Extension.asked_at, Extension.decided_at).where(
        col(Extension.contract_id).in_(contract_ids),
        col(Extension.recorded_at) <= now,
        Extension.outcome != ExtensionState.TAKEN_BACK,
    )
    if deliverable_ids is not None:
        query = query.where(col(Extension.deliverable_id).in_(deliverable_ids))
    found: dict[int, tuple[Span, ...]] = {}
    for deliverable_id, asked_at, decided_at in session.exec(query.order_by(col(Extension.asked_at))):
        end = min(decided_at or now, now)
        if asked_at < end:
            found[deliverable_id] = (*found.get(deliverable_id, ()), Span(asked_at, end))
    return found


def terms_of(session: Session, contract_id: str) -> ExtensionTerms | None:
    """Return what the contract says of extensions; None when it says nothing."""
    row = session.get(ContractRow, contract_id)
    return contract_of(row).extensions if row else None


def _line(row: Deliverable, terms: ExtensionTerms | None, granted: dict[tuple[str, str], int]) -> LedgerLine:
    name = terms.type_of(row.obligation_id) if terms else ""
    if terms is None or not name:
        return LedgerLine(name, None, 0)
    return LedgerLine(name, terms.granted, granted.get((row.contract_id, name), 0))


def _granted(session: Session, contract_ids: Collection[str]) -> dict[tuple[str, str], int]:
    query = (
        select(Extension.contract_id, Extension.report_type, func.count())
        .where(col(Extension.contract_id).in_(contract_ids), Extension.outcome == ExtensionState.GRANTED)
        .group_by(col(Extension.contract_id), col(Extension.report_type))
    )
    return {(contract_id, name): count for contract_id, name, count in session.exec(query)}
