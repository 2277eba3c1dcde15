"""Which reminder of a deadline is owed now, and to whom?

The steps of a ladder (calendar/ladders.py) are counted from `due_on`, each time anew, and reached at 6 in the morning
in the contract's zone. Of the steps at which somebody is told, only the latest is owed to that person: after a downtime
nobody gets five mails about one report. Weekly steps are for whoever has to submit it: everybody else is told once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType
from zoneinfo import ZoneInfo

from duecourse.calendar.business_days import BusinessCalendar
from duecourse.calendar.due import instant_at
from duecourse.calendar.ladders import FIRST_OFFSET, LIAISONS, OWNER, SENIORS, USUAL, Audience, Ladder, Step
from duecourse.calendar.lifecycle import Party
from duecourse.calendar.reaching import SENIOR, Away, Holder, Stand, backups, stands, who_is_away
from duecourse.calendar.standing import Facts, Standing, standing
from duecourse.models import RoleName

__all__ = ["FIRST_OFFSET", "Reader", "Rung", "Why", "latest_rung", "notice_key", "owed_rungs", "readers"]

REACHED_AT = time(6)
"""The local time at which a rung is reached: before any office opens, and before a cut-off at 8:00 AM on that day."""
COPIES_FROM = 3
"""The days after the due date on which the liaisons are copied by the usual ladder."""
STOPS_AFTER = timedelta(days=60)
"""How long after the contract's end overdue reports are still asked for."""
LASTS = timedelta(days=35)
"""How long after it was reached a rung is still owed, when no later one takes its place."""
CHANGE_LASTS = timedelta(days=9)
"""How long after it happened a change is still told."""
RETURNED, CAME_IN, CAME_IN_LATE, BECAME_OVERDUE = "returned", "came-in", "came-in-late", "overdue"
"""The names of the rungs that a change of state makes."""

_WEEK = 7


@dataclass(frozen=True, slots=True)
class Rung:
    """One step of a ladder: so many days after the due date (before it when negative), reached at an instant.

    `to` are those for whom it is the latest. `change` names a change of state, which is told whatever the ladder says.
    """

    offset: int
    on: date
    at: datetime
    business: bool = False
    prepare: str = ""
    change: str = ""
    to: frozenset[Audience] = field(default=OWNER, compare=False)

    @property
    def name(self) -> str:
        """The rung's name: ``before-14``, ``on-day``, ``after-3``, ``before-5b`` for business days, ``returned``."""
        if self.change:
            return self.change
        days = f"{abs(self.offset)}{'b' if self.business else ''}"
        side = f"before-{days}" if self.offset < 0 else f"after-{days}"
        named = side if self.offset else "on-day"
        return f"{named}-{'-'.join(self.prepare.lower().split())}" if self.prepare else named


class Why(StrEnum):
    """Why somebody is a reader of a notice."""

    MANAGER = "program manager"
    NO_MANAGER = "the contract has no program manager"
    NOBODY_AT_CONTRACTOR = "the contract has nobody at the contractor"
    LIAISON = "a liaison, for the funder’s own duty"
    COPIED = "copied as a liaison"
    IN_PLACE = "in place of somebody at the contractor who is away"
    ALL_AWAY = "everybody at the contractor is away"
    BACKUP = "the backup"
    SUPERVISOR = "a clinical supervisor"
    LEADERSHIP = "the contractor’s leadership"
    CHANGED = "a liaison, told what changed"
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
        return self.why in _COPIES


_COPIES = (Why.COPIED, Why.CHANGED, Why.SUPERVISOR, Why.LEADERSHIP)


def latest_rung(due_on: date, zone: str, *, now: datetime) -> Rung | None:
    """Return the latest rung of the usual ladder that is reached at `now` (aware), or None before the first."""
    return next((rung for rung in _latest(USUAL, due_on, zone, None, now) if rung.to & OWNER), None)


def owed_rungs(
    facts: Facts,
    *,
    due_on: date,
    zone: str,
    notices_from: datetime,
    contract_ends_on: date,
    now: datetime,
    ladder: Ladder = USUAL,
    days: BusinessCalendar | None = None,
) -> list[Rung]:
    """Return the rungs that are owed at `now` for a deliverable, the latest first, each to those for whom it is latest.

    Nothing is owed unless somebody still has to submit it. A rung that was reached before `notices_from` is not owed,
    nor is any for what fell due before it: whoever enters a contract that has run for years is not pressed, week after
    week, for a past that is still to be entered. For a report that was returned, a rung that was reached before the
    return is not owed; the return itself is. A ladder ends 60 days after the contract, but never before the liaisons
    were copied once: a contract may ask for its last report after its end. `days` is needed for business days.
    """
    now_standing = standing(facts, now)
    # What cannot be late is asked for on its page; nobody is pressed for it.
    if not now_standing.is_open or now_standing is Standing.EXCUSED:
        return []
    if now_standing is Standing.OVERDUE and facts.limit < notices_from:
        return []
    ends_on = max(contract_ends_on + STOPS_AFTER, due_on + timedelta(days=COPIES_FROM))
    found = []
    for rung in _latest(ladder, due_on, zone, days, now):
        too_old = rung.at < notices_from or rung.on > ends_on or now - rung.at > LASTS
        before_return = facts.returned_at is not None and rung.at <= facts.returned_at
        if not too_old and not before_return and not (rung.prepare and now >= facts.limit):
            found.append(rung)
    told = frozenset(audience for rung in found if rung.offset > 0 and not rung.prepare for audience in rung.to)
    return [*found, *_changes(facts, now_standing, due_on, notices_from, now, told)]


def came_in(facts: Facts, *, submitted_on: date, recorded_at: datetime, told_seniors: bool) -> Rung:
    """Return the rung that tells that something came in, late or not; the contractor's seniors hear of it when told."""
    late = facts.submitted_at is not None and facts.submitted_at >= facts.limit and not facts.excused
    to = LIAISONS | SENIORS if late and told_seniors else LIAISONS
    return Rung(0, submitted_on, recorded_at, change=CAME_IN_LATE if late else CAME_IN, to=to)


def _changes(
    facts: Facts,
    now_standing: Standing,
    due_on: date,
    notices_from: datetime,
    now: datetime,
    told: frozenset[Audience],
) -> list[Rung]:
    """Return what changed. Who is `told` by a step that it is overdue need not hear that it became so."""
    found = []
    back = facts.returned_at
    if back is not None and back <= now and back >= notices_from and now - back <= LASTS:
        found.append(Rung(0, due_on, back, change=RETURNED, to=OWNER | LIAISONS))
    late_since = facts.limit
    if now_standing is Standing.OVERDUE and now - late_since <= CHANGE_LASTS and LIAISONS - told:
        found.append(Rung(0, due_on, late_since, change=BECAME_OVERDUE, to=LIAISONS - told))
    return found


def _latest(ladder: Ladder, due_on: date, zone: str, days: BusinessCalendar | None, now: datetime) -> Sequence[Rung]:
    local = now.astimezone(ZoneInfo(zone))
    reached_on = local.date() if local.time() >= REACHED_AT else local.date() - timedelta(days=1)
    if ladder.has_business_days:
        return _rungs(ladder, due_on, zone, days, reached_on)
    return _rungs_in_calendar_days(ladder, due_on, zone, reached_on)


@lru_cache(maxsize=8192)
def _rungs_in_calendar_days(ladder: Ladder, due_on: date, zone: str, reached_on: date) -> Sequence[Rung]:
    return _rungs(ladder, due_on, zone, None, reached_on)


def _rungs(
    ladder: Ladder, due_on: date, zone: str, days: BusinessCalendar | None, reached_on: date
) -> tuple[Rung, ...]:
    """Return the reached steps that are the latest for somebody, the latest first; steps of the work count apart."""
    steps = list(ladder.steps)
    since = (reached_on - due_on).days - ladder.last_after
    if ladder.weekly and since >= _WEEK:
        steps.append(Step(ladder.last_after + since // _WEEK * _WEEK))
    reached = [(step.on(due_on, days), place, step) for place, step in enumerate(steps)]
    reached = sorted((one for one in reached if one[0] <= reached_on), reverse=True)
    told: set[tuple[bool, Audience]] = set()
    found = []
    for on, _, step in reached:
        lacking = frozenset(one for one in step.to if (bool(step.prepare), one) not in told)
        told |= {(bool(step.prepare), one) for one in lacking}
        if lacking:
            at = instant_at(on, REACHED_AT, zone).astimezone(UTC)
            found.append(Rung(step.offset, on, at, step.business, step.prepare, to=lacking))
    return tuple(found)


def readers(
    parts: Iterable[Holder | tuple[int, RoleName]],
    rung: Rung,
    *,
    party: Party = Party.CONTRACTOR,
    away: Away = MappingProxyType({}),
) -> list[Reader]:
    """Return who is owed `rung` of a contract in which people (by id) have these parts, each person once.

    Of what the funder owes, the liaisons are told. Of the rest, the contractor's program managers are, else whoever
    else works for the contractor, else the liaisons, so that no deadline is without a reader. Others are told where the
    rung says so.

    Who is `away` that day is passed over: told instead are the others of the part, else their backups, else the
    contractor's supervisor and leadership, else its other staff, else the liaisons, in their turn replaced by their
    backups. Where nobody at all is there, those who are away are told all the same.
    """
    held = [Holder(*part) for part in parts]
    found: dict[int, Reader] = {}
    if rung.to & OWNER:
        found |= {reader.person_id: reader for reader in _owners(held, party, away)}
    if party is Party.CONTRACTOR:
        for reader in _others(held, rung, away):
            found.setdefault(reader.person_id, reader)
    return list(found.values())


def _owners(held: list[Holder], party: Party, away: Away) -> list[Reader]:
    if party is Party.FUNDER:
        found = _liaisons(held, away) or _anyway([one for one in held if one.role.is_liaison], Why.LIAISON)
    else:
        found = _at_contractor(held, away)
    if found:
        return found
    said = "You get this as an admin: the contract has nobody else who could be told."
    return [Reader(one.person_id, Why.ADMIN, said) for one in held if one.role is RoleName.ADMIN]


def _others(held: list[Holder], rung: Rung, away: Away) -> list[Reader]:
    found = []
    if Audience.BACKUP in rung.to:
        managers = [one for one in held if one.role is RoleName.PROGRAM_MANAGER]
        found += [Reader(one.person_id, Why.BACKUP) for one in backups(managers, held, away)]
    for audience, role, why in _SENIOR_PARTS:
        if audience in rung.to:
            told = stands([one for one in held if one.role is role], held, away)
            found += [Reader(one.person_id, why, _as_backup(one, away)) for one in told]
    roles = [role for audience, role in _LIAISON_PARTS if audience in rung.to]
    if roles:
        why = Why.CHANGED if rung.change else Why.COPIED
        # Where the contractor has nobody, the liaisons are told as owners already.
        told_all = _anyway([one for one in held if one.role in roles], why)
        found += [replace(reader, why=why) for reader in _liaisons(held, away, roles) or told_all]
    return found


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


def _liaisons(
    held: list[Holder], away: Away, roles: Sequence[RoleName] = (RoleName.PROGRAM_LIAISON, RoleName.FISCAL_LIAISON)
) -> list[Reader]:
    found: dict[int, Reader] = {}
    for role in roles:
        for one in stands([each for each in held if each.role is role], held, away):
            found.setdefault(one.person_id, Reader(one.person_id, Why.LIAISON, _as_backup(one, away)))
    order = {one.person_id: place for place, one in reversed(list(enumerate(held)))}
    return sorted(found.values(), key=lambda reader: order[reader.person_id])


def _as_backup(one: Stand, away: Away) -> str:
    return f"You get this because {who_is_away(one.for_whom, away)}, and you are the backup." if one.for_whom else ""


def _anyway(holders: list[Holder], why: Why) -> list[Reader]:
    said = "You get this although you are away: nobody else is there to get it."
    return [Reader(person, why, said) for person in dict.fromkeys(one.person_id for one in holders)]


_SENIOR_PARTS = (
    (Audience.SUPERVISOR, RoleName.CLINICAL_SUPERVISOR, Why.SUPERVISOR),
    (Audience.LEADERSHIP, RoleName.LEADERSHIP, Why.LEADERSHIP),
)
_LIAISON_PARTS = (
    (Audience.PROGRAM_LIAISON, RoleName.PROGRAM_LIAISON),
    (Audience.FISCAL_LIAISON, RoleName.FISCAL_LIAISON),
)


def notice_key(uid: str, facts: Facts, rung: Rung, *, person_id: int, now: datetime) -> str:
    """Return the key under which a notice can be owed once: another due moment, or a return, arms the ladder anew."""
    parts = [uid, facts.due_at.astimezone(UTC).isoformat(), rung.name, str(person_id), "email"]
    if rung.change in (CAME_IN, CAME_IN_LATE):
        parts.append(f"at {rung.at.astimezone(UTC).isoformat()}")
    if facts.returned_at is not None and facts.returned_at <= now:
        parts.append(f"returned {facts.returned_at.astimezone(UTC).isoformat()}")
    return "|".join(parts)
