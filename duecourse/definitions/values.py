"""Which texts does a contract file accept for a date, a time of day, a number, a name?

A value that could be read in two ways is refused, never guessed at.
"""

from __future__ import annotations

import re
from datetime import date, time
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, PlainSerializer, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

from duecourse.calendar import state_days
from duecourse.calendar.words import ZONES
from duecourse.language.said import say

_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
_NUMBER = re.compile(r"[0-9]{1,5}")

MONTHS = (
    "January February March April May June July August September October November December".split()  # noqa: SIM905
)


def unfit(problem: str, cure: str) -> PydanticCustomError:
    """Return what refuses a value, with its cure."""
    # Braces are the library's blanks; a value that was typed in must not fill them.
    return PydanticCustomError("refused", "{problem}\n{cure}", {"problem": problem, "cure": cure})


def _date(value: Any) -> date:
    parts = _DATE.fullmatch(value) if isinstance(value, str) else None
    if parts is None:
        raise unfit(
            say("“%(value)s” is not a date.", value=value), say("Write it as year-month-day, such as 2022-07-20.")
        )
    try:
        found = date(int(parts[1]), int(parts[2]), int(parts[3]))
    except ValueError:
        raise unfit(say("There is no day %(value)s.", value=value), say("Check the month and the day.")) from None
    if not 1990 <= found.year <= 2100:
        raise unfit(say("The year %(year)s cannot be right.", year=found.year), say("Use a year from 1990 to 2100."))
    return found


def _time(value: Any) -> time:
    parts = _TIME.fullmatch(value) if isinstance(value, str) else None
    if parts is None:
        raise unfit(
            say("“%(value)s” is not a time of day.", value=value),
            say("Write it with 24 hours and two digits each, such as 08:00."),
        )
    return time(int(parts[1]), int(parts[2]))


def _number(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if not isinstance(value, str) or not _NUMBER.fullmatch(value):
        raise unfit(
            say("“%(value)s” is not a whole number.", value=value), say("Write it with digits only, such as 20.")
        )
    return int(value)


def _yes_no(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if value not in ("yes", "no"):
        raise unfit(say("“%(value)s” is neither yes nor no.", value=value), say("Write yes or no."))
    return bool(value == "yes")


def _month(value: Any) -> str:
    if value not in MONTHS:
        raise unfit(say("“%(value)s” is not the name of a month.", value=value), say("Write it in full, such as July."))
    return str(value)


def _zone(value: Any) -> str:
    if value not in ZONES:
        raise unfit(
            say("“%(value)s” is not a time zone that can be used here.", value=value),
            say("Use one of %(names)s.", names=", ".join(ZONES)),
        )
    return str(value)


def _calendar(value: Any) -> str:
    if not isinstance(value, str) or not set(value.split("+")) <= state_days.known_codes():
        raise unfit(
            say("“%(value)s” is not a calendar.", value=value),
            say(
                "Use “US-” and the two letters of a state, such as US-WA, “US” for the federal offices, "
                "or two with a plus sign, such as US-WA+US."
            ),
        )
    return str(value)


Day = Annotated[date, BeforeValidator(_date), WithJsonSchema({"type": "string", "format": "date"})]
TimeOfDay = Annotated[
    time,
    BeforeValidator(_time),
    PlainSerializer(lambda at: f"{at:%H:%M}"),
    WithJsonSchema({"type": "string", "pattern": f"^({_TIME.pattern})$"}),
]
Number = Annotated[int, BeforeValidator(_number)]
YesNo = Annotated[bool, BeforeValidator(_yes_no), WithJsonSchema({"enum": ["yes", "no", True, False]})]
Month = Annotated[str, BeforeValidator(_month), Field(json_schema_extra={"enum": list(MONTHS)})]
Zone = Annotated[str, BeforeValidator(_zone), Field(json_schema_extra={"enum": list(ZONES)})]
StateCalendar = Annotated[
    str, BeforeValidator(_calendar), Field(json_schema_extra={"pattern": r"^US(-[A-Z]{2})?(\+US(-[A-Z]{2})?)*$"})
]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=64)]
Label = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\n]*$")]
Prose = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
ExhibitName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._-]{0,31}$")]
