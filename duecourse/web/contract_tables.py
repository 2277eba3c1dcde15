"""How do a contract's year, its people and its enrollment look as tables that spreadsheets open?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from duecourse.calendar import figure_words, words
from duecourse.calendar.caseload import last_day
from duecourse.calendar.enrollment import Measure
from duecourse.models import ContractRow
from duecourse.sheets.tables import Cell, Table
from duecourse.tracking.caseload.enrollment_board import Enrolled
from duecourse.tracking.importing import people as people_import
from duecourse.web.board_tables import ITEM_COLUMNS, about, of_item
from duecourse.web.people_board import Board
from duecourse.web.visitor import Visitor
from duecourse.web.year import YearGrid


def year_table(contract: ContractRow, grid: YearGrid, visitor: Visitor, address: str) -> Table:
    """Return a fiscal year of a contract, a row for each due date, in the order of the grid."""
    rows = [
        (month.strftime("%Y-%m"), *of_item(item, visitor.now, address))
        for row in grid.rows
        for month, cell in zip(grid.months, row.cells, strict=True)
        for item in cell
    ]
    says = f"{grid.name} of {contract.number}, {contract.name}"
    return Table(grid.name, ("month", *ITEM_COLUMNS), rows, about(says, visitor, address, *_of(contract)))


def people_table(contract: ContractRow, board: Board, visitor: Visitor, address: str) -> Table:
    """Return the people of a contract by part; the first columns are those of the import."""
    rows: list[Sequence[Cell]] = []
    for line in board.lines:
        backup = line.backup.email if line.backup else ""
        away = "; ".join(
            f"{words.day(each.starts_on)} to {words.day(each.ends_on)}{f' ({each.note})' if each.note else ''}"
            for each in line.absences
        )
        rows.append((line.person.name, line.person.email, str(line.role), contract.number, backup, away))
    says = f"People of {contract.number}, {contract.name}"
    columns = (*people_import.COLUMNS, "away")
    return Table("People", columns, rows, about(says, visitor, address, *_of(contract)))


def enrollment_table(
    contract: ContractRow, found: Enrolled, year: int, visitor: Visitor, address: str, *, parts: dict[Any, Any]
) -> Table:
    """Return a fiscal year's figures, a row for each month that is over, and its quarters on a second sheet.

    `parts` are the improvement parts by month, as `consequences` gives them.
    """
    terms, measures = found.terms, found.terms.measures
    cells = terms.cells if len(terms.cells) > 1 else ()
    columns: list[str] = ["month", *[_NAMES[measure] for measure in measures]]
    for cell in cells:
        name = " ".join(part for part in (terms.programs.get(cell[0], ""), cell[1]) if part)
        columns += [f"{_NAMES[measure]}, {name}" for measure in measures]
    columns += [] if terms.capacity else ["slots owed that day"]
    columns += ["improvement part"] if terms.improvement else []
    rows: list[Sequence[Cell]] = []
    for month in found.months_in(year):
        if last_day(month.on) > found.today:
            continue
        row: list[Cell] = [month.on.strftime("%B %Y"), *[month.of(measure) for measure in measures]]
        for cell in cells:
            row += [month.held[cell].of(measure) if cell in month.held else None for measure in measures]
        if not terms.capacity:
            owed = found.owed(month)
            row.append(None if owed is None else figure_words.exact(owed))
        if terms.improvement:
            row.append(_LOW[found.is_low(month)] + (f"; {parts[month.on][1]}" if month.on in parts else ""))
        rows.append(row)
    name = f"FY{year % 100:02d}"
    says = f"Enrollment in {name} under {contract.number}, {contract.name}"
    more = (_quarters(found, year),) if any(not test.event for test in terms.tests) else ()
    return Table(f"Enrollment {name}", tuple(columns), rows, about(says, visitor, address, *_of(contract)), more)


_NAMES = {Measure.SERVED: "served", Measure.ACTIVE: "active on its last day"}
_LOW = {True: "below the threshold", False: "not asked for", None: ""}


def _quarters(found: Enrolled, year: int) -> Table:
    rows = [
        (
            each.quarter.label,
            each.test.title,
            ", ".join("?" if figure is None else str(figure) for figure in each.figures),
            figure_words.in_words(each),
            figure_words.award_in_words(each),
        )
        for each in found.results
        if each.quarter.fiscal_year == year and not each.test.event
    ]
    return Table("Quarters", ("quarter", "test", "figures", "mean", "award"), rows)


def _of(contract: ContractRow) -> tuple[tuple[str, str], ...]:
    return (("Contract", f"{contract.number}, {contract.contractor}, for {contract.funder}"),)
