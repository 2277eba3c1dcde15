"""The legal holidays of Washington, Connecticut and the federal government, worked out from the statutes' own words.

Independent of the library that the product uses: RCW 1.16.050, CGS 1-4 and 5 U.S.C. 6103, and what becomes of a holiday
on a weekend: it is kept on the Friday before or the Monday after. Run this file to write the table anew.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

TABLE = Path(__file__).with_name("tables") / "closed_weekdays.csv"
YEARS = range(2021, 2036)


def nth(year: int, month: int, weekday: int, n: int) -> date:
    """The n-th weekday (Monday is 0) of a month; the last one for -1."""
    if n > 0:
        first = date(year, month, 1)
        return first + timedelta((weekday - first.weekday()) % 7 + 7 * (n - 1))
    last = date(year + month // 12, month % 12 + 1, 1) - timedelta(1)
    return last - timedelta((last.weekday() - weekday) % 7)


def good_friday(year: int) -> date:
    """Two days before Easter Sunday, by the anonymous Gregorian computus."""
    a, b, c = year % 19, year // 100, year % 100
    d, e, f = b // 4, b % 4, (b + 8) // 25
    g = (b - f + 1) // 3
    h = (19 * a + b - d - g + 15) % 30
    i, k = c // 4, c % 4
    m = (32 + 2 * e + 2 * i - h - k) % 7
    n = (a + 11 * h + 22 * m) // 451
    month, day = divmod(h + m - 7 * n + 114, 31)
    return date(year, month, day + 1) - timedelta(2)


def common(year: int) -> dict[str, date]:
    """The holidays that all three keep."""
    return {
        "New Year's Day": date(year, 1, 1),
        "Martin Luther King Jr. Day": nth(year, 1, 0, 3),
        "Presidents' Day": nth(year, 2, 0, 3),
        "Memorial Day": nth(year, 5, 0, -1),
        "Independence Day": date(year, 7, 4),
        "Labor Day": nth(year, 9, 0, 1),
        "Veterans Day": date(year, 11, 11),
        "Thanksgiving Day": nth(year, 11, 3, 4),
        "Christmas Day": date(year, 12, 25),
    }


def washington(year: int) -> dict[str, date]:
    """RCW 1.16.050: also the Friday after Thanksgiving, and Juneteenth from 2022 on. No Columbus Day."""
    found = common(year) | {"Native American Heritage Day": nth(year, 11, 3, 4) + timedelta(1)}
    return found | ({"Juneteenth": date(year, 6, 19)} if year >= 2022 else {})


def connecticut(year: int) -> dict[str, date]:
    """CGS 1-4: also Lincoln Day, Good Friday and Columbus Day, and Juneteenth from 2023 on."""
    found = common(year) | {
        "Lincoln Day": date(year, 2, 12),
        "Good Friday": good_friday(year),
        "Columbus Day": nth(year, 10, 0, 2),
    }
    return found | ({"Juneteenth": date(year, 6, 19)} if year >= 2023 else {})


def federal(year: int) -> dict[str, date]:
    """5 U.S.C. 6103: also Columbus Day, and Juneteenth from 2021 on."""
    return common(year) | {"Columbus Day": nth(year, 10, 0, 2), "Juneteenth": date(year, 6, 19)}


LAWS: dict[str, Callable[[int], dict[str, date]]] = {"US": federal, "US-CT": connecticut, "US-WA": washington}


def kept(on: date) -> date:
    """The weekday on which offices close for a holiday: the Friday before a Saturday, the Monday after a Sunday."""
    return on + timedelta({5: -1, 6: 1}.get(on.weekday(), 0))


def closed_weekdays(calendar: str) -> list[tuple[date, str]]:
    """The weekdays on which offices are closed by law, in all years of the table."""
    years = range(YEARS.start - 1, YEARS.stop + 1)
    days = [(kept(on), name) for year in years for name, on in LAWS[calendar](year).items()]
    return sorted((on, name) for on, name in days if on.year in YEARS)


if __name__ == "__main__":
    with TABLE.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["calendar", "closed_on", "name"])
        writer.writerows([name, on.isoformat(), day] for name in LAWS for on, day in closed_weekdays(name))
    sys.exit(0)
