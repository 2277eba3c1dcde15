"""Into which groups does a person's work fall: what is overdue, what comes next, and what waits on the other side?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from duecourse.calendar.standing import Standing
from duecourse.models import ContractRow
from duecourse.tracking.boards import Item

ENDED_AFTER = timedelta(days=60)
"""How long after its end a contract counts as running: its last reports are still asked for (as reminders are)."""

_DECIDABLE = (Standing.SUBMITTED, Standing.SUBMITTED_LATE)


@dataclass(slots=True)
class Work:
    """What is to do, by when. Each list is in the order of due moments."""

    to_decide: list[Item] = field(default_factory=list)
    """Submitted, in a contract in which the person is a liaison."""
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
        contract_id = item.contract.id
        if item.standing in _DECIDABLE and contract_id in decides:
            found.to_decide.append(item)
        if contract_id in submits:
            _add(found, item, now)
    return found


def is_on_board(item: Item, now: datetime) -> bool:
    """Whether the overdue board counts it: late under a contract that runs, and no standing duty."""
    return item.standing is Standing.OVERDUE and item.deliverable.remind and not has_ended(item.contract, now)


def has_ended(contract: ContractRow, now: datetime) -> bool:
    """Whether a contract ended so long ago that nobody is reminded of it any more."""
    return today_in(contract.zone, now) > contract.end_on + ENDED_AFTER


def today_in(zone: str, now: datetime) -> date:
    """Return the local date at `now`."""
    return now.astimezone(ZoneInfo(zone)).date()


def _add(found: Work, item: Item, now: datetime) -> None:
    match item.standing:
        case Standing.OVERDUE | Standing.EXCUSED if has_ended(item.contract, now):
            found.ended.append(item)
        case Standing.EXCUSED:
            found.excused.append(item)
        case Standing.OVERDUE | Standing.DUE_SOON | Standing.EXPECTED if not item.deliverable.remind:
            found.duties.append(item)
        case Standing.OVERDUE:
            found.overdue.append(item)
        case Standing.RETURNED:
            found.returned.append(item)
        case Standing.SUBMITTED | Standing.SUBMITTED_LATE:
            found.waiting.append(item)
        case Standing.DUE_SOON | Standing.EXPECTED:
            today = today_in(item.contract.zone, now)
            sunday = today + timedelta(days=6 - today.weekday())
            if item.deliverable.due_on <= sunday:
                found.this_week.append(item)
            elif item.deliverable.due_on <= sunday + timedelta(days=14):
                found.next_two_weeks.append(item)
            else:
                found.later.append(item)
