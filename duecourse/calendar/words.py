"""How are dates, times and due moments said to people?"""

from __future__ import annotations

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

# The zones that a contract may name, with the words for them. Others are refused: a zone without a plain name
# cannot be said on a page or in a mail.
ZONES = {
    "America/New_York": ("Eastern", "ET"),
    "America/Chicago": ("Central", "CT"),
    "America/Denver": ("Mountain", "MT"),
    "America/Phoenix": ("Arizona", "Arizona time"),
    "America/Los_Angeles": ("Pacific", "PT"),
    "America/Anchorage": ("Alaska", "AKT"),
    "Pacific/Honolulu": ("Hawaii", "HT"),
    "America/Puerto_Rico": ("Atlantic", "AT"),
    "Pacific/Guam": ("Chamorro", "ChT"),
}


def day(on: date, *, year: bool = True) -> str:
    """Return ``Tue Feb 22, 2022``, or ``Tue Feb 22``."""
    return f"{on:%a %b} {on.day}" + (f", {on.year}" if year else "")


def clock_time(at: time) -> str:
    """Return ``8:00 AM``."""
    return f"{at.hour % 12 or 12}:{at.minute:02d} {'AM' if at.hour < 12 else 'PM'}"


def instant(at: datetime, zone: str) -> str:
    """Return ``Tue Feb 22, 2022, 8:00 AM Pacific`` for an aware instant."""
    local = at.astimezone(ZoneInfo(zone))
    return f"{day(local.date())}, {clock_time(local.time())} {ZONES[zone][0]}"


def ordinal(n: int) -> str:
    """Return ``1st``, ``2nd``, ``3rd``, ``4th``."""
    suffix = "th" if 10 <= n % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")
    return f"{n}{suffix}"


def count(n: int, thing: str, things: str = "") -> str:
    """Return ``1 day``, ``3 days``, and ``3 entries`` where the plural is given."""
    return f"{n} {thing if n == 1 else things or thing + 's'}"


def range_of_days(start: date, end: date) -> str:
    """Return ``7/1/21-9/30/21``, the way that Connecticut's reports name their period."""
    return f"{start.month}/{start.day}/{start:%y}-{end.month}/{end.day}/{end:%y}"


def joined(parts: list[str]) -> str:
    """Return ``a``, ``a and b``, ``a, b and c``."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
