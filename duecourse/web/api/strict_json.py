"""What does a body say that is JSON, and nothing that another reader would take for something else?

Refused are what RFC 8259 does not know (NaN, Infinity), what it leaves open (a name twice, lone surrogates), and
numbers that no database holds.
"""

from __future__ import annotations

import json
import math
from email.message import Message
from typing import Any, NoReturn

from duecourse.web.api.problems import Detail, Refused

_LONGEST_NUMBER = 40


def check_is_json(content_type: str) -> None:
    """Raise Refused with 415 unless a body is declared as JSON in UTF-8."""
    said = Message()
    said["Content-Type"] = content_type
    charset = said.get_param("charset", "utf-8")
    if said.get_content_type() != "application/json" or str(charset).lower() != "utf-8":
        raise Refused(415, "Send JSON in UTF-8, with “Content-Type: application/json”.")


def check_json(body: bytes) -> None:
    """Raise Refused with 400 unless a body is strict JSON."""
    try:
        said = json.loads(
            body.decode("utf-8"),
            object_pairs_hook=_once,
            parse_constant=_no_number,
            parse_int=_integer,
            parse_float=_number,
        )
        json.dumps(said, ensure_ascii=False).encode("utf-8")
    except UnicodeError:
        raise _refused("It holds characters that do not exist in UTF-8.") from None
    except RecursionError:
        raise _refused("It is nested too deeply.") from None
    except json.JSONDecodeError as error:
        raise _refused(f"It is no JSON: line {error.lineno}, column {error.colno}.") from None


def _refused(says: str) -> Refused:
    return Refused(400, "The body cannot be read. Nothing was changed.", errors=[Detail(pointer="", detail=says)])


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _refused("A name stands twice in one object.")
    return found


def _no_number(_said: str) -> NoReturn:
    raise _refused("NaN and Infinity are no numbers.")


def _integer(said: str) -> int:
    if len(said) > _LONGEST_NUMBER:
        raise _refused("A number is too long.")
    return int(said)


def _number(said: str) -> float:
    found = float(said) if len(said) <= _LONGEST_NUMBER else math.inf
    if not math.isfinite(found):
        raise _refused("A number is too large or too long.")
    return found
