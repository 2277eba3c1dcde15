"""How are dates, times and due moments said to people?

In English, as texts that can be said in another language where they are shown (`duecourse.language.said`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from duecourse.language.cldr import ClockTime, DatePart, Day, Listed, Month, MonthName, Ordinal, WeekdayName
from duecourse.language.said import Phrase, noted_count, say, say_count, say_in

# The zones that a contract may name, with the words for them. Others are refused: a zone without a plain name
# cannot be said on a page or in a mail.
ZONES = {
    "America/New_York": (say_in("zone", "Eastern"), say_in("zone", "ET")),
    "America/Chicago": (say_in("zone", "Central"), say_in("zone", "CT")),
    "America/Denver": (say_in("zone", "Mountain"), say_in("zone", "MT")),
    "America/Phoenix": (say_in("zone", "Arizona"), say_in("zone", "Arizona time")),
    "America/Los_Angeles": (say_in("zone", "Pacific"), say_in("zone", "PT")),
    "America/Anchorage": (say_in("zone", "Alaska"), say_in("zone", "AKT")),
    "Pacific/Honolulu": (say_in("zone", "Hawaii"), say_in("zone", "HT")),
    "America/Puerto_Rico": (say_in("zone", "Atlantic"), say_in("zone", "AT")),
    "Pacific/Guam": (say_in("zone", "Chamorro"), say_in("zone", "ChT")),
}
_COUNTED = {
    "business day": noted_count("%(num)s business day", "%(num)s business days"),
    "calendar day": noted_count("%(num)s calendar day", "%(num)s calendar days"),
    "change": noted_count("%(num)s change", "%(num)s changes"),
    "contract": noted_count("%(num)s contract", "%(num)s contracts"),
    "date": noted_count("%(num)s date", "%(num)s dates"),
    "day": noted_count("%(num)s day", "%(num)s days"),
    "deliverable": noted_count("%(num)s deliverable", "%(num)s deliverables"),
    "extension": noted_count("%(num)s extension", "%(num)s extensions"),
    "hour": noted_count("%(num)s hour", "%(num)s hours"),
    "item": noted_count("%(num)s item", "%(num)s items"),
    "minute": noted_count("%(num)s minute", "%(num)s minutes"),
    "month": noted_count("%(num)s month", "%(num)s months"),
    "open item": noted_count("%(num)s open item", "%(num)s open items"),
    "part": noted_count("%(num)s part", "%(num)s parts"),
    "report": noted_count("%(num)s report", "%(num)s reports"),
    "step": noted_count("%(num)s step", "%(num)s steps"),
}
"""What `count` can say in every language; what is not here is counted in English."""


def day(on: date, *, year: bool = True) -> str:
    """Return ``Tue Feb 22, 2022``, or ``Tue Feb 22``."""
    return Day(on, year=year)


def date_alone(on: date) -> str:
    """Return ``Feb 22, 2022``."""
    return Day(on, weekday=False)


def month(on: date) -> str:
    """Return ``February 2022``."""
    return Month(on)


def month_name(number: int) -> str:
    """Return ``February`` for 2."""
    return MonthName(number)


def weekday(number: int) -> str:
    """Return ``Monday`` for 0."""
    return WeekdayName(number)


def short_month(on: date, *, year: bool = False) -> str:
    """Return ``Feb``, or ``Feb 2022``."""
    return DatePart(on, "%b %Y", "yMMM") if year else DatePart(on, "%b", "MMM")


def short_weekday(on: date) -> str:
    """Return ``Tue``."""
    return DatePart(on, "%a", "E")


def day_alone(on: date) -> str:
    """Return ``Feb 22``."""
    return Day(on, weekday=False, year=False)


def clock_time(at: time) -> str:
    """Return ``8:00 AM``."""
    return ClockTime(at)


def instant(at: datetime, zone: str) -> str:
    """Return ``Tue Feb 22, 2022, 8:00 AM Pacific`` for an aware instant."""
    local = at.astimezone(ZoneInfo(zone))
    return say("%(day)s, %(time)s %(zone)s", day=day(local.date()), time=clock_time(local.time()), zone=ZONES[zone][0])


def ordinal(n: int) -> str:
    """Return ``1st``, ``2nd``, ``3rd``, ``4th``."""
    return Ordinal(n)


def day_of_month(n: int) -> str:
    """Return ``1st``, ``20th``, for a day of a month."""
    return Ordinal(n, is_day=True)


def count(n: int, thing: str, things: str = "") -> str:
    """Return ``1 day``, ``3 days``, and ``3 entries`` where the plural is given."""
    if not things and thing in _COUNTED:
        return say_count(*_COUNTED[thing], n)
    return f"{n} {thing if n == 1 else things or thing + 's'}"


def range_of_days(start: date, end: date) -> str:
    """Return ``7/1/21-9/30/21``, the way that Connecticut's reports name their period."""
    return f"{start.month}/{start.day}/{start:%y}-{end.month}/{end.day}/{end:%y}"


def joined(parts: Sequence[str]) -> str:
    """Return ``a``, ``a and b``, ``a, b and c``."""
    return Listed(parts)


def following(*sentences: str) -> Phrase | str:
    """Return sentences that follow one another in one text; empty ones are left out."""
    found = [each for each in sentences if each]
    if not found:
        return ""
    text: Phrase | str = found[0]
    for each in found[1:]:
        # A message, so that a language may join sentences in its own way.
        text = say("%(first)s %(then)s", first=text, then=each)
    return text
