"""Does a liaison come from an exhibit to a contract with its year in a real browser, by mouse and by keyboard alone?"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import exhibits
import pytest
import visits
from barriers import barriers
from browser import DESK, PHONE, a_browser, a_window
from playwright.sync_api import Browser, Page, expect
from sqlmodel import select
from test_browser_journey import sign_in
from visits import LIAISON, World

from duecourse.models import Deliverable, Role

filled, make_world, world = visits.filled, visits.make_world, visits.world

pytestmark = pytest.mark.browser

NEW = "wa-new"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for the tests of this file."""
    with a_browser() as browser:
        yield browser


def exhibit() -> bytes:
    """Return a year of two reports, one date of which is misprinted."""
    monthly = [date(2022, month, 20) for month in range(8, 13)] + [date(2023, month, 20) for month in range(1, 8)]
    monthly[5] = date(2023, 1, 23)
    quarterly = [date(2022, 10, 30), date(2023, 1, 30), date(2023, 4, 30), date(2023, 7, 30)]
    heading = "State Fiscal Year 2023 (July 1, 2022 - June 30, 2023)"
    (first,) = exhibits.of_dates("Monthly Enrollment Report", monthly, heading)
    lines = (exhibits.Line(f"2.{n:02d}", "Progress Report", "", on) for n, on in enumerate(quarterly, start=1))
    return exhibits.as_pdf([exhibits.Year(heading, (*first.lines, *lines))])


def look(page: Page, name: str) -> None:
    folder = os.environ.get("LOOK_AT")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


@pytest.mark.parametrize(("width", "dark"), [(DESK, False), (PHONE, True)])
def test_a_liaison_adds_a_contract_from_a_pdf_and_sees_its_year(
    world: World, browser: Browser, tmp_path: Path, width: int, dark: bool
) -> None:
    path = tmp_path / "exhibit.pdf"
    path.write_bytes(exhibit())
    found = {}
    with a_window(browser, width=width, dark=dark) as page:
        sign_in(page, world, LIAISON)
        page.goto(f"{world.address}/contracts")
        page.get_by_role("link", name="Add a contract").click()
        page.get_by_label("A file").set_input_files(path)
        for label, said in (
            ("Contract number", "23-0001"),
            ("Name what people call it", "Home Visiting"),
            ("Funder", "DCYF"),
            ("Contractor", "Skagit County"),
        ):
            page.get_by_label(label, exact=label == "Funder" or label == "Contractor").fill(said)
        page.get_by_label("Whose offices").select_option("US-WA")
        page.get_by_label("Time zone").select_option("America/Los_Angeles")
        found["exhibit"] = barriers(page)
        look(page, f"exhibit-{width}")
        page.get_by_role("button", name="Draft the definition").click()
        expect(page.get_by_role("heading", name="1 thing is to be filled in or mended")).to_be_visible()
        look(page, f"missing-{width}")
        found["missing"] = barriers(page)
        # The dates are drawn even so.
        expect(page.get_by_role("row", name="Monthly Enrollment Report 1.06")).to_contain_text("Mon Jan 23, 2023")
        # The flaw leads to its line, and what is typed there is checked at once.
        page.get_by_role("link", name="Line 8").click()
        page.keyboard.type(f"  id: {NEW}")
        expect(page.locator("#checks")).to_contain_text("The file is right as a file. 1 date disagrees")
        expect(page.get_by_role("table", name="FY23").first).to_be_visible()
        row = page.get_by_role("row", name="Monthly Enrollment Report 1.06")
        expect(row).to_contain_text("Mon Jan 23, 2023")
        expect(row).to_contain_text("Fri Jan 20, 2023")
        look(page, f"definition-{width}")
        found["definition"] = barriers(page)
        page.get_by_role("button", name="Show what would be made").click()
        expect(page.get_by_text("16 deliverables would be made for Skagit County")).to_be_visible()
        look(page, f"deliverables-{width}")
        found["deliverables"] = barriers(page)
        page.get_by_role("button", name="Add this contract").dblclick()
        expect(page.get_by_role("status")).to_contain_text("you are its liaison")
        expect(page.get_by_role("heading", name="FY23: July 2022 to June 2023")).to_be_visible()
        look(page, f"contract-{width}")
    assert found == {key: [] for key in ("exhibit", "missing", "definition", "deliverables")}
    assert len(world.rows(select(Deliverable).where(Deliverable.contract_id == NEW))) == 16
    assert [role.name for role in world.rows(select(Role).where(Role.contract_id == NEW))] == ["program liaison"]


def test_a_contract_is_added_by_keyboard_alone(world: World, browser: Browser) -> None:
    with a_window(browser, width=DESK) as page:
        sign_in(page, world, LIAISON)
        page.goto(f"{world.address}/contracts/new")
        page.get_by_label("A file").focus()
        page.keyboard.press("Tab")
        expect(page.get_by_label("Or paste the table")).to_be_focused()
        page.keyboard.insert_text("Report\tDue Date\nAnnual Plan\t7/20/2023\nFinal Report\t7/31/2023\n")
        said = ["23-0002", "Small", "wa-small", "DCYF", "Skagit County"]
        for text in said:
            page.keyboard.press("Tab")
            page.keyboard.type(text)
        page.get_by_label("Whose offices").focus()
        page.keyboard.type("US-WA")
        page.keyboard.press("Tab")
        page.keyboard.type("Pacific")
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        for _ in range(5):
            page.keyboard.press("Tab")
            if page.get_by_role("button", name="Draft the definition").evaluate("e => e === document.activeElement"):
                break
        page.keyboard.press("Enter")
        expect(page.locator("#checks")).to_contain_text("The file is right: 2 obligations")
        page.get_by_label("The definition checked while you type").focus()
        page.keyboard.press("Tab")
        expect(page.get_by_role("button", name="Show what would be made")).to_be_focused()
        page.keyboard.press("Enter")
        page.get_by_role("button", name="Add this contract").press("Enter")
        expect(page.get_by_role("status")).to_contain_text("you are its liaison")


def test_without_scripts_the_button_checks_the_definition(world: World, browser: Browser) -> None:
    with a_window(browser, width=DESK, java_script_enabled=False) as page:
        sign_in(page, world, LIAISON)
        page.goto(f"{world.address}/contracts/new")
        page.get_by_label("Or paste the table").fill("Report\tDue Date\nAnnual Plan\t7/20/2023\n")
        page.get_by_role("button", name="Draft the definition").click()
        text = page.get_by_label("The definition checked while you type")
        text.fill(text.input_value().replace("  calendar: ", "  calendar: US-WA"))
        page.get_by_role("button", name="Check", exact=True).click()
        expect(page.get_by_role("heading", name="6 things are to be filled in or mended")).to_be_visible()
