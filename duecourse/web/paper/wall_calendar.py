"""How does a contract’s year look on the wall: pages of six months, and pages for what has no room there?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from io import BytesIO

from reportlab.lib.pagesizes import A4, landscape, letter
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Paragraph

from duecourse.calendar import words
from duecourse.web.paper.month_grid import SHADE, draw_grid, grid_height
from duecourse.web.paper.typeface import BOLD, FAINT, INK, LINE, REGULAR, Type
from duecourse.web.wall_year import WallLine, WallMonth, WallYear

PAPERS = {"letter": landscape(letter), "a4": landscape(A4)}
_SIZES = (8.5, 8.0, 7.5, 7.0)
"""Points. Nobody reads smaller type on a wall: what does not fit at the smallest has a page of its own."""
_MARGIN, _GAP, _HEAD, _FOOT = 28.0, 12.0, 36.0, 32.0
_ACROSS, _DOWN = 3, 2
_BELOW, _SPACE, _CLOSE = 4.0, 1.5, 0.01
_DAY_WIDTH = 4.7
"""Of the day in front of a line, in sizes of its type."""


def wall_calendar(year: WallYear, *, paper: str, address: str) -> bytes:
    """Return the year as PDF on ``letter`` or ``a4`` paper. The same year gives the same bytes.

    `address` is where the dates are kept up to date.
    """
    return _Wall(year, PAPERS[paper], address).drawn()


@dataclass(frozen=True, slots=True)
class _Row:
    """A line under a month, set: the day, whether it is the first of that day, and its height with its space."""

    day: str
    paragraph: Paragraph
    height: float
    is_first: bool


class _Wall:
    def __init__(self, year: WallYear, size: tuple[float, float], address: str) -> None:
        self.year, self.address = year, address
        self.type = Type()
        self.width, self.height = size
        self.column = (self.width - 2 * _MARGIN - (_ACROSS - 1) * _GAP) / _ACROSS
        self.file = BytesIO()
        self.canvas = Canvas(self.file, pagesize=size, invariant=1, lang="en-US")
        self.canvas.setTitle(f"{year.contract.number}: {year.title}")
        self.canvas.setAuthor("Duecourse")
        self.page = 0

    def drawn(self) -> bytes:
        each = _ACROSS * _DOWN
        pages = [self.year.months[at : at + each] for at in range(0, len(self.year.months), each)]
        size = next((size for size in _SIZES if all(self._fit(months, size) for months in pages)), _SIZES[-1])
        crowded: list[WallMonth] = []
        for months in pages:
            self._open()
            y = self.height - _MARGIN - _HEAD
            for at, height in enumerate(self._heights(months, size)):
                for column, month in enumerate(months[at * _ACROSS : (at + 1) * _ACROSS]):
                    x = _MARGIN + column * (self.column + _GAP)
                    if not self._month(month, x, y, height, size, further=len(pages) + 1):
                        crowded.append(month)
                y -= height + _GAP
            self._close()
        if crowded:
            self._in_full(crowded)
        self.canvas.save()
        return self.file.getvalue()

    def _fit(self, months: Sequence[WallMonth], size: float) -> bool:
        return sum(self._needed(months, size)) <= self._room

    def _heights(self, months: Sequence[WallMonth], size: float) -> list[float]:
        """Return how high each row of months is: half of the page, or as much more as the other leaves."""
        needed = self._needed(months, size)
        first = min(max(needed[0], self._room / _DOWN), max(self._room - needed[1], self._room / _DOWN))
        return [first, self._room - first]

    def _needed(self, months: Sequence[WallMonth], size: float) -> list[float]:
        rows = [months[at : at + _ACROSS] for at in range(0, _ACROSS * _DOWN, _ACROSS)]
        return [max((self._full(month, size) for month in row), default=0.0) for row in rows]

    def _full(self, month: WallMonth, size: float) -> float:
        return grid_height(month) + _BELOW + sum(row.height for row in self._rows(month, size))

    @property
    def _room(self) -> float:
        return self.height - 2 * _MARGIN - _HEAD - _FOOT - (_DOWN - 1) * _GAP

    def _month(self, month: WallMonth, x: float, y: float, height: float, size: float, *, further: int) -> bool:
        """Draw a month; tell whether all of it had room, and say on paper where it is if not."""
        room = height - grid_height(month) - _BELOW
        y = draw_grid(self.canvas, month, x, y, self.column) - _BELOW
        has_room = self._full(month, size) <= height + _CLOSE
        number = words.count(len(month.lines), "thing is", "things are")
        says = f"All of {month.first:%B} is on page {further}: {number} due."
        note, high = self._note(says, size)
        room -= 0 if has_room else high
        for row in self._rows(month, size):
            if not has_room and row.height > room:
                break
            self._draw(row, x, y, size, shows_day=row.is_first)
            y, room = y - row.height, room - row.height
        if not has_room:
            note.drawOn(self.canvas, x, y - high)
        return has_room

    def _note(self, says: str, size: float) -> tuple[Paragraph, float]:
        style = ParagraphStyle("note", fontName=BOLD, fontSize=size, leading=size * 1.25, textColor=INK)
        line = self.type.line(says, style)
        return line, line.wrap(self.column, 1000)[1] + 2

    def _in_full(self, crowded: list[WallMonth]) -> None:
        """Set the months that had no room in columns, on as many pages as it takes."""
        size, top = _SIZES[0], self.height - _MARGIN - _HEAD
        bottom, column, y = _MARGIN + _FOOT, 0, top
        self._open()
        for month in crowded:
            heading, high = self._note(f"{month.first:%B %Y}", size + 2)
            rows = self._rows(month, size)
            for at, row in enumerate(rows):
                # A heading never stands at a column's foot alone.
                needed = row.height + (high + 3 if at == 0 else 0)
                broken = y - needed < bottom
                if broken:
                    column, y = column + 1, top
                    if column == _ACROSS:
                        self._close()
                        self._open()
                        column = 0
                x = _MARGIN + column * (self.column + _GAP)
                if at == 0:
                    heading.drawOn(self.canvas, x, y - high)
                    y -= high + 3
                self._draw(row, x, y, size, shows_day=row.is_first or broken)
                y -= row.height
            y -= 10
        self._close()

    def _draw(self, row: _Row, x: float, y: float, size: float, *, shows_day: bool) -> None:
        if shows_day:
            self.canvas.setFont(BOLD, size)
            self.canvas.setFillColor(INK)
            self.canvas.drawString(x, y - size, row.day)
        row.paragraph.drawOn(self.canvas, x + _DAY_WIDTH * size, y - row.height + _SPACE)

    def _rows(self, month: WallMonth, size: float) -> list[_Row]:
        """Return what stands under a month, set in this size."""
        style = ParagraphStyle("line", fontName=REGULAR, fontSize=size, leading=size * 1.2, textColor=INK)
        faint = ParagraphStyle("closed", parent=style, textColor=FAINT)
        said = [(on, 0, f"Closed: {self.type.marked_up(name)}", faint) for on, name in month.closures.items()]
        said += [(on, 1, self.type.marked_up(name), faint) for on, name in month.half_days.items()]
        said += [(line.on, 2, self._words(line, month), style) for line in month.lines]
        found: list[_Row] = []
        before: date | None = None
        for on, _, says, dressed in sorted(said, key=lambda one: one[:2]):
            paragraph = Paragraph(says, dressed)
            height = paragraph.wrap(self.column - _DAY_WIDTH * size, 1000)[1] + _SPACE
            found.append(_Row(f"{on:%a} {on.day}", paragraph, height, on != before))
            before = on
        return found

    def _words(self, line: WallLine, month: WallMonth) -> str:
        said = self.type.marked_up(line.title)
        if line.before:
            said += f", <font name='{BOLD}'>{line.before}</font>"
        if line.is_funders:
            said += " (funder)"
        # The month's own name stands above.
        if line.label and line.label != f"{month.first:%B %Y}":
            said += f" <font color='#{FAINT.hexval()[2:]}'>{self.type.marked_up(line.label)}</font>"
        return said

    def _open(self) -> None:
        self.page += 1
        canvas, contract, top = self.canvas, self.year.contract, self.height - _MARGIN
        canvas.setFillColor(INK)
        title = self.type.plain(f"{contract.number}, {contract.name}")
        fiscal, size = self.year.title, 15.0
        room = self.width - 2 * _MARGIN - stringWidth(fiscal, BOLD, 11) - 24
        while stringWidth(title, BOLD, size) > room and size > 7:
            size -= 0.5
        canvas.setFont(BOLD, size)
        canvas.drawString(_MARGIN, top - 14, title)
        canvas.setFont(BOLD, 11)
        canvas.drawRightString(self.width - _MARGIN, top - 14, fiscal)
        canvas.setFont(REGULAR, 8.5)
        canvas.setFillColor(FAINT)
        canvas.drawString(_MARGIN, top - 27, self.type.plain(f"{contract.contractor}, for {contract.funder}"))
        canvas.drawRightString(self.width - _MARGIN, top - 27, f"As of {self.year.as_of}")

    def _close(self) -> None:
        canvas, y = self.canvas, _MARGIN + _FOOT - 14
        canvas.setStrokeColor(LINE)
        canvas.setLineWidth(0.6)
        canvas.line(_MARGIN, y + 10, self.width - _MARGIN, y + 10)
        canvas.setFillColor(INK)
        canvas.setFont(BOLD, 8)
        canvas.rect(_MARGIN, y - 2.5, 11, 9, stroke=0, fill=1)
        canvas.setFont(REGULAR, 8)
        canvas.drawString(_MARGIN + 15, y - 1, "something is due")
        canvas.setFillColor(SHADE)
        canvas.rect(_MARGIN + 92, y - 2.5, 11, 9, stroke=0, fill=1)
        canvas.setFillColor(INK)
        canvas.drawString(_MARGIN + 107, y - 1, "offices are closed")
        says = (
            f"Without a time, all of the day counts. Times are {self.year.zone_name}. “(funder)” is owed by the funder."
        )
        canvas.drawString(_MARGIN + 192, y - 1, says)
        canvas.drawRightString(self.width - _MARGIN, y - 1, f"Page {self.page}")
        canvas.setFont(REGULAR, 7)
        canvas.setFillColor(FAINT)
        lacks = " A number such as [U+5831] stands for a character that this type lacks." if self.type.lacks else ""
        canvas.drawString(_MARGIN, y - 13, f"Dates may move: {self.address} has them as they are now.{lacks}")
        canvas.drawString(_MARGIN, y - 22, self.type.plain(self.year.version))
        canvas.showPage()
