"""Of which kinds are the values that programs send and get: what is accepted as a line, a date, an instant?

Nothing is guessed: a date is written like 2026-11-23, an instant with its offset, a number is no text.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, time
from enum import StrEnum
from typing import Annotated, Any, TypeVar

from fastapi import Path
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, WithJsonSchema

_DATE = r"^20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"
_TIME = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"
_INSTANT = (
    r"^20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,6})?)?"
    r"(Z|[+-](0[0-9]|1[0-4]):[0-5][0-9])$"
)
# No control characters, none that turn the writing direction, and no line ends but where they are asked for.
_UNSEEN = r"\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029"
_ONE_LINE, _LINES = rf"^[^\u0009\u000a{_UNSEEN}]*$", rf"^[^{_UNSEEN}]*$"


class Sent(BaseModel):
    """What a program sends: every field is described, and no other is accepted."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Shown(BaseModel):
    """What a program gets."""

    model_config = ConfigDict(from_attributes=True)


def _day(said: Any) -> date:
    if not isinstance(said, str) or not re.match(_DATE, said):
        raise ValueError("Write a date like 2026-11-23")
    return date.fromisoformat(said)


def _instant(said: Any) -> datetime:
    if not isinstance(said, str) or not re.match(_INSTANT, said):
        raise ValueError("Write an instant with its offset, like 2026-11-23T16:30:00-08:00")
    return datetime.fromisoformat(said)


def _time(said: Any) -> time:
    if not isinstance(said, str) or not re.match(_TIME, said):
        raise ValueError("Write a time of day like 16:30")
    return time.fromisoformat(said)


def _tidy_line(said: str) -> str:
    return " ".join(unicodedata.normalize("NFC", said).split())


def _tidy_lines(said: str) -> str:
    return unicodedata.normalize("NFC", said).strip()


def whole_number(said: Any) -> int:
    """Return a number of an address. Raises ValueError unless it is written in digits alone."""
    if not isinstance(said, str) or not re.fullmatch(r"[0-9]{1,10}", said, re.ASCII):
        raise ValueError("Write a whole number")
    return int(said)


Day = Annotated[date, BeforeValidator(_day), WithJsonSchema({"type": "string", "format": "date", "pattern": _DATE})]
Instant = Annotated[
    datetime, BeforeValidator(_instant), WithJsonSchema({"type": "string", "format": "date-time", "pattern": _INSTANT})
]
TimeOfDay = Annotated[time, BeforeValidator(_time), WithJsonSchema({"type": "string", "pattern": _TIME})]

Line = Annotated[str, StringConstraints(max_length=200, pattern=_ONE_LINE), AfterValidator(_tidy_line)]
Text = Annotated[str, StringConstraints(max_length=4000, pattern=_LINES), AfterValidator(_tidy_lines)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=_ONE_LINE), AfterValidator(_tidy_line)]
Email = Annotated[
    str, StringConstraints(min_length=3, max_length=320, pattern=r"^[^\s\u0000-\u001f]+@[^\s\u0000-\u001f]+$")
]
Count = Annotated[int, Field(ge=0, le=999_999_999)]

_Named = TypeVar("_Named", bound=StrEnum)
OneOf = Annotated[_Named, Field(strict=False)]
"""One of the names of an enumeration."""

Uid = Annotated[str, Path(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", description="The uid of it.")]
ContractId = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9-]{0,79}$", description="The contract’s id.")]
Number = Annotated[
    int,
    Path(description="The number of it."),
    BeforeValidator(whole_number),
    Field(ge=1, le=2**31 - 1),
    WithJsonSchema({"type": "integer", "minimum": 1, "maximum": 2**31 - 1}),
]
"""The number of a row in an address."""
