"""Which deliverables may a mail be about, by its own subject and by those of the mails that it carries along?"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from duecourse.calendar.standing import standing
from duecourse.calendar.subject_words import Days
from duecourse.calendar.subjects import Expected, Fit, named_contracts, recognise
from duecourse.models import ContractRow, Deliverable
from duecourse.tracking.mail.mail_reading import Named, ReadMail
from duecourse.tracking.stored_definitions import contract_of

_MOST = 12
"""The candidates that are offered to a person; more would be a list of everything."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a mail may be about: each contract with a deliverable of it, if any, and the name of the fit.

    `matched` is the one open deliverable that fits, if there is exactly one; `dated_at` the date of the mail, or of
    the one inside of it, whose subject said so.
    """

    candidates: list[tuple[str, int | None, str]] = field(default_factory=list)
    matched: Deliverable | None = None
    dated_at: datetime | None = None


def look_up(session: Session, read: ReadMail, *, now: datetime) -> Found:
    """Return what a mail may be about at `now`. Four statements at most, and none when no contract is named."""
    numbers: dict[str, list[ContractRow]] = {}
    for row in session.exec(select(ContractRow).order_by(col(ContractRow.id))):
        numbers.setdefault(row.number, []).append(row)
    named = [each for each in read.subjects if named_contracts(each.subject, numbers)]
    if not named and named_contracts(read.text, numbers):
        # A portal's confirmation says it in the text.
        named = [Named(read.text, read.dated_at)]
    contracts = {
        row.id: row for each in named for number in named_contracts(each.subject, numbers) for row in numbers[number]
    }
    if not contracts:
        return Found()
    rows = {row.uid: row for row in _asked_for(session, contracts)}
    expected = list(_expected(contracts, rows.values()))
    zone = ZoneInfo(next(iter(contracts.values())).zone)
    best: Fit | None = None
    fitting: dict[str, datetime | None] = {}
    for each in named:
        sent_on = (each.dated_at or read.dated_at or now).astimezone(zone).date()
        for match in recognise(each.subject, expected, sent_on=sent_on):
            if best is None or match.fit < best:
                best, fitting = match.fit, {}
            if match.fit is best:
                fitting.setdefault(match.uid, each.dated_at)
    around = next((at for at in fitting.values() if at is not None), read.dated_at or now)
    chosen = sorted((rows[uid] for uid in fitting), key=lambda row: (not _is_open(row, now), _distance(row, around)))
    still_open = [row for row in chosen if _is_open(row, now)]
    candidates = [(row.contract_id, row.id, best.name.lower() if best else "") for row in chosen[:_MOST]]
    without = set(contracts) - {contract_id for contract_id, _, _ in candidates}
    return Found(
        [*candidates, *((contract_id, None, "") for contract_id in sorted(without))],
        still_open[0] if len(still_open) == 1 else None,
        next((at for at in fitting.values() if at is not None), None),
    )


def _asked_for(session: Session, contract_ids: Collection[str]) -> Iterator[Deliverable]:
    query = select(Deliverable).where(
        col(Deliverable.contract_id).in_(contract_ids), col(Deliverable.withdrawn_at).is_(None)
    )
    yield from session.exec(query.order_by(col(Deliverable.due_at), col(Deliverable.id)))


def _expected(contracts: dict[str, ContractRow], rows: Collection[Deliverable]) -> Iterator[Expected]:
    for row in rows:
        contract = contracts[row.contract_id]
        also = [duty for duty in contract_of(contract).obligations if duty.id == row.obligation_id]
        names = {name for duty in also for name in (duty.report_type, duty.title, *duty.mail.subject_also)}
        days = Days(row.period_start, row.period_end) if row.period_start and row.period_end else None
        yield Expected(row.uid, contract.number, tuple(sorted({row.title, *names} - {""})), row.label, days)


def _is_open(row: Deliverable, now: datetime) -> bool:
    return standing(row.facts, now).is_open


def _distance(row: Deliverable, at: datetime) -> timedelta:
    return abs(row.due_at - at)
