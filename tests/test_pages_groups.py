"""Into which groups does work fall, in which year does a report stand, and what does a board count?"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

import pytest
import visits
from rows import add_deliverable
from sqlmodel import select
from visits import CT, LIAISON, MANAGER, NOW, STRANGER, WA, World

from duecourse.calendar.lifecycle import Party
from duecourse.calendar.standing import Standing
from duecourse.models import ContractRow, RoleName
from duecourse.models.database import reading, writing
from duecourse.tracking.boards import items
from duecourse.tracking.staff.people import add_person, give_role, person_by_email
from duecourse.tracking.stored_definitions import contract_of
from duecourse.web.groups import has_ended, work
from duecourse.web.year import year_grid

filled, make_world, world = visits.filled, visits.make_world, visits.world


def test_what_was_asked_for_after_its_date_is_set_apart_with_the_reason_and_without_alarm(world: World) -> None:
    visit = world.visitor(MANAGER)
    folded = visit.get("/").text.partition("Asked for after their date")[2].partition("</details>")[0]
    assert 'href="/?show=excused"' in folded
    quiet = visit.get("/?show=excused").text.partition("Asked for after their date")[2].partition("</section>")[0]
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
    # What the funder owes is counted apart.
    late = [item for item in late if item.deliverable.party == Party.CONTRACTOR]
    reports = sum(item.deliverable.remind for item in late)
    assert 0 < reports < len(late)
    for path, says in (("/", f"{reports} reports are overdue"), ("/contracts", f"<strong>{reports}</strong> overdue")):
        assert says in visit.get(path).text
    due = visit.get("/").text
    assert re.search(r'<details class="group folded">\s*<summary><h2 id="duties">', due)
    assert f"{len(late) - reports} duties past the date" in due


def test_what_is_due_today_says_so_until_its_moment_and_nothing_else_does(world: World) -> None:
    visit = world.visitor(MANAGER)
    cards = re.findall(r'<li class="task.*?</li>', visit.get("/").text, re.DOTALL)
    today = [card for card in cards if "<strong>Today</strong>" in card]
    assert today and all("Due by the end of Wed Nov 30, 2022" in card for card in today)
    assert len(today) == sum("Due by the end of Wed Nov 30, 2022" in card for card in cards) < len(cards)
    address = re.findall(r'href="(/deliverables/[^"#]+)', today[0])[0]
    assert "<strong>Today</strong>" in visit.get(address).text
    with reading(world.engine) as session:
        noon = datetime(2022, 11, 21, 20, tzinfo=UTC)
        # In November the date on a closed day went on to Monday, before 8:00 AM.
        cut_off = [i for i in items(session, now=noon, contract_ids=[WA]) if i.facts.due_at.astimezone(UTC).hour == 16]
        early = [i for i in cut_off if i.deliverable.due_on == date(2022, 11, 21)]
    assert early and not any(item.is_due_today(noon) for item in early)
    assert all(item.is_due_today(datetime(2022, 11, 21, 15, tzinfo=UTC)) for item in early if item.standing.is_open)


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
    contract = world.rows(select(ContractRow).where(ContractRow.id == WA))[0]
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
            if item.contract.id == contract_id
            and item.standing is Standing.OVERDUE
            and item.deliverable.remind
            # What the funder owes is on a board of its own.
            and item.deliverable.party == Party.CONTRACTOR
        ]
        assert numbers[contract_id] == str(len(overdue))


def test_a_contracts_year_shows_how_much_came_in_on_time_without_what_cannot_be_late(world: World) -> None:
    page = world.visitor(LIAISON).get(f"/contracts/{WA}?year=2023").text
    card = page.partition('id="rates"')[2].partition("</section>")[0]
    found = dict(re.findall(r"<span>([^<]+)</span>.*?<span class=\"bar-number\">(\d+ of \d+)", card, re.DOTALL))
    # Of FY23 by November 30: the reports on June, which FY22's exhibit asks for. The others were asked for too late.
    assert found["Monthly Enrollment Report"].endswith("of 1")
    assert "Consent Status List to DOH" not in found
