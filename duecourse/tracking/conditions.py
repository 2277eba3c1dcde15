"""Which deliverables does a page show, asked of the database and of a single deliverable alike?

`standing` (calendar/standing.py) is the one rule. So that a page need not load every row, each condition here is also
written for the database; tests/test_conditions.py holds the two against each other, row by row.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlmodel import col

from duecourse.calendar.lifecycle import Party
from duecourse.calendar.own_events import OWN_EVENTS
from duecourse.calendar.standing import SOON, Standing
from duecourse.calendar.words import ZONES
from duecourse.models import ContractRow, Deliverable
from duecourse.models.columns import UTCDateTime
from duecourse.tracking.boards import Item

ENDED_AFTER = timedelta(days=60)
"""How long after its end a contract counts as running: its last reports are still asked for (as reminders are)."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition on deliverables: for the database (joined with their contracts), and for one of them."""

    sql: sa.ColumnElement[bool]
    holds: Callable[[Item], bool]

    def __and__(self, other: Condition) -> Condition:
        return Condition(sa.and_(self.sql, other.sql), lambda item: self.holds(item) and other.holds(item))

    def __or__(self, other: Condition) -> Condition:
        return Condition(sa.or_(self.sql, other.sql), lambda item: self.holds(item) or other.holds(item))

    def __invert__(self) -> Condition:
        return Condition(sa.not_(self.sql), lambda item: not self.holds(item))


@dataclass(frozen=True, slots=True)
class Key:
    """Something by which deliverables are grouped: for the database, and for one of them."""

    sql: Any
    of: Callable[[Item], Any]


ANY = Condition(sa.true(), lambda _: True)
REMINDED = Condition(col(Deliverable.remind).is_(True), lambda item: item.deliverable.remind)
FUNDERS = Condition(col(Deliverable.party) == Party.FUNDER, lambda item: item.deliverable.party == Party.FUNDER)

ANSWERS = Condition(
    sa.or_(*(col(Deliverable.occurrence).startswith(f"{name}@", autoescape=True) for name in OWN_EVENTS)),
    lambda item: item.deliverable.occurrence.startswith(tuple(f"{name}@" for name in OWN_EVENTS)),
)
"""What is owed because of what happened here: the submission, or the request, is shown in its place."""
INVOICES = Condition(col(Deliverable.flow) == "invoices", lambda item: item.deliverable.flow == "invoices")
"""What payment waits for: an invoice, its approval, and the answers that are asked for before it is paid."""

BY_CONTRACT = Key(col(Deliverable.contract_id), lambda item: item.deliverable.contract_id)
BY_NUMBER = Key(col(ContractRow.number), lambda item: item.contract.number)
BY_TITLE = Key(col(Deliverable.title), lambda item: item.deliverable.title)
BY_DAY = Key(col(Deliverable.due_on), lambda item: item.deliverable.due_on)
BY_YEAR = Key(sa.extract("year", col(Deliverable.due_on)), lambda item: item.deliverable.due_on.year)
BY_MONTH = Key(sa.extract("month", col(Deliverable.due_on)), lambda item: item.deliverable.due_on.month)


def limit_column() -> sa.ColumnElement[datetime]:
    """Return `Facts.limit` as the database works it out."""
    again_by, due_at = col(Deliverable.again_by), col(Deliverable.due_at)
    return sa.case((again_by > due_at, again_by), else_=due_at)


BY_DUE = Key(col(Deliverable.due_at), lambda item: item.deliverable.due_at)
BY_LIMIT = Key(limit_column(), lambda item: item.facts.limit)
"""The due moment, or the end of the window for a correction where one is open."""
BY_SUBMITTED = Key(
    sa.func.coalesce(col(Deliverable.submitted_at), col(Deliverable.due_at), type_=UTCDateTime),
    lambda item: item.facts.submitted_at or item.facts.due_at,
)


# A page asks for many standings at one instant, and building what asks for them takes longer than the answer.
@lru_cache(maxsize=64)
def by_standing(now: datetime) -> Key:
    """Return the standing at `now`, as `standing` gives it, of rows that were not changed after `now`."""
    submitted, returned, due_at = col(Deliverable.submitted_at), col(Deliverable.returned_at), col(Deliverable.due_at)
    limit, excused = limit_column(), col(Deliverable.excused) != ""
    is_in = submitted <= now
    in_time = sa.or_(submitted < limit, excused)
    sent_back = sa.and_(returned <= now, sa.or_(submitted.is_(None), submitted > now, returned >= submitted))
    missed = sa.and_(col(Deliverable.again_by).is_not(None), limit <= now, sa.not_(excused))
    funder = col(Deliverable.party) == Party.FUNDER
    cases: list[tuple[sa.ColumnElement[bool], Any]] = [
        (col(Deliverable.withdrawn_at) <= now, Standing.WITHDRAWN),
        (sa.and_(col(Deliverable.set_aside) != "", col(Deliverable.set_aside_at) <= now), col(Deliverable.set_aside)),
        (col(Deliverable.accepted_at) <= now, Standing.ACCEPTED),
        (sa.and_(sent_back, missed), Standing.OVERDUE),
        (sent_back, Standing.RETURNED),
        (sa.and_(is_in, funder, in_time), Standing.DONE),
        (sa.and_(is_in, funder), Standing.DONE_LATE),
        (sa.and_(is_in, in_time), Standing.SUBMITTED),
        (is_in, Standing.SUBMITTED_LATE),
        (sa.and_(due_at <= now, excused), Standing.EXCUSED),
        (due_at <= now, Standing.OVERDUE),
        (due_at <= now + SOON, Standing.DUE_SOON),
    ]
    said = [(holds, sa.literal(str(value)) if isinstance(value, Standing) else value) for holds, value in cases]
    return Key(sa.case(*said, else_=sa.literal(str(Standing.EXPECTED))), lambda item: str(item.standing))


def stands(now: datetime, *standings: Standing) -> Condition:
    """Return the condition that a deliverable has one of these standings at `now`."""
    sql = by_standing(now).sql.in_([str(one) for one in standings])
    return Condition(sa.and_(*_implied(now, frozenset(standings)), sql), lambda item: item.standing in standings)


def _implied(now: datetime, standings: frozenset[Standing]) -> list[sa.ColumnElement[bool]]:
    """Return what follows from one of these standings and is cheap to look at: most rows are settled, or far ahead."""
    accepted_at = col(Deliverable.accepted_at)
    found: list[sa.ColumnElement[bool]] = []
    if not any(one.is_set_aside or one in (Standing.ACCEPTED, Standing.WITHDRAWN) for one in standings):
        found.append(sa.or_(accepted_at.is_(None), accepted_at > now))
    if standings <= {Standing.OVERDUE, Standing.EXCUSED}:
        found.append(col(Deliverable.due_at) <= now)
    if standings <= {Standing.SUBMITTED, Standing.SUBMITTED_LATE, Standing.DONE, Standing.DONE_LATE}:
        found.append(col(Deliverable.submitted_at) <= now)
    return found


@lru_cache(maxsize=64)
def ended(now: datetime) -> Condition:
    """Return the condition that the contract ended so long ago that nobody is reminded of it any more."""
    sql = col(ContractRow.end_on) < _by_zone(lambda today: today - ENDED_AFTER, now)
    return Condition(sql, lambda item: today_in(item.contract.zone, now) > item.contract.end_on + ENDED_AFTER)


def on_board(now: datetime) -> Condition:
    """Return the condition that the overdue board counts it: late under a contract that runs, and no standing duty."""
    return stands(now, Standing.OVERDUE) & REMINDED & ~ended(now)


def due_by_sunday(now: datetime, *, weeks: int = 0) -> Condition:
    """Return the condition that it is due by the end of this week in the contract's zone, or of a later one."""

    def sunday(today: date) -> date:
        return today + timedelta(days=6 - today.weekday() + 7 * weeks)

    return Condition(
        col(Deliverable.due_on) <= _by_zone(sunday, now),
        lambda item: item.deliverable.due_on <= sunday(today_in(item.contract.zone, now)),
    )


def due_between(first: date, last: date) -> Condition:
    """Return the condition that it is due on one of these days, both included."""
    on = col(Deliverable.due_on)
    return Condition(sa.and_(on >= first, on <= last), lambda item: first <= item.deliverable.due_on <= last)


def occurring(occurrences: Collection[str]) -> Condition:
    """Return the condition that it is one of these occurrences of its obligation."""
    known = frozenset(occurrences)
    return Condition(col(Deliverable.occurrence).in_(sorted(known)), lambda item: item.deliverable.occurrence in known)


def due_from(first: date) -> Condition:
    """Return the condition that it is due on this day or later."""
    return Condition(col(Deliverable.due_on) >= first, lambda item: item.deliverable.due_on >= first)


def of_contracts(contract_ids: Collection[str]) -> Condition:
    """Return the condition that it belongs to one of these contracts."""
    known = frozenset(contract_ids)
    return Condition(
        col(Deliverable.contract_id).in_(sorted(known)), lambda item: item.deliverable.contract_id in known
    )


def titled(titles: Collection[str]) -> Condition:
    """Return the condition that the report has one of these titles."""
    known = frozenset(titles)
    return Condition(col(Deliverable.title).in_(sorted(known)), lambda item: item.deliverable.title in known)


def mentions(words: str) -> Condition:
    """Return the condition that the report, its period, or its contract's number, name or contractor says `words`."""
    sought = words.lower()
    columns = (
        col(Deliverable.title),
        col(Deliverable.label),
        col(ContractRow.number),
        col(ContractRow.name),
        col(ContractRow.contractor),
    )

    def says(item: Item) -> bool:
        row, contract = item.deliverable, item.contract
        said = (row.title, row.label, contract.number, contract.name, contract.contractor)
        return any(sought in text.lower() for text in said)

    return Condition(sa.or_(*(column.icontains(words, autoescape=True) for column in columns)), says)


def first_of(cases: Sequence[tuple[Condition, str | None]], otherwise: str | None) -> Key:
    """Return as a key the value of the first condition that holds, else `otherwise`."""

    def value(said: str | None) -> sa.ColumnElement[Any]:
        return sa.null() if said is None else sa.literal(str(said))

    sql = sa.case(*((condition.sql, value(said)) for condition, said in cases), else_=value(otherwise))
    return Key(sql, lambda item: next((said for condition, said in cases if condition.holds(item)), otherwise))


def today_in(zone: str, now: datetime) -> date:
    """Return the local date at `now`."""
    return now.astimezone(ZoneInfo(zone)).date()


def _by_zone(day: Callable[[date], date], now: datetime) -> sa.ColumnElement[date]:
    """Return a day that depends on which day it is in the contract's zone, one of those that a contract may name."""
    days = {zone: day(today_in(zone, now)) for zone in ZONES}
    usual = max(set(days.values()), key=list(days.values()).count)
    others = [(col(ContractRow.zone) == zone, sa.literal(on, sa.Date())) for zone, on in days.items() if on != usual]
    return sa.case(*others, else_=sa.literal(usual, sa.Date())) if others else sa.literal(usual, sa.Date())
