"""Which reminder of a deadline is owed now, and to whom?

The steps of a ladder (calendar/ladders.py) are counted from `due_on`, each time anew, and reached at 6 in the morning
in the contract's zone. Of the steps at which somebody is told, only the latest is owed to that person: after a downtime
nobody gets five mails about one report. Weekly steps are for whoever has to submit it: everybody else is told once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from duecourse.calendar.business_days import BusinessCalendar
from duecourse.calendar.due import instant_at
from duecourse.calendar.ladders import LIAISONS, OWNER, SENIORS, USUAL, Audience, Ladder, Step
from duecourse.calendar.standing import Facts, Standing, standing

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
BY_HAND = "by-hand"
"""The name of a reminder that a person sends besides the ladder."""
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
    # What cannot be late is asked for on its page; nobody is pressed for it, nor for its correction after the window.
    if not now_standing.is_open or (facts.excused and now >= facts.limit):
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


def notice_key(uid: str, facts: Facts, rung: Rung, *, person_id: int, now: datetime) -> str:
    """Return the key under which a notice can be owed once: another due moment, or a return, arms the ladder anew."""
    parts = [uid, facts.due_at.astimezone(UTC).isoformat(), rung.name, str(person_id), "email"]
    if rung.change in (CAME_IN, CAME_IN_LATE):
        parts.append(f"at {rung.at.astimezone(UTC).isoformat()}")
    if facts.returned_at is not None and facts.returned_at <= now:
        parts.append(f"returned {facts.returned_at.astimezone(UTC).isoformat()}")
    return "|".join(parts)
