"""Does the page of a contract's enrollment show what was entered, as a chart and a table that say the same?"""

from __future__ import annotations

import re
from datetime import date
from html import unescape

import pytest
import visits
from feed_scene import statements_of
from sqlmodel import select
from visits import CT, LIAISON, MANAGER, NOW, STRANGER, WA, World

from duecourse.calendar.lifecycle import Party
from duecourse.models import EnrollmentFigure, HomeVisitor
from duecourse.models.database import writing
from duecourse.tracking.acting import By
from duecourse.tracking.caseload.enrollment import Given, enter_figures

filled, make_world, world = visits.filled, visits.make_world, visits.world

PAGE = f"/contracts/{WA}/enrollment"
KEY = "3f1f8a52-6f0c-4f0e-9d0c-3f1f3c1f9a1{}"
ANA = By(MANAGER, Party.CONTRACTOR)


def sent(month: str, served: str, active: str, *, key: int = 0, **more: str) -> dict[str, str]:
    fields = {"form_key": KEY.format(key), "month": month, "served-0": served, "active-0": active}
    return fields | {"served-1": "0", "active-1": "0"} | more


def enter(world: World, first: str, *numbers: tuple[int, int]) -> None:
    """Enter months in a row, each as (served, active)."""
    year, month = map(int, first.split("-"))
    with writing(world.engine) as session:
        for at, (served, active) in enumerate(numbers):
            on = date(year + (month - 1 + at) // 12, (month - 1 + at) % 12 + 1, 1)
            given = [Given(served, active, source="i502"), Given(0, 0, source="general state")]
            enter_figures(session, WA, on, given, form_key=f"{on}", now=NOW, by=ANA)


def plain(text: str) -> str:
    """Return what a page says, without its tags."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", text)).split())


def test_the_chart_says_what_the_table_says(world: World) -> None:
    enter(world, "2022-07", (49, 47), (44, 43), (45, 46))
    page = world.visitor(MANAGER).get(PAGE).text
    drawn = re.findall(r"<title>(\w+ \d{4}): (\w+) (\d+)</title>", page)
    table = [
        (f"{date.fromisoformat(row[0]):%B %Y}", measure, number)
        for row in re.findall(r'<tr role="row" data-month="([^"]+)">(.*?)</tr>', page, re.DOTALL)
        for measure, number in re.findall(r'data-measure="(\w+)">(\d+)<', row[1])
    ]
    assert len(table) == 6 and sorted(drawn) == sorted(table)
    assert "capacity 52" in page and "90% = 46.8" in page and "85% = 44.2" in page
    assert "served 45</text>" in page and "active 46</text>" in page


def test_the_quarters_are_said_exactly_with_what_they_earn(world: World) -> None:
    enter(world, "2022-04", (44, 47), (44, 47), (45, 47), (44, 47), (44, 47), (44, 47), (50, 50))
    visit = world.visitor(LIAISON)
    page = plain(visit.get(PAGE).text)
    assert "44 of 52: below 85 percent (44.2)" in page and "47 of 52: meets 90 percent (46.8)" in page
    assert "About $506.30 (an estimate)" in page and "not yet known" in page
    before = plain(visit.get(f"{PAGE}?year=2022").text)
    assert "44 1/3 of 52: meets 85 percent (44.2)" in before and "No award is offered for this quarter" in before


def test_a_manager_enters_a_month_and_sees_what_it_asks_for(world: World) -> None:
    visit = world.visitor(MANAGER)
    assert "Enter a month" in visit.get(PAGE).text and "Enter a month" not in world.visitor(LIAISON).get(PAGE).text
    answer = visit.post(PAGE, sent("2022-11", "46", "44"))
    assert answer.headers["location"] == f"{PAGE}?year=2023&done=figures"
    page = plain(visit.get(answer.headers["location"]).text)
    assert "What follows from the figures" in page and "Below 44.2: asked for" in page
    assert visit.post(PAGE, sent("2022-11", "46", "44", key=1)).headers["location"].endswith("done=same")
    assert "Improvement Work in the Enrollment Report" in visit.get(f"/contracts/{WA}").text


def test_the_same_form_twice_enters_one_month(world: World) -> None:
    visit = world.visitor(MANAGER)
    for _ in range(2):
        assert visit.post(PAGE, sent("2022-10", "46", "45")).status_code == 303
    assert len(world.rows(select(EnrollmentFigure))) == 2


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        (sent("2022-12", "46", "45"), "December 2022 is not over"),
        (sent("2022-10", "many", "45"), "“many” is not a number of families (i502)"),
        (sent("2022-10", "46", ""), "give a number for each"),
        (sent("", "46", "45"), "Choose the month"),
        (sent("2022-10", "", "", **{"served-1": "", "active-1": ""}), "at least one source"),
    ],
)
def test_what_cannot_be_is_said_and_the_form_keeps_what_was_typed(
    world: World, fields: dict[str, str], says: str
) -> None:
    answer = world.visitor(MANAGER).post(PAGE, fields)
    assert answer.status_code == 422 and says in plain(answer.text) and "Nothing was changed" in answer.text
    field = re.search(r'<input id="served-0"[^>]*>', answer.text)
    assert field is not None and f'value="{fields["served-0"]}"' in field[0]
    assert world.rows(select(EnrollmentFigure)) == []


def test_two_low_quarters_show_the_review_and_a_correction_withdraws_nothing_silently(world: World) -> None:
    enter(world, "2022-04", *[(44, 46)] * 6)
    visit = world.visitor(LIAISON)
    page = plain(visit.get(PAGE).text)
    assert "Two low quarters: Quarter 1 of FY23." in page and "Review after Two Low Quarters" in page
    assert "Low quarter 2 in a row: DCYF opens a process" in page
    world.visitor(MANAGER).post(PAGE, sent("2022-09", "45", "46", key=2))
    page = plain(visit.get(PAGE).text)
    assert "Nothing was withdrawn" in page and "Review after Two Low Quarters" in page
    assert "served 44 → 45" in page
    assert "44 of 52: below 85 percent (44.2) → 44 1/3 of 52: meets 85 percent (44.2)" in page


def test_more_active_than_served_is_pointed_out_and_taken(world: World) -> None:
    enter(world, "2022-10", (40, 41))
    assert "More families are active than were served" in world.visitor(MANAGER).get(PAGE).text


def test_the_contracts_page_shows_a_small_chart_and_links_to_the_page(world: World) -> None:
    visit = world.visitor(MANAGER)
    assert "No figures have been entered yet" in visit.get(f"/contracts/{WA}").text
    enter(world, "2022-07", (44, 47), (44, 47), (45, 47))
    page = visit.get(f"/contracts/{WA}").text
    assert f'href="/contracts/{WA}/enrollment"' in page and 'class="chart is-small"' in page
    assert "September 2022: 45 served, 47 active on its last day" in page
    assert "44 1/3 of 52: meets 85 percent (44.2)" in page


def test_the_page_asks_the_database_a_fixed_number_of_questions(world: World) -> None:
    visit, counts = world.visitor(MANAGER), []
    for first in ("2022-10", "2021-07"):
        enter(world, first, *[(44, 43)] * (1 if first == "2022-10" else 15))
        with statements_of(world.engine) as statements:
            assert visit.get(PAGE).status_code == 200
        counts.append(len(statements))
    assert counts[0] == counts[1]


HIRED = {"reference": "HV-12", "model": "Nurse-Family Partnership (NFP)", "program": "northside", "fte": "0.85"}


def test_a_home_visitor_is_entered_under_an_opaque_id_with_the_day_of_full_slots(world: World) -> None:
    visit, page = world.visitor(STRANGER), f"/contracts/{CT}/enrollment"
    form = HIRED | {"form_key": KEY.format(5), "hired_on": "2022-08-31"}
    assert visit.post(f"/contracts/{CT}/home-visitors", form).status_code == 303
    shown = plain(visit.get(page).text)
    assert "HV-12 Nurse-Family Partnership (NFP) Northside Health 0.85 Aug 31, 2022 21.25" in shown
    assert "all owed from Mar 1, 2023 on" in shown and "Slots owed today: 0, exact" in shown
    visit.post(f"/contracts/{CT}/home-visitors", form | {"form_key": KEY.format(6), "hired_on": "2022-01-10"})
    shown = plain(visit.get(page).text)
    assert "since Jul 11, 2022" in shown and "Slots owed today: 21.25, exact" in shown
    assert len(world.rows(select(HomeVisitor))) == 2, "what was entered before is kept"
    figures = {"form_key": KEY.format(7), "month": "2022-10", "active-0": "20", "active-1": "9", "active-2": "22"}
    assert visit.post(page, figures).status_code == 303
    shown = plain(visit.get(f"{page}?year=2023").text)
    assert "51 ABC Inc. 20; Riverbend Family Center 9; Northside Health 22 21.25 ABC Inc. 0;" in shown


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"reference": "Maria Lopez"}, "may say who somebody is"),
        ({"model": "Another model"}, "Choose a model"),
        ({"program": "elsewhere"}, "Choose a program"),
        ({"fte": "0.855"}, "at most two decimals"),
        ({"fte": "0"}, "more than 0"),
        ({"hired_on": "2022-12-24"}, "lies in the future"),
        ({"left_on": "2021-12-24"}, "before the day of hire"),
    ],
)
def test_what_cannot_be_said_of_a_home_visitor_is_refused(world: World, change: dict[str, str], says: str) -> None:
    form = HIRED | {"form_key": KEY.format(5), "hired_on": "2022-08-31"} | change
    answer = world.visitor(STRANGER).post(f"/contracts/{CT}/home-visitors", form)
    assert answer.status_code == 422 and says in plain(answer.text)
    assert world.rows(select(HomeVisitor)) == []


def test_vacant_fte_are_said_where_the_contract_funds_a_number(world: World) -> None:
    visit = world.visitor(MANAGER)
    form = {"reference": "HV-1", "fte": "1.90", "hired_on": "2022-07-01", "form_key": KEY.format(5)}
    assert visit.post(f"/contracts/{WA}/home-visitors", form).status_code == 303
    assert "Together 1.9 FTE of 2.1 that the contract funds: 0.2 FTE are vacant" in plain(visit.get(PAGE).text)
