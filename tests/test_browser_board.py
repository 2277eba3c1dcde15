"""Does a liaison clear the overdue board in a browser, by mouse and by keyboard alone, at a desk and on a phone?"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import visits
from browser import DESK, PHONE, a_browser, a_window, overflow
from playwright.sync_api import Browser, Page, expect
from sqlmodel import select
from test_browser_journey import press_until, sign_in
from visits import LIAISON, WA, World

from duecourse.calendar.standing import Standing
from duecourse.models import LifecycleEntry, Notice

filled, make_world, world = visits.filled, visits.make_world, visits.world

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for the tests of this file."""
    with a_browser() as browser:
        yield browser


def reminders(world: World) -> list[Notice]:
    return world.rows(select(Notice).where(Notice.rung == "by-hand"))


def acts(world: World) -> list[str]:
    return list(world.rows(select(LifecycleEntry.act).order_by("id")))


@pytest.mark.parametrize("width", [DESK, PHONE])
def test_a_liaison_clears_the_board_by_mouse(world: World, browser: Browser, width: int) -> None:
    report = world.find(WA, Standing.OVERDUE)
    with a_window(browser, width=width) as page:
        sign_in(page, world, LIAISON)
        page.get_by_role("link", name="Portfolio", exact=True).click()
        expect(page.get_by_role("table").get_by_role("link").nth(2)).to_be_visible()
        page.get_by_role("link", name="Open the overdue board").click()
        # First whoever owes it is reminded: chosen, looked at, sent.
        page.get_by_role("link", name="Remind several at once").click()
        page.get_by_role("link", name="Choose all on this page").click()
        boxes = page.get_by_role("checkbox")
        for box in boxes.all()[2:]:
            box.uncheck()
        assert overflow(page) <= 0
        page.get_by_role("button", name="See who would be told").click()
        expect(page.get_by_role("heading", name="Send 2 reminders?")).to_be_visible()
        expect(page.get_by_text("Goes to Ana Ruiz.").first).to_be_visible()
        page.get_by_role("button", name="Send 2 reminders").click()
        expect(page.get_by_role("status")).to_contain_text("The mails go out now")
        page.get_by_role("link", name="Back to the board").click()
        # Then what is not needed is taken off the board, by a slip put back, and taken off again.
        line = page.get_by_role("row").filter(has=page.locator(f'a[href="/deliverables/{report.uid}"]'))
        line.get_by_role("link", name=report.title).click()
        waive(page)
        page.get_by_role("button", name="Undo").click()
        expect(page.get_by_role("status")).to_contain_text("It is asked for again")
        waive(page)
        page.get_by_role("link", name="Overdue", exact=True).click()
        expect(page.get_by_role("heading", name="Overdue", exact=True)).to_be_visible()
        expect(line).to_have_count(0)
        assert overflow(page) <= 0
    assert len(reminders(world)) == 2
    assert acts(world)[-3:] == ["waive", "ask for it again", "waive"]


def waive(page: Page) -> None:
    page.get_by_role("heading", name="Not needed this time").click()
    page.locator("#aside-reason").fill("The program did not run that month.")
    page.get_by_role("button", name="Waive").click()
    expect(page.get_by_role("status")).to_contain_text("Waived")


@pytest.mark.parametrize("width", [DESK, PHONE])
def test_a_liaison_clears_the_board_by_keyboard_alone(world: World, browser: Browser, width: int) -> None:
    report = world.find(WA, Standing.OVERDUE)
    with a_window(browser, width=width) as page:
        page.goto(world.address + world.link_for(LIAISON))
        press(page, "button", "Sign in")
        press(page, "a", "Overdue")
        press(page, "a", "Remind several at once")
        press(page, "a", "Choose all on this page")
        press(page, "button", "See who would be told")
        press(page, "button", "Send ")
        expect(page.get_by_role("status")).to_contain_text("The mails go out now")
        sent = len(reminders(world))
        press(page, "a", "Back to the board")
        press(page, "a", report.title)
        press(page, "summary", "Not needed this time")
        page.keyboard.press("Tab")
        page.keyboard.type("The program did not run that month.")
        press(page, "button", "Waive")
        expect(page.get_by_role("status")).to_contain_text("Waived")
        press(page, "button", "Undo")
        expect(page.get_by_role("status")).to_contain_text("It is asked for again")
    assert sent >= 3
    assert acts(world)[-2:] == ["waive", "ask for it again"]


def press(page: Page, kind: str, says: str) -> None:
    """Go to something with Tab and press Enter on it; a page that follows is waited for."""
    press_until(page, kind, says)
    if kind == "summary":
        page.keyboard.press("Enter")
        return
    with page.expect_navigation():
        page.keyboard.press("Enter")
