"""How do the printed dates go along with a definition while it is edited?"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from duecourse.drafting.comparing import Printed
from duecourse.errors import BadInput
from duecourse.language.said import say

_MOST = 5000


def carried(printed: Iterable[Printed]) -> str:
    """Return printed dates as a text, one a line."""
    return "\n".join(
        "\t".join((each.obligation_id, each.exhibit, each.on.isoformat(), each.number, each.where)) for each in printed
    )


def printed_in(text: str) -> list[Printed]:
    """Return the printed dates of such a text. Raises BadInput when it is none."""
    lines = [line for line in text.replace("\r", "").split("\n") if line]
    try:
        found = []
        for line in lines[:_MOST]:
            obligation_id, exhibit, on, number, where = line.split("\t")
            found.append(Printed(obligation_id[:64], exhibit[:64], date.fromisoformat(on), number[:64], where[:200]))
    except ValueError as error:
        raise BadInput(say("The printed dates did not come along. Draft the exhibit again.")) from error
    return found
