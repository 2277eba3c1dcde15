"""Does a liaison clear the overdue board in a browser, by mouse and by keyboard alone, at a desk and on a phone?"""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import browser as browsers
import pytest
import visits
from hands import FORMS, Form, somebody
from person import Person
from playwright.sync_api import Browser
from sqlmodel import Session, select
from visits import LIAISON, MANAGER, NOW, WA, World

from duecourse.calendar.lifecycle import Act, Party
from duecourse.calendar.standing import Standing
from duecourse.models import Deliverable, LifecycleEntry, Notice
from duecourse.models.database import connect, writing
from duecourse.tracking.acting import By
from duecourse.tracking.boards import items
from duecourse.tracking.deciding import decide
from duecourse.tracking.submitting import Sent, submit

as_ever, make_world, world, browser = visits.filled, visits.make_world, visits.world, browsers.browser

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def filled(as_ever: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The world on a morning on which four reports wait for a decision, and two are overdue."""
    folder = tmp_path_factory.mktemp("morning") / "data"
    shutil.copytree(as_ever, folder)
    engine = connect(f"sqlite:///{folder / 'duecourse.db'}")
    with writing(engine) as session:
        overdue = overdue_in(session)
        for row in overdue[:-2]:
            sent = Sent(NOW - timedelta(hours=2), "Ana Ruiz", "PSRS")
            submit(session, row.uid, sent, form_key=row.uid, now=NOW - timedelta(hours=1), by=By(MANAGER))
        for row in overdue[:-5]:
            decide(session, row.uid, Act.ACCEPT, by=By(LIAISON, Party.FUNDER), now=NOW - timedelta(minutes=30))
    engine.dispose()
    return folder


def overdue_in(session: Session) -> list[Deliverable]:
    found = items(session, now=NOW, contract_ids=[WA])
    return [item.deliverable for item in found if item.standing is Standing.OVERDUE]


@pytest.mark.parametrize("form", FORMS)
def test_a_liaison_clears_the_board(world: World, browser: Browser, form: Form) -> None:
    late, needless = world.find(WA, Standing.OVERDUE), world.find(WA, Standing.OVERDUE, last=True)
    returned = world.find(WA, Standing.SUBMITTED_LATE)
    with somebody(browser, form, world.address) as lee, somebody(browser, form, world.address) as ana:
        lee.sign_in(world.link_for(LIAISON))
        lee.see("2 reports are overdue")
        # What waits: one goes back with a word, the others are accepted at once, by a slip undone, and accepted again.
        lee.follow(f"Review {returned.title}, {returned.label}")
        lee.fill("Comment", "Please add the totals.")
        lee.press("Return for correction")
        lee.told("Returned with your comment")
        lee.follow("Back to my work")
        lee.follow("Accept several at once")
        accept_three(lee)
        lee.press("Undo")
        lee.told("They wait for a decision again")
        lee.follow("Accept more")
        accept_three(lee)

        # What is overdue: whoever owes it is reminded; what is not needed leaves the board.
        lee.follow("Overdue")
        lee.see("2 reports overdue.")
        lee.follow("Remind several at once")
        lee.tick(f"{late.title} {late.label}")
        lee.press("See who would be told")
        lee.see("Send 1 reminder?")
        lee.see("Goes to Ana Ruiz.")
        lee.press("Send 1 reminder")
        lee.told("The mails go out now")
        lee.follow("Back to the board")
        lee.follow(needless.title, within=lee.row(needless.title, needless.label))
        waive(lee)
        lee.press("Undo")
        lee.told("It is asked for again")
        waive(lee)

        # The other side reads why its report came back, and sends in what was overdue.
        ana.sign_in(world.link_for(MANAGER))
        ana.follow(f"Correct and resubmit {returned.title}, {returned.label}")
        ana.see("Please add the totals.", within=ana.page.get_by_role("blockquote"))
        ana.follow("Due")
        ana.follow(f"Mark as submitted {late.title}, {late.label}")
        ana.press("Mark as submitted")
        ana.told("Recorded. The receipt is below")

        lee.follow("Overdue")
        lee.see("Nothing is overdue")
    (reminder,) = world.rows(select(Notice).where(Notice.rung == "by-hand"))
    assert reminder.deliverable_id == late.id
    last = [entry.act for entry in world.rows(select(LifecycleEntry).order_by("id"))][-14:]
    accepted = ["accept"] * 3
    slips = [*accepted, *["undo the acceptance"] * 3, *accepted, "waive", "ask for it again", "waive"]
    assert last == ["return", *slips, "submit"]


def accept_three(lee: Person) -> None:
    lee.follow("Choose all on this page")
    lee.press("Look at the choice")
    lee.see("Accept 3 reports?")
    lee.press("Accept 3 reports")
    lee.told("3 reports recorded as accepted")


def waive(lee: Person) -> None:
    lee.unfold("Not needed this time")
    lee.fill("Reason", "The program did not run that month.")
    lee.press("Waive")
    lee.told("Waived")
