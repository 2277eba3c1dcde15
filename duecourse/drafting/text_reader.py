"""Which rows does a text hold: tabs, commas, bars, or columns that are set apart by spaces?"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator

from duecourse.drafting.headings import is_header
from duecourse.drafting.refusing import refused
from duecourse.drafting.rows import MOST_CHARACTERS, MOST_COLUMNS, MOST_ROWS, Exhibit, Row, clean
from duecourse.language.said import say

_GAP = re.compile(r" {2,}|\t")
_RULER = re.compile(r"[\s|:+=_-]+")
_OPENS_QUOTES = re.compile(r'(^|\t)"(?:[^"\t]|"")*$')


def read_text(data: bytes, *, file: str) -> Exhibit:
    """Return the rows of a text, each line being one, or of a CSV, whose cells may hold line breaks.

    Raises BadExhibit when it is no text, is cut off, or has quotation marks that never close.
    """
    text, doubts = _decoded(data, file)
    if len(text) > MOST_CHARACTERS:
        raise refused(
            file,
            "",
            say("It has more than %(most_characters)s characters.", most_characters=format(MOST_CHARACTERS, ",")),
            say("Send the table alone."),
        )
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    separator = _separator(text)
    found = _separated(text, separator, file) if separator else _lines(text)
    rows: list[Row] = []
    for row in found:
        if len(row.cells) > MOST_COLUMNS or len(rows) > 4 * MOST_ROWS:
            raise refused(
                file, row.where, say("There are more rows or columns than a table has."), say("Send the table alone.")
            )
        if any(row.cells):
            rows.append(row)
    return Exhibit(file, tuple(rows), doubts=doubts)


def cells_of_line(line: str) -> tuple[str, ...]:
    """Return the cells of one line: set apart by tabs, by bars, or by two spaces and more."""
    if "\t" in line:
        return tuple(clean(cell) for cell in line.split("\t"))
    if line.count("|") >= 2 and line.strip().startswith("|"):
        if _RULER.fullmatch(line):
            return ()
        return tuple(clean(cell) for cell in line.strip().removeprefix("|").removesuffix("|").split("|"))
    return tuple(clean(cell) for cell in _GAP.split(line.strip()))


def _decoded(data: bytes, file: str) -> tuple[str, tuple[str, ...]]:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        # What Excel calls “Unicode text”.
        encoding = "utf-16"
    else:
        encoding = "utf-8-sig"
    doubts: tuple[str, ...] = ()
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        if (error.end >= len(data) and "unexpected end" in error.reason) or encoding == "utf-16":
            raise refused(
                file,
                say("line %(line)s", line=line),
                say("The file is cut off within a letter."),
                say("Save it again."),
            ) from error
        # Excel saves CSV in the encoding of Windows unless it is told otherwise.
        text = data.decode("cp1252", "replace")
        doubts = (say("The text is not UTF-8; it was read as Windows text (code page 1252)."),)
    unseen = re.search("[\x00-\x08\x0e-\x1f\x7f�]", text)
    if unseen:
        line = text[: unseen.start()].count("\n") + 1
        cure = say("Send text, CSV, XLSX, DOCX or PDF.")
        raise refused(
            file, say("line %(line)s", line=line), say("This is no text: it holds bytes that no letter has."), cure
        )
    return text, doubts


def _separator(text: str) -> str:
    """Return the separator of a CSV, by the line with the names of the columns; empty when it is no CSV."""
    for line in text.split("\n"):
        for separator in ("\t", ";", ","):
            if line.count(separator) and len(line) < 2000:
                cells = [clean(cell) for cell in next(csv.reader([line], delimiter=separator), [])]
                if is_header(cells):
                    if separator == "\t" and not any(_OPENS_QUOTES.search(each) for each in text.split("\n")):
                        return ""
                    return separator
    return ""


def _separated(text: str, separator: str, file: str) -> Iterator[Row]:
    reader = csv.reader(io.StringIO(text), delimiter=separator, strict=separator != "\t")
    line = 1
    try:
        for cells in reader:
            yield Row(f"line {line}", tuple(clean(cell) for cell in cells))
            line = reader.line_num + 1
    except csv.Error as error:
        problem = say("A quotation mark opens here and never closes, or stands within a cell.")
        cure = say("Write a quotation mark within a cell twice, and close the cell with one.")
        raise refused(file, say("line %(line)s", line=line), problem, cure) from error


def _lines(text: str) -> Iterator[Row]:
    for number, line in enumerate(text.split("\n"), start=1):
        cells = cells_of_line(line)
        if any(cells):
            yield Row(f"line {number}", cells)
