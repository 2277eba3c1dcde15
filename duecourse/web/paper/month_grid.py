"""How is the grid of one month drawn: its days by week, what is due dark, closed days grey?"""

from __future__ import annotations

from reportlab.lib.colors import HexColor, white
from reportlab.pdfgen.canvas import Canvas

from duecourse.web.paper.typeface import BOLD, FAINT, INK, LINE, REGULAR
from duecourse.web.wall_year import WallMonth

SHADE = HexColor("#d9dedb")
_NAME, _WEEKDAYS, _WEEK, _SIZE = 15.0, 9.5, 11.6, 8.0


def grid_height(month: WallMonth) -> float:
    """Return how high the grid of a month is, with its name."""
    return _NAME + _WEEKDAYS + _WEEK * len(month.weeks)


def draw_grid(canvas: Canvas, month: WallMonth, x: float, y: float, width: float) -> float:
    """Draw a month with its upper left corner at `x` and `y`, and return where it ends below. All are in points."""
    day_width, due = width / 7, {line.on for line in month.lines}
    canvas.setStrokeColor(INK)
    canvas.setLineWidth(1)
    canvas.line(x, y, x + width, y)
    canvas.setFillColor(INK)
    canvas.setFont(BOLD, 10.5)
    canvas.drawString(x, y - 12, f"{month.first:%B %Y}")
    y -= _NAME
    canvas.setFont(REGULAR, 7)
    canvas.setFillColor(FAINT)
    for at, name in enumerate(("Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat")):
        canvas.drawCentredString(x + (at + 0.5) * day_width, y - 7, name)
    y -= _WEEKDAYS
    for week in month.weeks:
        for at, on in enumerate(week):
            if on.month != month.first.month:
                continue
            left = x + at * day_width
            if on in due:
                canvas.setFillColor(INK)
                canvas.rect(left + 1.5, y - _WEEK + 1, day_width - 3, _WEEK - 2, stroke=0, fill=1)
            elif on in month.closures:
                canvas.setFillColor(SHADE)
                canvas.rect(left + 1.5, y - _WEEK + 1, day_width - 3, _WEEK - 2, stroke=0, fill=1)
            if on in due and on in month.closures:
                # Due on a closed day: dark, with a grey edge.
                canvas.setStrokeColor(SHADE)
                canvas.setLineWidth(2)
                canvas.rect(left + 1.5, y - _WEEK + 1, day_width - 3, _WEEK - 2, stroke=1, fill=0)
            is_closed = on.weekday() >= 5 or on in month.closures
            canvas.setFillColor(white if on in due else FAINT if is_closed else INK)
            canvas.setFont(BOLD if on in due else REGULAR, _SIZE)
            canvas.drawCentredString(left + day_width / 2, y - _WEEK + 3.0, str(on.day))
        y -= _WEEK
    canvas.setStrokeColor(LINE)
    canvas.setLineWidth(0.6)
    canvas.line(x, y - 1, x + width, y - 1)
    return y
