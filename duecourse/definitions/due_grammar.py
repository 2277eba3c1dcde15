"""Which rules may a contract file name, and which fields does each take?

The docstrings are the descriptions that editors show; `calendar.rules` and `calendar.anchored_rules` specify each rule.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from duecourse.calendar.anchored_rules import (
    AnchoredRule,
    AroundAnniversary,
    FromContract,
    FromDeliverable,
    FromEvent,
    PrintedDates,
    RepeatedFromEvent,
    TermEnd,
    WithDeliverable,
)
from duecourse.calendar.offsets import Direction, Offset, Unit
from duecourse.calendar.rules import DayOfMonth, FromPeriod, LastDayOfMonth, NthBusinessDay, PeriodRule, ShortMonth
from duecourse.definitions.part import Part
from duecourse.definitions.values import Day, ExhibitName, Number, Slug, YesNo

_MonthsAfter = Annotated[Number, Field(ge=0, le=24, description="0 is the month in which the period ends.")]
_Count = Annotated[Number, Field(ge=0, le=3000)]


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


class _OffsetPart(Part):
    count: _Count
    unit: Unit = Unit.CALENDAR_DAYS
    direction: Direction = Direction.AFTER

    @property
    def offset(self) -> Offset:
        return Offset(self.count, self.unit, self.direction)


class FromPeriodDue(_OffsetPart):
    """So many days or months after the last day of the period, which is day 0, or before it."""

    rule: Literal["from-period"]

    def value(self) -> PeriodRule:
        """Return the rule."""
        return FromPeriod(self.offset)


class PrintedDatesDue(Part):
    """Dates that the contract prints, one for each exhibit, or the day of an event, whichever comes first."""

    rule: Literal["printed-dates"]
    dates: dict[ExhibitName, Day]
    event: Slug | None = None

    def value(self) -> AnchoredRule:
        """Return the rule."""
        return PrintedDates(dict(self.dates), self.event or "")


class WithDeliverableDue(Part):
    """The due moment of another deliverable: that of one quarter of each fiscal year, or each one."""

    rule: Literal["with-deliverable"]
    obligation: Slug
    quarter: Annotated[Number, Field(ge=1, le=4)] | None = None

    def value(self) -> AnchoredRule:
        """Return the rule."""
        return WithDeliverable(self.obligation, self.quarter)


class FromDeliverableDue(_OffsetPart):
    """So many days or months after, or before, the date of each deliverable of another obligation."""

    rule: Literal["from-deliverable"]
    obligation: Slug

    def value(self) -> AnchoredRule:
        """Return the rule."""
        return FromDeliverable(self.obligation, self.offset)


class FromContractDue(_OffsetPart):
    """So many days or months after, or before, the first or last day of each exhibit's services, or of the contract."""

    rule: Literal["from-contract"]
    anchor: TermEnd
    whole_contract: YesNo = Field(False, description="Once in the whole contract, and not once for each exhibit.")

    def value(self) -> AnchoredRule:
        """Return the rule."""
        return FromContract(self.anchor, self.offset, self.whole_contract)


class FromEventDue(_OffsetPart):
    """So many days or months after an event, or before it, the day of the event being day 0."""

    rule: Literal["from-event"]
    event: Slug

    def value(self) -> AnchoredRule:
        """Return the rule."""
        return FromEvent(self.event, self.offset)


class RepeatedFromEventDue(Part):
    """Every so many months after an event, until another event ends it, or the contract does."""

    rule: Literal["repeated-from-event"]
    event: Slug
    every_months: Annotated[Number, Field(ge=1, le=120)] = 1
    until: Slug | None = None

    def value(self) -> AnchoredRule:
        """Return the rule."""
        return RepeatedFromEvent(self.event, self.every_months, self.until or "")


class AroundAnniversaryDue(Part):
    """Within a window around the day that lies so many months after an event; due by the window's last day."""

    rule: Literal["around-anniversary"]
    event: Slug
    months: Annotated[Number, Field(ge=1, le=240)]
    days_before: Annotated[Number, Field(ge=0, le=366)]
    days_after: Annotated[Number, Field(ge=0, le=366)]

    def value(self) -> AnchoredRule:
        """Return the rule."""
        return AroundAnniversary(self.event, self.months, self.days_before, self.days_after)


PeriodDue = DayOfMonthDue | LastDayOfMonthDue | NthBusinessDayDue | FromPeriodDue
EventDue = FromEventDue | RepeatedFromEventDue | AroundAnniversaryDue

Due = Annotated[
    PeriodDue | PrintedDatesDue | WithDeliverableDue | FromDeliverableDue | FromContractDue | EventDue,
    Field(discriminator="rule"),
]
