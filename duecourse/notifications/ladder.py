"""Which reminder of a deadline is owed now, and to whom?

The ladder of a deadline has a rung 14, 7 and 1 days before it, on the day, 1 and 3 days after it, and weekly from
then on. Rungs are counted in calendar days from `due_on`, each time anew, and reached at 6 in the morning in the
contract's zone. Only the latest rung is owed: after a downtime nobody gets five mails about one report.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo

from duecourse.calendar.due import instant_at
from duecourse.calendar.lifecycle import Party
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


@dataclass(frozen=True, slots=True)
class Reader:
    """A person to whom a rung is owed, and why."""

    person_id: int
    why: Why

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


def readers(parts: Iterable[tuple[int, RoleName]], rung: Rung, *, party: Party = Party.CONTRACTOR) -> list[Reader]:
    """Return who is owed `rung` of a contract in which people (by id) have these parts, each person once.

    Of what the funder owes, the liaisons are told. Of the rest, the contractor's program managers are, else whoever
    else works for the contractor, else the liaisons, so that no deadline is without a reader. From 3 days after the due
    date on, the liaisons are copied.
    """
    held = list(parts)
    liaisons = [person for person, role in held if role.is_liaison]
    if party is Party.FUNDER:
        return [Reader(person, Why.LIAISON) for person in dict.fromkeys(liaisons)]
    groups = {
        Why.MANAGER: [person for person, role in held if role is RoleName.PROGRAM_MANAGER],
        Why.NO_MANAGER: [person for person, role in held if not role.is_liaison],
        Why.NOBODY_AT_CONTRACTOR: liaisons,
    }
    why, addressed = next(((why, people) for why, people in groups.items() if people), (Why.MANAGER, []))
    found = dict.fromkeys(addressed, why)
    if rung.offset >= COPIES_FROM:
        for person in liaisons:
            found.setdefault(person, Why.COPIED)
    return [Reader(person, reason) for person, reason in found.items()]


def notice_key(uid: str, facts: Facts, rung: Rung, *, person_id: int, now: datetime) -> str:
    """Return the key under which a notice can be owed once: another due moment, or a return, arms the ladder anew."""
    parts = [uid, facts.due_at.astimezone(UTC).isoformat(), rung.name, str(person_id), "email"]
    if facts.returned_at is not None and facts.returned_at <= now:
        parts.append(f"returned {facts.returned_at.astimezone(UTC).isoformat()}")
    return "|".join(parts)
