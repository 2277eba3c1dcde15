"""On which days are a state's offices closed by law?

The one door to the ``holidays`` library, and the one place where its known errors are put right.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from importlib.metadata import version
from typing import NamedTuple

import holidays

# A state keeps Juneteenth from the year in which its own law says so; the library closes offices from 2021 on.
# Washington: RCW 1.16.050 as amended by Laws of 2021, ch. 295. Connecticut: CGS 1-4 as amended by Public Act 22-128.
_FIRST_JUNETEENTH = {"WA": (2022, "Laws of 2021, ch. 295"), "CT": (2023, "Public Act 22-128")}

_LAWS = {"WA": "RCW 1.16.050", "CT": "CGS 1-4"}

_CORRECTIONS_EDITION = 1


class Closure(NamedTuple):
    """A day on which offices are closed: the date, the name of the day, and the law or announcement behind it."""

    on: date
    name: str
    source: str


def known_states() -> frozenset[str]:
    """Return the two-letter codes of the states and territories whose closed days are known."""
    return frozenset(holidays.country_holidays("US").subdivisions)


def edition(state: str) -> str:
    """Return the version of the table of closed days, as stored with every date that was computed from it."""
    return f"US-{state}/holidays-{version('holidays')}+{_CORRECTIONS_EDITION}"


@lru_cache(maxsize=256)
def closed_days(state: str, first_year: int, last_year: int) -> tuple[Closure, ...]:
    """Return the legal holidays of `state` (``"WA"``) in the years given, both included, in order.

    Days that are observed on another date appear under the observed date as well. A year is never computed alone: New
    Year's Day of the following year may be observed on 31 December.
    """
    table = holidays.country_holidays("US", subdiv=state, years=range(first_year, last_year + 2))
    law = _LAWS.get(state, f"the legal holidays of {state}")
    return tuple(
        Closure(on, name, law)
        for on, name in sorted(table.items())
        if first_year <= on.year <= last_year and not _is_before_the_law(state, on, name)
    )


def _is_before_the_law(state: str, on: date, name: str) -> bool:
    if not name.startswith("Juneteenth") or state not in _FIRST_JUNETEENTH:
        return False
    first_year, _law = _FIRST_JUNETEENTH[state]
    return on.year < first_year
