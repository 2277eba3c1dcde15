"""How do exhibits look that agencies send, as text, CSV, workbook, document and PDF?"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import docx
import openpyxl
import test_printed_dates as printed
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from reportlab.lib.pagesizes import letter
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer, Table

HEAD = ("#", "Deliverable Title, Due Note, Description", "Due Date")
NO_DATE = "No Date"


@dataclass(frozen=True)
class Line:
    """One row of an exhibit: its number, the report, what is said of it, and a date or words."""

    number: str
    title: str
    note: str
    due: date | None
    words: str = NO_DATE


@dataclass(frozen=True)
class Year:
    """The rows under one heading."""

    heading: str
    lines: tuple[Line, ...]


TITLES = {
    "wa-confidentiality-annual": "Updated Statement of Confidentiality",
    printed.ENROLLMENT: "Monthly Enrollment Report",
    "wa-self-reflection-tool": "Self-Reflection Tool",
    printed.INVOICE: "Monthly Invoice",
    printed.PROGRESS: "Quarterly Progress Report",
    "wa-pre-contract-questionnaire": "Annual Pre-Contract Questionnaire",
    "wa-data-disposition": "Data Disposition",
}
_NOTES = {
    "2.01": "By the 20th of the month following the month of service",
    "4.01": "Due by the 30th of the month or the last business day of the month after the month of service",
    "5.01": "Due by the 20th of the month following the quarter",
}


def _line(obligation: str, number: str, on: str) -> Line:
    return Line(number, TITLES[obligation], _NOTES.get(number, ""), date.fromisoformat(on))


def county() -> tuple[Year, Year]:
    """Return the county's exhibit, from the facts that were typed for the test of its printed dates."""
    first = [_line(obligation, number, on) for obligation, number, on, _ in printed.FY22]
    first.append(_line(printed.INVOICE, "4.12", "2022-07-30"))
    first.append(Line("7.00", "Updated Insurance Certificate", "Due when the certificate is renewed", None))
    second = [_line(obligation, number, on) for obligation, number, on, _ in printed.FY23]
    second.append(Line("1.00", "Consent List", "Due by the sixth (6th) business day of the month after services", None))
    second.append(Line("2.00", "Monthly Enrollment Reports", "By the 20th of the following month", None))
    second.append(Line("5.00", "Updated Insurance Certificate", "Due when the certificate is renewed", None))
    return (
        Year("State Fiscal Year 2022 (July 1 2021 - June 30 2022):", _in_order(first)),
        Year("State Fiscal Year 2023 (July 1, 2022 - June 30, 2023)", _in_order(second)),
    )


def _in_order(lines: Sequence[Line]) -> tuple[Line, ...]:
    return tuple(sorted(lines, key=lambda line: [int(part) for part in line.number.split(".")]))


def long(on: date) -> str:
    """Return ``Jul 30, 2021``."""
    return f"{on:%b} {on.day}, {on.year}"


def slashes(on: date) -> str:
    """Return ``7/30/21``."""
    return f"{on.month}/{on.day}/{on:%y}"


def with_weekday(on: date) -> str:
    """Return ``Friday, July 30, 2021``."""
    return f"{on:%A}, {on:%B} {on.day}, {on.year}"


def as_text(years: Sequence[Year], say: Callable[[date], str] = long) -> bytes:
    """Return tabs and lines, with notes below their rows, the foot of a page, the head again, and a footnote."""
    out = ["Exhibit C", "", "These deliverables are owed in FY21 and later years of the agreement between the parties."]
    for year in years:
        out += [year.heading, "", "\t".join(HEAD)]
        for index, line in enumerate(year.lines):
            if index % 20 == 19:
                out += ["", "Page 3 of 7", "DRAFT 6/2/2021", "", "\t".join(HEAD)]
            mark = "*" if index == 2 else ""
            out.append(f"{line.number}\t{line.title}{mark}\t{say(line.due) if line.due else line.words}")
            if line.note:
                out.append(f"\t<i>{line.note}</i>\t")
        out += ["* Late items count in monitoring.", ""]
    return "\n".join(out).encode()


def as_columns(years: Sequence[Year], say: Callable[[date], str] = long) -> bytes:
    """Return columns that are set apart by spaces, as text copied from a PDF has them."""
    out = []
    for year in years:
        out += [year.heading, f"{'#':<8}{'Deliverable':<60}Due Date"]
        for line in year.lines:
            due = say(line.due) if line.due else line.words
            out.append(f"{line.number:<8}{line.title:<60}{due}")
            if line.note:
                out.append(f"        {line.note}")
    return "\n".join(out).encode()


def as_csv(years: Sequence[Year], *, separator: str = ";", end: str = "\r\n") -> bytes:
    """Return a CSV with line breaks within its cells, a trailing separator, and its head twice."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=separator, lineterminator=end, quoting=csv.QUOTE_ALL)
    for year in years:
        writer.writerow([year.heading, "", "", ""])
        writer.writerow([*HEAD, ""])
        for index, line in enumerate(year.lines):
            if index == 10:
                writer.writerow([*HEAD, ""])
            cell = f"{line.title}\n{line.note}" if line.note else line.title
            writer.writerow([line.number, cell, slashes(line.due) if line.due else line.words, ""])
    return out.getvalue().encode()


def as_workbook(years: Sequence[Year], *, from_1904: bool = False, plain_numbers: bool = False) -> bytes:
    """Return a sheet for each year: titles merged over their rows, the heading over the columns, dates as in Excel.

    With `plain_numbers` the dates are numbers that nobody formatted.
    """
    book = openpyxl.Workbook()
    if from_1904:
        book.epoch = CALENDAR_MAC_1904
    book.remove(book.worksheets[0])
    for at, year in enumerate(years):
        sheet = book.create_sheet(f"Year {at + 1}")
        sheet.append([year.heading])
        sheet.merge_cells("A1:C1")
        sheet.append([])
        sheet.append(HEAD)
        row = 4
        last = ""
        top = row
        for line in year.lines:
            if line.title != last:
                if row - top > 1:
                    sheet.merge_cells(start_row=top, end_row=row - 1, start_column=2, end_column=2)
                top, last = row, line.title
                sheet.cell(row, 2, f"{line.title}\n{line.note}".strip())
            sheet.cell(row, 1, line.number)
            if line.due and plain_numbers:
                sheet.cell(row, 3, (line.due - (date(1904, 1, 1) if from_1904 else date(1899, 12, 30))).days)
            else:
                sheet.cell(row, 3, line.due or line.words)
            row += 1
        if row - top > 1:
            sheet.merge_cells(start_row=top, end_row=row - 1, start_column=2, end_column=2)
        sheet.cell(row + 1, 1, "* Late items count in monitoring.")
    return _saved(book)


def as_document(years: Sequence[Year], say: Callable[[date], str] = with_weekday) -> bytes:
    """Return a document whose table breaks in two with its head again, the heading merged over the first row."""
    document = docx.Document()
    document.add_heading("Exhibit C", 1)
    document.add_paragraph("The contractor owes what follows.")
    for year in years:
        half = len(year.lines) // 2
        for part, lines in enumerate((year.lines[:half], year.lines[half:])):
            table = document.add_table(rows=0, cols=3)
            if part == 0:
                cells = table.add_row().cells
                cells[0].merge(cells[2]).text = year.heading
            for cell, text in zip(table.add_row().cells, HEAD, strict=True):
                cell.text = text
            before: Any = None
            last = ""
            for line in lines:
                cells = table.add_row().cells
                cells[0].text = line.number
                cells[2].text = say(line.due) if line.due else line.words
                if line.title == last:
                    before.merge(cells[1])
                else:
                    cells[1].text = f"{line.title}\n{line.note}".strip()
                    before, last = cells[1], line.title
            document.add_paragraph("Page 4")
    return _saved(document)


def as_pdf(years: Sequence[Year], say: Callable[[date], str] = long) -> bytes:
    """Return pages with a ruled table that repeats its head, cells that wrap, and a footnote."""
    style = getSampleStyleSheet()["BodyText"]
    story: list[Any] = [Paragraph("Exhibit C", style)]
    for year in years:
        rows: list[list[Any]] = [list(HEAD)]
        for line in year.lines:
            note = f"<br/><i>{line.note}</i>" if line.note else ""
            rows.append([line.number, Paragraph(line.title + note, style), say(line.due) if line.due else line.words])
        table = Table(rows, colWidths=[50, 180, 110], repeatRows=1, style=[("GRID", (0, 0), (-1, -1), 0.5, "black")])
        story += [Paragraph(year.heading, style), Spacer(1, 8), table, Paragraph("* Late items count.", style)]
    out = io.BytesIO()
    SimpleDocTemplate(out, pagesize=letter).build(story)
    return out.getvalue()


def of_dates(title: str, dates: Sequence[date], heading: str = "", note: str = "") -> tuple[Year]:
    """Return an exhibit of one report, its dates in order."""
    lines = (Line(f"1.{n:02d}", title, note if n == 1 else "", on) for n, on in enumerate(dates, start=1))
    return (Year(heading, tuple(lines)),)


def months_heading(first: date, last: date) -> str:
    """Return the heading of a term: ``Services from July 1, 2021 through June 30, 2022``."""
    return f"Services from {first:%B} {first.day}, {first.year} through {last:%B} {last.day}, {last.year}"


def _saved(made: Any) -> bytes:
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()
