"""Who is told of a rung, and why?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType

from duecourse.calendar.ladders import OWNER, Audience
from duecourse.calendar.lifecycle import Party
from duecourse.calendar.reaching import SENIOR, Away, Holder, Stand, backups, stands, who_is_away
from duecourse.language.said import say
from duecourse.models import RoleName
from duecourse.notifications.ladder import Rung


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
    said = say("You get this as an admin: the contract has nobody else who could be told.")
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
            said = say("You get this because %(gone)s, and no backup can be reached.", gone=gone)
            return [Reader(one.person_id, Why.IN_PLACE, said) for one in found]
    if staff and (liaisons := _liaisons(held, away)):
        said = say("You get this because %(gone)s, and nobody else at the contractor is there.", gone=gone)
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
    if not one.for_whom:
        return ""
    return say("You get this because %(gone)s, and you are the backup.", gone=who_is_away(one.for_whom, away))


def _anyway(holders: list[Holder], why: Why) -> list[Reader]:
    said = say("You get this although you are away: nobody else is there to get it.")
    return [Reader(person, why, said) for person in dict.fromkeys(one.person_id for one in holders)]


_SENIOR_PARTS = (
    (Audience.SUPERVISOR, RoleName.CLINICAL_SUPERVISOR, Why.SUPERVISOR),
    (Audience.LEADERSHIP, RoleName.LEADERSHIP, Why.LEADERSHIP),
)
_LIAISON_PARTS = (
    (Audience.PROGRAM_LIAISON, RoleName.PROGRAM_LIAISON),
    (Audience.FISCAL_LIAISON, RoleName.FISCAL_LIAISON),
)
