"""Which fields say what a contract counts as enrollment, and what its figures are held against?"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema

from duecourse.calendar.enrollment import Measure
from duecourse.definitions.part import Part
from duecourse.definitions.values import ExhibitName, Label, Number, Slug, YesNo, unfit
from duecourse.language.said import say

_DECIMAL = re.compile(r"[0-9]{1,9}(\.[0-9]{1,4})?")
_AMOUNT = re.compile(r"[0-9]{1,9}\.[0-9]{2}")


def _decimal(value: Any) -> str:
    if not isinstance(value, str) or not _DECIMAL.fullmatch(value):
        raise unfit(say("“%(value)s” is not a number.", value=value), say("Write it with a point, such as 1.90."))
    return value


def _amount(value: Any) -> str:
    if not isinstance(value, str) or not _AMOUNT.fullmatch(value):
        raise unfit(
            say("“%(value)s” is not an amount in dollars and cents.", value=value),
            say("Write it with two decimals and no sign, such as 250.00."),
        )
    return value


# Kept as texts: a number with decimals that is read as binary is no longer the one that was written.
Decimal = Annotated[
    str, BeforeValidator(_decimal), WithJsonSchema({"type": "string", "pattern": f"^{_DECIMAL.pattern}$"})
]
Amount = Annotated[str, BeforeValidator(_amount), WithJsonSchema({"type": "string", "pattern": f"^{_AMOUNT.pattern}$"})]


class AwardPart(Part):
    """What the funder may pay for each quarter that meets the test: so much, or a share of a budget if that is more."""

    exhibit: ExhibitName = Field(description="The exhibit for whose quarters it is offered.")
    at_least: Amount = Field(description="In dollars.")
    percent: Decimal = Field(description="The percent of the budget.")
    budget: Amount = Field(description="The year's budget less awards, in dollars.")


class QuarterTestPart(Part):
    """Which figures a threshold tests, and what follows."""

    check: Slug = Field(description="The id of the check whose threshold it is.")
    measure: Measure
    event: Slug | None = Field(None, description="The event that is recorded when the run of missed quarters is full.")
    award: AwardPart | None = None


class ImprovementPart(Part):
    """The part that a monthly report carries for each month below a threshold."""

    obligation: Slug = Field(description="The id of the obligation: one that goes with each monthly report.")
    check: Slug = Field(description="The check whose share of the capacity the month is held against.")
    measure: Measure


class HomeVisitorsPart(Part):
    """What is said of home visitors: slots for 1.0 FTE by model, the grace of a new hire, the FTE that are funded."""

    slots: Annotated[dict[Label, Annotated[Number, Field(ge=1, le=1000)]], Field(max_length=20)] = Field(
        {}, description="The standing number of slots of 1.0 FTE, by model."
    )
    grace_months: Annotated[Number, Field(ge=0, le=36)] = Field(
        0, description="The months that a new hire has; all slots are owed from the day after them."
    )
    funded_fte: Annotated[dict[Label, Decimal], Field(max_length=20)] = Field(
        {}, description="The FTE that the contract funds, by source."
    )


class EnrollmentPart(Part):
    """The figures that are entered each month, and what they are held against."""

    capacity: Annotated[Number, Field(ge=1, le=100000)] | None = Field(
        None, description="The families who can be served at once; left out where it follows from the home visitors."
    )
    sources: Annotated[list[Label], Field(max_length=20)] = Field(
        [], description="The funding sources. A month has figures for each; tests take their sum."
    )
    per_program: YesNo = Field(False, description="Whether each program under the contract has figures of its own.")
    measures: Annotated[list[Measure], Field(min_length=1, max_length=2)] = Field(list(Measure))
    tests: Annotated[list[QuarterTestPart], Field(max_length=20)] = Field([])
    improvement: ImprovementPart | None = None
    home_visitors: HomeVisitorsPart | None = None


def hundredths(said: str) -> int:
    """Return an amount in dollars as cents."""
    return int(Fraction(said) * 100)
