"""Which rules that start with an event may a contract file name, and which fields does each take?

The docstrings are the descriptions that editors show; `calendar.event_rules` specifies each rule.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from duecourse.calendar.anchored_rules import AnchoredRule, WithNextDeliverable
from duecourse.calendar.event_rules import (
    AroundAnniversary,
    DayOfMonthAfterEvent,
    FromEvent,
    MonthsFromEvent,
    RepeatedFromEvent,
)
from duecourse.definitions.offset_part import OffsetPart, Until
from duecourse.definitions.part import Part
from duecourse.definitions.values import Number, Slug, YesNo


class FromEventDue(OffsetPart):
    """So many days or months after an event, or before it, the day of the event being day 0."""

    rule: Literal["from-event"]
    event: Slug
    until: Until = None
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
    until: Until = None

    def value(self) -> AnchoredRule:
        """Return the rule."""
        return MonthsFromEvent(self.event, tuple(self.months), self.until or "")


class DayOfMonthAfterEventDue(OffsetPart):
    """The first such day of a month that does not lie before so many days or months after an event."""

    rule: Literal["day-of-month-after-event"]
    event: Slug
    day: Annotated[Number, Field(ge=1, le=31)]
    until: Until = None

    def value(self) -> AnchoredRule:
        """Return the rule."""
        return DayOfMonthAfterEvent(self.event, self.offset, self.day, self.until or "")


class RepeatedFromEventDue(Part):
    """Every so many months after an event, until another event ends it, or the contract does."""

    rule: Literal["repeated-from-event"]
    event: Slug
    every_months: Annotated[Number, Field(ge=1, le=120)] = 1
    until: Until = None

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
    until: Until = None

    def value(self) -> AnchoredRule:
        """Return the rule."""
        return AroundAnniversary(self.event, self.months, self.days_before, self.days_after, self.until or "")


class WithNextDeliverableDue(Part):
    """The due moment of the next deliverable of another obligation after an event."""

    rule: Literal["with-next-deliverable"]
    obligation: Slug
    event: Slug

    def value(self) -> AnchoredRule:
        """Return the rule."""
        return WithNextDeliverable(self.obligation, self.event)


EventDue = (
    FromEventDue
    | MonthsFromEventDue
    | DayOfMonthAfterEventDue
    | RepeatedFromEventDue
    | AroundAnniversaryDue
    | WithNextDeliverableDue
)
