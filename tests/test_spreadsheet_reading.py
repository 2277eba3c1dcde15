"""Is a spreadsheet that somebody sends read exactly, or refused with the row, the column and the cure?"""

from __future__ import annotations

import io
import tracemalloc
import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from workbooks import csv_file, part_of, repacked, xlsx

from duecourse.errors import BadInput
from duecourse.sheets.lines import MOST_BYTES, MOST_ROWS, Line, read_lines
from duecourse.sheets.packages import MOST_BYTES as MOST_UNPACKED

COLUMNS = ("name", "on", "at")
GOOD = xlsx(COLUMNS, ("Ana", date(2022, 11, 30), time(16, 30)))
MIDNIGHT = datetime(2022, 11, 30, tzinfo=UTC).replace(tzinfo=None)


def only(content: bytes) -> Line:
    (line,) = read_lines(content, COLUMNS)
    return line


def wrong(line: Line) -> list[str]:
    """Return what is wrong in a line after every cell was asked for."""
    line.text("name", at_most=20, required=True)
    line.day("on", required=True)
    line.time("at", required=True)
    return [f"{trouble.column}: {trouble.problem}" for trouble in line.troubles]


@pytest.mark.parametrize(
    "content",
    [
        GOOD,
        xlsx(COLUMNS, ("Ana", MIDNIGHT, "4:30 PM")),
        xlsx(COLUMNS, (" Ana ", "2022-11-30", "16:30")),
        xlsx(COLUMNS, ("Ana", date(2022, 11, 30), time(16, 30)), epoch=CALENDAR_MAC_1904),
        csv_file(COLUMNS, ("Ana", "2022-11-30", "16:30")),
        csv_file(COLUMNS, ("Ana", "2022-11-30", "4:30 p.m."), separator=";"),
        csv_file(COLUMNS, ("Ana", "2022-11-30", "16:30"), separator="\t"),
        csv_file(COLUMNS, ("Ana", "2022-11-30", "16:30", "", "")),
        csv_file(COLUMNS, (), ("Ana", "2022-11-30", "16:30"), ("", "", "")),
        csv_file(COLUMNS, ("Ana", "2022-11-30", "16:30")).rstrip(b"\r\n"),
        csv_file(COLUMNS, ("Ana", "2022-11-30", "16:30")).replace(b"\r\n", b"\r"),
        csv_file(COLUMNS, ("Ana", "2022-11-30", "16:30")).removeprefix(b"\xef\xbb\xbf"),
    ],
)
def test_a_line_is_read_the_same_from_every_program(content: bytes) -> None:
    line = only(content)
    assert line.text("name", at_most=20) == "Ana"
    assert line.day("on") == date(2022, 11, 30)
    assert line.time("at") == time(16, 30)
    assert line.troubles == []


def test_a_line_is_named_by_the_row_that_a_spreadsheet_shows() -> None:
    content = csv_file(COLUMNS, ("two\nlines", "2022-11-30", "16:30"), ("", "", ""), ("Bo", "2022-11-30", "16:30"))
    assert [line.row for line in read_lines(content, COLUMNS)] == [2, 4]
    assert [line.row for line in read_lines(xlsx(COLUMNS, ("a",), (), ("b",)), COLUMNS)] == [2, 4]


@pytest.mark.parametrize(
    ("on", "at", "says"),
    [
        ("02/03/2027", "16:30", "on: “02/03/2027” is not taken for a date"),
        ("3 Feb 2027", "16:30", "on: “3 Feb 2027” is not taken for a date"),
        ("2027-02-30", "16:30", "on: “2027-02-30” is not taken for a date"),
        (44895, "16:30", "on: “44895” is not taken for a date"),
        (True, "16:30", "on: “TRUE” is not taken for a date"),
        (date(1927, 2, 3), "16:30", "on: 1927-02-03 is not of this century"),
        (MIDNIGHT + timedelta(hours=8), "16:30", "on: It holds a time of day as well"),
        ("2022-11-30", "25:00", "at: “25:00” is not a time of day"),
        ("2022-11-30", "13:00 PM", "at: “13:00 PM” is not a time of day"),
        ("2022-11-30", "noon", "at: “noon” is not a time of day"),
        ("2022-11-30", 0.5, "at: “0.5” is not a time of day"),
        ("2022-11-30", "", "at: It is empty"),
        ("", "16:30", "on: It is empty"),
        ("=TODAY()", "16:30", "on: It holds a formula"),
        ("#N/A", "16:30", "on: It holds an error"),
    ],
)
def test_no_date_and_no_time_is_guessed(on: object, at: object, says: str) -> None:
    (said,) = wrong(only(xlsx(COLUMNS, ("Ana", on, at))))
    assert said.startswith(says)


def test_the_day_that_excel_invented_is_refused() -> None:
    book = openpyxl.load_workbook(io.BytesIO(GOOD))
    book.worksheets[0]["B2"].value = 60
    book.worksheets[0]["B2"].number_format = "yyyy-mm-dd"
    file = io.BytesIO()
    book.save(file)
    (said,) = wrong(only(file.getvalue()))
    assert "is not of this century" in said


def test_a_formula_is_refused_and_text_that_looks_like_one_is_text() -> None:
    assert wrong(only(xlsx(COLUMNS, ('=HYPERLINK("http://x")', date(2022, 11, 30), time(9))))) == [
        "name: It holds a formula."
    ]
    assert only(csv_file(COLUMNS, ("'=1+1", "2022-11-30", "09:00"))).text("name", at_most=20) == "=1+1"


def test_ids_that_look_like_numbers_keep_what_the_file_has() -> None:
    assert only(csv_file(COLUMNS, ("00123", "2022-11-30", "09:00"))).text("name", at_most=20) == "00123"
    assert only(xlsx(COLUMNS, ("00123", "", ""))).text("name", at_most=20) == "00123"
    assert only(xlsx(COLUMNS, (4711, "", ""))).text("name", at_most=20) == "4711"


def bomb() -> bytes:
    """Return a workbook whose one sheet unpacks to four times what may be."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(GOOD)) as before, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as after:
        for part in before.infolist():
            if not part.filename.endswith("sheet1.xml"):
                after.writestr(part.filename, before.read(part))
        with after.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            for _ in range(4 * MOST_UNPACKED // 2**22):
                sheet.write(b" " * 2**22)
    return out.getvalue()


def lying_bomb() -> bytes:
    """Return the same, whose list of parts says that the sheet has 1,000 bytes."""
    content = bytearray(bomb())
    at = content.rindex(b"xl/worksheets/sheet1.xml") - 46
    content[at + 24 : at + 28] = (1000).to_bytes(4, "little")
    return bytes(content)


def with_entity(prolog: bytes) -> bytes:
    sheet = part_of(GOOD, "sheet1")
    head, _, rest = sheet.partition(b"<worksheet")
    return repacked(GOOD, sheet1=head + prolog + b"<worksheet" + rest.replace(b">Ana<", b">&x;<"))


def far_away(place: str) -> bytes:
    sheet = part_of(GOOD, "sheet1")
    row = int("".join(letter for letter in place if letter.isdigit()))
    more = f'<row r="{row}"><c r="{place}" t="inlineStr"><is><t>x</t></is></c></row></sheetData>'
    return repacked(GOOD, sheet1=sheet.replace(b"</sheetData>", more.encode()))


def wide_and_empty() -> bytes:
    rows = "".join(f'<row r="{n}"><c r="XFD{n}"/></row>' for n in range(3, 20_000))
    return repacked(GOOD, sheet1=part_of(GOOD, "sheet1").replace(b"</sheetData>", f"{rows}</sheetData>".encode()))


def zipped(**files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        for name, content in files.items():
            package.writestr(name.replace("_", "."), content)
    return out.getvalue()


BAD: dict[str, tuple[Callable[[], bytes], str]] = {
    "a bomb": (bomb, "larger than 16 MB"),
    "a bomb that lies": (lying_bomb, "damaged"),
    "an entity": (lambda: with_entity(b'<!DOCTYPE x [<!ENTITY x "y">]>'), "declares entities"),
    "an outside entity": (lambda: with_entity(b'<!DOCTYPE x [<!ENTITY x SYSTEM "file:///etc/passwd">]>'), "entities"),
    "a type alone": (lambda: with_entity(b'<!DOCTYPE x SYSTEM "http://127.0.0.1/x.dtd">'), "declares entities"),
    "a zip of zips": (lambda: zipped(a_xlsx=GOOD, b_xlsx=GOOD), "a zip archive, and no XLSX file"),
    "an old workbook": (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "old Excel, or one with a password"),
    "cut off": (lambda: GOOD[: len(GOOD) // 2], "damaged"),
    "a far row": (lambda: far_away("A1048576"), "Row 1048576, column 1 holds something"),
    "a far column": (lambda: far_away("XFD2"), "Row 2, column 16384 holds something"),
    "no xml": (lambda: repacked(GOOD, sheet1=b"<worksheet"), "damaged"),
    "no sheet": (lambda: repacked(GOOD, workbook=b"<workbook/>"), "cannot be read as XLSX"),
    "too large": (lambda: b"x" * (MOST_BYTES + 1), "more than 500 KB"),
    "too many rows": (lambda: xlsx(COLUMNS, *[("a",)] * (MOST_ROWS + 1)), f"Row {MOST_ROWS + 2}"),
    "too many rows of csv": (
        lambda: csv_file(COLUMNS, *[("a", "", "")] * (MOST_ROWS + 1)),
        f"more than {MOST_ROWS} rows",
    ),
    "nothing": (lambda: b"", "empty"),
    "a header alone": (lambda: csv_file(COLUMNS), "no row below the header"),
    "another header": (
        lambda: csv_file(("name", "date", "at")),
        "It lacks on. It has columns that are not known: date",
    ),
    "another order": (lambda: csv_file(("on", "name", "at")), "another order"),
    "a column twice": (lambda: csv_file((*COLUMNS, "at")), "The column at stands there twice"),
    "a quote that stays open": (lambda: b'name,on,at\r\n"Ana,2022-11-30,16:30\r\n', "opened and not closed"),
    "another code page": (lambda: "name,on,at\r\nNúñez,,\r\n".encode("cp1252"), "Line 2 is not written in UTF-8"),
    "cut within a letter": (lambda: "name,on,at\r\nNúñez".encode()[:-3], "Line 2 is not written in UTF-8"),
    "utf-16": (lambda: "name,on,at\r\n".encode("utf-16"), "not written in UTF-8"),
    "a nul": (lambda: b"name,on,at\r\nA\x00,,\r\n", "Line 2 holds a NUL"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_file_that_is_none_is_refused_with_the_cure(name: str) -> None:
    make, says = BAD[name]
    with pytest.raises(BadInput, match=says):
        read_lines(make(), COLUMNS)


def test_what_unpacks_without_end_and_what_is_wide_costs_little_memory() -> None:
    contents = [lying_bomb(), wide_and_empty()]
    tracemalloc.start()
    try:
        with pytest.raises(BadInput):
            read_lines(contents[0], COLUMNS)
        assert len(read_lines(contents[1], COLUMNS)) == 1
        assert tracemalloc.get_traced_memory()[1] < 40 * 2**20
    finally:
        tracemalloc.stop()


def test_a_ragged_line_and_a_second_header_are_named() -> None:
    rows = ("Ana,2022-11-30", "Bo,2022-11-30,16:30,more", "name,on,at")
    found = read_lines(("\r\n".join(("name,on,at", *rows)) + "\r\n").encode(), COLUMNS)
    assert [line.troubles[0].problem for line in found] == [
        "It has 2 cells, and not 3.",
        "It has more cells than there are columns.",
        "The header stands here once more.",
    ]


@given(st.integers(0, len(GOOD) - 1), st.binary(min_size=1, max_size=40), st.booleans())
def test_a_workbook_with_other_bytes_is_read_or_refused_and_never_breaks_the_reader(
    at: int, put: bytes, more: bool
) -> None:
    content = GOOD[:at] + put + GOOD[at + (0 if more else len(put)) :]
    try:
        lines = read_lines(content, COLUMNS)
    except BadInput:
        return
    for line in lines:
        wrong(line)


@given(st.binary(max_size=200), st.integers(0, 60))
def test_a_text_file_with_other_bytes_is_read_or_refused(put: bytes, at: int) -> None:
    content = csv_file(COLUMNS, ("Ana", "2022-11-30", "16:30"))
    try:
        lines = read_lines(content[:at] + put + content[at:], COLUMNS)
    except BadInput:
        return
    for line in lines:
        wrong(line)
