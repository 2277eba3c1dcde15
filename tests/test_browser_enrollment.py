"""Is a month entered in a real browser, at a desk and on a phone, and does the chart show it where it belongs?"""

from __future__ import annotations

import browser as browsers
import pytest
import visits
from barriers import barriers
from browser import DESK, PHONE, a_window, sign_in
from playwright.sync_api import Browser, expect
from test_pages_enrollment import PAGE, enter
from visits import LIAISON, MANAGER, WA, World

filled, make_world, world, browser = visits.filled, visits.make_world, visits.world, browsers.browser

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("width", [DESK, PHONE])
@pytest.mark.parametrize("with_scripts", [True, False])
def test_a_manager_enters_a_low_month_and_opens_the_part_that_it_asks_for(
    world: World, browser: Browser, width: int, with_scripts: bool
) -> None:
    enter(world, "2022-07", (49, 47), (48, 47), (46, 47))
    with a_window(browser, width=width, java_script_enabled=with_scripts) as page:
        sign_in(page, world, MANAGER)
        page.goto(f"{world.address}/contracts/{WA}")
        page.get_by_role("link", name="Enrollment", exact=True).click()
        expect(page.get_by_label("Month", exact=True)).to_have_value("2022-10")
        page.get_by_label("Served, i502").fill("45")
        page.get_by_label("Active on the last day, i502").fill("44")
        page.get_by_label("Served, general state").fill("0")
        page.get_by_label("Active on the last day, general state").fill("0")
        page.get_by_role("button", name="Enter the figures").click()
        expect(page.get_by_role("status")).to_contain_text("Recorded")
        row = page.get_by_role("row").filter(has_text="October 2022")
        expect(row).to_contain_text("Below 44.2: asked for")
        row.get_by_role("link", name="Improvement Work in the Enrollment Report").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("Improvement Work")


@pytest.mark.parametrize("width", [DESK, PHONE])
def test_the_chart_stays_within_its_page_and_its_points_stand_in_order(
    world: World, browser: Browser, width: int
) -> None:
    enter(world, "2022-07", (49, 47), (44, 43), (46, 45), (46, 45))
    with a_window(browser, width=width) as page:
        sign_in(page, world, LIAISON)
        for path in (PAGE, f"/contracts/{WA}"):
            page.goto(world.address + path)
            assert width == PHONE or barriers(page) == []
            chart = page.get_by_role("img", name="Families per month in FY23")
            expect(chart).to_be_visible()
            served = [chart.locator(".is-served circle").nth(at).bounding_box() for at in range(4)]
            across = [box["x"] for box in served if box]
            down = [box["y"] for box in served if box]
            assert across == sorted(across) and len(across) == 4
            assert down[0] < down[2] < down[1], "49 stands above 46, and 46 above 44"
            limits = [chart.locator(".chart-level").nth(at).bounding_box() for at in range(3)]
            capacity, ninety, eighty_five = [box["y"] for box in limits if box]
            middle = [box["y"] + box["height"] / 2 for box in served if box]
            assert capacity < middle[0] < ninety < middle[2] < eighty_five < middle[1]
            names = [each.bounding_box() for each in chart.locator(".chart-name").all()]
            assert all(box and box["x"] + box["width"] <= width for box in names)
