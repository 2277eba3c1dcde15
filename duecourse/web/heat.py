"""How busy and how late is each month, drawn as a table of squares: a row for a contract or a report, twelve months?

A square says its number in figures and its worst state as a sign; its colour only repeats that.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from duecourse.calendar.periods import add_months
from duecourse.language.said import Commas, say, say_in
from duecourse.web.filters import STATES

MONTHS = 12
_ORDER = ("overdue", "in", "open", "done", "aside")
"""The states of a square, the one that needs somebody first in front."""
_SIGNS = {"overdue": "!", "in": "↑", "open": "◷", "done": "✓", "aside": "–"}
_WORDS = {
    "overdue": say_in("state", "overdue"),
    "in": say_in("state", "waiting for a decision"),
    "open": say_in("state", "still to do"),
    "done": say_in("state", "accepted or done"),
    "aside": say_in("state", "not needed"),
}
_STYLES = {"overdue": "overdue", "in": "submitted", "open": "expected", "done": "accepted", "aside": "withdrawn"}
_STATE_OF = {str(standing): state for state, (_, standings) in STATES.items() for standing in standings}


@dataclass(slots=True)
class Square:
    """One month of one row: how many are in each state."""

    month: date
    numbers: dict[str, int] = field(default_factory=dict)

    def add(self, standing: str, number: int) -> None:
        """Count so many of a standing."""
        state = _STATE_OF[standing]
        self.numbers[state] = self.numbers.get(state, 0) + number

    @property
    def total(self) -> int:
        """How many fall due in the month."""
        return sum(self.numbers.values())

    @property
    def worst(self) -> str:
        """The state that needs somebody first; empty where nothing falls due."""
        return next((state for state in _ORDER if self.numbers.get(state)), "")

    @property
    def shown(self) -> int:
        """How many are in that state."""
        return self.numbers.get(self.worst, 0)

    @property
    def sign(self) -> str:
        """The sign of that state."""
        return _SIGNS[self.worst]

    @property
    def style(self) -> str:
        """The name of its colours in the stylesheet."""
        return _STYLES[self.worst]

    @property
    def depth(self) -> int:
        """How deep the colour is: 1 for one, 2 for a few, 3 for many."""
        return 1 if self.shown < 2 else 2 if self.shown < 6 else 3

    @property
    def says(self) -> str:
        """The numbers in words: ``2 overdue, 5 accepted or done``."""
        found = [state for state in _ORDER if self.numbers.get(state)]
        return Commas(
            tuple(say("%(number)s %(state)s", number=self.numbers[state], state=_WORDS[state]) for state in found)
        )


@dataclass(frozen=True, slots=True)
class Row:
    """One row of squares, with what its heading says."""

    key: str
    title: str
    label: str
    squares: tuple[Square, ...]


def months_from(first: date) -> tuple[date, ...]:
    """Return the first days of twelve months."""
    return tuple(add_months(first, number) for number in range(MONTHS))


def heat_rows(
    headings: Iterable[tuple[str, str, str]], counted: Mapping[tuple[Any, ...], int], months: Sequence[date]
) -> list[Row]:
    """Return a row for each heading (key, title, label); `counted` has key, year, month and standing."""
    rows = {key: Row(key, title, label, tuple(Square(month) for month in months)) for key, title, label in headings}
    places = {(month.year, month.month): place for place, month in enumerate(months)}
    for (key, year, month, standing), number in counted.items():
        place = places.get((int(year), int(month)))
        if place is not None and key in rows:
            rows[key].squares[place].add(standing, number)
    return list(rows.values())


def legend() -> list[tuple[str, str, str]]:
    """Return the sign, the words and the style of each state."""
    return [(_SIGNS[state], _WORDS[state], _STYLES[state]) for state in _ORDER]
