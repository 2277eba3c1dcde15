"""Who is told that nobody can be reached, and what of that is new since it was said last?

What was found is kept in the audit log, once per change; whether something is new is read from there.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from duecourse.calendar import words
from duecourse.calendar.due import due_phrase
from duecourse.calendar.standing import standing
from duecourse.models import AuditEntry, AuditHead, Person
from duecourse.notifications.addressing import mailbox_of
from duecourse.notifications.messages import ChangedContract, Sender, changes_message
from duecourse.notifications.people_notices import named_items, notice_of
from duecourse.tracking.audit import record
from duecourse.tracking.boards import Item
from duecourse.tracking.staff.people import people_of
from duecourse.tracking.staff.reaching import Unreached, unreached

ACTOR = "duecourse"
LOST = "found that nobody can be reached"
FOUND = "found that somebody can be reached again"
UNREACHABLE = "unreachable"
"""The rung of a mail that lists what has nobody. It is about no single deliverable, and stays wanted."""
NAMED_WITHIN = timedelta(hours=24)
"""How long whoever enters a contract has to name its people before that is told."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check found: the open items that nobody can be reached for, those of them that are new, who is told."""

    items: int
    new: int
    again: int
    """The contracts in which somebody can be reached again."""
    told: int

    def __str__(self) -> str:
        if not self.items:
            said = "somebody can be reached for every open item"
        else:
            said = f"nobody can be reached for {words.count(self.items, 'open item')}, {self.new} of them new"
        return f"{said}; {words.count(self.told, 'mail')} written" if self.told else said


@dataclass(frozen=True, slots=True)
class _Look:
    """What is found at one instant, and what of it is news."""

    found: list[Unreached]
    news: list[tuple[Unreached, list[int]]]
    lost: dict[str, list[Unreached]]
    """The contracts of which something is to be recorded."""
    again: list[str]

    @property
    def items(self) -> int:
        return sum(len(one.deliverables) for one in self.found)


def unchanged_reach(session: Session, *, now: datetime) -> Checked | None:
    """Return what a check finds when nothing of it is new, or None; it reads only, so that it can run often."""
    seen = _look(session, now)
    return None if seen.lost or seen.again else Checked(seen.items, 0, 0, 0)


def check_reachability(session: Session, *, now: datetime, base_url: str, sender: Sender) -> Checked:
    """Look at every open item, record where nobody can be reached any more or again, and owe the liaisons one mail.

    A mail is owed for an item that was not found before, and for a reason that is another now. Run again, it finds
    nothing new. Two at once come one after the other.
    """
    # Held until the end: the second of two must read what the first has recorded.
    session.exec(select(AuditHead).with_for_update()).one()
    seen = _look(session, now)
    for contract_id, sides in seen.lost.items():
        detail = {"sides": {str(one.party): _state(one) for one in sides}}
        record(session, LOST, actor=ACTOR, now=now, contract_id=contract_id, detail=detail)
    for contract_id in seen.again:
        record(session, FOUND, actor=ACTOR, now=now, contract_id=contract_id, detail={"sides": {}})
    told = _owe(session, seen.news, now=now, base_url=base_url, sender=sender) if seen.news else 0
    return Checked(seen.items, sum(len(ids) for _, ids in seen.news), len(seen.again), told)


def _look(session: Session, now: datetime) -> _Look:
    everything = unreached(session, now=now)
    found = [one for one in everything if one.people or now - one.contract.loaded_at >= NAMED_WITHIN]
    before = _recorded(session)
    by_contract: dict[str, list[Unreached]] = {}
    for one in found:
        by_contract.setdefault(one.contract.id, []).append(one)
    news: list[tuple[Unreached, list[int]]] = []
    lost: dict[str, list[Unreached]] = {}
    for contract_id, sides in by_contract.items():
        known = before.get(contract_id, {})
        fresh = [(one, ids) for one in sides if (ids := _new(one, known.get(one.party)))]
        if fresh or set(known) - {str(one.party) for one in sides}:
            lost[contract_id] = sides
        news += fresh
    again = [contract_id for contract_id, sides in before.items() if sides and contract_id not in by_contract]
    return _Look(found, news, lost, again)


def known_unreached(session: Session, contract_ids: Collection[str]) -> int:
    """Return for how many open items of these contracts the last check, five minutes ago at most, found nobody.

    One statement, and a row for each contract in which somebody could once not be reached.
    """
    sides = [side for contract in _recorded(session, contract_ids).values() for side in contract.values()]
    return sum(len(side["items"]) for side in sides)


def _recorded(session: Session, contract_ids: Collection[str] | None = None) -> dict[str, Mapping[str, Any]]:
    latest = select(sa.func.max(AuditEntry.sequence)).where(col(AuditEntry.action).in_([LOST, FOUND]))
    latest = latest.group_by(col(AuditEntry.contract_id))
    if contract_ids is not None:
        latest = latest.where(col(AuditEntry.contract_id).in_(contract_ids))
    entries = session.exec(select(AuditEntry).where(col(AuditEntry.sequence).in_(latest)))
    return {entry.contract_id: entry.detail["sides"] for entry in entries if entry.contract_id is not None}


def _state(one: Unreached) -> dict[str, Any]:
    return {"why": one.signature, "says": one.why, "items": sorted(row.id or 0 for row in one.deliverables)}


def _new(one: Unreached, known: Mapping[str, Any] | None) -> list[int]:
    """Return the items of which nobody was told yet, or not for the reason that there is now."""
    ids = sorted(row.id or 0 for row in one.deliverables)
    if known is None or known["why"] != one.signature:
        return ids
    return sorted(set(ids) - set(known["items"]))


def _owe(
    session: Session, news: list[tuple[Unreached, list[int]]], *, now: datetime, base_url: str, sender: Sender
) -> int:
    readers: dict[int, tuple[Person, list[tuple[ChangedContract, int]]]] = {}
    for one, ids in news:
        told = ChangedContract(
            one.contract.number, one.contract.name, f"{base_url}/unreachable", tuple(_lines(one, ids, now))
        )
        people = {person.id: person for person, role in people_of(session, one.contract.id) if role.sets_up}
        for person in people.values():
            assert person.id is not None
            readers.setdefault(person.id, (person, []))[1].append((told, len(ids)))
    # Every run records something before it tells of it, so the number of its last entry names the run.
    run = session.exec(select(AuditHead.sha256)).one()
    for person, contracts in readers.values():
        cause = words.count(sum(count for _, count in contracts), "open item")
        to = mailbox_of(person)
        told_of = tuple(contract for contract, _ in contracts)
        letter = changes_message(to, told_of, cause=cause, sender=sender, now=now, of=UNREACHABLE)
        key = f"{UNREACHABLE}|{hashlib.sha256(run.encode()).hexdigest()}|{person.id}"
        session.add(notice_of(person, letter, key=key, rung=UNREACHABLE, now=now, sender=sender))
    session.flush()
    return len(readers)


def _lines(one: Unreached, ids: list[int], now: datetime) -> list[str]:
    rows = [row for row in one.deliverables if row.id in ids]
    shown = [Item(row, one.contract, standing(row.facts, now), _phrase(row), row.facts) for row in rows]
    return [one.why, *one.cures, *named_items(shown)]


def _phrase(row: Any) -> str:
    _, limit, whole_day = row.asked_for
    return due_phrase(limit, zone=row.zone, whole_day=whole_day)
