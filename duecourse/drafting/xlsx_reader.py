"""Which rows do the sheets of a workbook hold?

The one door to ``openpyxl``. Values are read as the workbook's program last saved them; no formula is worked out here.
Dates become year-month-day, by the epoch of the workbook, 1900 or 1904.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import openpyxl

from duecourse.drafting.archives import Found
from duecourse.drafting.refusing import refused
from duecourse.drafting.rows import MOST_COLUMNS, MOST_ROWS, Exhibit, Row, clean
from duecourse.language.said import say

_CURE = say("Open it in Excel, copy the table into a new workbook, and send that.")


def read_workbook(data: bytes, found: Found, *, file: str) -> Exhibit:
    """Return the rows of every visible sheet. `found` is what `archives.inspect` counted. Raises BadExhibit."""
    if not openpyxl.DEFUSEDXML:
        raise RuntimeError("openpyxl reads without defusedxml, and would follow entities.")
    with warnings.catch_warnings():
        # It warns of what it leaves out: drawings, extensions, rules of validation.
        warnings.simplefilter("ignore")
        try:
            book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
            rows = [
                row for sheet in book.worksheets if sheet.sheet_state == "visible" for row in _rows(sheet, found, file)
            ]
        except (MemoryError, RecursionError):
            raise
        except Exception as error:
            if type(error).__module__ == "duecourse.errors":
                raise
            # The library has no error of its own: whatever is wrong inside ends as any kind.
            raise refused(file, "", say("The workbook cannot be read."), _CURE) from error
        from_1904 = book.epoch.year == 1904
        book.close()
    return Exhibit(file, tuple(rows), from_1904)


def _rows(sheet: Any, found: Found, file: str) -> Iterator[Row]:
    path = str(getattr(sheet, "_worksheet_path", ""))
    without = set(found.without_value.get(path, ()))
    merged = found.merged.get(path, [])
    table: dict[int, list[str]] = {}
    # The size that a sheet states may be wrong; rows outside of it would be passed over without a word.
    sheet.reset_dimensions()
    for number, values in enumerate(sheet.iter_rows(values_only=True), start=1):
        if number > MOST_ROWS:
            raise refused(
                file,
                say("sheet “%(title)s”", title=sheet.title),
                say("It has more than %(most_rows)s rows.", most_rows=format(MOST_ROWS, ",")),
                _CURE,
            )
        if len(values) > MOST_COLUMNS:
            raise refused(
                file,
                say("sheet “%(title)s”", title=sheet.title),
                say("It has more than %(most_columns)s columns.", most_columns=MOST_COLUMNS),
                _CURE,
            )
        table[number] = [_said(value) for value in values]
    for where in sorted(without):
        raise refused(
            file,
            say("cell %(where)s of sheet “%(title)s”", where=where, title=sheet.title),
            say("It holds a formula whose value was not saved."),
            say("Open the file in Excel and save it, or paste the values."),
        )
    _spread(table, merged)
    for number, cells in table.items():
        if any(cells):
            yield Row(f"row {number} of sheet “{sheet.title}”", tuple(cells))


def _spread(table: dict[int, list[str]], merged: list[tuple[str, int, str, int]]) -> None:
    """Write the value of a cell that is merged downwards into each row of it; across, it stays one."""
    for left, top, _, bottom in merged:
        column = 0
        for letter in left:
            column = 26 * column + ord(letter) - 64
        if column > len(table.get(top, ())):
            continue
        for number in range(top + 1, bottom + 1):
            if number in table and column <= len(table[number]) and any(table[number]):
                table[number][column - 1] = table[top][column - 1]


def _said(value: object) -> str:
    match value:
        case None:
            return ""
        case datetime() | date():
            return f"{value:%Y-%m-%d}"
        case float() if value.is_integer() and abs(value) < 10**15:
            return str(int(value))
        case _:
            return clean(str(value))
