"""What do a contract's monthly figures come to: quarter means, low months, runs of low quarters, awards?

Every comparison is exact: of 52 slots 85 percent are 44.2, so that a mean of 44 is below it and 44 1/3 meets it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction

from duecourse.calendar.enrollment import Cell, Enrollment, Improvement, Measure, QuarterTest
from duecourse.calendar.periods import Every, Period, Window, add_months, periods_in
from duecourse.calendar.thresholds import Mean


@dataclass(frozen=True, slots=True)
class Figure:
    """What was entered for one month, program and source. Of several the one that was entered last holds."""

    month: date
    """The first day of the month."""
    program: str
    source: str
    served: int | None
    active: int | None
    entered_at: datetime

    @property
    def cell(self) -> Cell:
        """What it was entered for."""
        return self.program, self.source

    def of(self, measure: Measure) -> int | None:
        """Return the number of a measure."""
        return self.served if measure is Measure.SERVED else self.active


@dataclass(frozen=True, slots=True)
class Month:
    """One month with the figures that hold, over all programs and sources."""

    on: date
    held: dict[Cell, Figure]
    missing: tuple[Cell, ...]

    def of(self, measure: Measure) -> int | None:
        """Return the sum over all programs and sources, or None while one of them is not yet known."""
        numbers = [figure.of(measure) for figure in self.held.values()]
        if self.missing or any(number is None for number in numbers):
            return None
        return sum(number for number in numbers if number is not None)


@dataclass(frozen=True, slots=True)
class Result:
    """One test of one quarter: the figures of its months, and their mean once all of them are known."""

    test: QuarterTest
    quarter: Period
    figures: tuple[int | None, ...]
    mean: Mean | None

    @property
    def award(self) -> int | None:
        """What the quarter earns in cents, 0 below the threshold; None while it is not known or none is offered."""
        award = self.test.award
        if award is None or self.mean is None:
            return None
        if not award.first_on <= self.quarter.start <= self.quarter.end <= award.last_on:
            return None
        return award.cents if self.mean.meets else 0


@dataclass(frozen=True, slots=True)
class Run:
    """Missed quarters in a row; it is complete with `complete`, and may have gone on after it."""

    test: QuarterTest
    complete: Result
    quarters: tuple[Result, ...]


def months_of(terms: Enrollment) -> list[date]:
    """Return the first day of every month of services."""
    month, found = terms.first_on.replace(day=1), []
    while month <= terms.last_on:
        found.append(month)
        month = add_months(month, 1)
    return found


def last_day(month: date) -> date:
    """Return the last day of the month that starts on `month`."""
    return date.fromordinal(add_months(month, 1).toordinal() - 1)


def months(terms: Enrollment, figures: Iterable[Figure]) -> dict[date, Month]:
    """Return every month of services with the figures that hold in it; `figures` are in the order of their entry."""
    held: dict[date, dict[Cell, Figure]] = {month: {} for month in months_of(terms)}
    for figure in figures:
        if figure.month in held and figure.cell in terms.cells:
            held[figure.month][figure.cell] = figure
    return {
        month: Month(month, cells, tuple(cell for cell in terms.cells if cell not in cells))
        for month, cells in held.items()
    }


def results(terms: Enrollment, known: dict[date, Month], *, fiscal_year_starts: int) -> list[Result]:
    """Return each test of each whole quarter of the services, by quarter and then in the order of the contract.

    The mean is that of the three months, unrounded; None until all three are known. A quarter of which only a part
    lies in the services has no mean.
    """
    found = []
    every = periods_in(Every.QUARTER, terms.first_on, terms.last_on, fiscal_year_starts=fiscal_year_starts)
    for quarter in every:
        theirs = [known[month] for month in known if quarter.start <= last_day(month) and month <= quarter.end]
        if len(theirs) != Every.QUARTER.months:
            continue
        for test in terms.tests:
            figures = tuple(month.of(test.measure) for month in theirs)
            whole = [figure for figure in figures if figure is not None]
            window = Window(quarter.start, quarter.end)
            mean = test.threshold.mean(window, whole) if len(whole) == len(figures) else None
            found.append(Result(test, quarter, figures, mean))
    return found


def runs(found: Sequence[Result]) -> list[Run]:
    """Return the runs of missed quarters that are complete. A quarter that is not yet known ends a run.

    A run goes on from one fiscal year into the next (22-1174, SOW 6.d(3), which does not say otherwise).
    """
    complete: list[Run] = []
    for test in dict.fromkeys(result.test for result in found):
        stretch: list[Result] = []
        for result in [*(each for each in found if each.test == test), None]:
            if result is not None and result.mean is not None:
                stretch.append(result)
                continue
            complete += _runs_in(test, stretch)
            stretch = []
    return complete


def _runs_in(test: QuarterTest, stretch: Sequence[Result]) -> list[Run]:
    means = {result.mean: at for at, result in enumerate(stretch) if result.mean is not None}
    found = []
    for mean in test.threshold.followed_by(list(means)):
        at = means[mean]
        start = at - test.threshold.consecutive + 1
        end = at
        while end + 1 < len(stretch) and (after := stretch[end + 1].mean) is not None and not after.meets:
            end += 1
        found.append(Run(test, stretch[at], tuple(stretch[start : end + 1])))
    return found


def is_low(improvement: Improvement, month: Month) -> bool | None:
    """Tell whether a month lies below the share of the capacity; None while its figures are not yet known."""
    number = month.of(improvement.measure)
    return None if number is None else Fraction(number) < improvement.threshold.needed


def low_since(terms: Enrollment, month: date, figures: Iterable[Figure]) -> datetime | None:
    """Return the instant since which a month is known to lie below; None when it does not, or is not yet known.

    `figures` are all that were entered, in the order of their entry: a corrected month is low since its correction.
    """
    if terms.improvement is None:
        return None
    since, entered = None, list[Figure]()
    for figure in figures:
        if figure.month != month:
            continue
        entered.append(figure)
        if is_low(terms.improvement, months(terms, entered)[month]):
            since = since or figure.entered_at
        else:
            since = None
    return since
