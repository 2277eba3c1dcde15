"""Does a report leave the overdue board in a real browser, by mouse and by keyboard, at a desk and on a phone?"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import visits
from browser import DESK, PHONE, a_browser, a_window, overflow
from playwright.sync_api import Browser, Page, expect
from sqlmodel import select
from visits import LIAISON, MANAGER, WA, World

from duecourse.calendar.standing import Standing
from duecourse.models import Deliverable, Submission

filled, make_world, world = visits.filled, visits.make_world, visits.world

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for the tests of this file."""
    with a_browser() as browser:
        yield browser


def sign_in(page: Page, world: World, email: str) -> None:
    page.goto(world.address + world.link_for(email))
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("navigation", name="Pages")).to_be_visible()


def submitted(world: World, report: Deliverable) -> list[Submission]:
    return world.rows(select(Submission).where(Submission.deliverable_id == report.id))


@pytest.mark.parametrize("width", [DESK, PHONE])
@pytest.mark.parametrize("with_scripts", [True, False])
def test_a_manager_submits_an_overdue_report_with_its_file_and_sees_it_leave_the_board(
    world: World, browser: Browser, tmp_path: Path, width: int, with_scripts: bool
) -> None:
    report = world.find(WA, Standing.OVERDUE, last=True)
    proof = tmp_path / "enrollment.csv"
    proof.write_text("month,enrolled\n2022-10,42\n")
    with a_window(browser, width=width, java_script_enabled=with_scripts) as page:
        sign_in(page, world, MANAGER)
        page.get_by_role("link", name="Overdue", exact=True).click()
        line = page.get_by_role("row").filter(has_text=report.label).filter(has_text=report.title)
        expect(line).to_have_count(1)
        line.get_by_role("link", name=report.title).click()
        expect(page.get_by_role("heading", name="Why this date")).to_be_visible()
        form = page.get_by_role("region", name="Mark as submitted")
        form.get_by_label("Sent on").fill("2022-11-29")
        form.get_by_label("At (Pacific time)").fill("16:30")
        form.get_by_label("Confirmation number").fill("PSRS-4711")
        form.get_by_label("The files you sent").set_input_files(proof)
        assert not with_scripts or overflow(page) <= 0
        page.get_by_role("button", name="Mark as submitted").click()
        expect(page.get_by_role("status")).to_contain_text("Recorded. The receipt is below")
        expect(page.locator("#history").get_by_text("Tue Nov 29, 2022, 4:30 PM Pacific", exact=True)).to_be_visible()
        with page.expect_download() as download:
            page.get_by_role("link", name="enrollment.csv").click()
        assert Path(download.value.path()).read_bytes() == proof.read_bytes()
        page.get_by_role("link", name="Overdue", exact=True).click()
        expect(page.get_by_role("heading", name="Overdue", exact=True)).to_be_visible()
        expect(line).to_have_count(0)
    assert [row.reference for row in submitted(world, report)] == ["PSRS-4711"]


def test_a_manager_submits_by_keyboard_alone(world: World, browser: Browser) -> None:
    with a_window(browser, width=DESK) as page:
        page.goto(world.address + world.link_for(MANAGER))
        press_until(page, "button", "Sign in")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="What is due from me")).to_be_visible()
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
        page.keyboard.press("Enter")
        press_until(page, "a", "Mark as submitted")
        page.keyboard.press("Enter")
        page.wait_for_url("**/deliverables/*")
        press_until(page, "button", "Mark as submitted")
        page.keyboard.press("Enter")
        expect(page.get_by_role("status")).to_contain_text("Recorded. The receipt is below")
    assert len(world.rows(select(Submission))) == 2


def press_until(page: Page, kind: str, says: str) -> None:
    """Press Tab until something of this kind that says this has the focus; never more than 60 times."""
    for _ in range(60):
        page.keyboard.press("Tab")
        tag, text = page.evaluate("[document.activeElement.localName, document.activeElement.innerText]")
        if tag == kind and text.startswith(says):
            return
    raise AssertionError(f"Tab does not lead to the {kind} “{says}”")


def test_a_report_sent_with_the_back_button_again_is_recorded_once(world: World, browser: Browser) -> None:
    report = world.find(WA, Standing.OVERDUE)
    with a_window(browser, width=DESK) as page:
        sign_in(page, world, MANAGER)
        page.goto(f"{world.address}/deliverables/{report.uid}")
        page.get_by_label("Confirmation number").fill("PSRS-1")
        page.get_by_role("button", name="Mark as submitted").dblclick()
        expect(page.get_by_role("status")).to_contain_text("Recorded. The receipt is below")
    assert len(submitted(world, report)) == 1


def test_a_liaison_returns_a_report_and_its_manager_reads_why(world: World, browser: Browser) -> None:
    report = world.find(WA, Standing.SUBMITTED)
    with a_window(browser, width=PHONE) as page:
        sign_in(page, world, LIAISON)
        page.get_by_role("link", name=f"Review {report.title}, {report.label}").click()
        page.get_by_label("Comment").fill("Please add the totals.")
        page.get_by_role("button", name="Return for correction").click()
        expect(page.get_by_role("status")).to_contain_text("Returned with your comment")
    with a_window(browser, width=PHONE) as page:
        sign_in(page, world, MANAGER)
        page.get_by_role("link", name="Correct and resubmit").click()
        expect(page.get_by_role("blockquote")).to_contain_text("Please add the totals.")


def test_a_calendar_address_is_copied_with_one_press(world: World, browser: Browser) -> None:
    with a_window(browser, width=DESK, permissions=["clipboard-read", "clipboard-write"]) as page:
        sign_in(page, world, MANAGER)
        page.get_by_role("link", name="Calendar", exact=True).click()
        page.get_by_role("button", name="Make the link").click()
        page.get_by_role("button", name="Copy").click()
        expect(page.get_by_role("button", name="Copied")).to_be_visible()
        copied = page.evaluate("navigator.clipboard.readText()")
        assert copied == page.locator("#address").inner_text()
        assert copied.endswith("/contract-deadlines.ics")
