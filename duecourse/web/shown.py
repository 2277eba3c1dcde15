"""What do the boards over all contracts show, on their pages and in the tables that leave from there?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from duecourse.calendar.standing import Standing
from duecourse.errors import NotAllowed
from duecourse.language.said import say
from duecourse.tracking.boards import Item
from duecourse.tracking.conditions import INVOICES, Condition, of_contracts, stands
from duecourse.tracking.desks.owed import ALL, Answer, Decision, OwnDuties, owed_by_funder
from duecourse.tracking.subcontractors.packets import awaited
from duecourse.tracking.windows import all_of, scope
from duecourse.web.filters import Filters
from duecourse.web.groups import Work, has_ended, is_funders, is_on_board, work
from duecourse.web.told import Told, last_told
from duecourse.web.visitor import Visitor

PAYMENT = "payment"
"""What the address of the overdue board says where only what payment waits for is asked for."""
_TO_DO = (
    *(Standing.OVERDUE, Standing.DUE_SOON, Standing.EXPECTED, Standing.RETURNED, Standing.EXCUSED),
    *(Standing.SUBMITTED, Standing.SUBMITTED_LATE),
)
"""The standings that fall into a group of work: see `groups.py`."""
_AT_ONCE = 10_000
"""How many deliverables one statement names: SQLite takes 32,766 values."""


@dataclass(frozen=True, slots=True)
class DueShown:
    """What is due from a person, and what waits for the person's decision."""

    work: Work
    waits_for: dict[int, list[str]]


def due_shown(session: Session, visitor: Visitor) -> DueShown:
    """Return what the board of what is due shows a person; what is settled, which is most, is not read."""
    within = scope(session, now=visitor.now, contract_ids=visitor.contract_ids)
    found = all_of(within, of_contracts(visitor.contract_ids) & stands(visitor.now, *_TO_DO))
    ours = [item for item in found if item.contract.id in visitor.contractor_in]
    return DueShown(
        work(found, submits_in=visitor.contractor_in, decides_in=visitor.liaison_for, now=visitor.now),
        awaited(session, ours, now=visitor.now) if ours else {},
    )


@dataclass(frozen=True, slots=True)
class OverdueShown:
    """What each side has not done in time."""

    running: list[Item]
    """Of the contractors, under contracts that run."""
    funders: list[Item]
    duties: list[Item]
    """Standing duties."""
    ended: list[Item]
    """Under contracts that have ended."""
    told: dict[int, Told]
    waits_for: dict[int, list[str]]


def late_and_asked_for(asked: Filters, holds_up: str, *, now: datetime) -> Condition:
    """Return the condition that something is overdue and asked for; with `holds_up`, that payment waits for it."""
    wanted = stands(now, Standing.OVERDUE) & asked.without("state").condition(now)
    return wanted & INVOICES if holds_up == PAYMENT else wanted


def overdue_shown(session: Session, visitor: Visitor, asked: Filters, holds_up: str) -> OverdueShown:
    """Return what the overdue board shows a person who asked for this."""
    now = visitor.now
    wanted = late_and_asked_for(asked, holds_up, now=now)
    within = scope(session, now=now, contract_ids=visitor.contract_ids)
    late = all_of(within, of_contracts(visitor.contract_ids) & wanted)
    ours = [item for item in late if item.contract.id in visitor.contractor_in]
    ids = [item.deliverable.id or 0 for item in late]
    told: dict[int, Told] = {}
    for start in range(0, len(ids), _AT_ONCE):
        told |= last_told(session, deliverable_ids=ids[start : start + _AT_ONCE], now=now)
    on_board = [item for item in late if is_on_board(item, now)]
    return OverdueShown(
        running=[item for item in on_board if not is_funders(item)],
        funders=[item for item in on_board if is_funders(item)],
        duties=[item for item in late if not item.deliverable.remind and not has_ended(item.contract, now)],
        ended=[item for item in late if has_ended(item.contract, now)],
        told=told,
        waits_for=awaited(session, ours, now=now) if ours else {},
    )


@dataclass(frozen=True, slots=True)
class OwedShown:
    """What the funder owes."""

    answers: list[Answer]
    decisions: list[Decision]
    duties: list[Item]
    """Late, or due soon."""
    later: list[Item]
    standing_duties: list[Item]
    ended: list[Item]


def owed_shown(session: Session, visitor: Visitor) -> OwedShown:
    """Return what the board of what the funder owes shows a liaison or an auditor. Raises NotAllowed for others."""
    contract_ids = [*visitor.liaison_for, *visitor.audits]
    if not contract_ids:
        raise NotAllowed(say("This is the list of what liaisons owe. What you owe is on the page Due."))
    found = owed_by_funder(session, now=visitor.now, contract_ids=contract_ids, most=ALL, few=ALL)
    return OwedShown(
        answers=found.answers,
        decisions=found.decisions,
        duties=found.duties[OwnDuties.NEAR].items,
        later=found.duties[OwnDuties.LATER].items,
        standing_duties=found.duties[OwnDuties.STANDING].items,
        ended=found.duties[OwnDuties.ENDED].items,
    )
