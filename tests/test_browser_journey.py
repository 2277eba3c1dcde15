"""Does a report leave the overdue board in a real browser, by mouse and by keyboard, at a desk and on a phone?"""

from __future__ import annotations

from pathlib import Path

import browser as browsers
import pytest
import visits
from hands import FORMS, WITHOUT_SCRIPTS, Form, somebody
from playwright.sync_api import Browser, expect
from sqlmodel import select
from visits import MANAGER, WA, World

from duecourse.calendar.standing import Standing
from duecourse.models import Deliverable, Submission

filled, make_world, world, browser = visits.filled, visits.make_world, visits.world, browsers.browser

pytestmark = pytest.mark.browser


def submitted(world: World, report: Deliverable) -> list[Submission]:
    return world.rows(select(Submission).where(Submission.deliverable_id == report.id))


@pytest.mark.parametrize("form", [*FORMS, WITHOUT_SCRIPTS])
def test_a_manager_finds_what_is_due_submits_it_with_a_file_and_gets_a_receipt_that_verifies(
    world: World, browser: Browser, tmp_path: Path, form: Form
) -> None:
    report = world.find(WA, Standing.OVERDUE, last=True)
    proof, taken = tmp_path / "enrollment.csv", tmp_path / "receipt.json"
    proof.write_text("month,enrolled\n2022-10,42\n")
    with somebody(browser, form, world.address) as ana:
        ana.sign_in(world.link_for(MANAGER))
        ana.see("What is due from me")
        ana.follow("Overdue")
        ana.search(report.label)
        ana.follow(report.title, within=ana.row(report.label, report.title))
        ana.see("Why this date")
        ana.fill("Sent on", "11292022")
        ana.fill("At (Pacific time)", "0430PM")
        ana.fill("Confirmation number", "PSRS-4711")
        ana.upload("The files you sent", proof)
        ana.press_here("Mark as submitted", times=2)
        ana.told("Recorded. The receipt is below")
        ana.see("Tue Nov 29, 2022, 4:30 PM Pacific", within=ana.region("What came in"))
        assert ana.take("enrollment.csv") == proof.read_bytes()
        ana.follow("Receipt 2")
        assert ana.take("PDF").startswith(b"%PDF-")
        taken.write_bytes(ana.take("Signed JSON"))
        ana.follow("Check a file in the browser")
        ana.upload("The file, receipt.json", taken)
        ana.press("Check it")
        ana.told("This receipt is genuine.")
        ana.follow("Duecourse")
        ana.follow("Overdue")
        expect(ana.row(report.label, report.title)).to_have_count(0)
    assert [row.reference for row in submitted(world, report)] == ["PSRS-4711"]
