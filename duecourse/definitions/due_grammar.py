"""Which rules may a contract file name, and which fields does each take?

The docstrings are the descriptions that editors show; `calendar.rules`, `calendar.anchored_rules` and
`calendar.event_rules` specify each rule.
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
    WithNextDeliverable,
)
from duecourse.calendar.event_rules import (
    AroundAnniversary,
    DayOfMonthAfterEvent,
    FromEvent,
    MonthsFromEvent,
    RepeatedFromEvent,
)
from duecourse.calendar.offsets import Direction, Offset, Unit
from duecourse.calendar.periods import TermEnd
from duecourse.calendar.rules import DayOfMonth, FromPeriod, LastDayOfMonth, NthBusinessDay, PeriodRule, ShortMonth
from duecourse.definitions.part import Part
from duecourse.definitions.values import Day, ExhibitName, Number, Slug, YesNo

_MonthsAfter = Annotated[Number, Field(ge=0, le=24, description="0 is the month in which the period ends.")]
_Count = Annotated[Number, Field(ge=0, le=3000)]
_Until = Annotated[Slug | None, Field(description="The event, with the same reference, that ends what is asked for.")]


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
    strictly_before: YesNo = Field(
        False, description="The calendar day before the one that is counted: before 3 months have passed."
    )

    @property
    def offset(self) -> Offset:
        return Offset(self.count, self.unit, self.direction, self.strictly_before)


class FromPeriodDue(_OffsetPart):
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
    until: _Until = None

    def value(self) -> AnchoredRule:
        """Return the rule."""
        return WithDeliverable(self.obligation, self.quarter, self.event or "", self.until or "")


class WithNextDeliverableDue(Part):
    """The due moment of the next deliverable of another obligation after an event."""

    rule: Literal["with-next-deliverable"]
    obligation: Slug
    event: Slug

    def value(self) -> AnchoredRule:
        """Return the rule."""
        return WithNextDeliverable(self.obligation, self.event)


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
    until: _Until = None
    not_before: Annotated[list[Slug], Field(max_length=20)] = Field(
        [], description="Events, with the same reference or with none: the latest of them all is day 0."
    )
    not_before_contract_end: YesNo = Field(False, description="The contract's last day is day 0 where that is later.")
    opens_months: Annotated[Number, Field(ge=0, le=240)] | None = Field(
        None, description="How many months after day 0 it may be done at the earliest."
    )

    def value(self) -> AnchoredRule:
        """Return the rule."""
        also = tuple(self.not_before)
        return FromEvent(
            self.event, self.offset, self.until or "", also, self.not_before_contract_end, self.opens_months
        )


class MonthsFromEventDue(Part):
    """So many months after an event, several times."""

    rule: Literal["months-from-event"]
    event: Slug
    months: Annotated[list[Annotated[Number, Field(ge=1, le=240)]], Field(min_length=1, max_length=120)]
    until: _Until = None

    def value(self) -> AnchoredRule:
        """Return the rule."""
        return MonthsFromEvent(self.event, tuple(self.months), self.until or "")


class DayOfMonthAfterEventDue(_OffsetPart):
    """The first such day of a month that does not lie before so many days or months after an event."""

    rule: Literal["day-of-month-after-event"]
    event: Slug
    day: Annotated[Number, Field(ge=1, le=31)]
    until: _Until = None

    def value(self) -> AnchoredRule:
        """Return the rule."""
        return DayOfMonthAfterEvent(self.event, self.offset, self.day, self.until or "")


class RepeatedFromEventDue(Part):
    """Every so many months after an event, until another event ends it, or the contract does."""

    rule: Literal["repeated-from-event"]
    event: Slug
    every_months: Annotated[Number, Field(ge=1, le=120)] = 1
    until: _Until = None

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
    until: _Until = None

    def value(self) -> AnchoredRule:
        """Return the rule."""
        return AroundAnniversary(self.event, self.months, self.days_before, self.days_after, self.until or "")


PeriodDue = DayOfMonthDue | LastDayOfMonthDue | NthBusinessDayDue | FromPeriodDue
EventDue = (
    FromEventDue
    | MonthsFromEventDue
    | DayOfMonthAfterEventDue
    | RepeatedFromEventDue
    | AroundAnniversaryDue
    | WithNextDeliverableDue
)

Due = Annotated[
    PeriodDue | PrintedDatesDue | WithDeliverableDue | FromDeliverableDue | FromContractDue | EventDue,
    Field(discriminator="rule"),
]
