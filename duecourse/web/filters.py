"""Which deliverables did a person ask for in the address of a page, and how is that address written?

What an address asks for that there is not is left out, so that a bookmark that was cut short still shows a page.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Depends, Request

from duecourse.calendar.lifecycle import Party
from duecourse.calendar.standing import Standing
from duecourse.language.said import say
from duecourse.tracking.conditions import ANY, FUNDERS, Condition, mentions, of_contracts, stands
from duecourse.tracking.windows import Place

STATES = {
    "overdue": (say("Overdue"), (Standing.OVERDUE,)),
    "open": (say("Still to do"), (Standing.DUE_SOON, Standing.EXPECTED, Standing.RETURNED, Standing.EXCUSED)),
    "in": (say("Waiting for a decision"), (Standing.SUBMITTED, Standing.SUBMITTED_LATE)),
    "done": (say("Accepted or done"), (Standing.ACCEPTED, Standing.DONE, Standing.DONE_LATE)),
    "aside": (say("Not needed"), (Standing.WAIVED, Standing.NOT_APPLICABLE, Standing.CANCELLED, Standing.WITHDRAWN)),
}
"""The states that can be asked for: the word in the address, the words on the page, and the standings."""
SIDES = {Party.CONTRACTOR.value: say("Contractors owe"), Party.FUNDER.value: say("The funder owes")}

_WORDS = 80
_CONTRACT = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_PLACE = re.compile(r"([0-9]{8}T[0-9]{6}[0-9]{6})-([0-9]{1,10})")
_MONTH = re.compile(r"(20[0-9]{2})-(0[1-9]|1[0-2])")
_DAY = re.compile(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True, slots=True)
class Filters:
    """What an address asks for: words, one contract, a side, a state. Empty where it asks for nothing."""

    words: str = ""
    contract: str = ""
    side: str = ""
    state: str = ""

    def __bool__(self) -> bool:
        return bool(self.words or self.contract or self.side or self.state)

    def condition(self, now: datetime) -> Condition:
        """Return the condition that a deliverable is asked for."""
        found = ANY
        if self.words:
            found &= mentions(self.words)
        if self.contract:
            found &= of_contracts([self.contract])
        if self.side:
            found &= FUNDERS if self.side == Party.FUNDER else ~FUNDERS
        if self.state:
            found &= stands(now, *STATES[self.state][1])
        return found

    def without(self, *names: str) -> Filters:
        """Return the same without some of what is asked for."""
        return replace(self, **dict.fromkeys(names, ""))

    def address(self, path: str, **more: Any) -> str:
        """Return the address of a page with this, and with what else is given; empty values are left out."""
        asked = {"q": self.words, "contract": self.contract, "side": self.side, "state": self.state} | more
        said = urlencode({name: value for name, value in asked.items() if value not in ("", None)})
        return f"{path}?{said}" if said else path


def filters(request: Request) -> Filters:
    """Read what the address asks for."""
    asked = request.query_params
    contract, side, state = asked.get("contract", ""), asked.get("side", ""), asked.get("state", "")
    words = "".join(character for character in asked.get("q", "") if character.isprintable())
    return Filters(
        words=" ".join(words.split())[:_WORDS],
        contract=contract if _CONTRACT.fullmatch(contract) else "",
        side=side if side in SIDES else "",
        state=state if state in STATES else "",
    )


def place_from(said: str) -> Place | None:
    """Return the place that an address names, or None."""
    found = _PLACE.fullmatch(said)
    if found is None or not said.isascii():
        return None
    try:
        return datetime.strptime(found[1], "%Y%m%dT%H%M%S%f").replace(tzinfo=UTC), min(int(found[2]), 2**31 - 1)
    except ValueError:
        return None


def place_said(place: Place | None) -> str:
    """Return a place as an address names it."""
    return f"{place[0].astimezone(UTC):%Y%m%dT%H%M%S%f}-{place[1]}" if place else ""


def month_from(said: str, *, usual: date) -> date:
    """Return the first day of the month that an address names, or of the usual one."""
    found = _MONTH.fullmatch(said) if said.isascii() else None
    return date(int(found[1]), int(found[2]), 1) if found else usual.replace(day=1)


def day_from(said: str, *, usual: date) -> date:
    """Return the day that an address names, or the usual one."""
    try:
        return date.fromisoformat(said) if said.isascii() and _DAY.fullmatch(said) else usual
    except ValueError:
        return usual


Asked = Annotated[Filters, Depends(filters)]
