"""Which tables do the pages of a PDF draw, and which lines of text?

The one door to ``pdfplumber``.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from typing import Any

import pdfplumber

from duecourse.drafting.refusing import refused
from duecourse.drafting.rows import MOST_COLUMNS, MOST_ROWS, Exhibit, Row, clean
from duecourse.drafting.text_reader import cells_of_line
from duecourse.language.said import say

_MOST_PAGES = 60
_CURE = say("Send the pages with the table alone, as PDF, or copy the table and paste it.")


def read_pdf(data: bytes, *, file: str) -> Exhibit:
    """Return the rows of the tables that are drawn with lines, and the text around them, in order down each page.

    Raises BadExhibit for what is damaged, has a password, is a picture, or has too many pages.
    """
    logging.getLogger("pdfminer").setLevel(logging.CRITICAL)
    rows: list[Row] = []
    try:
        with pdfplumber.open(io.BytesIO(data)) as pdf:
            for number, page in enumerate(pdf.pages, start=1):
                if number > _MOST_PAGES:
                    raise refused(
                        file, "", say("It has more than %(most_pages)s pages.", most_pages=_MOST_PAGES), _CURE
                    )
                rows += _page(page, number)
                page.close()
                if len(rows) > MOST_ROWS or any(len(row.cells) > MOST_COLUMNS for row in rows):
                    raise refused(
                        file,
                        say("page %(number)s", number=number),
                        say("It holds more rows or columns than a table has."),
                        _CURE,
                    )
    except (MemoryError, RecursionError):
        raise
    except Exception as error:
        if type(error).__module__ == "duecourse.errors":
            raise
        if "Password" in repr(error):
            raise refused(file, "", say("It has a password."), say("Save it without one.")) from error
        # Whatever is wrong inside a PDF ends as any kind of error.
        raise refused(file, "", say("The PDF is damaged."), _CURE) from error
    if not rows:
        cure = say("Have its text recognised (OCR), or type the table and paste it.")
        raise refused(file, "", say("It holds no text: its pages are pictures."), cure)
    return Exhibit(file, tuple(rows))


def _page(page: Any, number: int) -> Iterator[Row]:
    tables = [table for table in page.find_tables() if len(table.rows) > 1 or len(table.columns) > 1]
    tables.sort(key=lambda table: table.bbox[1])
    if not tables:
        yield from _lines(page, number, 0)
        return
    top, seen = 0.0, 0
    for table in tables:
        above = _between(page, top, float(table.bbox[1]))
        if above is not None:
            found = list(_lines(above, number, seen))
            seen += len(found)
            yield from found
        for at, cells in enumerate(table.extract(), start=1):
            if any(cells):
                seen += 1
                yield Row(f"page {number}, table row {at}", tuple(clean(cell or "") for cell in cells))
        top = max(top, float(table.bbox[3]))
    below = _between(page, top, float(page.bbox[3]))
    if below is not None:
        yield from _lines(below, number, seen)


def _between(page: Any, top: float, bottom: float) -> Any:
    left, low, right, high = page.bbox
    top, bottom = max(top, low), min(bottom, high)
    return page.crop((left, top, right, bottom)) if bottom - top > 2 else None


def _lines(part: Any, number: int, seen: int) -> Iterator[Row]:
    text = part.extract_text(layout=True) or ""
    for line in text.splitlines():
        cells = cells_of_line(line)
        if any(cells):
            seen += 1
            yield Row(f"page {number}, line {seen}", cells)
