"""Which sixty contracts are there in the simulated year, who has which part in them, and what happens when?"""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from duecourse.calendar.occurrences import occurrences
from duecourse.calendar.schedule import Contract
from duecourse.calendar.state_days import Closure
from duecourse.definitions.reading import read_contract, shipped_contracts
from duecourse.definitions.resolved import contract_from_json

FIRST, LAST = date(2022, 7, 1), date(2023, 6, 30)
BEGIN = datetime(2022, 7, 1, 9, tzinfo=UTC)
"""When all but the late ones are entered: before anybody's first mail."""
ENTERED_LATE = datetime(2022, 10, 3, 18, tzinfo=UTC)
STORM = Closure(date(2022, 11, 15), "Storm closure", "the governor’s announcement")
EASTERN, PACIFIC = "America/New_York", "America/Los_Angeles"
_KEPT = {
    "wa": (
        ("wa-monthly-enrollment-report", "wa-a19-monthly-invoice", "wa-consent-list-monthly"),
        ("wa-quarterly-progress-report", "wa-confidentiality-annual", "wa-ta-plan", "wa-data-disposition"),
    ),
    "ct": (
        ("ct-ecis-monthly", "ct-acm-check-in"),
        ("ct-rate-card-report", "ct-status-report", "ct-benchmark-report", "ct-fiscal-report", "ct-initial-budget"),
    ),
}
COUNT = 60
PART_CONTRACTS = (6, 9)
"""Those of which a subcontractor’s member is reminded."""


@dataclass(frozen=True)
class Held:
    """A contract with its definition, and the instant at which it is entered."""

    contract: Contract
    definition: str
    entered_at: datetime


@dataclass
class Human:
    """A person: the parts by contract, and what the person chose."""

    email: str
    managers_of: list[int] = field(default_factory=list)
    liaison_of: list[int] = field(default_factory=list)
    fiscal_of: list[int] = field(default_factory=list)
    backs_up: list[int] = field(default_factory=list)
    """The contracts whose manager this person is the backup of."""
    member_of: list[int] = field(default_factory=list)
    hour: int = 7
    chosen_zone: str = ""
    more: tuple[int, ...] = ()
    nothing_due_on: int | None = None
    away: tuple[date, date] | None = None
    pause: tuple[date, date] | None = None
    substitute: str = ""


@dataclass(frozen=True, order=True)
class Act:
    """What happens at an instant to one deliverable (its contract, obligation and occurrence), or to a contract."""

    at: datetime
    what: str
    contract: int
    obligation: str = ""
    occurrence: str = ""
    on: date | None = None


@lru_cache(maxsize=1)
def contracts() -> list[Held]:
    """Return the contracts: those that ship, under other names, in other years and for other offices."""
    bases = [
        [json.loads(read_contract(path, today=today)[1]) for today in (FIRST, date(2023, 8, 1))]
        for path in shipped_contracts()
    ]
    return [_held(n, bases) for n in range(COUNT)]


def amended(n: int) -> tuple[Contract, str]:
    """Return a contract as its amendment has it: the monthly report by another day."""
    content = json.loads(contracts()[n].definition)
    monthly = next(each for each in content["obligations"] if each["due"]["rule"] == "day-of-month")
    monthly["due"]["day"] = 12 if monthly["due"]["day"] != 12 else 13
    definition = json.dumps(content)
    return contract_from_json(definition), definition


def people() -> dict[str, Human]:
    """Return the people by address."""
    found: dict[str, Human] = {}

    def of(email: str) -> Human:
        return found.setdefault(email, Human(email))

    for n in range(COUNT):
        # Some look after two contracts, of which one is on the other coast.
        of(f"manager-{n - n % 10 if n % 10 == 1 else n:02}@county.example").managers_of.append(n)
        of(f"liaison-{n % 5}@state.example").liaison_of.append(n)
        of(f"fiscal-{n % 2}@state.example").fiscal_of.append(n)
    of("backup@county.example").backs_up.append(3)
    of("manager-03@county.example").away = date(2022, 9, 5), date(2022, 9, 23)
    of("manager-06@county.example").hour = 10
    of("manager-09@county.example").hour, of("manager-09@county.example").chosen_zone = 10, EASTERN
    of("manager-12@county.example").nothing_due_on = 2
    of("manager-13@county.example").nothing_due_on = 0
    of("second-15@county.example").managers_of.append(15)
    paused = of("manager-15@county.example")
    paused.pause, paused.substitute = (date(2022, 11, 7), date(2022, 11, 25)), "second-15@county.example"
    of("manager-18@county.example").more = (-21, -3)
    of("liaison-4@state.example").hour = 10
    for n in PART_CONTRACTS:
        of(f"member-{n}@riverbend.example").member_of.append(n)
    return found


def script() -> list[Act]:
    """Return what happens in the year, in order; each at 10 in the morning in the Pacific zone."""
    drawn, acts = Random(5), []
    for n, held in enumerate(contracts()):
        for each in occurrences(held.contract):
            on = each.moment.due_on
            if held.entered_at < each.moment.due_at and on <= LAST:
                at = lambda days, on=on: _office(on + timedelta(days=days))  # noqa: E731
                named = n, each.obligation.id, each.key
                fate = _fate(drawn, at, named, funders=each.obligation.party == "funder")
                acts += fate if fate and fate[0].at > held.entered_at else []
    moves = [move for n in (0, 23, 41) for move in _moves(n, drawn)]
    moved = {(move.contract, move.obligation, move.occurrence) for move in moves}
    acts = [act for act in acts if (act.contract, act.obligation, act.occurrence) not in moved]
    acts += moves
    acts += [
        Act(_office((move.on or LAST) + timedelta(days=2)), "submit", move.contract, move.obligation, move.occurrence)
        for move in moves
    ]
    acts.append(Act(_office(date(2022, 11, 9)), "close", 0))
    acts += [Act(_office(date(2023, 1, 4)), "amend", 4), Act(_office(date(2023, 2, 1)), "amend", 11)]
    return sorted(act for act in acts if act.at.date() <= LAST)


def _held(n: int, bases: list[list[dict[str, Any]]]) -> Held:
    kind = n % 3
    content = deepcopy(bases[kind][n % 4 == 1])
    monthly, others = _KEPT["ct" if kind == 0 else "wa"]
    kept = {monthly[n // 3 % len(monthly)], *(others[(n // 3 + more) % len(others)] for more in range(1))}
    if kind == 0:
        kept.add(others[0])
    content["obligations"] = [each for each in content["obligations"] if each["id"] in kept]
    content["checks"], content["plans"], content["enrollment"] = [], [], None
    term = content["contract"]
    term |= {"id": f"contract-{n:02}", "number": f"{n:02}-{1000 + n}", "contractor": f"County {n:02}"}
    if kind == 0:
        starts = "2022-07-01" if n % 2 else "2022-10-01"
        term |= {"starts": starts, "ends": "2023-06-30"}
        for exhibit in content["exhibits"].values():
            exhibit |= {"services_from": starts, "services_to": "2023-06-30"}
    definition = json.dumps(content)
    return Held(contract_from_json(definition), definition, ENTERED_LATE if n >= COUNT - 3 else BEGIN)


def _fate(drawn: Random, at: Callable[[int], datetime], named: tuple[int, str, str], *, funders: bool) -> list[Act]:
    """Return what becomes of one deliverable: in time, late, returned and corrected or not, waived, or never."""
    chance = drawn.random()
    early, late = -drawn.randint(1, 18), drawn.randint(1, 25)
    if 0.72 <= chance < 0.8:
        days = 0
    elif chance < 0.94:
        days = early if chance < 0.72 else late
        # Whoever is not on the very day does the paperwork on Tuesdays.
        days += (1 - at(days).weekday()) % 7 - (7 if days < 0 else 0)
    else:
        return [Act(at(-5), "waive", *named)] if chance < 0.97 and not funders else []
    acts = [Act(at(days), "submit", *named)]
    if not funders and drawn.random() < 0.1:
        acts.append(Act(at(days + 3), "return", *named))
        if drawn.random() < 0.8:
            acts.append(Act(at(days + 3 + drawn.randint(1, 24)), "submit", *named))
    elif not funders and drawn.random() < 0.2:
        acts.append(Act(at(days) + timedelta(minutes=1), "accept", *named))
    return acts


def _moves(n: int, drawn: Random) -> list[Act]:
    """Return moves of some dates of one contract: one of them to the very day, so that it cannot wait for a mail."""
    moved = []
    found = [each for each in occurrences(contracts()[n].contract) if date(2022, 10, 15) < each.moment.due_on <= LAST]
    for place, each in enumerate(found[:8:3]):
        day = each.moment.due_on - timedelta(days=4)
        to = day if place == 1 and n != 41 else each.moment.due_on + timedelta(days=drawn.randint(7, 20))
        moved.append(Act(_office(day), "move" if n != 41 else "extend", n, each.obligation.id, each.key, on=to))
    return moved


def _office(on: date) -> datetime:
    return datetime.combine(on, time(10), ZoneInfo(PACIFIC)).astimezone(UTC)
