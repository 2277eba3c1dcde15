"""Does a plan go from its notice to its approval in a real browser, by mouse, by keyboard, and on a phone?"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import visits
from barriers import barriers
from browser import DESK, PHONE, a_browser, a_window, overflow
from plan_pages import add_liaison, open_cap
from playwright.sync_api import Browser, Page, expect
from sqlmodel import select
from test_browser_journey import press_until, sign_in
from visits import CT, LIAISON, STRANGER, World

from duecourse.models import ActionPlan, Notice, PlanEntry

filled, make_world, world = visits.filled, visits.make_world, visits.world

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for the tests of this file."""
    with a_browser() as browser:
        yield browser


@pytest.fixture
def cap(world: World) -> World:
    """The world with a liaison in Connecticut."""
    add_liaison(world)
    return world


def says(page: Page, text: str) -> None:
    expect(page.get_by_role("status")).to_contain_text(text)


@pytest.mark.parametrize("width", [DESK, PHONE])
@pytest.mark.parametrize("with_scripts", [True, False])
def test_a_plan_goes_from_its_notice_to_its_approval_by_mouse(
    cap: World, browser: Browser, width: int, with_scripts: bool
) -> None:
    with a_window(browser, width=width, java_script_enabled=with_scripts) as page:
        sign_in(page, cap, LIAISON)
        page.goto(f"{cap.address}/contracts/{CT}")
        page.get_by_role("link", name="All plans of action").click()
        page.get_by_label("Notice sent on").fill("2022-11-01")
        page.get_by_label("What is out of compliance").fill("Visits of June are not entered.")
        page.get_by_role("button", name="Open the plan").dblclick()
        says(page, "The plan is open")
        # Nov 2 3 4 7 8 9 10 | closed 11 | 14 15 16: the tenth business day.
        expect(
            page.get_by_text("which was due by the end of Wed Nov 16, 2022 (Eastern) and is overdue")
        ).to_be_visible()
        page.get_by_label("What is to be done").fill("Enter the missing visits")
        page.get_by_label("Who", exact=False).first.fill("program manager")
        page.get_by_label("By the end of").fill("2022-12-16")
        page.get_by_role("button", name="Add the step").click()
        says(page, "It holds once this version is approved.")
        page.get_by_role("button", name="Record: Draft of the plan").click()
        says(page, "Recorded.")
        page.get_by_role("button", name="Record: Meeting about the draft").click()
        says(page, "Recorded.")
        page.get_by_role("button", name="Approve version 1").click()
        says(page, "Approved")
        expect(page.get_by_text("Version 1 is in force: its one step is not done")).to_be_visible()
        assert not with_scripts or overflow(page) == 0
    assert len(cap.rows(select(ActionPlan))) == 1
    acts = [entry.act for entry in cap.rows(select(PlanEntry).order_by("id"))]
    assert acts == ["opened", "wrote a step", "reached a stage", "reached a stage", "approved"]


def test_the_same_is_done_by_keyboard_alone(cap: World, browser: Browser) -> None:
    uid = open_cap(cap, notice="2022-11-28 09:00")
    with a_window(browser, width=DESK) as page:
        sign_in(page, cap, LIAISON)
        page.goto(f"{cap.address}/contracts/{CT}/plans/{uid}")
        page.get_by_role("link", name="What you can do next").focus()
        page.keyboard.press("Enter")
        press_until(page, "button", "Record: Draft of the plan")
        page.keyboard.press("Enter")
        says(page, "Recorded.")
        press_until(page, "button", "Record: Meeting")
        page.keyboard.press("Enter")
        says(page, "Recorded.")
        page.get_by_label("What is to be done").focus()
        page.keyboard.type("Enter the missing visits")
        page.keyboard.press("Tab")
        page.keyboard.type("program manager")
        page.keyboard.press("Tab")
        page.keyboard.type("12162022")
        page.keyboard.press("Enter")
        says(page, "Written.")
        press_until(page, "button", "Approve version 1")
        page.keyboard.press("Enter")
        says(page, "Approved")
    (approved,) = cap.rows(select(PlanEntry).where(PlanEntry.act == "approved"))
    assert approved.actor == LIAISON


def test_a_missed_step_is_recorded_and_the_contractor_writes_the_next_version(cap: World, browser: Browser) -> None:
    uid = open_cap(cap, approved="2022-09-23 15:00")
    page_of_plan = f"{cap.address}/contracts/{CT}/plans/{uid}"
    with a_window(browser, width=DESK) as page:
        sign_in(page, cap, LIAISON)
        page.goto(page_of_plan)
        page.get_by_label("Step", exact=True).select_option("2")
        page.get_by_role("button", name="Record as missed").click()
        says(page, "told by mail")
    with a_window(browser, width=PHONE) as page:
        sign_in(page, cap, STRANGER)
        page.goto(page_of_plan)
        expect(page.get_by_role("button", name="Approve version 2")).to_have_count(0)
        page.get_by_text("Change step 2").first.click()
        page.locator("#due-2").fill("2022-12-31")
        page.get_by_role("button", name="Change step 2").click()
        says(page, "Written.")
        expect(page.get_by_text("version 1 says Mon Oct 31, 2022")).to_be_visible()
    assert len(cap.rows(select(Notice).where(Notice.rung == "step-missed"))) == 1


def test_nothing_on_the_pages_of_plans_is_in_anybodys_way(cap: World, browser: Browser) -> None:
    in_force, drafted = open_cap(cap, approved="2022-09-23 15:00"), open_cap(cap)
    paths = ("", f"/{in_force}", f"/{drafted}")
    found = {}
    with a_window(browser, width=DESK) as page:
        sign_in(page, cap, LIAISON)
        for path in paths:
            page.goto(f"{cap.address}/contracts/{CT}/plans{path}")
            found[path] = barriers(page)
    assert found == {path: [] for path in paths}


def test_on_paper_a_plan_shows_its_drawing_its_versions_and_no_form(cap: World, browser: Browser) -> None:
    uid = open_cap(cap, approved="2022-09-23 15:00")
    with a_window(browser, width=DESK) as page:
        sign_in(page, cap, LIAISON)
        page.goto(f"{cap.address}/contracts/{CT}/plans/{uid}")
        page.emulate_media(media="print")
        expect(page.locator("svg.plan-drawing")).to_be_visible()
        expect(page.locator("#versions").get_by_text("Enter the missing visits")).to_be_visible()
        expect(page.get_by_role("button", name="Record as missed")).to_be_hidden()
