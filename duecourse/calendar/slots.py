"""How many slots do home visitors owe on a day, by model and FTE, and from when does a new hire owe all of them?

Connecticut OEC manual, Caseload Requirements. Slots are prorated by FTE and never rounded, since no rounding is stated.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from duecourse.calendar.enrollment import HomeVisiting
from duecourse.calendar.periods import add_months


@dataclass(frozen=True, slots=True)
class HomeVisitorFacts:
    """A home visitor, or a team of them, under an opaque id: model, FTE, program, first and last day of employment."""

    reference: str
    model: str
    fte: Fraction
    hired_on: date
    left_on: date | None = None
    program: str = ""

    def employed(self, on: date) -> bool:
        """Tell whether the person is employed on a day; the last day counts."""
        return self.hired_on <= on and (self.left_on is None or on <= self.left_on)


@dataclass(frozen=True, slots=True)
class Slots:
    """The slots of one home visitor as of a day."""

    visitor: HomeVisitorFacts
    full: Fraction | None
    """The standing number of slots at this FTE, exact; None where the contract names none for the model."""
    full_from: date
    """The first day on which all of them are owed: the day after the months of grace."""
    owed: Fraction
    """What is owed on the day that was asked for: nothing yet within the months of grace."""


def slots_on(rules: HomeVisiting, visitors: Iterable[HomeVisitorFacts], on: date) -> list[Slots]:
    """Return the slots of everybody who is employed on a day.

    A new hire has the months of grace to build up a caseload. The month's day is clamped to the last day of a shorter
    month, and all slots are owed from the day after it.
    """
    found = []
    for visitor in visitors:
        if not visitor.employed(on):
            continue
        standing = rules.slots.get(visitor.model)
        full = None if standing is None else standing * visitor.fte
        full_from = visitor.hired_on
        if rules.grace_months:
            full_from = add_months(visitor.hired_on, rules.grace_months) + timedelta(days=1)
        owed = full if full is not None and on >= full_from else Fraction(0)
        found.append(Slots(visitor, full, full_from, owed))
    return found
