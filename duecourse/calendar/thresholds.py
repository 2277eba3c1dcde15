"""Do figures over several periods stay above what the contract asks for?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from duecourse.calendar.periods import Window


class Mean(NamedTuple):
    """The mean of one quarter's monthly figures, unrounded, and whether it meets the threshold."""

    quarter: Window
    value: Fraction
    meets: bool


@dataclass(frozen=True, slots=True)
class Threshold:
    """The mean of the monthly figures of a quarter is at least `percent` of `capacity`.

    It is compared unrounded: of 52 slots, 85 percent are 44.2, so that a mean of 44 is below and 44 1/3 meets it.
    When it is missed in `consecutive` quarters in a row, the `consequence` follows.
    """

    percent: int
    capacity: int
    consecutive: int
    consequence: str

    @property
    def needed(self) -> Fraction:
        """The least mean that meets it."""
        return Fraction(self.percent * self.capacity, 100)

    def mean(self, quarter: Window, figures: Sequence[int]) -> Mean:
        """Return the mean of a quarter's three monthly figures; raises ValueError when one is missing."""
        if len(figures) != 3:
            raise ValueError(f"a quarter has three monthly figures, not {len(figures)}")
        value = Fraction(sum(figures), len(figures))
        return Mean(quarter, value, value >= self.needed)

    def followed_by(self, means: Sequence[Mean]) -> list[Mean]:
        """Return the quarters with which a run of `consecutive` missed quarters is complete; `means` are in order.

        A run that goes on asks for nothing new until it has been broken.
        """
        run, complete = 0, []
        for mean in means:
            run = 0 if mean.meets else run + 1
            if run == self.consecutive:
                complete.append(mean)
        return complete
