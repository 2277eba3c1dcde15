"""Does a notice go alone and at once, or with its reader's daily mail, and when does that go?

Pure. One mail a day for each person, at the hour and in the zone of that person's choice, on business days; what is due
today, what was returned, what a person sends by hand, and what the contractor's seniors must hear goes at once.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from duecourse.calendar.business_days import BusinessCalendar
from duecourse.calendar.due import instant_at
from duecourse.notifications.ladder import BY_HAND, RETURNED
from duecourse.notifications.owing import Owed, OwedTo
from duecourse.notifications.readers import Why

DAILY = "daily"
"""The rung of a person's daily mail."""
NOTHING_DUE = "nothing-due"
"""The rung of the weekly mail that nothing is due. It is about no deliverable, and takes the daily mail's place."""


def goes_at_once(one: Owed, to: OwedTo) -> bool:
    """Tell whether a notice has a mail of its own, which is sent as soon as it is owed."""
    rung = one.rung
    if to.wish.stopped:
        # No daily mail goes to this person, and only what the contract makes due is owed.
        return True
    if rung.prepare:
        return False
    if rung.change == BY_HAND:
        return True
    if rung.change:
        return to.why in (Why.SUPERVISOR, Why.LEADERSHIP) or (rung.change == RETURNED and not to.is_copy)
    # Seniors are told when something becomes overdue, and that is a change of state.
    return rung.offset == 0 or (to.why in (Why.SUPERVISOR, Why.LEADERSHIP) and rung.offset > 0)


def mail_time(
    today: date,
    *,
    zone: str,
    hour: int,
    days: BusinessCalendar,
    is_mailed: bool,
    before: datetime | None,
    news_at: datetime | None = None,
    from_day: date | None = None,
) -> datetime | None:
    """Return when the daily mail may go that tells of something owed now; an instant that is past means now.

    `today` is the reader's local day, on which the daily mail went already when `is_mailed`. What happened at `news_at`
    after that day's hour waits for the next day's mail, and nothing goes earlier than `from_day`. It goes on the first
    business day; where that is not `before` the due moment, on the first day at all; None where that is too late, too.
    """
    is_over = is_mailed or (news_at is not None and news_at > instant_at(today, time(hour), zone))
    first = today + timedelta(days=1) if is_over else today
    first = max(first, from_day or first)
    on = first
    while not days.is_business_day(on):
        on += timedelta(days=1)
    at = instant_at(on, time(hour), zone)
    if before is None or at < before:
        return at
    at = instant_at(first, time(hour), zone)
    return at if at < before else None


def local_day(now: datetime, zone: str) -> date:
    """Return the local date of an instant."""
    return now.astimezone(ZoneInfo(zone)).date()
