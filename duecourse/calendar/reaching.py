"""Who is told in place of somebody who is away, and why?

Pure: parts and absences in, people out. A day is the local day in the contract's zone: for an instant, ask for its
local date first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from duecourse.calendar import words
from duecourse.calendar.roles import RoleName
from duecourse.language.said import say

SENIOR = (RoleName.CLINICAL_SUPERVISOR, RoleName.LEADERSHIP)
"""Who answers for the contractor when its program managers are away without a backup."""

Away = Mapping[int, date]
"""The people (by id) who are away on a day, and the last day on which each of them is."""


class Holder(NamedTuple):
    """Somebody who may come in and holds a part in a contract; the backup is the person named for this very part."""

    person_id: int
    role: RoleName
    name: str = ""
    backup_id: int | None = None


class Days(NamedTuple):
    """The days of one absence, both included."""

    start: date
    end: date


@dataclass(frozen=True, slots=True)
class Stand:
    """Somebody who is told; `for_whom` holds those who are away, when that is the reason."""

    person_id: int
    for_whom: tuple[Holder, ...] = ()


def away_until(absences: Mapping[int, Iterable[Days]], on: date) -> dict[int, date]:
    """Return who is away on a day, and until when: absences that follow each other without a gap count as one."""
    found = {}
    for person, periods in absences.items():
        end = None
        for days in sorted(periods):
            joins = end is not None and days.start.toordinal() <= end.toordinal() + 1
            if days.start <= on <= days.end or joins:
                end = max(end or days.end, days.end)
        if end is not None:
            found[person] = end
    return found


def present(holders: Iterable[Holder], away: Away) -> list[Holder]:
    """Return those who are there."""
    return [holder for holder in holders if holder.person_id not in away]


def backups(holders: Sequence[Holder], everybody: Iterable[Holder], away: Away) -> list[Stand]:
    """Return the backups of these holders who are there, each with the holders whose place it is.

    A backup counts only with a part of the same kind: whoever cannot open the page is not sent a link to it.
    """
    kinds: dict[int, set[str]] = {}
    for one in everybody:
        kinds.setdefault(one.person_id, set()).add(one.role.kind)
    places: dict[int, list[Holder]] = {}
    for holder in holders:
        backup = holder.backup_id
        if backup is not None and backup not in away and holder.role.kind in kinds.get(backup, ()):
            places.setdefault(backup, []).append(holder)
    return [Stand(person, tuple(for_whom)) for person, for_whom in places.items()]


def stands(holders: Sequence[Holder], everybody: Iterable[Holder], away: Away) -> list[Stand]:
    """Return who is told of what concerns these holders of a part: those who are there, else their backups, else none.

    Each person once, in the order of the holders.
    """
    there = dict.fromkeys(holder.person_id for holder in present(holders, away))
    return [Stand(person) for person in there] or backups(holders, everybody, away)


def who_is_away(holders: Iterable[Holder], away: Away) -> str:
    """Return ``Dana Reyes is away until Tue Mar 3``, for those of these holders who are away, each once."""
    names = {holder.person_id: holder.name or say("somebody") for holder in holders if holder.person_id in away}
    said = [
        say("%(name)s is away until %(day)s", name=name, day=words.day(away[person], year=False))
        for person, name in names.items()
    ]
    return words.joined(said) if said else ""
