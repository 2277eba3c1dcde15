"""What does a spreadsheet say that people filled in: which lines, under which header, and what is wrong with each?

Nothing is guessed. A date is a real date or is written year-month-day; whatever else a cell holds is refused with the
row, the column and the cure.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from duecourse.errors import BadInput
from duecourse.language.said import Commas, Cut, say, say_in
from duecourse.sheets.csv_files import csv_rows, separator_of
from duecourse.sheets.workbooks import Unread, Value, workbook_rows

MOST_BYTES = 500_000
MOST_ROWS = 100
"""Below the header. They are entered in one transaction, in which nobody else can write; and on SQLite others wait five
seconds for their turn, no longer. A submission with its acceptance and receipt takes about 30 ms."""
_MOST_COLUMNS = 40
_UNREAD = {Unread.FORMULA: say_in("cell", "a formula"), Unread.ERROR: say_in("cell", "an error")}
_MOST_CHARACTERS = 4000
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(r"([0-9]{1,2}):([0-9]{2})(?: ?([AaPp])\.?[Mm]\.?)?")
# Marks that turn or hide what stands beside them.
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+")


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that is wrong in a line: under which column, what it is, and its cure."""

    column: str
    problem: str
    cure: str


@dataclass(slots=True)
class Line:
    """One row as the spreadsheet counts it, and what was found wrong in it so far."""

    row: int
    cells: dict[str, Value]
    troubles: list[Trouble] = field(default_factory=list)

    def refuse(self, column: str, problem: str, cure: str) -> None:
        """Add something that is wrong."""
        self.troubles.append(Trouble(column, problem, cure))

    def text(self, column: str, *, at_most: int, required: bool = False) -> str:
        """Return a cell as one line of text; an empty text where it is refused."""
        value = self.cells.get(column)
        if isinstance(value, Unread):
            return ""
        if isinstance(value, date | time | timedelta):
            self.refuse(
                column, say("It holds a date or a time where text belongs."), say("Format the cell as text, and write.")
            )
            return ""
        said = " ".join(_UNSEEN.sub(" ", _said(value)).split())
        if len(said) > at_most:
            self.refuse(column, say("It has more than %(at_most)s characters.", at_most=at_most), say("Shorten it."))
            return ""
        if required and not said:
            self.refuse(column, say("It is empty."), say("Fill it in."))
        return said

    def day(self, column: str, *, required: bool = False) -> date | None:
        """Return a cell as a date of this century; None where it is empty or refused."""
        value = self.cells.get(column)
        if (value is None and not required) or isinstance(value, Unread):
            return None
        if isinstance(value, datetime):
            if value.time() != time(0):
                self.refuse(
                    column, say("It holds a time of day as well as a date."), say("Put the time into its own column.")
                )
                return None
            value = value.date()
        if isinstance(value, str) and _DATE.fullmatch(value.strip()):
            value = _iso(value.strip())
        if not isinstance(value, date):
            self.refuse(
                column,
                say(
                    "“%(value)s” is not taken for a date: people and programs read such a thing in several ways.",
                    value=_said(value),
                )
                if value is not None
                else say("It is empty."),
                say("Use a cell that holds a real date, or write year-month-day, such as 2027-03-02."),
            )
            return None
        if not 2000 <= value.year <= 2099:
            day = value.isoformat()
            self.refuse(column, say("%(day)s is not of this century.", day=day), say("Correct the year."))
            return None
        return value

    def time(self, column: str, *, required: bool = False) -> time | None:
        """Return a cell as a time of day to the minute; None where it is empty or refused."""
        value = self.cells.get(column)
        if (value is None and not required) or isinstance(value, Unread):
            return None
        if isinstance(value, str):
            value = _clock(value.strip())
        if isinstance(value, time):
            return value.replace(second=0, microsecond=0)
        self.refuse(
            column,
            say("“%(said)s” is not a time of day.", said=_said(self.cells.get(column)))
            if column in self.cells
            else say("It is empty."),
            say("Use a cell that holds a real time, or write it like 16:30 or 4:30 PM."),
        )
        return None


def read_lines(content: bytes, columns: Sequence[str]) -> list[Line]:
    """Return the lines of an XLSX or CSV file under exactly these `columns`, without those that are empty.

    Raises BadInput for a file that is too large, is neither, has another header, or holds no line. A line in which a
    formula stands, or more cells than columns, has that among its troubles.
    """
    if len(content) > MOST_BYTES:
        raise BadInput(
            say(
                "The file has more than %(most_bytes)s KB. Copy the rows alone into a new workbook, or "
                "send them in several files.",
                most_bytes=MOST_BYTES // 1000,
            )
        )
    rows = _rows(content, columns)
    if not rows:
        raise BadInput(say("The file is empty. Start from the template."))
    _check_header([_said(value).strip() for value in _trimmed(rows[0])], columns)
    if len(rows) > MOST_ROWS + 1:
        raise BadInput(say("The file has more than %(most)s rows. Send them in several files.", most=MOST_ROWS))
    # A workbook leaves out what is empty at the end of a row; in CSV a missing cell may be a lost separator.
    least = 0 if _is_package(content) else len(columns)
    lines = [_line(at, row, columns, least) for at, row in enumerate(rows[1:], start=2) if _trimmed(row)]
    if not lines:
        raise BadInput(say("There is no row below the header. Fill in the template, one line for each."))
    return lines


def _rows(content: bytes, columns: Sequence[str]) -> list[list[Value]]:
    if _is_package(content):
        return workbook_rows(content, most_rows=MOST_ROWS, most_columns=_MOST_COLUMNS)
    separator = separator_of(content, columns)
    return [[cell or None for cell in row] for row in csv_rows(content, separator=separator, most_rows=MOST_ROWS + 1)]


def _is_package(content: bytes) -> bool:
    return content[:2] in (b"PK", b"\xd0\xcf")


def _check_header(header: list[str], columns: Sequence[str]) -> None:
    if header == list(columns):
        return
    wanted = say("The first row has to be exactly: %(names)s.", names=", ".join(columns))
    twice = sorted({name for name in header if name and header.count(name) > 1})
    lacks = [name for name in columns if name not in header]
    more = [name or say_in("column", "an empty one") for name in header if name not in columns]
    if twice:
        says: str = say("The column %(names)s stands there twice.", names=", ".join(twice))
    elif lacks or more:
        says = _lacking(lacks, more)
    else:
        says = say("The columns stand in another order.")
    raise BadInput(say("%(wanted)s %(says)s Start from the template.", wanted=wanted, says=says))


def _lacking(lacks: list[str], more: list[str]) -> str:
    lack = say("It lacks %(names)s.", names=", ".join(lacks))
    if not more:
        return lack
    beyond = say("It has columns that are not known: %(names)s.", names=Cut(Commas(tuple(more[:5])), 200))
    return say("%(first)s %(then)s", first=lack, then=beyond) if lacks else beyond


def _line(row: int, cells: list[Value], columns: Sequence[str], least: int) -> Line:
    values = _trimmed(cells)
    line = Line(row, {name: value for name, value in zip(columns, values, strict=False) if value is not None})
    if [_said(value).strip() for value in values] == list(columns):
        line.refuse("", say("The header stands here once more."), say("Delete this row."))
    if len(cells) < least:
        line.refuse(
            "",
            say("It has %(cells)s cells, and not %(least)s.", cells=len(cells), least=least),
            say("Save the file again as CSV in Excel."),
        )
    if len(values) > len(columns):
        line.refuse(
            "", say("It has more cells than there are columns."), say("Delete what stands to the right of the table.")
        )
    for name, value in line.cells.items():
        if isinstance(value, Unread):
            line.refuse(
                name,
                say("It holds %(value)s.", value=_UNREAD[value]),
                say("Copy the cell, and paste it as a value; then save and send again."),
            )
        elif isinstance(value, str) and len(value) > _MOST_CHARACTERS:
            most = _MOST_CHARACTERS
            line.refuse(name, say("It has more than %(at_most)s characters.", at_most=most), say("Shorten it."))
    return line


def _trimmed(row: list[Value]) -> list[Value]:
    last = max((at for at, value in enumerate(row) if not _is_blank(value)), default=-1)
    return row[: last + 1]


def _is_blank(value: Value) -> bool:
    return value is None or (isinstance(value, str) and not isinstance(value, Unread) and not value.strip())


def _said(value: Value) -> str:
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, datetime) and value.time() == time(0):
        return value.date().isoformat()
    return "" if value is None else str(value)[:_MOST_CHARACTERS]


def _iso(said: str) -> date | str:
    try:
        return date.fromisoformat(said)
    except ValueError:
        return said


def _clock(said: str) -> time | None:
    found = _TIME.fullmatch(said)
    if found is None:
        return None
    hour, minute = int(found[1]), int(found[2])
    if found[3]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if found[3].lower() == "p" else 0)
    return time(hour, minute) if hour < 24 and minute < 60 else None
