"""Into which groups does a person's work fall: what is overdue, what comes next, and what waits on the other side?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from duecourse.calendar.lifecycle import Party
from duecourse.calendar.own_events import OWN_EVENTS
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
        contract_id = item.contract.id
        if is_funders(item):
            if contract_id in decides and _presses(item, now):
                found.owed.append(item)
            continue
        if item.standing in _DECIDABLE and contract_id in decides:
            found.to_decide.append(item)
        if contract_id in submits:
            _add(found, item, now)
    return found


def is_on_board(item: Item, now: datetime) -> bool:
    """Whether the overdue board counts it: late under a contract that runs, and no standing duty."""
    return item.standing is Standing.OVERDUE and item.deliverable.remind and not has_ended(item.contract, now)


def is_funders(item: Item) -> bool:
    """Whether the funder owes it, and not the contractor."""
    return item.deliverable.party == Party.FUNDER


def is_answer(item: Item) -> bool:
    """Whether it is owed because of what happened here: the submission, or the request, is shown in its place."""
    return item.deliverable.occurrence.partition("@")[0] in OWN_EVENTS


def has_ended(contract: ContractRow, now: datetime) -> bool:
    """Whether a contract ended so long ago that nobody is reminded of it any more."""
    return today_in(contract.zone, now) > contract.end_on + ENDED_AFTER


def today_in(zone: str, now: datetime) -> date:
    """Return the local date at `now`."""
    return now.astimezone(ZoneInfo(zone)).date()


def _presses(item: Item, now: datetime) -> bool:
    soon = item.standing in (Standing.OVERDUE, Standing.DUE_SOON, Standing.RETURNED)
    return soon and item.deliverable.remind and not is_answer(item) and not has_ended(item.contract, now)


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
