"""At which instant is something late, and by which steps was that instant found?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from duecourse.calendar import words
from duecourse.calendar.business_days import BusinessCalendar, Roll, days_between
from duecourse.calendar.words import ZONES
from duecourse.language.said import say


@dataclass(frozen=True, slots=True)
class ClosedDayRule:
    """What the contract says of a due date on which offices are closed, and from which clause.

    `cut_off` is the local time of day before which it is due on the day to which it was moved; without one, and for
    every date that is not moved, the whole day counts.
    """

    roll: Roll = Roll.UNADJUSTED
    cut_off: time | None = None
    clause: str = ""


@dataclass(frozen=True, slots=True)
class Moved:
    """A date that somebody entitled to do so has set in place of the one that the rule names.

    Without a `cut_off` the whole day counts. `source` is the document or message that says so; of a date that was
    `extended`, who asked for it, and the due moment that was the first one.
    """

    on: date
    cut_off: time | None
    source: str
    by: str
    extended: bool = False


@dataclass(frozen=True, slots=True)
class DueMoment:
    """The instant before which something must be in, and why.

    `nominal_on` is the date that the rule names. `due_on` is the last local day on which it can be in on time.
    `due_at` is the first instant that is late, in the contract's zone. `whole_day` says that all of `due_on` counts.
    `safe_on` is the business day before `due_on`: who submits by then is on time whichever way the rule is read.
    """

    nominal_on: date
    due_on: date
    due_at: datetime
    whole_day: bool
    safe_on: date
    zone: str
    steps: tuple[str, ...]
    calendar_version: str

    def phrase(self) -> str:
        """Say the due moment: ``before 8:00 AM Pacific on Tue Feb 22, 2022``, or ``by the end of Fri Aug 20, 2021``."""
        return due_phrase(self.due_at, zone=self.zone, whole_day=self.whole_day)


def due_phrase(due_at: datetime, *, zone: str, whole_day: bool) -> str:
    """Say a due moment in words; `due_at` is the first instant that is late."""
    if whole_day:
        return say(
            "by the end of %(day)s (%(zone)s)", day=words.day(last_day_before(due_at, zone)), zone=ZONES[zone][0]
        )
    local = due_at.astimezone(ZoneInfo(zone))
    return say(
        "before %(time)s %(zone)s on %(day)s",
        time=words.clock_time(local.time()),
        zone=ZONES[zone][0],
        day=words.day(local.date()),
    )


def last_day_before(due_at: datetime, zone: str) -> date:
    """Return the last local day on which something due at `due_at` is on time."""
    return (due_at.astimezone(UTC) - timedelta(microseconds=1)).astimezone(ZoneInfo(zone)).date()


def due_moment(
    nominal_on: date,
    days: BusinessCalendar,
    *,
    closed_day: ClosedDayRule,
    zone: str,
    rule: str,
    never_after: date | None = None,
    moved: Moved | None = None,
) -> DueMoment:
    """Return the due moment of something nominally due on `nominal_on`.

    `rule` is the step, in words, that led to the nominal date. `never_after` is the limit that no roll may pass: a
    date that would roll past it goes back to the last business day that is not after the limit, all of which counts.
    A date that was `moved` stands as it was set: neither rolls nor the limit change it.
    """
    steps = [rule]
    if moved is not None:
        until = words.day(moved.on)
        if moved.cut_off:
            until = say("%(day)s, before %(time)s", day=until, time=words.clock_time(moved.cut_off))
        steps.append(
            say("Extended to %(until)s by %(by)s: %(source)s.", until=until, by=moved.by, source=moved.source)
            if moved.extended
            else say("Moved to %(until)s by %(by)s (%(source)s).", until=until, by=moved.by, source=moved.source)
        )
        return _found(nominal_on, moved.on, moved.cut_off, days, zone=zone, steps=steps)
    due_on = days.roll(nominal_on, closed_day.roll)
    if due_on != nominal_on:
        steps.append(_said_roll(nominal_on, due_on, days, closed_day))
    elif not days.is_business_day(nominal_on):
        steps.append(
            say(
                "Offices are closed on %(day)s (%(reason)s). The contract does not move the date: it stands.",
                day=words.day(nominal_on),
                reason=days.reason_closed(nominal_on),
            )
        )
    cut_off = closed_day.cut_off if due_on != nominal_on else None
    if never_after is not None and due_on > never_after >= nominal_on:
        due_on, cut_off = days.roll(never_after, Roll.PRECEDING), None
        steps.append(
            say(
                "%(limit)s is the last day for deliverables and no roll may pass it: due on the last business day "
                "before, %(day)s.",
                limit=words.day(never_after),
                day=words.day(due_on),
            )
        )
    return _found(nominal_on, due_on, cut_off, days, zone=zone, steps=steps)


def instant_at(on: date, at: time, zone: str) -> datetime:
    """Return the instant of a local wall-clock time.

    A time that the clocks skip in spring is the first instant after the gap; a time that comes twice in autumn is the
    first of the two, whatever the `fold` of `at`.
    """
    local = datetime.combine(on, at.replace(fold=0), ZoneInfo(zone))
    earlier, later = local.replace(fold=1).astimezone(UTC), local.astimezone(UTC)
    if earlier >= later:
        return local
    # In a gap the two readings straddle the change of the clocks; look for it.
    offset = (earlier.astimezone(ZoneInfo(zone))).utcoffset()
    low, high = earlier, later
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) // 2
        if middle.astimezone(ZoneInfo(zone)).utcoffset() == offset:
            low = middle
        else:
            high = middle
    return high.replace(microsecond=0).astimezone(ZoneInfo(zone))


def _found(
    nominal_on: date, due_on: date, cut_off: time | None, days: BusinessCalendar, *, zone: str, steps: list[str]
) -> DueMoment:
    if due_on in days.half_days:
        half = days.half_days[due_on]
        assert half.closes_at is not None
        closes = words.clock_time(half.closes_at)
        steps.append(
            say("Offices close at %(time)s on %(day)s (%(name)s).", time=closes, day=words.day(due_on), name=half.name)
        )
    if cut_off is None:
        due_at = instant_at(due_on + timedelta(days=1), time(0), zone)
        steps.append(
            say("All of %(day)s counts: late from midnight, %(zone)s time.", day=words.day(due_on), zone=ZONES[zone][0])
        )
    else:
        due_at = instant_at(due_on, cut_off, zone)
        late_from = words.clock_time(cut_off)
        steps.append(
            say("Late from %(time)s %(zone)s on %(day)s.", time=late_from, zone=ZONES[zone][0], day=words.day(due_on))
        )
    safe_on = days.add(due_on, -1)
    return DueMoment(nominal_on, due_on, due_at, cut_off is None, safe_on, zone, tuple(steps), days.version)


def _said_roll(nominal_on: date, due_on: date, days: BusinessCalendar, closed_day: ClosedDayRule) -> str:
    closed = [
        say("%(day)s (%(reason)s)", day=words.day(on, year=False), reason=days.reason_closed(on))
        for on in days_between(min(nominal_on, due_on), max(nominal_on, due_on))
        if not days.is_business_day(on)
    ]
    due = words.day(due_on)
    if closed_day.cut_off:
        due = say("%(day)s, before %(time)s", day=due, time=words.clock_time(closed_day.cut_off))
    if closed_day.clause:
        due = say("%(rule)s (%(clause)s)", rule=due, clause=closed_day.clause)
    if due_on > nominal_on:
        return say(
            "Offices are closed on %(days)s: due on the next business day, %(due)s.", days=words.joined(closed), due=due
        )
    return say(
        "Offices are closed on %(days)s: due on the last earlier business day, %(due)s.",
        days=words.joined(closed),
        due=due,
    )
