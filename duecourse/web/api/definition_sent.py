"""What does a program send to have a contract drafted from its exhibit, or a definition checked?"""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, WithJsonSchema

from duecourse.calendar import state_days
from duecourse.calendar.business_days import Roll
from duecourse.calendar.words import ZONES
from duecourse.drafting.comparing import Printed
from duecourse.web.api.amendments import DefinitionSent
from duecourse.web.api.fields import Day, Line, OneOf, Sent, TimeOfDay

LONGEST = 300
_MOST_PRINTED = 5000
_PRINTED_DAY = r"^(199[0-9]|20[0-9]{2}|2100)-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"

Copied = Annotated[str, StringConstraints(max_length=LONGEST)]
"""A text of the exhibit, as the draft gave it."""


def _zone(said: str) -> str:
    if said and said not in ZONES:
        raise ValueError(f"Write one of these: {', '.join(ZONES)}")
    return said


def _calendar(said: str) -> str:
    if said and not set(said.split("+")) <= state_days.known_codes():
        raise ValueError("Write US-WA for a state’s offices, US for the federal ones, US-WA+US for both")
    return said


def _printed_day(said: Any) -> date:
    if not isinstance(said, str) or not re.match(_PRINTED_DAY, said):
        raise ValueError("Write a date like 2026-11-23")
    return date.fromisoformat(said)


PrintedDay = Annotated[
    date,
    BeforeValidator(_printed_day),
    WithJsonSchema({"type": "string", "format": "date", "pattern": _PRINTED_DAY}),
]
"""A date as exhibits print it: a mistyped year is shown as it stands there."""


class FactsSent(Sent):
    """What a person says of a contract; what is left out is asked for in the draft."""

    id: Line = ""
    number: Line = ""
    title: Line = ""
    funder: Line = ""
    contractor: Line = ""
    starts: Day | None = None
    ends: Day | None = None
    zone: Annotated[str, AfterValidator(_zone), WithJsonSchema({"type": "string", "enum": ["", *ZONES]})] = ""
    calendar: Annotated[Line, AfterValidator(_calendar)] = Field(
        default="", description="Whose offices are closed when, such as US-WA, US, or US-WA+US."
    )
    fiscal_year_starts: int | None = Field(default=None, ge=1, le=12, description="A month; July when it is left out.")
    roll: OneOf[Roll] | None = Field(default=None, description="What becomes of a date on a closed day.")
    cut_off: TimeOfDay | None = Field(
        default=None, description="Due before this time on the day to which a date moves; goes with a roll."
    )


class PrintedDate(Sent):
    """A date that the exhibit prints, with the obligation that it was read for."""

    obligation_id: Copied
    exhibit: Copied
    on: PrintedDay
    number: Copied = ""
    where: Copied = Field(default="", description="Where the exhibit prints it.")


class CheckSent(DefinitionSent):
    """A definition, and the printed dates that its draft came with, each of which is checked."""

    printed: list[PrintedDate] = Field(default=[], max_length=_MOST_PRINTED)

    def printed_dates(self) -> list[Printed]:
        """Return the printed dates."""
        return [Printed(each.obligation_id, each.exhibit, each.on, each.number, each.where) for each in self.printed]
