"""How does a table become an XLSX workbook, and what does one say? The one door to `openpyxl`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from io import BytesIO
from typing import Any

from openpyxl import Workbook, load_workbook
from openpyxl.cell import Cell as SheetCell
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from duecourse.errors import BadInput
from duecourse.language.said import say
from duecourse.sheets.formulas import is_formula
from duecourse.sheets.packages import check_package
from duecourse.sheets.tables import Cell, Moment, Table, held

_TEXT, _DAY = "@", "yyyy-mm-dd"
_LONGEST = 32_767
"""UTF-16 units in a cell, at most (Excel specifications and limits)."""
_FIRST_DAY = date(1900, 3, 1)
"""Before it Excel counts a day that there was not, February 29, 1900."""
_NARROW, _WIDE = 9, 60
_LEFT = 2
_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")
_HEADER = Font(bold=True)
_GROUND = PatternFill("solid", fgColor="E6ECE9")
_TOP = Alignment(vertical="top", wrap_text=True)


class Unread(StrEnum):
    """What stands in a cell whose value is not taken."""

    FORMULA = "a formula"
    ERROR = "an error"


Value = str | int | float | bool | date | datetime | time | timedelta | Unread | None


def as_workbook(table: Table) -> bytes:
    """Return a table as XLSX: every text a text cell, dates as dates, the header row frozen, and a sheet about it."""
    book = Workbook(write_only=True)
    for each in (table, *table.more):
        _add_sheet(book, each)
    if table.about:
        about = book.create_sheet("About")
        _lay_out(about, table.about)
        for name, says in table.about:
            about.append([_heading(about, name), _cell(about, says)])
    file = BytesIO()
    book.save(file)
    return file.getvalue()


def _add_sheet(book: Workbook, table: Table) -> None:
    sheet = book.create_sheet(_sheet_name(table.title))
    sheet.freeze_panes = "A2"
    _lay_out(sheet, [table.columns, *table.rows])
    sheet.auto_filter.ref = f"A1:{get_column_letter(max(len(table.columns), 1))}{len(table.rows) + 1}"
    sheet.append([_heading(sheet, name) for name in table.columns])
    for row in table.rows:
        sheet.append([_cell(sheet, value) for value in row])


def workbook_rows(content: bytes, *, most_rows: int, most_columns: int) -> list[list[Value]]:
    """Return the rows of a workbook's first sheet, the header first, as far as something is in them.

    Raises BadInput for what is no XLSX file, is larger than it says or may be, names outside entities, or holds
    something beyond `most_rows` below the header or `most_columns`.
    """
    beyond = check_package(content, most_rows=most_rows + 1, most_columns=most_columns)
    try:
        book = load_workbook(BytesIO(content), read_only=True, keep_links=False)
        try:
            sheet: Any = book.worksheets[0]
            path = sheet._worksheet_path.lstrip("/")
            if not path.lower().endswith(".xml"):
                raise ValueError(path)
            place = beyond.get(path)
            rows = sheet.iter_rows(max_row=most_rows + 1, max_col=most_columns)
            found = [_trimmed([_value(cell) for cell in row]) for row in rows]
        finally:
            book.close()
    # A file that was damaged, or made to do damage, may break its reader in any place.
    except Exception as error:
        raise BadInput(
            say(
                "The file cannot be read as XLSX: it is damaged, or another kind of file. Open it in "
                "Excel, save it as an Excel workbook (.xlsx), and send that."
            )
        ) from error
    if place is not None:
        raise BadInput(
            say(
                "Row %(row)s, column %(column)s holds something. At most %(most_rows)s rows and "
                "%(most_columns)s columns can be sent at once: delete what does not belong there, or "
                "send the rows in several files.",
                row=place[0],
                column=place[1],
                most_rows=most_rows,
                most_columns=most_columns,
            )
        )
    while found and not found[-1]:
        found.pop()
    return found


def _trimmed(row: list[Value]) -> list[Value]:
    while row and row[-1] is None:
        row.pop()
    return row


def _value(cell: object) -> Value:
    kind, value = getattr(cell, "data_type", "n"), getattr(cell, "value", None)
    if kind == "f":
        return Unread.FORMULA
    if kind == "e":
        return Unread.ERROR
    if isinstance(value, str):
        return held(_ESCAPED.sub(lambda found: chr(int(found[1], 16)), value)) or None
    if value is None or isinstance(value, int | float | date | time | timedelta):
        return value
    return Unread.ERROR


def _heading(sheet: Worksheet, name: str) -> SheetCell:
    cell = _cell(sheet, name)
    cell.font, cell.fill = _HEADER, _GROUND
    return cell


def _cell(sheet: Worksheet, value: Cell) -> SheetCell:
    cell: SheetCell = WriteOnlyCell(sheet)
    if isinstance(value, Moment):
        _set_day(cell, value.local, f'{_DAY} hh:mm "{value.zone_name}"', instead=value.in_full())
    elif isinstance(value, date):
        _set_day(cell, value, _DAY, instead=value.isoformat())
    elif isinstance(value, int | float) and abs(value) < 10**15:
        cell.value = value
    elif value is not None:
        _set_text(cell, str(value))
    cell.alignment = _TOP
    return cell


def _set_day(cell: SheetCell, value: date, number_format: str, *, instead: str) -> None:
    day = value.date() if isinstance(value, datetime) else value
    if day < _FIRST_DAY:
        _set_text(cell, instead)
    else:
        cell.value, cell.number_format = value, number_format


def _set_text(cell: SheetCell, text: str) -> None:
    # Not through `value`, which makes formulas, errors and dates of texts that look like them.
    cell._value = _fitting(_escaped(held(text)))  # type: ignore[attr-defined]
    cell.data_type, cell.number_format = "s", _TEXT
    # Otherwise whoever opens such a cell to read it, and leaves it with Enter, has a formula.
    cell.quotePrefix = is_formula(text)


def _escaped(text: str) -> str:
    # The one character that XML would turn into another, and what reads like such an escape (ECMA-376, 22.9.2.19).
    return _ESCAPED.sub(r"_x005F_x\1_", text).replace("\r", "_x000D_")


def _fitting(text: str) -> str:
    if _units(text) <= _LONGEST:
        return text
    says = " … [too long for a cell of Excel; the CSV file has it all]"
    kept = text[: _LONGEST - len(says)]
    while _units(kept) > _LONGEST - len(says):
        kept = kept[: len(kept) - max((_units(kept) - _LONGEST + len(says)) // 2, 1)]
    return kept + says


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _lay_out(sheet: Worksheet, rows: Iterable[Iterable[Cell]]) -> None:
    widths: list[int] = []
    for row in rows:
        for at, value in enumerate(row):
            widths.extend([_NARROW] * (at + 1 - len(widths)))
            widths[at] = max(widths[at], min(_width(value), _WIDE))
    for at, width in enumerate(widths, start=1):
        sheet.column_dimensions[get_column_letter(at)].width = width + _LEFT
    sheet.page_setup.orientation, sheet.page_setup.fitToHeight = "landscape", 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.print_title_rows = "1:1"


def _width(value: Cell) -> int:
    if isinstance(value, Moment):
        return len("2022-11-30 09:00 ") + len(value.zone_name)
    return max(map(len, _lines(value)), default=0)


def _lines(value: Cell) -> Iterator[str]:
    yield from str("" if value is None else value).splitlines()


def _sheet_name(title: str) -> str:
    return re.sub(r"[\[\]:*?/\\]", " ", held(title)).strip("' ")[:31].strip("' ") or "Table"
