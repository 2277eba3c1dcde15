"""Which lines and tables does a document hold?

The one door to ``python-docx``, which opens the package; the text is taken from the elements themselves, since the
library passes over what stands in a content control or was inserted while changes were tracked.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import docx
from docx.oxml.ns import qn

from duecourse.drafting.archives import Found
from duecourse.drafting.refusing import refused
from duecourse.drafting.rows import MOST_COLUMNS, MOST_ROWS, Exhibit, Row, clean
from duecourse.language.said import say

_CURE = say("Copy the table into a new document, and send that.")
_INSIDE = (qn("w:sdt"), qn("w:sdtContent"), qn("w:ins"), qn("w:customXml"), qn("w:smartTag"))
_NOT_THERE = (qn("w:del"), qn("w:moveFrom"), qn("w:txbxContent"))


def read_document(data: bytes, found: Found, *, file: str) -> Exhibit:
    """Return the lines and the rows of a document in order. `found` is what `archives.inspect` counted.

    Raises BadExhibit.
    """
    try:
        document = docx.Document(io.BytesIO(data))
        rows = tuple(_Walk(file).rows(document.element.body))
    except (MemoryError, RecursionError):
        raise
    except Exception as error:
        if type(error).__module__ == "duecourse.errors":
            raise
        # The library has no error of its own: whatever is wrong inside ends as any kind.
        raise refused(file, "", say("The document cannot be read."), _CURE) from error
    tracked = say("Changes are tracked in the document; it is read as if all of them were accepted.")
    return Exhibit(file, rows, doubts=(tracked,) if found.has_tracked_changes else ())


class _Walk:
    """Goes through a body once and numbers its paragraphs and tables."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._paragraphs = 0
        self._tables = 0
        self._rows = 0

    def rows(self, body: Any) -> Iterator[Row]:
        for element in body:
            if element.tag == qn("w:p"):
                self._paragraphs += 1
                if text := clean(_text(element)):
                    yield self._row(f"paragraph {self._paragraphs}", (text,))
            elif element.tag == qn("w:tbl"):
                self._tables += 1
                yield from self._table(element, self._tables)
            elif element.tag in _INSIDE:
                yield from self.rows(element)

    def _table(self, table: Any, number: int) -> Iterator[Row]:
        above: list[str] = []
        for at, row in enumerate(_all(table, "w:tr"), start=1):
            cells: list[str] = []
            for cell in _all(row, "w:tc"):
                properties = cell.find(qn("w:tcPr"))
                text = clean("\n".join(_text(part) for part in cell.iter(qn("w:p"))))
                merge = properties.find(qn("w:vMerge")) if properties is not None else None
                if merge is not None and merge.get(qn("w:val")) != "restart" and len(cells) < len(above):
                    text = above[len(cells)]
                span = properties.find(qn("w:gridSpan")) if properties is not None else None
                width = int(span.get(qn("w:val"), "1")) if span is not None else 1
                cells += [text] + [""] * (width - 1)
            if len(cells) > MOST_COLUMNS:
                raise refused(
                    self._file,
                    say("table %(number)s", number=number),
                    say("It has more than %(most_columns)s columns.", most_columns=MOST_COLUMNS),
                    _CURE,
                )
            above = cells
            if any(cells):
                yield self._row(f"table {number}, row {at}", tuple(cells))

    def _row(self, where: str, cells: tuple[str, ...]) -> Row:
        self._rows += 1
        if self._rows > MOST_ROWS:
            raise refused(
                self._file,
                where,
                say("It has more than %(most_rows)s lines and rows.", most_rows=format(MOST_ROWS, ",")),
                _CURE,
            )
        return Row(where, cells)


def _all(element: Any, name: str) -> Iterator[Any]:
    """Yield the children of this name, also those inside content controls."""
    for child in element:
        if child.tag == qn(name):
            yield child
        elif child.tag in _INSIDE:
            yield from _all(child, name)


def _text(element: Any) -> str:
    pieces: list[str] = []
    for child in element:
        if child.tag in _NOT_THERE:
            continue
        if child.tag == qn("w:t"):
            pieces.append(child.text or "")
        elif child.tag in (qn("w:br"), qn("w:cr")):
            pieces.append("\n")
        elif child.tag == qn("w:tab"):
            pieces.append("\t")
        else:
            pieces.append(_text(child))
    return "".join(pieces)
