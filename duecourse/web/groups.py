"""Into which groups does a person's work fall: what is overdue, what comes next, and what waits on the other side?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from duecourse.calendar.lifecycle import Party
from duecourse.calendar.standing import Standing
from duecourse.models import ContractRow
from duecourse.tracking.boards import Item
from duecourse.tracking.conditions import ANSWERS, ENDED_AFTER, due_by_sunday, today_in

DECIDABLE = (Standing.SUBMITTED, Standing.SUBMITTED_LATE)
PRESSING = (Standing.OVERDUE, Standing.DUE_SOON, Standing.RETURNED)
UNDONE = (Standing.OVERDUE, Standing.DUE_SOON, Standing.EXPECTED)


class Group(StrEnum):
    """A group of work, in the order in which a page shows them."""

    TO_DECIDE = "to_decide"
    """Submitted by the contractor, in a contract in which the person is a liaison."""
    OWED = "owed"
    """What the funder owes soon or late, in such a contract, besides the answers to what came in."""
    OVERDUE = "overdue"
    RETURNED = "returned"
    THIS_WEEK = "this_week"
    NEXT_TWO_WEEKS = "next_two_weeks"
    LATER = "later"
    WAITING = "waiting"
    """Submitted, and the funder has not decided."""
    EXCUSED = "excused"
    """Past its date, and never late: it was asked for after that date."""
    DUTIES = "duties"
    """Standing duties, whenever they are due: nobody is reminded of them, and they must not hide the reports."""
    ENDED = "ended"
    """Overdue or excused, in contracts that have ended."""


@dataclass(slots=True)
class Work:
    """What is to do, by when. Each list is in the order of due moments."""

    to_decide: list[Item] = field(default_factory=list)
    """Submitted by the contractor, in a contract in which the person is a liaison."""
    owed: list[Item] = field(default_factory=list)
    """What the funder owes soon or late, in such a contract, besides the answers to what came in."""
    overdue: list[Item] = field(default_factory=list)
    ended: list[Item] = field(default_factory=list)
    """Overdue or excused, in contracts that have ended."""
    excused: list[Item] = field(default_factory=list)
    """Past its date, and never late: it was asked for after that date."""
    duties: list[Item] = field(default_factory=list)
    """Standing duties, whenever they are due: nobody is reminded of them, and they must not hide the reports."""
    returned: list[Item] = field(default_factory=list)
    this_week: list[Item] = field(default_factory=list)
    next_two_weeks: list[Item] = field(default_factory=list)
    later: list[Item] = field(default_factory=list)
    waiting: list[Item] = field(default_factory=list)
    """Submitted, and the funder has not decided."""


def work(items: Iterable[Item], *, submits_in: Iterable[str], decides_in: Iterable[str], now: datetime) -> Work:
    """Group the items of the contracts in which a person submits, and those in which the person decides."""
    found, submits, decides = Work(), frozenset(submits_in), frozenset(decides_in)
    for item in items:
        groups = [
            decider_group(item, now) if item.contract.id in decides else None,
            submitter_group(item, now) if item.contract.id in submits else None,
        ]
        for group in groups:
            if group is not None:
                getattr(found, group).append(item)
    return found


def decider_group(item: Item, now: datetime) -> Group | None:
    """Return the group into which a deliverable falls for somebody who decides, or None."""
    if is_funders(item):
        return Group.OWED if _presses(item, now) else None
    return Group.TO_DECIDE if item.standing in DECIDABLE else None


def submitter_group(item: Item, now: datetime) -> Group | None:
    """Return the group into which a deliverable falls for somebody who submits, or None."""
    if is_funders(item):
        return None
    match item.standing:
        case Standing.OVERDUE | Standing.EXCUSED if has_ended(item.contract, now):
            return Group.ENDED
        case Standing.EXCUSED:
            return Group.EXCUSED
        case Standing.OVERDUE | Standing.DUE_SOON | Standing.EXPECTED if not item.deliverable.remind:
            return Group.DUTIES
        case Standing.OVERDUE:
            return Group.OVERDUE
        case Standing.RETURNED:
            return Group.RETURNED
        case Standing.SUBMITTED | Standing.SUBMITTED_LATE:
            return Group.WAITING
        case Standing.DUE_SOON | Standing.EXPECTED:
            if due_by_sunday(now).holds(item):
                return Group.THIS_WEEK
            return Group.NEXT_TWO_WEEKS if due_by_sunday(now, weeks=2).holds(item) else Group.LATER
        case _:
            return None


def is_on_board(item: Item, now: datetime) -> bool:
    """Whether the overdue board counts it: late under a contract that runs, and no standing duty."""
    return item.standing is Standing.OVERDUE and item.deliverable.remind and not has_ended(item.contract, now)


def is_funders(item: Item) -> bool:
    """Whether the funder owes it, and not the contractor."""
    return item.deliverable.party == Party.FUNDER


def has_ended(contract: ContractRow, now: datetime) -> bool:
    """Whether a contract ended so long ago that nobody is reminded of it any more."""
    return today_in(contract.zone, now) > contract.end_on + ENDED_AFTER


def _presses(item: Item, now: datetime) -> bool:
    soon = item.standing in PRESSING
    return soon and item.deliverable.remind and not ANSWERS.holds(item) and not has_ended(item.contract, now)
