"""Where does everything in the chart of a year's enrollment stand?

Positions across are percents of the width and positions down are pixels: letters keep their size on a phone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import ceil, floor

from duecourse.calendar import words
from duecourse.calendar.caseload import Month
from duecourse.calendar.enrollment import Measure
from duecourse.calendar.figure_words import exact
from duecourse.calendar.figure_words import measure as measure_said
from duecourse.language.said import Commas, say, say_in
from duecourse.tracking.caseload.enrollment_board import Enrolled

_LEFT, _RIGHT = 0.0, 100.0
"""Where the months begin and end, in percent of the width; the names of the levels stand to the right, outside."""
_BESIDE = {"served": -11, "active": 20, "slots": -9}
_APART = 17
"""The least distance of two names, in pixels."""


@dataclass(frozen=True, slots=True)
class Point:
    """One figure of one month, and what is said where it stands."""

    x: float
    y: float
    says: str
    month: str
    number: str


@dataclass(frozen=True, slots=True)
class Line:
    """A line of figures, broken where a month is not yet known. Its name stands at its newest point."""

    style: str
    name: str
    points: tuple[Point, ...]
    segments: tuple[tuple[Point, Point], ...]
    name_dy: int
    """How far below the point its name stands, in pixels; above it where this is less than 0."""
    anchor: str
    """Which end of its name stands at the point."""


@dataclass(frozen=True, slots=True)
class Level:
    """A number that holds for all months: the capacity or a threshold."""

    style: str
    name: str
    y: float
    name_y: float


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart of one fiscal year."""

    height: int
    left: float
    right: float
    bottom: float
    lines: tuple[Line, ...]
    levels: tuple[Level, ...]
    months: tuple[tuple[float, str], ...]
    says: str

    @property
    def is_empty(self) -> bool:
        """Whether no month of the year is known."""
        return not any(line.points for line in self.lines)


def chart(found: Enrolled, year: int, *, height: int) -> Chart:
    """Return the chart of a fiscal year, `height` pixels high. Its vertical axis does not begin at 0."""
    shown = found.months_in(year)
    series = _series(found, shown)
    levels = _levels(found)
    numbers = [number for _, _, row in series for number in row if number is not None]
    numbers += [number for _, _, number in levels]
    lowest, highest = floor(min(numbers, default=Fraction(0))) - 2, ceil(max(numbers, default=Fraction(1))) + 1
    lowest = max(lowest, 0)
    top, bottom = 12.0, height - 26.0

    def y(number: Fraction) -> float:
        return round(bottom - float((number - lowest) / (highest - lowest)) * (bottom - top), 1)

    step = (_RIGHT - _LEFT) / max(len(shown), 1)
    across = [round(_LEFT + (at + 0.5) * step, 2) for at in range(len(shown))]
    lines = []
    for style, name, row in series:
        points = [
            Point(
                x,
                y(number),
                say("%(month)s: %(name)s %(number)s", month=words.month(month.on), name=name, number=exact(number)),
                f"{month.on:%B %Y}",
                exact(number),
            )
            if number is not None
            else None
            for x, month, number in zip(across, shown, row, strict=True)
        ]
        segments = [(a, b) for a, b in pairwise(points) if a is not None and b is not None]
        shown_points = tuple(point for point in points if point is not None)
        anchor = "end" if shown_points and shown_points[-1].x > _RIGHT / 3 else "start"
        lines.append(Line(style, name, shown_points, tuple(segments), _BESIDE[style], anchor))
    return Chart(
        height,
        _LEFT,
        _RIGHT,
        bottom,
        tuple(lines),
        _spread([(style, name, y(number)) for style, name, number in levels]),
        tuple((x, words.short_month(month.on)) for x, month in zip(across, shown, strict=True)),
        _says(found, year, levels),
    )


Series = tuple[str, str, list[Fraction | None]]


def _series(found: Enrolled, shown: Sequence[Month]) -> list[Series]:
    series: list[Series] = []
    for measure in found.terms.measures:
        style = "served" if measure is Measure.SERVED else "active"
        numbers = [month.of(measure) for month in shown]
        series.append(
            (style, measure_said(measure), [None if number is None else Fraction(number) for number in numbers])
        )
    if found.terms.visiting and found.terms.visiting.slots:
        series.append(("slots", say_in("chart", "slots owed"), [found.owed(month) for month in shown]))
    return series


def _levels(found: Enrolled) -> list[tuple[str, str, Fraction]]:
    if found.terms.capacity is None:
        return []
    levels: list[tuple[str, str, Fraction]] = [
        (
            "capacity",
            say_in("chart", "capacity %(number)s", number=found.terms.capacity),
            Fraction(found.terms.capacity),
        )
    ]
    limits = {test.threshold.needed: test.threshold.percent for test in found.terms.tests}
    for needed, percent in sorted(limits.items(), reverse=True):
        levels.append(("limit", f"{percent}% = {exact(needed)}", needed))
    return levels


def _spread(levels: list[tuple[str, str, float]]) -> tuple[Level, ...]:
    """Give each level a place for its name beside it, with names that would touch moved apart downwards."""
    placed: list[Level] = []
    for style, name, y in sorted(levels, key=lambda level: level[2]):
        name_y = y + 4.5
        if placed and name_y - placed[-1].name_y < _APART:
            name_y = placed[-1].name_y + _APART
        placed.append(Level(style, name, y, round(name_y, 1)))
    return tuple(placed)


def _says(found: Enrolled, year: int, levels: list[tuple[str, str, Fraction]]) -> str:
    short = f"{year % 100:02d}"
    if not levels:
        return say(
            "Families per month in FY%(year)s against the slots that are owed. The table below has the same numbers.",
            year=short,
        )
    return say(
        "Families per month in FY%(year)s against %(levels)s. The table below has the same numbers.",
        year=short,
        levels=Commas(tuple(name for _, name, _ in levels)),
    )
