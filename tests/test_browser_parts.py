"""Does a part go from a subcontractor to its lead in a real browser, at a desk and on a phone?"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import browser as browsers
import pytest
import visits
from barriers import barriers
from browser import DESK, PHONE, a_window, sign_in
from packets import LEAD, RATE_CARD, RIVERBEND, act
from playwright.sync_api import Browser, expect
from test_subcontractor_pages import LATE, rate_card, with_subcontractors
from visits import World

from duecourse.calendar.part_lifecycle import PartAct
from duecourse.clock import Clock

filled, make_world, browser = visits.filled, visits.make_world, browsers.browser

pytestmark = pytest.mark.browser


@pytest.fixture
def late(make_world: Callable[..., World]) -> World:
    """The lead and its two subcontractors on the day after the internal date of the rate card reports."""
    return with_subcontractors(make_world(clock=Clock.showing(LATE)))


@pytest.mark.parametrize("width", [DESK, PHONE])
@pytest.mark.parametrize("with_scripts", [True, False])
def test_a_late_part_is_handed_in_sent_back_corrected_and_accepted(
    late: World, browser: Browser, tmp_path: Path, width: int, with_scripts: bool
) -> None:
    pdf = tmp_path / "rate card.pdf"
    pdf.write_bytes(b"%PDF-1.4\noutcomes: 7\n%%EOF\n")
    report = f"{late.address}/deliverables/{rate_card(late).uid}"
    with (
        a_window(browser, width=width, java_script_enabled=with_scripts) as sub,
        a_window(browser, width=width, java_script_enabled=with_scripts) as lead,
    ):
        sign_in(sub, late, RIVERBEND)
        sign_in(lead, late, LEAD)
        lead.goto(report)
        expect(lead.locator("#risk")).to_contain_text("Riverbend Family Center is 1 day late with its Rate Card")

        # Whoever works for a subcontractor alone comes from the first page to the own one.
        sub.goto(late.address)
        expect(sub).to_have_url(f"{late.address}/parts")
        sub.get_by_role("link", name="Hand in Rate Card Report and Billing").first.click()
        card = sub.get_by_role("region", name=RATE_CARD, exact=False).first
        card.get_by_label("The file").set_input_files(pdf)
        card.get_by_role("button", name="Hand in").click()
        expect(sub.get_by_role("status")).to_contain_text("Recorded as received")

        lead.goto(report)
        lead.get_by_role("link", name="Send back Rate Card of Riverbend").click()
        lead.get_by_label("Comment").fill("Page 2 is missing.")
        lead.get_by_role("button", name="Send back").click()
        expect(lead.get_by_role("status")).to_contain_text("Sent back")

        sub.reload()
        expect(sub.get_by_text("Page 2 is missing.").first).to_be_visible()
        card.get_by_label("The file").set_input_files(pdf)
        card.get_by_role("button", name="Hand in").click()
        expect(card.get_by_role("heading")).to_contain_text("Received")

        lead.goto(report)
        lead.get_by_role("button", name="Accept Rate Card of Riverbend").click()
        expect(lead.get_by_role("status")).to_contain_text("The part is below")
        risk = lead.locator("#risk")
        expect(risk).to_contain_text("Riverbend Family Center is 1 day late with its Rate Card Billing")
        expect(risk).not_to_contain_text("Riverbend Family Center is 1 day late with its Rate Card,")


def test_nothing_on_the_pages_of_parts_is_in_anybodys_way(late: World, browser: Browser) -> None:
    row = rate_card(late)
    act(late.engine, row, PartAct.HAND_IN, now=LATE, note="The second half follows.")
    act(late.engine, row, PartAct.HAND_IN, now=LATE, program="northside")
    act(late.engine, row, PartAct.SEND_BACK, now=LATE, program="northside", note="Page 2 is missing.")
    act(late.engine, row, PartAct.HAND_IN, now=LATE, program="abc")
    part = f"/parts/{row.uid}/riverbend"
    for email, paths in ((RIVERBEND, ("/parts", part)), (LEAD, ("/", "/parts", f"/deliverables/{row.uid}", part))):
        with a_window(browser, width=DESK) as page:
            sign_in(page, late, email)
            for path in paths:
                page.goto(late.address + path)
                assert (path, barriers(page)) == (path, [])
