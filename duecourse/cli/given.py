"""How are dates and instants read from the command line, and which clock does a command look at?"""

from __future__ import annotations

import argparse
import re
from datetime import UTC, date, datetime, time

from duecourse.calendar.due import instant_at
from duecourse.calendar.schedule import Contract, Event
from duecourse.calendar.words import ZONES
from duecourse.clock import Clock
from duecourse.errors import BadInput

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}:[0-9]{2})"
)
_DAY_ALONE = "America/New_York"


def add_as_of(parser: argparse.ArgumentParser) -> None:
    """Let a command look at another instant than the present."""
    parser.add_argument(
        "--as-of",
        metavar="INSTANT",
        help="look at this instant instead of the present, such as 2022-11-30T09:00:00-08:00; "
        f"a date alone means noon that day, {ZONES[_DAY_ALONE][0]} time",
    )


def clock(given: argparse.Namespace) -> Clock:
    """Return the clock that the command asks for: for one that goes on working while it runs."""
    return Clock() if given.as_of is None else Clock.showing(instant(given.as_of, "--as-of"))


def present(given: argparse.Namespace) -> datetime:
    """Return the present instant, or exactly the one that the command asks for, in UTC.

    Exactly: what one command recorded at an instant, the next command that looks at this instant sees.
    """
    return Clock().now() if given.as_of is None else instant(given.as_of, "--as-of").astimezone(UTC)


def day(text: str, option: str) -> date:
    """Read a date as year-month-day. Raises BadInput naming the option."""
    try:
        if _DATE.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise BadInput(f"{option}: “{text}” is not a date. Write it as year-month-day, such as 2022-02-01.")


def time_of_day(text: str, option: str) -> time:
    """Read a time of day as hours and minutes. Raises BadInput naming the option."""
    if _TIME.fullmatch(text):
        return time.fromisoformat(text)
    raise BadInput(f"{option}: “{text}” is not a time of day. Write it with 24 hours, such as 08:00.")


def event_of(said: str, contract: Contract) -> Event:
    """Read NAME=INSTANT, or NAME=INSTANT#REFERENCE, as an event of a contract. Raises BadInput for any other."""
    name, _, rest = said.partition("=")
    at, _, reference = rest.partition("#")
    known = contract.events()
    if name not in known:
        raise BadInput(f"--trigger: no window of {contract.id} starts with “{name}”. Its events: {', '.join(known)}.")
    return Event(name, instant(at, f"--trigger {name}"), reference)


def instant(text: str, option: str) -> datetime:
    """Read an instant with its offset, or a date alone. Raises BadInput naming the option."""
    try:
        if _DATE.fullmatch(text):
            return instant_at(date.fromisoformat(text), datetime.min.time().replace(hour=12), _DAY_ALONE)
        if _INSTANT.fullmatch(text):
            return datetime.fromisoformat(text)
    except ValueError:
        pass
    raise BadInput(
        f"{option}: “{text}” is not an instant. Write date, time and offset, such as 2022-02-01T09:00:00-05:00."
    )
