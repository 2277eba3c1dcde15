"""Where does the next page begin?

A cursor names the place after the last thing of a page, never a number of things to skip: what is added or removed
meanwhile moves nothing. It is opaque to callers, checked when it comes back, and bound to what was asked for.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Query
from pydantic import BeforeValidator, Field, WithJsonSchema

from duecourse.web.api.fields import Shown, whole_number
from duecourse.web.api.problems import Detail, Refused

USUAL, MOST = 50, 200

T = TypeVar("T")


def _digits(said: Any) -> int:
    return said if type(said) is int else whole_number(said)


Limit = Annotated[
    int,
    Query(description="How many at most on one page."),
    BeforeValidator(_digits),
    Field(ge=1, le=MOST),
    WithJsonSchema({"type": "integer", "minimum": 1, "maximum": MOST, "default": USUAL}),
]
Cursor = Annotated[str, Query(max_length=500, description="The “next” of the page before; nothing for the first.")]


class Page(Shown, Generic[T]):
    """Some of what was asked for. `next` is the cursor of the page after it, or null on the last one."""

    items: list[T]
    next: str | None


def cursor_after(place: list[str | int], *, asked: list[object]) -> str:
    """Return the cursor of what comes after a place in the order of what was `asked` for."""
    said = json.dumps([_bound(asked), *place], separators=(",", ":"))
    return base64.urlsafe_b64encode(said.encode()).decode().rstrip("=")


def place_of(cursor: str, *, asked: list[object], kinds: tuple[type, ...]) -> list[str | int] | None:
    """Return the place that a cursor names; None for the first page.

    Raises Refused for a cursor that was not given for this.
    """
    if not cursor:
        return None
    try:
        said = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode())
    except (binascii.Error, ValueError, RecursionError):
        raise no_cursor() from None
    if not isinstance(said, list) or [type(each) for each in said] != [str, *kinds] or said[0] != _bound(asked):
        raise no_cursor()
    if any(isinstance(each, int) and not 0 <= each < 2**63 for each in said):
        raise no_cursor()
    return said[1:]


def _bound(asked: list[object]) -> str:
    return hashlib.sha256(json.dumps(asked, default=str).encode("utf-8", "replace")).hexdigest()[:12]


def no_cursor() -> Refused:
    """Return the refusal of a cursor that was not given for this."""
    says = "Take the cursor from the page before, with the same filters, or leave it out for the first page."
    return Refused(422, says, errors=[Detail(pointer="query/cursor", detail="It is not a cursor of this list.")])
