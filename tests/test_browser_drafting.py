"""Does a liaison come from an exhibit to a contract with its year in a real browser, by mouse and by keyboard alone?"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import browser as browsers
import exhibits
import httpx
import pytest
import visits
from browser import DESK, a_window, sign_in
from hands import FORMS, Form, somebody
from icalendar import Calendar
from parts import free_port
from playwright.sync_api import Browser, expect
from sqlmodel import select
from visits import LIAISON, NOW, World

from duecourse.models import Deliverable, Role

filled, make_world, world, browser = visits.filled, visits.make_world, visits.world, browsers.browser

pytestmark = pytest.mark.browser

NEW = "wa-new"


@pytest.fixture
def reached(make_world: Callable[..., World]) -> World:
    """A server that is reached at the address that its calendar links carry."""
    port = free_port()
    return make_world(base_url=f"http://localhost:{port}", served_at=port)


def exhibit() -> exhibits.Year:
    """Return a year of two reports, one date of which is misprinted."""
    monthly = [date(2022, month, 20) for month in range(8, 13)] + [date(2023, month, 20) for month in range(1, 8)]
    monthly[5] = date(2023, 1, 23)
    quarterly = [date(2022, 10, 30), date(2023, 1, 30), date(2023, 4, 30), date(2023, 7, 30)]
    heading = "State Fiscal Year 2023 (July 1, 2022 - June 30, 2023)"
    (first,) = exhibits.of_dates("Monthly Enrollment Report", monthly, heading)
    lines = (exhibits.Line(f"2.{n:02d}", "Progress Report", "", on) for n, on in enumerate(quarterly, start=1))
    return exhibits.Year(heading, (*first.lines, *lines))


@pytest.mark.parametrize("form", FORMS)
def test_a_liaison_goes_from_an_exhibit_to_a_contract_in_a_calendar_in_under_ten_minutes(
    reached: World, browser: Browser, tmp_path: Path, form: Form
) -> None:
    at_desk = form.width == DESK
    path = tmp_path / "exhibit.pdf"
    path.write_bytes(exhibits.as_pdf([exhibit()]))
    may_copy = {"permissions": ["clipboard-read", "clipboard-write"]}
    with somebody(browser, form, reached.settings.address, **may_copy) as lee:
        lee.sign_in(reached.link_for(LIAISON))
        lee.follow("Contracts")
        lee.follow("Add a contract")
        if at_desk:
            lee.upload("A file", path)
        else:
            lee.paste("Or paste the table", exhibits.as_text([exhibit()]).decode())
        lee.fill("Contract number", "23-0001")
        lee.fill("Name what people call it", "Home Visiting")
        lee.fill("Funder", "DCYF")
        lee.fill("Contractor", "Skagit County")
        lee.choose("Whose offices", "Washington")
        lee.choose("Time zone", "Pacific")
        lee.press("Draft the definition")
        lee.see("1 thing is to be filled in or mended")
        # The dates are drawn even so. The flaw leads to its line, and what is typed there is checked at once.
        lee.see("Mon Jan 23, 2023", within=lee.row("Monthly Enrollment Report", "1.06"))
        lee.press_here("Line 8", role="link")
        lee.type(f"  id: {NEW}")
        lee.see("The file is right as a file. 1 date disagrees with the exhibit")
        lee.see("Fri Jan 20, 2023", within=lee.row("Monthly Enrollment Report", "1.06"))
        lee.read(len(exhibit().lines))
        lee.press("Show what would be made")
        lee.see("16 deliverables would be made for Skagit County")
        lee.press_here("Add this contract", times=2)
        lee.told("you are its liaison")
        lee.see("FY23: July 2022 to June 2023")
        lee.follow("In a calendar")
        lee.press("Make a calendar link")
        lee.press_here("Copy")
        expect(lee.page.get_by_role("button", name="Copied")).to_be_visible()
        copied = lee.page.evaluate("navigator.clipboard.readText()")
    fetched = httpx.get(copied)
    assert lee.seconds < 10 * 60, f"{lee.seconds:.0f} seconds: {lee.acts}"
    assert len(lee.acts) <= 30
    made = reached.rows(select(Deliverable).where(Deliverable.contract_id == NEW))
    assert fetched.headers["content-type"].startswith("text/calendar")
    events = {
        str(event["UID"]): event.decoded("DTSTART") for event in Calendar.from_ical(fetched.content).walk("VEVENT")
    }
    ahead = {(row.uid, row.due_on) for row in made if row.due_on >= NOW.date()}
    assert ahead <= {(row.uid, start) for row in made for uid, start in events.items() if row.uid in uid}
    assert len(ahead) == 11
    assert len(made) == 16
    assert [role.name for role in reached.rows(select(Role).where(Role.contract_id == NEW))] == ["program liaison"]


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
