"""What is a table that leaves as a spreadsheet: its columns, its cells, and what it says of itself?"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from duecourse.calendar.words import ZONES

# What no XML 1.0 document may hold (2.2), and so no XLSX file: control characters, halves of surrogate pairs, and two
# code points that are no characters.
_UNHELD = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
INSTEAD = "\N{REPLACEMENT CHARACTER}"


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant, and the zone in which people read it; UTC without one."""

    at: datetime
    zone: str = ""

    @property
    def local(self) -> datetime:
        """The time on the wall in that zone, to the second, without a zone."""
        return self._in_zone.replace(tzinfo=None, microsecond=0)

    @property
    def zone_name(self) -> str:
        """The zone's plain name: ``Pacific``, or ``UTC``."""
        return ZONES[self.zone][0] if self.zone else "UTC"

    def in_full(self) -> str:
        """Return ``2022-11-30T09:00:00-08:00[America/Los_Angeles]``, or ``2022-11-30T17:00:00Z`` (RFC 9557, 4.1)."""
        said = self._in_zone.replace(microsecond=0).isoformat()
        return f"{said}[{self.zone}]" if self.zone else said.removesuffix("+00:00") + "Z"

    @property
    def _in_zone(self) -> datetime:
        return self.at.astimezone(ZoneInfo(self.zone) if self.zone else UTC)


Cell = str | int | float | date | Moment | None
"""Text stays text, a number a number, a date a date; None is an empty cell."""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under named columns. `about` are pairs that say what the table is, for whom, and as of when.

    `more` are tables that a workbook holds on sheets of their own; a CSV file holds one table.
    """

    title: str
    columns: tuple[str, ...]
    rows: Sequence[Sequence[Cell]]
    about: tuple[tuple[str, str], ...] = ()
    more: tuple[Table, ...] = ()


def held(text: str) -> str:
    """Return a text as a cell holds it: what no spreadsheet file may hold is replaced by U+FFFD, visibly."""
    return _UNHELD.sub(INSTEAD, text)
