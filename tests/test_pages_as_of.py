"""What do the pages show on another day, and how are they grouped?"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
import visits
from rows import add_deliverable
from sqlmodel import select
from visits import CT, LIAISON, MANAGER, NOW, STRANGER, WA, World, submission_form

from duecourse.calendar.standing import Standing
from duecourse.clock import Clock
from duecourse.models import ContractRow, RoleName, Submission
from duecourse.models.database import reading, writing
from duecourse.tracking.boards import Item, items
from duecourse.tracking.people import add_person, give_role, person_by_email
from duecourse.tracking.stored_definitions import contract_of
from duecourse.web.groups import has_ended, work
from duecourse.web.year import year_grid

filled, make_world, world = visits.filled, visits.make_world, visits.world

LATE = (date(2022, 11, 30) - date(2022, 2, 22)).days + 1
TODAY = datetime(2026, 11, 22, 17, tzinfo=UTC)


@pytest.fixture
def today(make_world: Callable[..., World]) -> World:
    """The pages long after the county's contract has ended."""
    return make_world(clock=Clock.showing(TODAY))


def test_on_november_30_2022_the_county_has_reports_overdue(today: World) -> None:
    visit = today.visitor(LIAISON)
    assert "Ended contracts" in visit.get("/overdue").text
    shown = visit.post("/showing", {"day": "2022-11-30", "back": "/overdue"})
    assert shown.headers["location"] == "/overdue"
    board = visit.get("/overdue").text
    assert "You are looking at Wed Nov 30, 2022, 12:00 PM Eastern." in board
    assert "Ended contracts" not in board
    # The reports of FY22 are late: the contract asked for them from its start.
    assert re.search(r"Monthly Enrollment Report</a><span class=\"label\">January 2022", board)
    # The 20th was a Sunday, and the 21st Presidents' Day.
    assert "before 8:00 AM Pacific on Tue Feb 22, 2022" in board
    assert f'<strong class="late">{LATE} days</strong>' in board
    # Those of FY23 that fell due before Amendment 2 was signed on November 23 cannot be late.
    assert not re.search(r"Monthly Enrollment Report</a><span class=\"label\">October 2022", board)
    visit.post("/showing", {"day": "", "back": "/"})
    assert "You are looking at" not in visit.get("/overdue").text


def test_what_was_asked_for_after_its_date_is_set_apart_with_the_reason_and_without_alarm(world: World) -> None:
    page = world.visitor(MANAGER).get("/").text
    quiet = page.partition("Asked for after their date")[2].partition("</details>")[0]
    reports = re.findall(r"<li class=\"task is-([\w-]+)\">(.*?)</li>", quiet, re.DOTALL)
    (october,) = [text for _, text in reports if "Monthly Enrollment Report" in text and "October 2022" in text]
    assert "Amendment 2 asks for it and was signed on Wed Nov 23, 2022, after this date." in october
    assert {style for style, _ in reports} == {"expected"} and "days late" not in quiet


def test_standing_duties_are_folded_away_and_counted_apart_from_what_is_overdue(world: World) -> None:
    with writing(world.engine) as session:
        person = person_by_email(session, STRANGER)
        assert person is not None
        give_role(session, person, CT, RoleName.PROGRAM_LIAISON, now=NOW, actor="test")
    visit = world.visitor(STRANGER)
    board, duties = visit.get("/overdue").text.split("Standing duties", 1)
    assert "Enrollment of Every Subcontractor" not in board and "Enrollment of Every Subcontractor" in duties
    with reading(world.engine) as session:
        late = [i for i in items(session, now=NOW, contract_ids=[CT]) if i.standing is Standing.OVERDUE]
    reports = sum(item.deliverable.remind for item in late)
    assert 0 < reports < len(late)
    for path, says in (("/", f"{reports} reports are overdue"), ("/contracts", f"<strong>{reports}</strong> overdue")):
        assert says in visit.get(path).text
    due = visit.get("/").text
    assert re.search(r'<details class="group folded">\s*<summary><h2 id="duties">', due)
    assert f"{len(late) - reports} duties past the date" in due


def test_what_is_submitted_on_a_day_that_is_shown_is_submitted_on_that_day(today: World) -> None:
    visit = today.visitor(MANAGER)
    visit.post("/showing", {"day": "2022-11-30", "back": "/"})
    report = world_item(today, NOW, Standing.OVERDUE)
    address = f"/deliverables/{report.deliverable.uid}"
    assert 'value="2022-11-30"' in visit.get(address).text and 'value="09:00"' in visit.get(address).text
    later = visit.post(f"{address}/submit", submission_form(submitted_on="2022-12-01"))
    assert later.status_code == 422 and "in the future" in later.text
    assert visit.post(f"{address}/submit", submission_form()).status_code == 303
    made = today.rows(select(Submission).where(Submission.reference == "PSRS-4711"))[0]
    assert made.recorded_at == datetime(2022, 11, 30, 17, tzinfo=UTC)
    assert "PSRS-4711" in visit.get(address).text
    visit.post("/showing", {"day": "2022-11-28", "back": "/"})
    assert "PSRS-4711" not in visit.get(address).text


def world_item(world: World, now: datetime, standing: Standing) -> Item:
    with reading(world.engine) as session:
        return [item for item in items(session, now=now, contract_ids=[WA]) if item.standing is standing][-1]


def test_only_a_demonstration_shows_other_days(make_world: Callable[..., World]) -> None:
    world = make_world(demo=False, mail_from="deadlines@dcyf.example", smtp_host="localhost", clock=Clock())
    visit = world.visitor(LIAISON)
    assert "Show another day" not in visit.get("/").text
    assert visit.post("/showing", {"day": "2022-11-30", "back": "/"}).status_code == 404
    assert visit.get("/mailbox").status_code == 404
    assert "Mailbox" not in visit.get("/").text


def test_a_server_whose_clock_was_set_says_so_to_everybody(world: World) -> None:
    assert "This server’s clock shows Wed Nov 30, 2022" in world.visitor().get("/sign-in").text


def test_outside_a_demonstration_a_person_reads_the_own_mails_only(make_world: Callable[..., World]) -> None:
    world = make_world(demo=False, mail_from="deadlines@dcyf.example")
    folder = world.settings.data / "mails"
    folder.mkdir()
    world = visits.world_on(
        world.engine, world.settings.model_copy(update={"mail_folder": folder}), world.open, clock=world.clock
    )
    for name, to in (("a", MANAGER), ("b", LIAISON)):
        (folder / f"{name}.eml").write_bytes(f"Subject: for {to}\r\nTo: X <{to}>\r\n\r\nsecret link\r\n".encode())
    visit = world.visitor(MANAGER)
    assert f"for {MANAGER}" in visit.get("/mailbox").text and f"for {LIAISON}" not in visit.get("/mailbox").text
    assert (visit.get("/mailbox/a.eml").status_code, visit.get("/mailbox/b.eml").status_code) == (200, 404)
    assert visit.get("/mailbox/b.eml/html").status_code == 404


def test_a_mail_is_shown_in_a_frame_in_which_nothing_runs(world: World) -> None:
    assert world.settings.mails is not None
    world.settings.mails.mkdir()
    html = "<p>Due</p><script>alert(1)</script>"
    mail = f"Subject: <b>x\r\nTo: {MANAGER}\r\nContent-Type: text/html\r\n\r\n{html}\r\n"
    (world.settings.mails / "one.eml").write_bytes(mail.encode())
    visit = world.visitor(LIAISON)
    page = visit.get("/mailbox/one.eml").text
    assert '<iframe class="mail" sandbox src="/mailbox/one.eml/html"' in page and "<b>x" not in page
    alone = visit.get("/mailbox/one.eml/html")
    assert "<p>Due</p>" in alone.text
    assert alone.headers["content-security-policy"].startswith("sandbox; default-src 'none'")


def test_work_falls_into_the_weeks_of_its_due_days(world: World) -> None:
    # November 30, 2022 is a Wednesday.
    with reading(world.engine) as session:
        found = items(session, now=NOW, contract_ids=[WA])
    mine = work(found, submits_in=[WA], decides_in=[], now=NOW)
    sunday = date(2022, 12, 4)
    assert {item.deliverable.due_on for item in mine.this_week} == {date(2022, 11, 30)}
    assert {item.deliverable.due_on for item in mine.next_two_weeks} == {date(2022, 12, 8)}
    assert min(item.deliverable.due_on for item in mine.later) > sunday + timedelta(days=14)
    assert len(mine.waiting) == 1 and not mine.to_decide
    assert {item.standing for item in mine.overdue} == {Standing.OVERDUE}
    assert {item.standing for item in mine.excused} == {Standing.EXCUSED}
    assert not any(item.deliverable.remind for item in mine.duties)
    assert len(found) == sum(
        len(group)
        for group in (mine.overdue, mine.excused, mine.duties, mine.this_week, mine.next_two_weeks, mine.later)
    ) + len(mine.waiting)
    theirs = work(found, submits_in=[], decides_in=[WA], now=NOW)
    assert theirs.to_decide == mine.waiting and not theirs.overdue


def test_a_contract_has_ended_when_sixty_days_have_gone_by(world: World) -> None:
    contract = world_item(world, NOW, Standing.OVERDUE).contract
    assert contract.end_on == date(2023, 7, 31)
    assert not has_ended(contract, datetime(2023, 9, 30, 6, tzinfo=UTC))
    # One hour into October 1 in the Pacific zone.
    assert has_ended(contract, datetime(2023, 10, 1, 8, tzinfo=UTC))


@pytest.mark.parametrize(
    ("asked", "today", "year"),
    [
        (None, date(2022, 11, 30), 2023),
        (None, date(2022, 6, 30), 2022),
        (None, date(2019, 1, 1), 2022),
        (None, date(2026, 11, 22), 2023),
        (2022, date(2026, 11, 22), 2022),
        (2024, date(2026, 11, 22), 2024),
        (2050, date(2026, 11, 22), 2024),
        (2001, date(2026, 11, 22), 2022),
    ],
)
def test_a_contracts_year_is_the_one_asked_for_or_the_nearest_with_something_in_it(
    world: World, asked: int | None, today: date, year: int
) -> None:
    with reading(world.engine) as session:
        found = items(session, now=NOW, contract_ids=[WA])
    grid = year_grid(contract_of(found[0].contract), found, asked=asked, today=today)
    assert grid.year == year
    assert (grid.earlier, grid.later) == (year - 1 if year > 2022 else None, year + 1 if year < 2024 else None)


def test_every_report_stands_in_one_cell_of_one_year(world: World) -> None:
    for contract_id in (WA, CT):
        with reading(world.engine) as session:
            found = items(session, now=NOW, contract_ids=[contract_id])
        contract = contract_of(found[0].contract)
        # From the first year on, as the links lead.
        shown = [year_grid(contract, found, asked=2001, today=date(2022, 1, 1))]
        while shown[-1].later is not None:
            shown.append(year_grid(contract, found, asked=shown[-1].later, today=date(2022, 1, 1)))
            assert shown[-1].earlier == shown[-2].year
        cells = [
            (item, month)
            for grid in shown
            for row in grid.rows
            for month, cell in zip(grid.months, row.cells, strict=True)
            for item in cell
        ]
        assert sorted(item.deliverable.uid for item, _ in cells) == sorted(item.deliverable.uid for item in found)
        assert all(item.deliverable.due_on.replace(day=1) == month for item, month in cells)


def test_records_kept_for_years_are_one_link_away_and_do_not_hide_the_busy_years(world: World) -> None:
    with writing(world.engine) as session:
        contract_row = session.get_one(ContractRow, WA)
        add_deliverable(session, contract_row, due_on=date(2029, 6, 30), title="Records Kept", remind=False)
    with reading(world.engine) as session:
        found = items(session, now=NOW, contract_ids=[WA])
    contract = contract_of(found[0].contract)
    assert year_grid(contract, found, asked=2024, today=date(2022, 1, 1)).later == 2029
    assert year_grid(contract, found, asked=2029, today=date(2022, 1, 1)).earlier == 2024
    assert "Records Kept" in world.visitor(MANAGER).get(f"/contracts/{WA}?year=2029").text
    assert year_grid(contract, found, asked=2025, today=date(2022, 1, 1)).year == 2024
    assert year_grid(contract, found, asked=None, today=date(2026, 11, 22)).year == 2023


def test_the_grid_says_each_standing_in_words_for_those_who_do_not_see_it(world: World) -> None:
    page = world.visitor(LIAISON).get(f"/contracts/{WA}?year=2022").text
    names = re.findall(r'class="mark is-[\w-]+" href="[^"]+" aria-label="([^"]+)"', page)
    assert len(names) == 28
    assert all(re.search(r": (Overdue|Submitted|Submitted late|Accepted), due ", name) for name in names)
    assert re.search(r">\d+ !</a>", page) and re.search(r">\d+ ↑</a>", page)


def test_a_person_without_a_part_is_told_what_to_do(world: World) -> None:
    with writing(world.engine) as session:
        add_person(session, name="New", email="new@county.example", now=NOW, actor="test")
    visit = world.visitor("new@county.example")
    for path in ("/", "/overdue", "/contracts"):
        assert "You have no part in a contract yet. Ask your liaison" in visit.get(path).text


def test_the_board_draws_how_many_reports_are_overdue_in_each_contract(world: World) -> None:
    with writing(world.engine) as session:
        person = person_by_email(session, LIAISON)
        assert person is not None
        give_role(session, person, CT, RoleName.FISCAL_LIAISON, now=NOW, actor="test")
    board = world.visitor(LIAISON).get("/overdue").text
    numbers = dict(re.findall(r'<a href="/contracts/([\w-]+)">.*?bar-number">(\d+)', board, re.DOTALL))
    with reading(world.engine) as session:
        found = items(session, now=NOW, contract_ids=[WA, CT])
    for contract_id in (WA, CT):
        overdue = [
            item
            for item in found
            if item.contract.id == contract_id and item.standing is Standing.OVERDUE and item.deliverable.remind
        ]
        assert numbers[contract_id] == str(len(overdue))
