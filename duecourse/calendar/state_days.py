"""On which days are the offices of a state, or of the federal government, closed by law?

The one door to the ``holidays`` library, and the one place where its known errors are put right.
"""

from __future__ import annotations

import re
from datetime import date, time
from functools import lru_cache
from importlib.metadata import version
from typing import NamedTuple

import holidays

from duecourse.calendar.words import joined
from duecourse.language.said import say

# A state keeps Juneteenth from the year in which its own law says so; the library closes offices from 2021 on.
# Washington: RCW 1.16.050 as amended by Laws of 2021, ch. 295. Connecticut: CGS 1-4 as amended by Public Act 22-128.
_FIRST_JUNETEENTH = {"US-WA": 2022, "US-CT": 2023}

_LAWS = {"US": "5 U.S.C. 6103", "US-WA": "RCW 1.16.050", "US-CT": "CGS 1-4"}

_CORRECTIONS_EDITION = 1


class Closure(NamedTuple):
    """A day on which offices are closed: the date, the name of the day, and the law or announcement behind it.

    `closes_at` is the local time at which they close on a half day, which is a business day; None where they are shut.
    """

    on: date
    name: str
    source: str
    closes_at: time | None = None


def known_codes() -> frozenset[str]:
    """Return the names of the calendars that are known: ``US`` for the federal government, ``US-WA`` for a state."""
    return frozenset({"US", *(f"US-{state}" for state in holidays.country_holidays("US").subdivisions)})


def offices(code: str) -> str:
    """Return whose offices a calendar is of: ``Washington offices`` for ``US-WA``, ``Federal offices`` for ``US``."""
    if code == "US":
        return say("Federal offices")
    return say("%(state)s offices", state=_states()[code.removeprefix("US-")])


def edition(code: str) -> str:
    """Return the version of a calendar's table of closed days, as stored with every date computed from it."""
    return f"{code}/holidays-{version('holidays')}+{_CORRECTIONS_EDITION}"


def offices_of(stored: str) -> str:
    """Return whose offices the tables are of that a date was computed from, as its stored version names them."""
    return joined([offices(code) for code in re.findall(r"(US(?:-[A-Z]{2})?)/", stored)])


@lru_cache(maxsize=256)
def closed_days(code: str, first_year: int, last_year: int) -> tuple[Closure, ...]:
    """Return the legal holidays of a calendar (``"US-WA"``) in the years given, both included, in order.

    Days that are observed on another date appear under the observed date as well. A year is never computed alone: New
    Year's Day of the following year may be observed on 31 December.
    """
    state = code.removeprefix("US").removeprefix("-") or None
    table = holidays.country_holidays("US", subdiv=state, years=range(first_year, last_year + 2))
    law = _LAWS.get(code, f"the legal holidays of {state}")
    return tuple(
        Closure(on, name, law)
        for on, name in sorted(table.items())
        if first_year <= on.year <= last_year and not _is_before_the_law(code, on, name)
    )


@lru_cache(maxsize=1)
def _states() -> dict[str, str]:
    """Return the names of the states and territories by their postal codes."""
    return {code: name for name, code in holidays.country_holidays("US").subdivisions_aliases.items()}


def _is_before_the_law(code: str, on: date, name: str) -> bool:
    return name.startswith("Juneteenth") and on.year < _FIRST_JUNETEENTH.get(code, on.year)
