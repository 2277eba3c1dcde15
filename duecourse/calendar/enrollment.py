"""What does a contract say about enrollment: capacity, sources, tests of a quarter, awards, slots of home visitors?"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from fractions import Fraction

from duecourse.calendar.thresholds import Threshold


class Measure(StrEnum):
    """What is counted for a month."""

    SERVED = "served"
    """Families served: seen or in touch within the three months up to the month's end, also when they left."""
    ACTIVE = "active"
    """Families actively enrolled on the month's last day."""


@dataclass(frozen=True, slots=True)
class Award:
    """What the funder may pay for a quarter that meets a test: at least so much, or a share of a budget if more.

    Amounts are in cents. It is offered for quarters that lie in the days from `first_on` to `last_on`.
    """

    at_least: int
    share: Fraction
    budget: int
    first_on: date
    last_on: date

    @property
    def cents(self) -> int:
        """The larger of the two amounts, the share rounded half up to a cent."""
        exact = self.budget * self.share
        return max(self.at_least, int(exact + Fraction(1, 2)))


@dataclass(frozen=True, slots=True)
class QuarterTest:
    """A threshold that the mean of a quarter's three months is held against, by one measure.

    `event` is what is recorded when a run of missed quarters is complete; empty where nothing follows.
    """

    id: str
    title: str
    clause: str
    threshold: Threshold
    measure: Measure
    event: str = ""
    award: Award | None = None


@dataclass(frozen=True, slots=True)
class Improvement:
    """The part that a monthly report has to carry for each month that lies below a share of the capacity."""

    obligation: str
    threshold: Threshold
    measure: Measure


@dataclass(frozen=True, slots=True)
class HomeVisiting:
    """The home visitors of a contract: slots for 1.0 FTE by model, the months of grace of a new hire, FTE by source."""

    slots: dict[str, int] = field(default_factory=dict)
    grace_months: int = 0
    funded: dict[str, Fraction] = field(default_factory=dict)

    @property
    def funded_fte(self) -> Fraction:
        """The FTE that the contract funds, over all sources; 0 where it names none."""
        return sum(self.funded.values(), Fraction(0))


Cell = tuple[str, str]
"""A program and a funding source: what a figure is entered for. Either is empty where a contract names none."""


@dataclass(frozen=True, slots=True)
class Enrollment:
    """Which figures a contract counts, from its first month of services to its last, and what it holds them against."""

    capacity: int | None
    first_on: date
    last_on: date
    sources: tuple[str, ...] = ()
    programs: dict[str, str] = field(default_factory=dict)
    """The names of the programs that have figures of their own, by id."""
    measures: tuple[Measure, ...] = tuple(Measure)
    tests: tuple[QuarterTest, ...] = ()
    improvement: Improvement | None = None
    visiting: HomeVisiting | None = None

    @property
    def cells(self) -> tuple[Cell, ...]:
        """Every program and source for which a month has figures; their sum is the figure of the month."""
        return tuple((program, source) for program in self.programs or ("",) for source in self.sources or ("",))
