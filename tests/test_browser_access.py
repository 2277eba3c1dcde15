"""Can everybody read every page: on a phone, in the dark, without seeing colours, with a screen reader, on paper?"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import visits
from browser import DESK, PHONE, a_browser, a_window, faint, overflow, sign_in, unnamed
from playwright.sync_api import Browser, Page
from test_pages_permissions import RULES, concrete
from visits import LIAISON, MANAGER, WA, World

filled, make_world, world = visits.filled, visits.make_world, visits.world

pytestmark = pytest.mark.browser

NOT_PAGES = (
    "/healthz",
    "/readyz",
    "/static/",
    "/evidence/",
    "/html",
    ".zip",
    ".json",
    ".pdf",
    ".{ending}",
    "/verify/key",
    "/verify/{",
    "/part-files",
    "/{mail_uid}/mail",
    "/mails/{",
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for the tests of this file."""
    with a_browser() as browser:
        yield browser


def test_what_is_faint_or_has_no_name_is_found(browser: Browser) -> None:
    with a_window(browser, width=DESK) as page:
        page.set_content("<main><h1>Due</h1><h3>Late</h3><p style='color: #888'>pale</p><input><a href='/'></a></main>")
        assert faint(page) == ["pale: 3.54"]
        assert [what.partition(" ")[0] for what in unnamed(page)] == ["<input>", "<a", "no", "a"]
        page.set_content("<div style='width: 2000px'>wide</div>")
        assert overflow(page) == 2000 + 8 - DESK


def every_page(world: World) -> list[str]:
    shown = [rule for rule, says in RULES.items() if rule.startswith("GET ") and says.liaison == 200]
    rules = [rule for rule in shown if not any(part in rule for part in NOT_PAGES)]
    return [concrete(world, rule, contract_id=WA)[1] for rule in rules] + [f"/contracts/{WA}?year=2022"]


def visit_all(page: Page, world: World) -> Iterator[str]:
    """Open every page as a liaison, and after it the pages that only a manager gets, with all that is folded opened."""
    for email in (LIAISON, MANAGER):
        sign_in(page, world, email)
        for path in every_page(world):
            if email == MANAGER and not path.startswith(("/deliverables", "/subscribe")) and path != "/":
                continue
            page.goto(world.address + path)
            page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
            yield f"{path} of {email}"
        page.get_by_role("button", name="Sign out").click()


@pytest.mark.parametrize(("width", "dark"), [(DESK, False), (DESK, True), (PHONE, False)])
def test_every_page_fits_its_window_has_names_for_everything_and_enough_contrast(
    world: World, browser: Browser, width: int, dark: bool
) -> None:
    with a_window(browser, width=width, dark=dark) as page:
        found = {where: (overflow(page) > 0, unnamed(page), faint(page)) for where in visit_all(page, world)}
    assert len(found) >= 15
    assert {where: what for where, what in found.items() if what != (False, [], [])} == {}


def test_a_grid_on_a_phone_is_still_a_table_for_a_screen_reader(world: World, browser: Browser) -> None:
    with a_window(browser, width=PHONE) as page:
        sign_in(page, world, LIAISON)
        page.goto(f"{world.address}/contracts/{WA}")
        table = page.get_by_role("table", name="Due dates in FY23, by report and month")
        row = table.get_by_role("row").filter(has=page.get_by_role("rowheader", name="Monthly Enrollment Report"))
        assert row.get_by_role("cell").count() >= 12
        assert row.get_by_role("link").first.get_attribute("aria-label")


def test_on_paper_the_forms_are_gone_and_what_was_folded_is_there(world: World, browser: Browser) -> None:
    with a_window(browser, width=DESK) as page:
        sign_in(page, world, MANAGER)
        page.goto(world.address + "/")
        page.emulate_media(media="print")
        assert not page.get_by_role("link", name="Mark as submitted").first.is_visible()
        assert not page.get_by_role("navigation", name="Pages").is_visible()
        assert page.locator("details .task").last.is_visible()
