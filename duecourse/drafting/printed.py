"""Which dates stand in a text, in any of the ways in which exhibits print them?"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTH = (
    r"(?P<{0}>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)\b\.?"
)
_WEEKDAY = r"(?:\b(?P<weekday>mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?\b\.?,?\s+)?"
_DAY = r"(?P<{0}>[0-3]?[0-9])(?:st|nd|rd|th)?"
_DATES = re.compile(
    _WEEKDAY
    + r"(?:"
    + r"\b(?P<y1>(?:19|20)[0-9]{2})-(?P<m1>[01]?[0-9])-(?P<d1>[0-3]?[0-9])(?:[T ]00:00(?::00)?)?\b"
    + r"|"
    + _MONTH.format("m2")
    + r"\s*"
    + _DAY.format("d2")
    + r",?\s+(?P<y2>(?:19|20)[0-9]{2})\b"
    + r"|\b"
    + _DAY.format("d3")
    + r"[ -]"
    + _MONTH.format("m3")
    + r",?[ -](?P<y3>(?:19|20)[0-9]{2}|[0-9]{2})\b"
    + r"|(?<![0-9/.])(?P<a4>[0-3]?[0-9])(?P<s4>[/.-])(?P<b4>[0-3]?[0-9])(?P=s4)"
    + r"(?P<y4>(?:19|20)[0-9]{2}|[0-9]{2})(?![0-9/])"
    + r")",
    re.IGNORECASE,
)
_SERIAL = re.compile(r"[0-9]{5}")
_EPOCHS = {False: date(1899, 12, 30), True: date(1904, 1, 1)}


@dataclass(frozen=True, slots=True)
class Printed:
    """A date as it is printed: where it stands, and the weekday beside it (0 is Monday) where that is another day’s."""

    on: date
    start: int
    end: int
    wrong_weekday: int | None = None


def dates_in(text: str, *, day_first: bool = False) -> list[Printed]:
    """Return the dates of a text in order. `3/4/2022` is March 4, or with `day_first` April 3."""
    found: list[Printed] = []
    for match in _DATES.finditer(text):
        on = _date(match, day_first)
        if on is None:
            continue
        stated = (match["weekday"] or "").capitalize()[:3]
        weekday = next((n for n, day in enumerate(_WEEKDAYS) if stated and day.startswith(stated)), None)
        wrong = weekday if weekday != on.weekday() else None
        found.append(Printed(on, match.start(), match.end(), wrong))
    return found


def serial_date(text: str, *, from_1904: bool) -> date | None:
    """Return the date of a number that counts days as a spreadsheet does, or None when it can be none.

    Only the years 1990 to 2100 are meant: there serial 60, a February 29, 1900 that never was, cannot come.
    """
    if not _SERIAL.fullmatch(text):
        return None
    on = _EPOCHS[from_1904] + timedelta(days=int(text))
    return on if 1990 <= on.year <= 2100 else None


def is_day_first(texts: list[str]) -> bool:
    """Tell whether dates with slashes name the day first: some can mean nothing else, and none must be otherwise."""
    firsts, seconds = [0], [0]
    for text in texts:
        for match in _DATES.finditer(text):
            if match["a4"]:
                firsts.append(int(match["a4"]))
                seconds.append(int(match["b4"]))
    return max(firsts) > 12 and max(seconds) <= 12


def _date(match: re.Match[str], day_first: bool) -> date | None:
    if match["y1"]:
        year, month, day = match["y1"], int(match["m1"]), match["d1"]
    elif match["m2"]:
        year, month, day = match["y2"], _month(match["m2"]), match["d2"]
    elif match["m3"]:
        year, month, day = match["y3"], _month(match["m3"]), match["d3"]
    else:
        year, month, day = match["y4"], int(match["b4" if day_first else "a4"]), match["a4" if day_first else "b4"]
    number = int(year) if len(year) == 4 else 2000 + int(year)
    try:
        on = date(number, month, int(day))
    except ValueError:
        return None
    return on if 1990 <= on.year <= 2100 else None


def _month(name: str) -> int:
    return _MONTHS.index(name[:3].lower()) + 1
