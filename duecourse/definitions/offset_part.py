"""Which fields say how far a date lies from another, and what ends something that goes on?"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from duecourse.calendar.offsets import Direction, Offset, Unit
from duecourse.definitions.part import Part
from duecourse.definitions.values import Number, Slug, YesNo

_Count = Annotated[Number, Field(ge=0, le=3000)]
Until = Annotated[Slug | None, Field(description="The event, with the same reference, that ends what is asked for.")]


class OffsetPart(Part):
    """So many days, business days or months after something, or before it."""

    count: _Count
    unit: Unit = Unit.CALENDAR_DAYS
    direction: Direction = Direction.AFTER
    strictly_before: YesNo = Field(
        False, description="The calendar day before the one that is counted: before 3 months have passed."
    )

    @property
    def offset(self) -> Offset:
        """The offset that is meant."""
        return Offset(self.count, self.unit, self.direction, self.strictly_before)
