"""On whose desk did a report lie, for how many days, and how late is it without the days on the funder's desk?

Days are counted from the local date of each change of hands, which is day 0: what came in on the 10th and was returned
on the 15th lay 5 days on the funder's desk. So the days of both desks add up to all days.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from duecourse.calendar.business_days import BusinessCalendar, days_between
from duecourse.calendar.lifecycle import Party


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time, from `start` until before `end`."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Handover:
    """A change of hands: at an instant, to a desk, or to None when nobody has to do anything any more.

    `limit` is the instant from which the contractor is late, while it lies on the contractor's desk.
    """

    at: datetime
    to: Party | None
    limit: datetime | None = None


@dataclass(frozen=True, slots=True)
class Stay:
    """A stretch of time on one desk, in calendar days and in business days; `limit` as in `Handover`."""

    desk: Party
    span: Span
    days: int
    business_days: int
    limit: datetime | None = None
    is_wait: bool = False
    """Whether it is a time of waiting for the funder's decision on a request."""


def stays(
    handovers: Iterable[Handover],
    waits: Iterable[Span] = (),
    *,
    until: datetime,
    zone: str,
    calendar: BusinessCalendar,
) -> list[Stay]:
    """Return the stays on both desks up to `until`, in order of time, neighbours on one desk as one.

    `waits` are the times during which the contractor waited for the funder's decision on a request: once the report is
    late, these count as the funder's.
    """
    known = sorted(handovers, key=lambda handover: handover.at)
    known = [each for each in known if each.at <= until]
    ends = [each.at for each in known[1:]] + [until]
    found: list[Stay] = []
    for handover, end in zip(known, ends, strict=True):
        if handover.to is None:
            continue
        for desk, span in _split(handover, end, waits):
            is_wait = desk is not handover.to
            if found and found[-1].desk is desk and found[-1].span.end == span.start:
                last = found.pop()
                span, is_wait = Span(last.span.start, span.end), last.is_wait
            found.append(Stay(desk, span, *count_days(span, zone, calendar), handover.limit, is_wait))
    return found


def days_on(desk: Party, found: Iterable[Stay]) -> tuple[int, int]:
    """Return how many calendar days and how many business days it lay on a desk."""
    theirs = [stay for stay in found if stay.desk is desk]
    return sum(stay.days for stay in theirs), sum(stay.business_days for stay in theirs)


def days_late(limit: datetime, now: datetime, waits: Sequence[Span] = ()) -> int:
    """Return by how many days something is late at `now`, any begun day counting as one; 0 when it is not late.

    The `waits` for the funder's decision after `limit` do not count.
    """
    late = now - limit
    if late < timedelta(0):
        return 0
    waited = sum((_overlap(wait, Span(limit, now)) for wait in waits), timedelta(0))
    if waited and late <= waited:
        return 0
    return (late - waited).days + 1


def late_in_all(found: Sequence[Stay]) -> int:
    """Return how many days it was late on the contractor's desk, over all its versions; begun days count as one."""
    late: dict[datetime, timedelta] = {}
    for stay, after in zip(found, [*found[1:], None], strict=True):
        if stay.desk is not Party.CONTRACTOR or stay.limit is None or stay.span.end < stay.limit:
            continue
        if stay.span.end == stay.limit and after is not None and after.is_wait:
            continue
        more = stay.span.end - max(stay.span.start, stay.limit)
        late[stay.limit] = late.get(stay.limit, timedelta(0)) + more
    return sum(each.days + 1 for each in late.values())


def _split(handover: Handover, end: datetime, waits: Iterable[Span]) -> list[tuple[Party, Span]]:
    assert handover.to is not None
    whole = Span(handover.at, end)
    if handover.to is Party.FUNDER or handover.limit is None:
        return [(handover.to, whole)]
    parts: list[tuple[Party, Span]] = []
    at = whole.start
    for wait in sorted(waits, key=lambda each: each.start):
        start, stop = max(wait.start, handover.limit, at), min(wait.end, end)
        if start < stop:
            parts += [(Party.CONTRACTOR, Span(at, start))] if at < start else []
            parts.append((Party.FUNDER, Span(start, stop)))
            at = stop
    return parts + ([(Party.CONTRACTOR, Span(at, end))] if at < end or not parts else [])


def _overlap(one: Span, other: Span) -> timedelta:
    return max(min(one.end, other.end) - max(one.start, other.start), timedelta(0))


def count_days(span: Span, zone: str, calendar: BusinessCalendar) -> tuple[int, int]:
    """Return how many calendar days and business days of a place a stretch has; its first day is day 0."""
    start, end = (at.astimezone(ZoneInfo(zone)).date() for at in (span.start, span.end))
    passed = list(days_between(start, end))[1:]
    return len(passed), sum(calendar.is_business_day(on) for on in passed)
