"""What does the funder owe over several contracts: answers to what came in, decisions on requests, and its duties?"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlmodel import Session, col, select

from duecourse.calendar.desks import Span, count_days
from duecourse.calendar.due import due_phrase
from duecourse.calendar.schedule import Event
from duecourse.calendar.standing import Standing
from duecourse.models import ContractRow, Deliverable, EventRow, Extension, OwnEvent, Submission
from duecourse.tracking.boards import Item
from duecourse.tracking.conditions import (
    ANSWERS,
    BY_SUBMITTED,
    FUNDERS,
    REMINDED,
    ended,
    first_of,
    occurring,
    stands,
)
from duecourse.tracking.extensions.extension_ledger import LedgerLine, extensions_under, lines_for
from duecourse.tracking.in_force import in_force
from duecourse.tracking.windows import Place, Scope, Window, all_of, counts, page_of, scope, windows

_WAITING = (Standing.SUBMITTED, Standing.SUBMITTED_LATE)
_FEW = 8
ALL = 1_000_000
"""So many that none is left out, for what leaves as a whole."""


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


class OwnDuties(StrEnum):
    """A part of what the funder itself owes, besides answers and decisions."""

    NEAR = "near"
    """Late, returned, or due within 14 days."""
    LATER = "later"
    STANDING = "standing"
    """Nobody is reminded of them."""
    ENDED = "ended"
    """Under contracts that ended so long ago that nobody is reminded of it any more."""


@dataclass(frozen=True, slots=True)
class Owed:
    """What the funder owes, each list with the longest waiting, or the first due, in front."""

    answers: list[Answer]
    waiting: int
    """How many submissions wait for an answer in all."""
    rest: Place | None
    """The place after which the next of them are, None when these are the last."""
    decisions: list[Decision]
    duties: dict[OwnDuties, Window]
    """Open duties, besides those to answer and to decide."""


def owed_by_funder(
    session: Session,
    *,
    now: datetime,
    contract_ids: Collection[str],
    most: int = 50,
    few: int = _FEW,
    opened: OwnDuties = OwnDuties.NEAR,
    after: Place | None = None,
    duties_after: Place | None = None,
) -> Owed:
    """Return what the funder owes under these contracts at `now`, at most so many of each.

    The answers come `after` a place; of the duties, those that are `opened` do, and a `few` of the others are shown.
    """
    within = scope(session, now=now, contract_ids=contract_ids)
    came = ~FUNDERS & REMINDED & stands(now, *_WAITING)
    page = page_of(within, came, most=most, after=after, order=BY_SUBMITTED)
    requests = extensions_under(session, contract_ids, now=now, waiting_only=True)
    by_submission, by_extension = _started(within, page.items, [extension for extension, _ in requests])
    is_open = FUNDERS & stands(now, *(one for one in Standing if one.is_open))
    # What answers is shown with what it answers, on this page or on the one on which that is.
    own = windows(
        within,
        is_open & ~ANSWERS,
        first_of(
            [
                (ended(now), OwnDuties.ENDED),
                (~REMINDED, OwnDuties.STANDING),
                (stands(now, Standing.EXPECTED), OwnDuties.LATER),
            ],
            OwnDuties.NEAR,
        ),
        most=few,
        opened=str(opened),
        opened_most=most,
        after=duties_after,
    )
    return Owed(
        _answers(session, page.items, by_submission, now),
        counts(within, came)[()],
        page.rest,
        _decisions(session, requests, by_extension),
        {part: own.get(part, Window()) for part in OwnDuties},
    )


def _started(
    within: Scope, came_in: Sequence[Item], requests: Sequence[Extension]
) -> tuple[dict[int, Item], dict[int, Item]]:
    """Return the open duties to answer what came in, by submission, and to decide on requests, by extension."""
    session = within.session
    versions = select(Submission.id).where(col(Submission.deliverable_id).in_([one.deliverable.id for one in came_in]))
    query = (
        select(OwnEvent, EventRow)
        .join(EventRow, col(EventRow.id) == OwnEvent.event_id)
        .where(
            sa.or_(
                col(OwnEvent.submission_id).in_(versions),
                col(OwnEvent.extension_id).in_([one.id for one in requests]),
            )
        )
    )
    links = [
        (link, (event.contract_id, Event(event.name, event.happened_at, event.reference).key))
        for link, event in session.exec(query)
    ]
    is_open = FUNDERS & stands(within.now, *(one for one in Standing if one.is_open))
    ours = all_of(within, is_open & occurring([key for _, (_, key) in links])) if links else []
    duties = {(item.contract.id, item.deliverable.occurrence): item for item in ours}
    by_submission: dict[int, Item] = {}
    by_extension: dict[int, Item] = {}
    for link, key in links:
        duty = duties.get(key)
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
    session: Session, waiting: Sequence[tuple[Extension, Deliverable]], duties: dict[int, Item]
) -> list[Decision]:
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
