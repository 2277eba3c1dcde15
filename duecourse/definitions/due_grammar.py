"""Which rules may a contract file name, and which fields does each take?

The docstrings are the descriptions that editors show; `calendar.rules` and `calendar.anchored_rules` specify each rule,
and `event_grammar` holds those that start with an event.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from duecourse.calendar.anchored_rules import (
    AnchoredRule,
    FromContract,
    FromDeliverable,
    PrintedDates,
    WithDeliverable,
)
from duecourse.calendar.periods import TermEnd
from duecourse.calendar.rules import DayOfMonth, FromPeriod, LastDayOfMonth, NthBusinessDay, PeriodRule, ShortMonth
from duecourse.definitions.event_grammar import EventDue
from duecourse.definitions.offset_part import OffsetPart, Until
from duecourse.definitions.part import Part
from duecourse.definitions.values import Day, ExhibitName, Number, Slug, YesNo

_MonthsAfter = Annotated[Number, Field(ge=0, le=24, description="0 is the month in which the period ends.")]


class DayOfMonthDue(Part):
    """A day of the month after the period: by the 20th of the month after the month of service."""

    rule: Literal["day-of-month"]
    day: Annotated[Number, Field(ge=1, le=31)]
    months_after: _MonthsAfter = 1
    short_month: ShortMonth = Field(
        ShortMonth.LAST_DAY, description="What stands in for a day that a month does not have."
    )

    def value(self) -> PeriodRule:
        """Return the rule."""
        return DayOfMonth(self.day, self.months_after, self.short_month)


class LastDayOfMonthDue(Part):
    """The last day, or the last business day, of the month after the period."""

    rule: Literal["last-day-of-month"]
    months_after: _MonthsAfter = 1
    business_day: YesNo = False

    def value(self) -> PeriodRule:
        """Return the rule."""
        return LastDayOfMonth(self.months_after, self.business_day)


class NthBusinessDayDue(Part):
    """A business day of the month after the period, counted from its first."""

    rule: Literal["nth-business-day"]
    n: Annotated[Number, Field(ge=1, le=17, description="No month has fewer than 17 business days.")]
    months_after: _MonthsAfter = 1

    def value(self) -> PeriodRule:
        """Return the rule."""
        return NthBusinessDay(self.n, self.months_after)


class FromPeriodDue(OffsetPart):
    """So many days or months after the last day of the period, which is day 0, or before it; or its first day."""

    rule: Literal["from-period"]
    anchor: TermEnd = TermEnd.END

    def value(self) -> PeriodRule:
        """Return the rule."""
        return FromPeriod(self.offset, self.anchor)


class PrintedDatesDue(Part):
    """Dates that the contract prints, one for each exhibit, or the day of an event, whichever comes first."""

    rule: Literal["printed-dates"]
    dates: dict[ExhibitName, Day]
    event: Slug | None = None

    def value(self) -> AnchoredRule:
        """Return the rule."""
        return PrintedDates(dict(self.dates), self.event or "")


class WithDeliverableDue(Part):
    """The due moment of another deliverable: that of one quarter of each fiscal year, or each one, or each one while
    something goes on that an event starts and another one ends.
    """

    rule: Literal["with-deliverable"]
    obligation: Slug
    quarter: Annotated[Number, Field(ge=1, le=4)] | None = None
    event: Slug | None = None
    until: Until = None

    def value(self) -> AnchoredRule:
        """Return the rule."""
        return WithDeliverable(self.obligation, self.quarter, self.event or "", self.until or "")


class FromDeliverableDue(OffsetPart):
    """So many days or months after, or before, the date of each deliverable of another obligation."""

    rule: Literal["from-deliverable"]
    obligation: Slug

    def value(self) -> AnchoredRule:
        """Return the rule."""
        return FromDeliverable(self.obligation, self.offset)


class FromContractDue(OffsetPart):
    """So many days or months after, or before, the first or last day of each exhibit's services, or of the contract."""

    rule: Literal["from-contract"]
    anchor: TermEnd
    whole_contract: YesNo = Field(False, description="Once in the whole contract, and not once for each exhibit.")

    def value(self) -> AnchoredRule:
        """Return the rule."""
        return FromContract(self.anchor, self.offset, self.whole_contract)


PeriodDue = DayOfMonthDue | LastDayOfMonthDue | NthBusinessDayDue | FromPeriodDue
Due = Annotated[
    PeriodDue | PrintedDatesDue | WithDeliverableDue | FromDeliverableDue | FromContractDue | EventDue,
    Field(discriminator="rule"),
]
