"""Which rows of an exhibit are deliverables, under which year's heading, and what does each one say?"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from duecourse.calendar import words
from duecourse.drafting.headings import Columns, Section, columns_of, section_of
from duecourse.drafting.printed import dates_in, is_day_first, serial_date
from duecourse.drafting.rows import Exhibit, Row
from duecourse.drafting.titles import is_footnote, is_note, plain, title_and_note
from duecourse.language.said import say

_NUMBER = re.compile(r"#?[A-Z]?[0-9]{1,3}([.-][0-9]{1,3}){0,2}[a-z]?[.)]?|[A-Za-z][.)]")
_NOTHING = re.compile(r"no (?:due )?date|none|n/?a|not applicable|tbd|[-–—.]+", re.IGNORECASE)
_NEAR_LINES = 6
"""How many lines may stand between a heading with the year and the head of its table."""
_LONGEST_NOTE = 300
_BETWEEN_LINES = 8
"""How many lines, such as the foot and head of a page, may stand between the rows of one table."""


@dataclass(frozen=True, slots=True)
class Item:
    """One deliverable as a row prints it. `said` is what stands in its date's cell when that is no date."""

    where: str
    section: Section | None
    number: str
    title: str
    note: str
    dates: tuple[date, ...]
    said: str = ""
    period: str = ""
    recipient: str = ""
    channel: str = ""
    clause: str = ""
    frequency: str = ""
    doubts: tuple[str, ...] = ()


@dataclass
class _Open:
    """A row that the lines below it may still belong to."""

    row: Row
    number: str
    text: str
    due: list[str]
    more: dict[str, str] = field(default_factory=dict)


def items_of(exhibit: Exhibit, *, fiscal_year_starts: int) -> tuple[list[Item], list[str]]:
    """Return the deliverables of an exhibit in order, and how they were read where that is not certain."""
    day_first = is_day_first([cell for row in exhibit.rows for cell in row.cells])
    doubts = list(exhibit.doubts)
    if day_first:
        doubts.append(say("Dates such as 30/7/2021 name the day first; so all dates with slashes were read that way."))
    found: list[Item] = []
    for section, columns, rows in _tables(exhibit, fiscal_year_starts):
        for opened in _opened(rows, columns):
            item = _item(opened, section, day_first=day_first, from_1904=exhibit.from_1904)
            if not item.title and found:
                # A name that is merged over several rows stands in the first of them.
                item = replace(item, title=found[-1].title)
            if item.title:
                found.append(item)
    return found, doubts


def _tables(exhibit: Exhibit, starts: int) -> Iterator[tuple[Section | None, Columns, list[Row]]]:
    """Yield each stretch of rows under one heading, with its columns."""
    rows = exhibit.rows
    heads = [(at, columns) for at, row in enumerate(rows) if (columns := columns_of(row.cells))]
    if not heads:
        columns = _guessed(rows)
        heads = [(-1, columns)] if columns else []
    section: Section | None = None
    for index, (at, columns) in enumerate(heads):
        until = heads[index + 1][0] if index + 1 < len(heads) else len(rows)
        near = [row for row in rows[max(0, at - _NEAR_LINES - 1) : at] if row.text]
        section = next(
            (found for row in reversed(near) if (found := section_of(row, fiscal_year_starts=starts))), section
        )
        stretch: list[Row] = []
        strange = 0
        for row in rows[at + 1 : until]:
            inner = section_of(row, fiscal_year_starts=starts)
            if inner is not None:
                yield section, columns, stretch
                section, stretch, strange = inner, [], 0
            elif _is_row(row, columns):
                stretch.append(row)
                strange = 0
            elif stretch and strange == 0 and len(row.text) < _LONGEST_NOTE and is_note(row.text):
                # In columns that are set apart by spaces a note is a line of its own.
                cells = [""] * columns.width
                cells[columns.at["title"]] = row.text
                stretch.append(Row(row.where, tuple(cells)))
            else:
                strange += 1
                if strange > _BETWEEN_LINES or row.text.startswith("#"):
                    break
        yield section, columns, stretch


def _guessed(rows: Sequence[Row]) -> Columns | None:
    """Return the columns of a table without a head: dates are due dates, and the longest texts are names."""
    counted: Counter[int] = Counter()
    for row in rows:
        counted.update(place for place, cell in enumerate(row.cells) if len(row.cells) > 1 and _is_date(cell))
    if not counted:
        return None
    due = min(place for place, n in counted.items() if n == max(counted.values()))
    with_due = [row for row in rows if due < len(row.cells) and _is_date(row.cells[due])]
    lengths: Counter[int] = Counter()
    for row in with_due:
        lengths.update({at: len(cell) for at, cell in enumerate(row.cells) if at != due and not _is_date(cell)})
    if not lengths:
        return None
    title = lengths.most_common(1)[0][0]
    at = {"title": title}
    numbers = Counter(place for row in with_due for place, cell in enumerate(row.cells) if _NUMBER.fullmatch(cell))
    if numbers and numbers.most_common(1)[0][0] != title:
        at["number"] = numbers.most_common(1)[0][0]
    return Columns(max(len(row.cells) for row in with_due), (due,), at)


def _is_date(cell: str) -> bool:
    return len(cell) < 40 and bool(dates_in(cell))


def _is_row(row: Row, columns: Columns) -> bool:
    cells = _fitted(row, columns)
    return len(row.cells) > 1 and any(cells) and (len(row.filled) > 1 or row.cells == cells)


def _fitted(row: Row, columns: Columns) -> tuple[str, ...]:
    """Return the cells in the places of the columns; a row of fewer cells is put in place by what they hold."""
    cells = row.cells
    if len(cells) >= columns.width or len(cells) == 1:
        return cells
    placed = [""] * columns.width
    rest = list(cells)
    if "number" in columns.at and _NUMBER.fullmatch(rest[0]):
        placed[columns.at["number"]] = rest.pop(0)
    if rest and (_is_date(rest[-1]) or (len(rest) > 1 and columns.due[-1] == columns.width - 1)):
        placed[columns.due[0] if len(columns.due) == 1 else columns.due[-1]] = rest.pop()
    free = [place for place in range(columns.at["title"], columns.width) if not placed[place]]
    for place, cell in zip(free, rest, strict=False):
        placed[place] = cell
    return tuple(placed)


def _opened(rows: Sequence[Row], columns: Columns) -> Iterator[_Open]:
    current: _Open | None = None
    for row in rows:
        cells = _fitted(row, columns)
        number = columns.cell("number", cells)
        if not _NUMBER.fullmatch(number):
            number = ""
        text = columns.cell("title", cells)
        due = [cells[place] for place in columns.due if place < len(cells) and cells[place]]
        more = {name: columns.cell(name, cells) for name in columns.at if name not in ("number", "title")}
        if is_footnote(plain(row.text or text)) and not due and not number:
            continue
        continues = (
            not number and not due and ("number" in columns.at or is_note(text) or len(row.cells) < columns.width)
        )
        if continues:
            if current is not None:
                current.text = f"{current.text}\n{text}" if text else current.text
            continue
        if current is not None:
            yield current
        current = _Open(row, number.strip("#.)"), text, due, more)
    if current is not None:
        yield current


def _item(opened: _Open, section: Section | None, *, day_first: bool, from_1904: bool) -> Item:
    title, note = title_and_note(opened.text)
    dates: list[date] = []
    doubts: list[str] = []
    said: list[str] = []
    for cell in opened.due:
        found = dates_in(cell, day_first=day_first)
        serial = serial_date(cell, from_1904=from_1904)
        dates += [each.on for each in found] + ([serial] if serial else [])
        doubts += [
            say(
                "“%(cell)s” is no %(weekday)s; the date was kept.",
                cell=" ".join(cell.split()),
                weekday=words.weekday(each.wrong_weekday),
            )
            for each in found
            if each.wrong_weekday is not None
        ]
        if serial:
            doubts.append(say("“%(cell)s” was read as a spreadsheet’s number of a day.", cell=cell))
        if not found and not serial and not _NOTHING.fullmatch(cell):
            said.append(cell)
    more = opened.more
    return Item(
        where=opened.row.where,
        section=section,
        number=opened.number,
        title=title,
        note=" ".join(" ".join((note, plain(more.get("note", "")))).split()),
        dates=tuple(dates),
        said=" ".join(plain(" ".join(said)).split()),
        period=" ".join(more.get("period", "").split()),
        recipient=" ".join(plain(more.get("recipient", "")).split()),
        channel=" ".join(plain(more.get("channel", "")).split()),
        clause=" ".join(plain(more.get("clause", "")).split()),
        frequency=" ".join(plain(more.get("frequency", "")).split()),
        doubts=tuple(doubts),
    )
