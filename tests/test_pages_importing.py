"""Does somebody who brings a spreadsheet see each line before it is entered, and is nothing ever entered by half?"""

from __future__ import annotations

import html
import io
import re
from datetime import date, time
from pathlib import Path
from typing import Any

import httpx
import openpyxl
import shared_world
import visits
from command import duecourse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shared_world import Browser, Shared
from sqlalchemy import text
from sqlmodel import SQLModel, select
from visits import LIAISON, MANAGER, WA, World
from workbooks import csv_file, xlsx

from duecourse.models import AuditEntry, Person, Submission
from duecourse.sheets.lines import MOST_ROWS
from duecourse.tracking.importing.people import COLUMNS as PEOPLE
from duecourse.tracking.importing.submissions import COLUMNS as SUBMISSIONS

filled, make_world, world = visits.filled, visits.make_world, visits.world
shared = shared_world.shared

BO = ("Bo Núñez", "bo@county.example", "leadership", "22-1174", MANAGER)
LINE = ("22-1174", "Monthly Enrollment Report", "September 2022", date(2022, 10, 20), time(16, 30), "")
SENT = ("Ana Ruiz", "PSRS", "00123", "", "")
SUBMISSION = xlsx(SUBMISSIONS, (*LINE, *SENT))


def send(visit: Browser, what: str, content: bytes, name: str = "list.xlsx") -> httpx.Response:
    return visit.post(f"/contracts/{WA}/import/{what}", files={"file": (name, content)})


def confirmed(answer: httpx.Response) -> dict[str, str]:
    """Return the fields of the form that confirms a preview."""
    form = answer.text.partition('<form id="confirm"')[2].partition("</form>")[0]
    fields = re.findall(r'<input type="hidden" name="(seal|content|file_name)" value="([^"]*)"', form)
    assert len(fields) == 3, answer.text
    return {name: html.unescape(value) for name, value in fields}


def contents(world: World) -> dict[str, list[str]]:
    with world.engine.connect() as connection:
        return {
            name: sorted(repr(tuple(row)) for row in connection.execute(text(f'SELECT * FROM "{name}"')))
            for name in SQLModel.metadata.tables
            if name != "sign_in_session"
        }


def test_a_list_of_people_is_previewed_then_entered_once(shared: Shared) -> None:
    shared.go_back("beginning")
    visit, before = shared.visits[MANAGER], contents(shared.world)
    answer = send(visit, "people", xlsx(PEOPLE, BO))
    assert answer.status_code == 200 and "Becomes leadership of 22-1174. Ana Ruiz becomes the backup." in answer.text
    assert contents(shared.world) == before
    fields = confirmed(answer)
    for _ in range(2):
        done = visit.post(f"/contracts/{WA}/import/people", fields)
        assert done.status_code == 303 and done.headers["location"] == f"/contracts/{WA}/import?done=people"
    assert "The lines are entered." in visit.get(done.headers["location"]).text
    assert len(shared.world.rows(select(Person).where(Person.email == BO[1]))) == 1
    imported = shared.world.rows(select(AuditEntry).where(AuditEntry.action == "imported people"))
    assert [entry.detail["file"] for entry in imported] == ["list.xlsx"]
    assert "Everything is there already." in send(visit, "people", xlsx(PEOPLE, BO)).text


def test_what_changed_since_the_preview_is_shown_and_nothing_is_entered(shared: Shared) -> None:
    shared.go_back("beginning")
    visit = shared.visits[MANAGER]
    more = ("Cy", "cy@county.example", "leadership", "22-1174", "")
    fields = confirmed(send(visit, "people", xlsx(PEOPLE, BO, more)))
    form = {"new_name": "Cy", "new_email": more[1], "role": "leadership"}
    assert shared.visits[LIAISON].post(f"/contracts/{WA}/people", form).status_code == 303
    before = contents(shared.world)
    answer = visit.post(f"/contracts/{WA}/import/people", fields)
    assert answer.status_code == 409 and "Something changed since this was shown" in answer.text
    assert contents(shared.world) == before
    again = visit.post(f"/contracts/{WA}/import/people", confirmed(answer))
    assert again.status_code == 303
    # The seal is that of the bytes.
    stolen = confirmed(send(visit, "people", csv_file(PEOPLE, ("Di", "di@x.org", "leadership", "22-1174", ""))))
    other = confirmed(send(visit, "people", csv_file(PEOPLE, ("Ed", "ed@x.org", "leadership", "22-1174", ""))))
    assert visit.post(f"/contracts/{WA}/import/people", stolen | {"content": other["content"]}).status_code == 409


def test_a_wrong_line_is_shown_by_its_row_and_offers_nothing_to_confirm(shared: Shared) -> None:
    shared.go_back("beginning")
    visit, before = shared.visits[MANAGER], contents(shared.world)
    wrong = ("<b>", "nobody", "liaison", "22-1175", "")
    answer = send(visit, "people", xlsx(PEOPLE, BO, wrong))
    assert answer.status_code == 422 and "1 line has to be corrected." in answer.text
    assert (
        '<td role="cell" data-label="Row">3</td>' in answer.text and "“nobody” is not one email address." in answer.text
    )
    assert "&lt;b&gt;" in answer.text and "<b>" not in answer.text and 'id="confirm"' not in answer.text
    assert contents(shared.world) == before


def test_each_may_bring_what_is_theirs_to_enter(shared: Shared) -> None:
    shared.go_back("beginning")
    liaison = ("Mo", "mo@dcyf.example", "program liaison", "22-1174", "")
    answer = send(shared.visits[MANAGER], "people", xlsx(PEOPLE, liaison))
    assert answer.status_code == 422 and "Only a liaison or an admin of the contract can change this" in answer.text
    assert send(shared.visits[LIAISON], "people", xlsx(PEOPLE, liaison)).status_code == 200
    own = ("Lee", LIAISON, "admin", "22-1174", "")
    assert "Nobody gives themselves a part." in send(shared.visits[LIAISON], "people", xlsx(PEOPLE, own)).text
    # Another contract's page is the place for its people.
    foreign = ("Mo", "mo@dcyf.example", "program liaison", visits.CT, "")
    assert "is no contract of this import" in send(shared.visits[LIAISON], "people", xlsx(PEOPLE, foreign)).text
    assert "Only the contractor’s staff can do this" in send(shared.visits[LIAISON], "submissions", SUBMISSION).text
    accepted = xlsx(SUBMISSIONS, (*LINE, *SENT[:3], "2022-10-24", ""))
    assert "Only a liaison of the contract can do this" in send(shared.visits[MANAGER], "submissions", accepted).text


def test_both_sides_enter_their_past_from_one_file(shared: Shared) -> None:
    shared.go_back("beginning")
    accepted = xlsx(SUBMISSIONS, (*LINE, *SENT[:3], "2022-10-24", ""))
    for email, content in ((MANAGER, SUBMISSION), (LIAISON, accepted)):
        visit = shared.visits[email]
        fields = confirmed(send(visit, "submissions", content))
        assert visit.post(f"/contracts/{WA}/import/submissions", fields).status_code == 303
    (made,) = shared.world.rows(select(Submission).where(Submission.reference == "00123"))
    assert made.entered_by == MANAGER

    page = shared.visits[LIAISON].get(f"/contracts/{WA}?year=2023").text
    assert re.search(r"Monthly Enrollment Report, September 2022: Accepted, due", page)


def test_the_templates_say_what_may_be_written_and_come_back_once_filled_in(shared: Shared) -> None:
    shared.go_back("beginning")
    visit = shared.visits[MANAGER]
    page = visit.get(f"/contracts/{WA}/import").text
    links = re.findall(r'href="(/contracts/[^"]+/import/[a-z]+\.xlsx)"', page)
    assert len(links) == 2
    book = openpyxl.load_workbook(io.BytesIO(visit.get(links[1]).content))
    assert book.sheetnames == ["Submissions", "Reports", "About"]
    reports = list(book["Reports"].iter_rows(min_row=2, values_only=True))
    line = next(row for row in reports if row[:2] == ("Monthly Enrollment Report", "September 2022"))
    book["Submissions"].append(["22-1174", *line[:2], date(2022, 10, 20), time(16, 30), None, "Ana", "PSRS"])
    file = io.BytesIO()
    book.save(file)
    assert "Submitted Thu Oct 20, 2022, 4:30 PM Pacific." in send(visit, "submissions", file.getvalue()).text
    parts = openpyxl.load_workbook(io.BytesIO(visit.get(links[0]).content))["Parts"]
    assert [row[0] for row in parts.iter_rows(min_row=2, values_only=True)] == [
        "program manager",
        "clinical supervisor",
        "fiscal staff",
        "leadership",
    ]
    assert "Choose the file" in visit.post(f"/contracts/{WA}/import/people", {"content": ""}).text
    assert visit.post(f"/contracts/{WA}/import/people", {"content": "%%%"}).status_code == 422
    assert send(visit, "people", b"x" * 600_000).status_code == 422
    assert send(visit, "people", b"x" * 3_000_000).status_code == 413


cells = st.one_of(
    st.none(),
    st.integers(-5, 50_000),
    st.floats(0, 2),
    st.dates(date(1990, 1, 1), date(2110, 1, 1)),
    st.times(),
    st.booleans(),
    st.text(max_size=8).filter(lambda said: not re.search("[\x00-\x1f\ud800-\udfff\ufffe\uffff]", said)),
    st.sampled_from(["=1+1", "#N/A", "22-1174", "September 2022", "2022-10-20", "4:30 PM", "Monthly Invoice (A-19)"]),
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 10), cells), max_size=4), st.integers(1, 3), st.none() | st.integers(0, 6000))
def test_a_file_with_other_cells_or_bytes_gives_a_report_or_a_refusal_and_enters_nothing(
    shared: Shared, changes: list[tuple[int, Any]], copies: int, cut: int | None
) -> None:
    row = [*LINE, *SENT]
    for at, value in changes:
        row[at] = value
    content = xlsx(SUBMISSIONS, [*LINE, *SENT], *[row] * copies)[:cut]
    visit = shared.visits[MANAGER]
    before = contents(shared.world)
    answer = send(visit, "submissions", content)
    assert answer.status_code in (200, 422)
    assert contents(shared.world) == before
    if answer.status_code == 200 and 'id="confirm"' in answer.text:
        fields = confirmed(answer)
        assert visit.post(f"/contracts/{WA}/import/submissions", fields | {"seal": "0" * 32}).status_code == 409
        assert contents(shared.world) == before


def test_the_largest_file_is_entered_in_one_go(world: World) -> None:
    people = [(f"Person {n}", f"p{n}@county.example", "leadership", "22-1174", MANAGER) for n in range(MOST_ROWS)]
    visit = Browser(world.visitor(MANAGER).client)
    fields = confirmed(send(visit, "people", xlsx(PEOPLE, *people)))
    assert visit.post(f"/contracts/{WA}/import/people", fields).status_code == 303
    assert len(world.rows(select(Person).where(Person.email.like("p%@county.example")))) == MOST_ROWS  # type: ignore[attr-defined]


def test_the_commands_show_each_line_and_enter_all_or_nothing(tmp_path: Path) -> None:
    data = str(tmp_path / "data")
    duecourse("load", WA, "--data", data)
    good, bad = tmp_path / "good.csv", tmp_path / "bad.xlsx"
    bo = ("Bo", "bo@x.org", "leadership", WA, "")
    good.write_bytes(csv_file(PEOPLE, bo))
    bad.write_bytes(xlsx(PEOPLE, bo, ("Cy", "cy", "leadership", WA, "")))
    said = duecourse("import", "people", str(bad), "--data", data, code=2)
    assert "Row 3, Cy, cy: to correct." in said.stdout and "email: “cy” is not one email address." in said.stdout
    assert "1 line has to be corrected. Nothing was changed." in said.stderr
    assert "Nothing was changed." in duecourse("import", "people", str(good), "--dry-run", "--data", data).stdout
    assert "Entered: 1 line." in duecourse("import", "people", str(good), "--data", data).stdout
    assert "Entered: 0 lines." in duecourse("import", "people", str(good), "--data", data).stdout
    past = tmp_path / "past.xlsx"
    past.write_bytes(xlsx(SUBMISSIONS, (WA, *LINE[1:], *SENT[:3], "2022-10-24", "")))
    said = duecourse("import", "submissions", str(past), "--by", "Kim Park", "--data", data)
    assert "Submitted Thu Oct 20, 2022, 4:30 PM Pacific. Accepted Mon Oct 24, 2022." in said.stdout
