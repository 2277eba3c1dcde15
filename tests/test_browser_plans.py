"""Does a plan go from its notice to its approval in a real browser, by mouse, by keyboard, and on a phone?"""

from __future__ import annotations

import browser as browsers
import pytest
import visits
from barriers import barriers
from browser import DESK, PHONE, a_window, sign_in
from hands import FORMS, WITHOUT_SCRIPTS, Form, somebody
from plan_pages import add_liaison, open_cap
from playwright.sync_api import Browser, Page, expect
from sqlmodel import select
from visits import CT, LIAISON, STRANGER, World

from duecourse.models import ActionPlan, Notice, PlanEntry

filled, make_world, world, browser = visits.filled, visits.make_world, visits.world, browsers.browser

pytestmark = pytest.mark.browser


@pytest.fixture
def cap(world: World) -> World:
    """The world with a liaison in Connecticut."""
    add_liaison(world)
    return world


def says(page: Page, text: str) -> None:
    expect(page.get_by_role("status")).to_contain_text(text)


@pytest.mark.parametrize("form", [*FORMS, WITHOUT_SCRIPTS])
def test_a_plan_goes_from_its_notice_to_its_approval(cap: World, browser: Browser, form: Form) -> None:
    with somebody(browser, form, cap.address) as lee, somebody(browser, form, cap.address) as olu:
        lee.sign_in(cap.link_for(LIAISON))
        lee.go(f"/contracts/{CT}")
        lee.follow("Term, amendments and plans of action")
        lee.follow("All plans of action")
        lee.fill("Notice sent on", "11012022")
        lee.fill("At (Eastern time)", "0900AM")
        lee.fill("What is out of compliance", "Visits of June are not entered.")
        lee.press_here("Open the plan", times=2)
        lee.told("The plan is open")
        # Nov 2 3 4 7 8 9 10 | closed 11 | 14 15 16: the tenth business day.
        lee.see("which was due by the end of Wed Nov 16, 2022 (Eastern) and is overdue")

        # The other side reads the notice and writes what it will do; it cannot approve it.
        olu.sign_in(cap.link_for(STRANGER))
        olu.go(f"/contracts/{CT}")
        olu.follow("Term, amendments and plans of action")
        olu.follow("All plans of action")
        olu.follow("Corrective Action Plan, ")
        olu.see("Visits of June are not entered.")
        olu.follow("What you can do next")
        assert olu.page.url.endswith("#write")
        olu.fill("What is to be done", "Enter the missing visits")
        olu.fill("Who", "program manager")
        olu.fill("By the end of", "12162022")
        olu.press("Add the step")
        olu.told("It holds once this version is approved.")
        expect(olu.page.get_by_role("button", name="Approve")).to_have_count(0)

        lee.page.reload()
        lee.see("Enter the missing visits")
        lee.follow("What you can do next")
        for stage in ("Draft of the plan", "Meeting about the draft"):
            lee.press(f"Record: {stage}")
            lee.told("Recorded.")
        lee.press("Approve version 1")
        lee.told("Approved")
        olu.follow("Plans of action")
        olu.see("Version 1 is in force: its one step is not done")
    assert len(cap.rows(select(ActionPlan))) == 1
    entries = cap.rows(select(PlanEntry).order_by("id"))
    assert [(entry.act, entry.actor) for entry in entries] == [
        ("opened", LIAISON),
        ("wrote a step", STRANGER),
        ("reached a stage", LIAISON),
        ("reached a stage", LIAISON),
        ("approved", LIAISON),
    ]


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
        assert barriers(page) == []
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
