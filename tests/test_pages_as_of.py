"""What do the pages show on another day, and how are they grouped?"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
import visits
from sqlmodel import select
from visits import LIAISON, MANAGER, NOW, STRANGER, WA, World, submission_form

from duecourse.calendar.standing import Standing
from duecourse.clock import Clock
from duecourse.models import Submission
from duecourse.models.database import reading, writing
from duecourse.tracking.boards import Item, items
from duecourse.tracking.preferring import Wanted, prefer
from duecourse.tracking.staff.people import person_by_email

filled, make_world, world = visits.filled, visits.make_world, visits.world

LATE = (date(2022, 11, 30) - date(2022, 2, 22)).days + 1
TODAY = datetime(2026, 11, 22, 17, tzinfo=UTC)


@pytest.fixture
def today(make_world: Callable[..., World]) -> World:
    """The pages long after the county's contract has ended."""
    return make_world(clock=Clock.showing(TODAY))


def test_on_november_30_2022_the_county_has_reports_overdue(today: World) -> None:
    visit = today.visitor(LIAISON)
    assert "Ended contracts" in visit.get("/overdue").text
    shown = visit.post("/showing", {"day": "2022-11-30", "back": "/overdue"})
    assert shown.headers["location"] == "/overdue"
    board = visit.get("/overdue").text
    assert "You are looking at Wed Nov 30, 2022, 12:00 PM Eastern." in board
    assert "Ended contracts" not in board
    # The reports of FY22 are late: the contract asked for them from its start.
    assert re.search(r"Monthly Enrollment Report</a><span class=\"label\">January 2022", board)
    # The 20th was a Sunday, and the 21st Presidents' Day.
    assert "before 8:00 AM Pacific on Tue Feb 22, 2022" in board
    assert f'<strong class="late">{LATE} days</strong>' in board
    # Those of FY23 that fell due before Amendment 2 was signed on November 23 cannot be late.
    assert not re.search(r"Monthly Enrollment Report</a><span class=\"label\">October 2022", board)
    visit.post("/showing", {"day": "", "back": "/"})
    assert "You are looking at" not in visit.get("/overdue").text


def test_what_is_submitted_on_a_day_that_is_shown_is_submitted_on_that_day(today: World) -> None:
    visit = today.visitor(MANAGER)
    visit.post("/showing", {"day": "2022-11-30", "back": "/"})
    report = world_item(today, NOW, Standing.OVERDUE)
    address = f"/deliverables/{report.deliverable.uid}"
    assert 'value="2022-11-30"' in visit.get(address).text and 'value="09:00"' in visit.get(address).text
    later = visit.post(f"{address}/submit", submission_form(submitted_on="2022-12-01"))
    assert later.status_code == 422 and "in the future" in later.text
    assert visit.post(f"{address}/submit", submission_form()).status_code == 303
    made = today.rows(select(Submission).where(Submission.reference == "PSRS-4711"))[0]
    assert made.recorded_at == datetime(2022, 11, 30, 17, tzinfo=UTC)
    assert "PSRS-4711" in visit.get(address).text
    visit.post("/showing", {"day": "2022-11-28", "back": "/"})
    assert "PSRS-4711" not in visit.get(address).text


def world_item(world: World, now: datetime, standing: Standing) -> Item:
    with reading(world.engine) as session:
        return [item for item in items(session, now=now, contract_ids=[WA]) if item.standing is standing][-1]


def test_only_a_demonstration_shows_other_days(make_world: Callable[..., World]) -> None:
    world = make_world(
        demo=False, second_factor=False, mail_from="deadlines@dcyf.example", smtp_host="localhost", clock=Clock()
    )
    visit = world.visitor(LIAISON)
    assert "Show another day" not in visit.get("/").text
    assert visit.post("/showing", {"day": "2022-11-30", "back": "/"}).status_code == 404
    assert visit.get("/mailbox").status_code == 404
    assert "Mailbox" not in visit.get("/").text


def test_a_server_whose_clock_was_set_says_so_to_everybody(world: World) -> None:
    assert "This server’s clock shows Wed Nov 30, 2022" in world.visitor().get("/sign-in").text


def test_outside_a_demonstration_a_person_reads_the_own_mails_only(make_world: Callable[..., World]) -> None:
    world = make_world(demo=False, mail_from="deadlines@dcyf.example")
    folder = world.settings.data / "mails"
    folder.mkdir()
    world = visits.world_on(
        world.engine, world.settings.model_copy(update={"mail_folder": folder}), world.open, clock=world.clock
    )
    for name, to in (("a", MANAGER), ("b", LIAISON)):
        (folder / f"{name}.eml").write_bytes(f"Subject: for {to}\r\nTo: X <{to}>\r\n\r\nsecret link\r\n".encode())
    visit = world.visitor(MANAGER)
    assert f"for {MANAGER}" in visit.get("/mailbox").text and f"for {LIAISON}" not in visit.get("/mailbox").text
    assert (visit.get("/mailbox/a.eml").status_code, visit.get("/mailbox/b.eml").status_code) == (200, 404)
    assert visit.get("/mailbox/b.eml/html").status_code == 404


def test_a_mail_is_shown_in_a_frame_in_which_nothing_runs(world: World) -> None:
    assert world.settings.mails is not None
    world.settings.mails.mkdir()
    html = "<p>Due</p><script>alert(1)</script>"
    mail = f"Subject: <b>x\r\nTo: {MANAGER}\r\nContent-Type: text/html\r\n\r\n{html}\r\n"
    (world.settings.mails / "one.eml").write_bytes(mail.encode())
    visit = world.visitor(LIAISON)
    page = visit.get("/mailbox/one.eml").text
    assert '<iframe class="mail" sandbox src="/mailbox/one.eml/html"' in page and "<b>x" not in page
    alone = visit.get("/mailbox/one.eml/html")
    assert "<p>Due</p>" in alone.text
    assert alone.headers["content-security-policy"].startswith("sandbox; default-src 'none'")


def test_times_that_belong_to_no_contract_and_the_day_are_those_of_the_reader(make_world: Callable[..., World]) -> None:
    # Wednesday evening on the Pacific, and past midnight in the East.
    late = make_world(clock=Clock.showing(datetime(2022, 12, 1, 5, 30, tzinfo=UTC)))
    ana, maria = late.visitor(MANAGER), late.visitor(STRANGER)
    for visit, day, zone in ((ana, "Wed Nov 30, 2022", "Pacific"), (maria, "Thu Dec 1, 2022", "Eastern")):
        assert f'<p class="today">{day}</p>' in visit.get("/").text
        assert re.search(rf"since {day}, \d+:3\d [AP]M {zone}", visit.get("/me").text)
    assert "Wed Nov 30, 2022 <span" in ana.get("/agenda").text
    # What was chosen for mails counts before the contract's.
    with writing(late.engine) as session:
        person = person_by_email(session, MANAGER)
        assert person is not None
        prefer(session, person, Wanted(zone="America/Denver"), now=late.clock.now(), actor="test")
    assert re.search(r"since Wed Nov 30, 2022, 10:3\d PM Mountain", ana.get("/me").text)
