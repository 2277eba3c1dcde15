"""What does the funder owe over several contracts: answers to what came in, decisions on requests, and its duties?"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col, select

from duecourse.calendar.desks import Span, count_days
from duecourse.calendar.due import due_phrase
from duecourse.calendar.lifecycle import Party
from duecourse.calendar.schedule import Event
from duecourse.calendar.standing import Standing
from duecourse.models import ContractRow, Deliverable, EventRow, Extension, OwnEvent, Submission
from duecourse.tracking.boards import Item
from duecourse.tracking.conditions import FUNDERS, REMINDED, stands
from duecourse.tracking.extensions.extension_ledger import LedgerLine, extensions_under, lines_for
from duecourse.tracking.in_force import in_force
from duecourse.tracking.windows import all_of, scope

_WAITING = (Standing.SUBMITTED, Standing.SUBMITTED_LATE)


@dataclass(frozen=True, slots=True)
class Answer:
    """A submission that waits for an answer: since when, for how many days, and the duty to answer it, if there is."""

    item: Item
    since: datetime
    days: int
    business_days: int
    duty: Item | None


@dataclass(frozen=True, slots=True)
class Decision:
    """A request for more time that waits for a decision, what is left for its type, and the duty to decide it."""

    extension: Extension
    deliverable: Deliverable
    contract: ContractRow
    first: str
    line: LedgerLine
    duty: Item | None


@dataclass(frozen=True, slots=True)
class Owed:
    """Everything that the funder owes, each list with the longest waiting, or the first due, in front."""

    answers: list[Answer]
    decisions: list[Decision]
    duties: list[Item]
    """Open duties, besides those to answer and to decide."""


def owed_by_funder(session: Session, *, now: datetime, contract_ids: Collection[str]) -> Owed:
    """Return what the funder owes under these contracts at `now`."""
    is_open = FUNDERS & stands(now, *(one for one in Standing if one.is_open))
    came = ~FUNDERS & REMINDED & stands(now, *_WAITING)
    everything = all_of(scope(session, now=now, contract_ids=contract_ids), is_open | came)
    ours = [item for item in everything if item.deliverable.party == Party.FUNDER]
    by_submission, by_extension = _started(session, contract_ids, ours)
    came_in = [item for item in everything if item.deliverable.party == Party.CONTRACTOR]
    shown = {duty.deliverable.id for duty in (*by_submission.values(), *by_extension.values())}
    return Owed(
        sorted(_answers(session, came_in, by_submission, now), key=lambda answer: answer.since),
        _decisions(session, by_extension, now=now, contract_ids=contract_ids),
        [item for item in ours if item.deliverable.id not in shown],
    )


def _started(
    session: Session, contract_ids: Collection[str], ours: list[Item]
) -> tuple[dict[int, Item], dict[int, Item]]:
    duties = {(item.contract.id, item.deliverable.occurrence): item for item in ours}
    query = (
        select(OwnEvent, EventRow)
        .join(EventRow, col(EventRow.id) == OwnEvent.event_id)
        .where(col(EventRow.contract_id).in_(contract_ids))
    )
    by_submission: dict[int, Item] = {}
    by_extension: dict[int, Item] = {}
    for link, event in session.exec(query):
        duty = duties.get((event.contract_id, Event(event.name, event.happened_at, event.reference).key))
        if duty is None:
            continue
        if link.submission_id is not None:
            by_submission[link.submission_id] = duty
        if link.extension_id is not None:
            by_extension[link.extension_id] = duty
    return by_submission, by_extension


def _answers(session: Session, came_in: list[Item], duties: dict[int, Item], now: datetime) -> list[Answer]:
    if not came_in:
        return []
    latest = (
        select(sa.func.max(col(Submission.id)), Submission.deliverable_id)
        .where(col(Submission.deliverable_id).in_([item.deliverable.id for item in came_in]))
        .group_by(col(Submission.deliverable_id))
    )
    newest = {deliverable_id: submission_id for submission_id, deliverable_id in session.exec(latest)}
    holds = in_force(session, contract_ids={item.contract.id for item in came_in})
    found = []
    for item in came_in:
        row, since = item.deliverable, item.facts.submitted_at or now
        calendar = holds[item.contract.id].contract.days(since.date(), now.date())
        days, business_days = count_days(Span(since, now), row.zone, calendar)
        found.append(Answer(item, since, days, business_days, duties.get(newest.get(row.id or 0) or 0)))
    return found


def _decisions(
    session: Session,
    duties: dict[int, Item],
    *,
    now: datetime,
    contract_ids: Collection[str],
) -> list[Decision]:
    waiting = extensions_under(session, contract_ids, now=now, waiting_only=True)
    asked_under = select(ContractRow).where(col(ContractRow.id).in_({row.contract_id for _, row in waiting}))
    contracts = {row.id: row for row in session.exec(asked_under)} if waiting else {}
    lines = lines_for(session, [row for _, row in waiting])
    return [
        Decision(
            extension,
            row,
            contracts[row.contract_id],
            due_phrase(extension.first_due_at, zone=row.zone, whole_day=extension.first_whole_day),
            line,
            duties.get(extension.id or 0),
        )
        for (extension, row), line in zip(waiting, lines, strict=True)
    ]
