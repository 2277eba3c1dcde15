"""Which reminder of a deadline is owed now, and to whom?

The ladder of a deadline has a rung 14, 7 and 1 days before it, on the day, 1 and 3 days after it, and weekly from
then on. Rungs are counted in calendar days from `due_on`, each time anew, and reached at 6 in the morning in the
contract's zone. Only the latest rung is owed: after a downtime nobody gets five mails about one report.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType
from zoneinfo import ZoneInfo

from duecourse.calendar.due import instant_at
from duecourse.calendar.lifecycle import Party
from duecourse.calendar.reaching import SENIOR, Away, Holder, Stand, stands, who_is_away
from duecourse.calendar.standing import Facts, Standing, standing
from duecourse.models import RoleName

REACHED_AT = time(6)
"""The local time at which a rung is reached: before any office opens, and before a cut-off at 8:00 AM on that day."""
FIRST_OFFSET = -14
COPIES_FROM = 3
"""The days after the due date from which on the liaisons are copied."""
STOPS_AFTER = timedelta(days=60)
"""How long after the contract's end overdue reports are still asked for."""

_FIXED_OFFSETS = (3, 1, 0, -1, -7, FIRST_OFFSET)
_WEEK = 7


@dataclass(frozen=True, slots=True)
class Rung:
    """One step of a ladder: so many days after the due date (before it when negative), reached at an instant."""

    offset: int
    on: date
    at: datetime

    @property
    def name(self) -> str:
        """The rung's name: ``before-14``, ``on-day``, ``after-3``, ``after-10``."""
        if self.offset == 0:
            return "on-day"
        return f"before-{-self.offset}" if self.offset < 0 else f"after-{self.offset}"


class Why(StrEnum):
    """Why somebody is a reader of a notice."""

    MANAGER = "program manager"
    NO_MANAGER = "the contract has no program manager"
    NOBODY_AT_CONTRACTOR = "the contract has nobody at the contractor"
    LIAISON = "a liaison, for the funder’s own duty"
    COPIED = "copied as a liaison"
    IN_PLACE = "in place of somebody at the contractor who is away"
    ALL_AWAY = "everybody at the contractor is away"
    ADMIN = "the contract has nobody but an admin"


@dataclass(frozen=True, slots=True)
class Reader:
    """A person to whom a rung is owed, and why."""

    person_id: int
    why: Why
    because: str = ""
    """The reason as a sentence, where an absence is the reason."""

    @property
    def is_copy(self) -> bool:
        """Whether the person is copied rather than addressed."""
        return self.why is Why.COPIED


@lru_cache(maxsize=4096)
def latest_rung(due_on: date, zone: str, *, now: datetime) -> Rung | None:
    """Return the latest rung that is reached at `now` (aware), or None more than 14 days before the due date."""
    local = now.astimezone(ZoneInfo(zone))
    reached_on = local.date() if local.time() >= REACHED_AT else local.date() - timedelta(days=1)
    days = (reached_on - due_on).days
    if days < FIRST_OFFSET:
        return None
    if days > COPIES_FROM:
        offset = COPIES_FROM + (days - COPIES_FROM) // _WEEK * _WEEK
    else:
        offset = next(fixed for fixed in _FIXED_OFFSETS if fixed <= days)
    on = due_on + timedelta(days=offset)
    return Rung(offset, on, instant_at(on, REACHED_AT, zone).astimezone(UTC))


def owed_rung(
    facts: Facts, *, due_on: date, zone: str, notices_from: datetime, contract_ends_on: date, now: datetime
) -> Rung | None:
    """Return the rung that is owed at `now` for a deliverable, or None.

    Nothing is owed unless somebody still has to submit it. A rung that was reached before `notices_from` is not owed,
    nor is any for what fell due before it: whoever enters a contract that has run for years is not pressed, week after
    week, for a past that is still to be entered. For a report that was returned, a rung that was reached before the
    return is not owed. The ladder ends 60 days after the contract, but never before the liaisons were copied once: a
    contract may ask for its last report after its end.
    """
    now_standing = standing(facts, now)
    # What cannot be late is asked for on its page; nobody is pressed for it.
    pressing = now_standing.is_open and now_standing is not Standing.EXCUSED
    rung = latest_rung(due_on, zone, now=now) if pressing else None
    if rung is None or rung.at < notices_from:
        return None
    if now_standing is Standing.OVERDUE and facts.limit < notices_from:
        return None
    if rung.on > max(contract_ends_on + STOPS_AFTER, due_on + timedelta(days=COPIES_FROM)):
        return None
    if facts.returned_at is not None and rung.at <= facts.returned_at:
        return None
    return rung


def readers(
    parts: Iterable[Holder | tuple[int, RoleName]],
    rung: Rung,
    *,
    party: Party = Party.CONTRACTOR,
    away: Away = MappingProxyType({}),
) -> list[Reader]:
    """Return who is owed `rung` of a contract in which people (by id) have these parts, each person once.

    Of what the funder owes, the liaisons are told. Of the rest, the contractor's program managers are, else whoever
    else works for the contractor, else the liaisons, so that no deadline is without a reader. From 3 days after the due
    date on, the liaisons are copied.

    Who is `away` that day is passed over: told instead are the others of the part, else their backups, else the
    contractor's supervisor and leadership, else its other staff, else the liaisons, in their turn replaced by their
    backups. Where nobody at all is there, those who are away are told all the same.
    """
    held = [Holder(*part) for part in parts]
    liaisons = _liaisons(held, away) or _anyway([one for one in held if one.role.is_liaison], Why.LIAISON)
    addressed = liaisons if party is Party.FUNDER else _at_contractor(held, away)
    if not addressed:
        said = "You get this as an admin: the contract has nobody else who could be told."
        addressed = [Reader(one.person_id, Why.ADMIN, said) for one in held if one.role is RoleName.ADMIN]
    found = {reader.person_id: reader for reader in addressed}
    if rung.offset >= COPIES_FROM and party is Party.CONTRACTOR:
        for liaison in liaisons:
            found.setdefault(liaison.person_id, replace(liaison, why=Why.COPIED))
    return list(found.values())


def _at_contractor(held: list[Holder], away: Away) -> list[Reader]:
    staff = [one for one in held if one.role.side is Party.CONTRACTOR]
    managers = [one for one in staff if one.role is RoleName.PROGRAM_MANAGER]
    first, why = (managers, Why.MANAGER) if managers else (staff, Why.NO_MANAGER)
    if found := stands(first, held, away):
        return [Reader(one.person_id, Why.IN_PLACE if one.for_whom else why, _as_backup(one, away)) for one in found]
    gone = who_is_away(first, away)
    for group in ([one for one in staff if one.role in SENIOR], staff):
        if found := stands(group, held, away):
            said = f"You get this because {gone}, and no backup can be reached."
            return [Reader(one.person_id, Why.IN_PLACE, said) for one in found]
    if staff and (liaisons := _liaisons(held, away)):
        said = f"You get this because {gone}, and nobody else at the contractor is there."
        return [Reader(one.person_id, Why.ALL_AWAY, said) for one in liaisons]
    if staff:
        return _anyway(first, why)
    liaisons = _liaisons(held, away) or _anyway([one for one in held if one.role.is_liaison], Why.NOBODY_AT_CONTRACTOR)
    return [replace(one, why=Why.NOBODY_AT_CONTRACTOR) for one in liaisons]


def _liaisons(held: list[Holder], away: Away) -> list[Reader]:
    found: dict[int, Reader] = {}
    for role in (RoleName.PROGRAM_LIAISON, RoleName.FISCAL_LIAISON):
        for one in stands([each for each in held if each.role is role], held, away):
            found.setdefault(one.person_id, Reader(one.person_id, Why.LIAISON, _as_backup(one, away)))
    order = {one.person_id: place for place, one in reversed(list(enumerate(held)))}
    return sorted(found.values(), key=lambda reader: order[reader.person_id])


def _as_backup(one: Stand, away: Away) -> str:
    return f"You get this because {who_is_away(one.for_whom, away)}, and you are the backup." if one.for_whom else ""


def _anyway(holders: list[Holder], why: Why) -> list[Reader]:
    said = "You get this although you are away: nobody else is there to get it."
    return [Reader(person, why, said) for person in dict.fromkeys(one.person_id for one in holders)]


def notice_key(uid: str, facts: Facts, rung: Rung, *, person_id: int, now: datetime) -> str:
    """Return the key under which a notice can be owed once: another due moment, or a return, arms the ladder anew."""
    parts = [uid, facts.due_at.astimezone(UTC).isoformat(), rung.name, str(person_id), "email"]
    if facts.returned_at is not None and facts.returned_at <= now:
        parts.append(f"returned {facts.returned_at.astimezone(UTC).isoformat()}")
    return "|".join(parts)
