"""How does a table become CSV, and what does a CSV file say? (RFC 4180)"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import date

from duecourse.errors import BadInput
from duecourse.language.said import say
from duecourse.sheets.formulas import marked, unmarked
from duecourse.sheets.tables import Cell, Moment, Table, held

BYTE_ORDER_MARK = "\ufeff"
"""Without it Excel reads UTF-8 in the code page of the machine."""
SEPARATORS = (",", ";", "\t")
"""What Excel writes between cells: which of them depends on the machine's region."""


def as_csv(table: Table) -> bytes:
    """Return a table as CSV in UTF-8. Dates are ISO 8601, instants RFC 9557, and no cell begins like a formula."""
    out = io.StringIO(newline="")
    lines = csv.writer(out)
    for row in (table.columns, *table.rows):
        cells = [_text(cell) for cell in row]
        # A lone empty field would be an empty line, which is no row.
        if cells == [""]:
            out.write('""\r\n')
        else:
            lines.writerow(cells)
    return (BYTE_ORDER_MARK + out.getvalue()).encode()


def csv_rows(content: bytes, *, separator: str, most_rows: int) -> list[list[str]]:
    """Return every row of a CSV file, the header first, as texts. Raises BadInput, naming the line, for what is none.

    It reads at most one row more than `most_rows`.
    """
    lines = csv.reader(io.StringIO(_decoded(content), newline=""), delimiter=separator, strict=True)
    found = []
    try:
        for row in _taken(lines, most_rows + 1):
            found.append([unmarked(cell) for cell in row])
    except csv.Error as error:
        raise BadInput(
            say(
                "Line %(line_num)s cannot be read as CSV: %(error)s. Look for a quotation mark that is "
                "opened and not closed; inside of a quoted cell each one is written twice.",
                line_num=lines.line_num,
                error=error,
            )
        ) from error
    return found


def separator_of(content: bytes, header: Sequence[str]) -> str:
    """Return what separates the cells: that with which the first line is the `header`; a comma where none does."""
    first = _decoded(content).splitlines()[:1]
    for separator in SEPARATORS:
        try:
            said = next(csv.reader(first, delimiter=separator, strict=True), [])
        except csv.Error:
            continue
        if tuple(cell.strip() for cell in said[: len(header)]) == tuple(header):
            return separator
    return ","


def _taken(lines: Iterator[list[str]], count: int) -> Iterator[list[str]]:
    for _ in range(count):
        row = next(lines, None)
        if row is None:
            return
        yield row


def _decoded(content: bytes) -> str:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise BadInput(
            say(
                "Line %(line)s is not written in UTF-8. In Excel, choose File, Save as, and “CSV UTF-8”; "
                "or send the XLSX file.",
                line=line,
            )
        ) from error
    if "\x00" in text:
        line = text[: text.index("\x00")].count("\n") + 1
        raise BadInput(
            say(
                "Line %(line)s holds a NUL character: this is no text file. Send the XLSX file, or CSV UTF-8.",
                line=line,
            )
        )
    return text


def _text(cell: Cell) -> str:
    match cell:
        case None:
            return ""
        case str():
            return marked(held(cell))
        case Moment():
            return cell.in_full()
        case date():
            return cell.isoformat()
        case _:
            return str(cell)
