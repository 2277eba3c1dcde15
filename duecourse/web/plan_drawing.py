"""How is a plan's timeline drawn: where on the line of time is each mark, and where is there room for its words?

Time runs downwards, so that the words have room on a phone and on paper. Pure: marks in, coordinates out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from math import ceil

from duecourse.calendar import words
from duecourse.calendar.periods import add_months
from duecourse.language.said import Cut
from duecourse.web.plan_marks import PlanMark

WIDTH = 340
AXIS = 74
"""Where the line of time is drawn."""
WORDS = 108
"""Where the words begin."""
_ROW = 24
_TOP = 20
_PER_DAY = 3.2
_TALLEST = 620
_TICK = 16
_LONGEST = 27


@dataclass(frozen=True, slots=True)
class DrawnMark:
    """A mark with its place on the line (`at`) and the place of its words (`y`), in units of the drawing."""

    mark: PlanMark
    at: float
    y: float

    @property
    def words(self) -> str:
        """Its few words, cut where they would leave the drawing."""
        return Cut(self.mark.short, _LONGEST)

    @property
    def day(self) -> str:
        """Return ``Feb 16``."""
        return words.day_alone(self.mark.on)


@dataclass(frozen=True, slots=True)
class Tick:
    """The first day of a month on the line of time."""

    name: str
    at: float


@dataclass(frozen=True, slots=True)
class Drawing:
    """The whole drawing; `today` is None where today is not within it."""

    height: float
    end: float
    """Where the line of time ends."""
    marks: tuple[DrawnMark, ...]
    ticks: tuple[Tick, ...]
    today: float | None
    width: int = WIDTH
    axis: int = AXIS
    words: int = WORDS
    top: int = _TOP


def drawing_of(marks: Sequence[PlanMark], *, today: date) -> Drawing:
    """Return the drawing of marks that are in order of time; there is at least one, the notice."""
    first, last = marks[0].on, max(mark.on for mark in marks)
    days = max((last - first).days, 1)
    tall = max(min(days * _PER_DAY, _TALLEST), _ROW * (len(marks) - 1), _ROW)

    def place(on: date) -> float:
        return round(_TOP + (on - first).days * tall / days, 1)

    ys = _spread([place(mark.on) for mark in marks])
    drawn = tuple(DrawnMark(mark, place(mark.on), y) for mark, y in zip(marks, ys, strict=True))
    inside = first <= today <= last
    return Drawing(
        height=max(ys[-1], place(last)) + _TOP,
        end=place(last),
        marks=drawn,
        ticks=tuple(_ticks(first, last, tall / days)),
        today=place(today) if inside else None,
    )


def _spread(places: list[float]) -> list[float]:
    """Return where the words go: as near to their marks as the height of a line allows, in the same order."""
    ys: list[float] = []
    for place in places:
        ys.append(max(place, ys[-1] + _ROW) if ys else place)
    # What was pushed below the last mark moves up again, as far as there is room.
    limit = max(places[-1], _TOP + _ROW * (len(places) - 1))
    for at in range(len(ys) - 1, -1, -1):
        ys[at] = min(ys[at], limit)
        limit = ys[at] - _ROW
    return [round(y, 1) for y in ys]


def _ticks(first: date, last: date, per_day: float) -> list[Tick]:
    months, on = list[date](), first.replace(day=1)
    while (on := add_months(on, 1)) <= last:
        months.append(on)
    every = max(1, ceil(_TICK / (per_day * 28)))
    return [
        Tick(words.short_month(on, year=True), round(_TOP + (on - first).days * per_day, 1)) for on in months[::every]
    ]
