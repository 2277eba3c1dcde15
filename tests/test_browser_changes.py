"""Does a liaison see in a real browser what an amendment, a closure and a moved date would change, and decide on it?"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import visits
from barriers import barriers
from browser import DESK, PHONE, a_browser, a_window
from playwright.sync_api import Browser, Page, expect
from sqlmodel import select
from test_browser_journey import sign_in
from test_pages_amending import EARLIER, PAGE
from test_pages_closures import add_another_county
from test_pages_moving import december
from visits import LIAISON, MANAGER, WA, World

from duecourse.models import Ruling

filled, make_world, world = visits.filled, visits.make_world, visits.world

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for the tests of this file."""
    with a_browser() as browser:
        yield browser


@pytest.fixture
def amended(tmp_path: Path) -> Path:
    """The contract file with its monthly report due on the 15th."""
    path = tmp_path / "amended.yaml"
    path.write_text(EARLIER, encoding="utf-8")
    return path


def rehearse(page: Page, amended: Path) -> None:
    page.get_by_role("link", name="Rehearse an amendment").click()
    page.get_by_label("The amended contract file").set_input_files(amended)
    page.get_by_role("button", name="Show what would change").click()
    expect(page.get_by_role("heading", name="Accept this amendment?")).to_be_visible()


@pytest.mark.parametrize("width", [DESK, PHONE])
@pytest.mark.parametrize("with_scripts", [True, False])
def test_a_liaison_accepts_all_lines_but_one_and_sees_the_new_date_its_reason_and_the_old_one(
    world: World, browser: Browser, amended: Path, width: int, with_scripts: bool
) -> None:
    with a_window(browser, width=width, java_script_enabled=with_scripts) as page:
        sign_in(page, world, LIAISON)
        page.goto(f"{world.address}/contracts/{WA}")
        rehearse(page, amended)
        page.get_by_role("checkbox", name="Monthly Enrollment Report December 2022").uncheck()
        page.get_by_label("The document that says so").fill("Amendment 3")
        page.get_by_role("button", name="Accept the ticked lines").click()
        expect(page.get_by_role("status")).to_contain_text("The amendment holds from now on")
        page.goto(f"{world.address}/deliverables/{december(world).uid}")
        expect(page.get_by_text("Due by the end of Thu Dec 15, 2022 (Pacific)")).to_be_visible()
        expect(page.get_by_text("Rule: by the 15th of the month after")).to_be_visible()
        page.get_by_role("heading", name="What we said before").click()
        before = page.locator("#said-before")
        expect(before).to_contain_text("by the end of Tue Dec 20, 2022 (Pacific)")
        expect(before).to_contain_text(f"Changed by {LIAISON}, because: Amendment 3.")
    (left,) = world.rows(select(Ruling))
    assert (left.occurrence, left.source) == ("2022-12-01", "not accepted with Amendment 3")


def test_an_amendment_is_accepted_by_keyboard_alone(world: World, browser: Browser, amended: Path) -> None:
    with a_window(browser, width=DESK) as page:
        sign_in(page, world, LIAISON)
        page.goto(f"{world.address}/contracts/{WA}")
        rehearse(page, amended)
        page.get_by_role("checkbox").first.focus()
        page.keyboard.press("Space")
        for _ in range(page.get_by_role("checkbox").count()):
            page.keyboard.press("Tab")
        expect(page.get_by_label("The document that says so")).to_be_focused()
        page.keyboard.type("Amendment 3")
        page.keyboard.press("Enter")
        expect(page.get_by_role("status")).to_contain_text("The amendment holds from now on")
    assert len(world.rows(select(Ruling))) == 1


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
        page.goto(f"{world.address}/contracts/{WA}")
        rehearse(page, amended)
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
        page.goto(world.address + PAGE.removesuffix("/amend"))
        rehearse(page, amended)
        page.emulate_media(media="print")
        expect(page.get_by_text("by the end of Thu Dec 15, 2022 (Pacific)")).to_be_visible()
        expect(page.get_by_role("button", name="Accept the ticked lines")).to_be_hidden()
