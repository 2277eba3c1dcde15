"""Does a liaison see in a real browser what an amendment, a closure and a moved date would change, and decide on it?"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import browser as browsers
import pytest
import visits
from barriers import barriers
from browser import DESK, PHONE, a_window, sign_in
from hands import FORMS, WITHOUT_SCRIPTS, Form, somebody
from person import Person
from playwright.sync_api import Browser, expect
from sqlmodel import select
from test_pages_amending import EARLIER, PAGE
from test_pages_closures import add_another_county
from test_pages_moving import december
from visits import LIAISON, MANAGER, WA, World

from duecourse.models import Ruling
from duecourse.models.database import reading
from duecourse.tracking.boards import items

filled, make_world, world, browser = visits.filled, visits.make_world, visits.world, browsers.browser

pytestmark = pytest.mark.browser


@pytest.fixture
def amended(tmp_path: Path) -> Path:
    """The contract file with its monthly report due on the 15th."""
    path = tmp_path / "amended.yaml"
    path.write_text(EARLIER, encoding="utf-8")
    return path


@pytest.mark.parametrize("form", [*FORMS, WITHOUT_SCRIPTS])
def test_a_liaison_rehearses_an_amendment_and_accepts_all_lines_but_one_and_dates_move_as_previewed(
    world: World, browser: Browser, amended: Path, form: Form
) -> None:
    with somebody(browser, form, world.address) as lee:
        lee.sign_in(world.link_for(LIAISON))
        lee.follow("Contracts")
        lee.follow("Nurse-Family Partnership, Whatcom County")
        lee.follow("Term, amendments and plans of action")
        lee.follow("Rehearse an amendment")
        lee.upload("The amended contract file", amended)
        lee.press("Show what would change")
        lee.see("Accept this amendment?")
        previewed = lines_of(lee)
        lee.tick("Monthly Enrollment Report December 2022", off=True)
        lee.fill("The document that says so", "Amendment 3")
        lee.press("Accept the ticked lines")
        lee.told("The amendment holds from now on")
        was, becomes = previewed["Monthly Enrollment Report", "November 2022"]
        lee.follow(f"Monthly Enrollment Report, November 2022: Expected, due {becomes}")
        lee.see(f"Due {becomes}")
        lee.see("Rule: by the 15th of the month after")
        lee.unfold("What we said before")
        before = lee.page.locator("#said-before")
        lee.see(was, within=before)
        lee.see(f"Changed by {LIAISON}, because: Amendment 3.", within=before)
    assert len(previewed) >= 6
    kept = {("Monthly Enrollment Report", "December 2022")}
    assert due(world, previewed) == {line: dates[line not in kept] for line, dates in previewed.items()}
    (left,) = world.rows(select(Ruling))
    assert (left.occurrence, left.source) == ("2022-12-01", "not accepted with Amendment 3")


def lines_of(person: Person) -> dict[tuple[str, str], tuple[str, str]]:
    """Return what would move, as the page shows it: what, for when, the date before, the date after."""
    lines = person.page.locator(".lines-of-change tbody tr").evaluate_all(
        "lines => lines.map(line => [...line.cells].flatMap(cell => cell.innerText.trim().split(/\\s*\\n\\s*/)))"
    )
    return {(what, when): (before, after) for what, when, before, after in lines if not after.startswith("Stays")}


def due(world: World, lines: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """Return until when these are due."""
    with reading(world.engine) as session:
        found = items(session, now=world.clock.now(), contract_ids=[WA])
    phrases = {(item.deliverable.title, item.deliverable.label): item.phrase for item in found}
    return {line: phrases[line] for line in lines}


def test_a_date_is_moved_once_by_a_double_click_and_its_manager_sees_both_dates(world: World, browser: Browser) -> None:
    report = december(world)
    with a_window(browser, width=PHONE) as page:
        sign_in(page, world, LIAISON)
        page.goto(f"{world.address}/deliverables/{report.uid}")
        page.get_by_role("heading", name="Move this date").click()
        page.get_by_label("New date").fill("2023-01-27")
        page.get_by_label("The document or message that moves it").fill("a letter of Nov 29")
        page.get_by_role("button", name="Show what would change").click()
        page.get_by_role("button", name="Move the date").dblclick()
        expect(page.get_by_role("status")).to_contain_text("The date was moved")
    assert len(world.rows(select(Ruling))) == 1
    with a_window(browser, width=DESK) as page:
        sign_in(page, world, MANAGER)
        page.goto(f"{world.address}/deliverables/{report.uid}")
        expect(page.get_by_text("Due by the end of Fri Jan 27, 2023 (Pacific)")).to_be_visible()
        page.get_by_role("heading", name="What we said before").click()
        expect(page.locator("#said-before")).to_contain_text("by the end of Tue Dec 20, 2022 (Pacific)")


def test_nothing_in_a_rehearsal_is_in_anybodys_way(world: World, browser: Browser, amended: Path) -> None:
    add_another_county(world)
    found = {}
    with a_window(browser, width=DESK) as page:
        sign_in(page, world, LIAISON)
        page.goto(world.address + PAGE)
        page.get_by_label("The amended contract file").set_input_files(amended)
        page.get_by_role("button", name="Show what would change").click()
        expect(page.locator(".lines-of-change").first).to_be_visible()
        found["amendment"] = barriers(page)
        page.goto(f"{world.address}/closures")
        page.get_by_label("Day", exact=True).fill("2023-02-21")
        page.get_by_label("What it is called").fill("Storm closure")
        page.get_by_label("The announcement").fill("the governor's announcement")
        page.get_by_role("button", name="Show what would change").click()
        expect(page.get_by_text("1 more contract is affected")).to_be_visible()
        found["closure"] = barriers(page)
        page.get_by_role("button", name="Announce the closure").click()
        expect(page.get_by_role("status")).to_contain_text("The closure was announced.")
        found["closures"] = barriers(page)
    assert found == {key: [] for key in ("amendment", "closure", "closures")}


def test_on_paper_a_rehearsal_shows_its_lines_and_no_form(world: World, browser: Browser, amended: Path) -> None:
    with a_window(browser, width=DESK) as page:
        sign_in(page, world, LIAISON)
        page.goto(world.address + PAGE)
        page.get_by_label("The amended contract file").set_input_files(amended)
        page.get_by_role("button", name="Show what would change").click()
        page.emulate_media(media="print")
        expect(page.get_by_text("by the end of Thu Dec 15, 2022 (Pacific)")).to_be_visible()
        expect(page.get_by_role("button", name="Accept the ticked lines")).to_be_hidden()
