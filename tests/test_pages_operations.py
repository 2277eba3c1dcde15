"""Does the operations page say what the jobs did, and does it change when something goes wrong?"""

from __future__ import annotations

import html
import re
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import visits
from barriers import barriers
from browser import DESK, a_browser, a_window, sign_in
from playwright.sync_api import Browser, expect
from sqlmodel import select
from unplanned import context_on
from visits import LIAISON, NOW, World

from duecourse.clock import Clock
from duecourse.engine.embedded import EmbeddedClock
from duecourse.engine.jobs import JOBS, Job
from duecourse.engine.schedules import EveryMinutes
from duecourse.models import AuditEntry, JobSlot, Notice, NoticeState
from duecourse.models.database import connect, reading, writing

filled, make_world, world = visits.filled, visits.make_world, visits.world

SLOT = NOW - timedelta(hours=1)
PREFECT = "http://prefect.agency.gov:4200"
RUN = "0196a2b4-1d8e-7a60-9f5b-0b6d1c2e3f40"


def add_slot(world: World, job: str, state: str = "done", *, slot: datetime = SLOT, **values: object) -> None:
    """Enter a slot of a job in the ledger."""
    entry = {
        "owner": "web-1 process 71 0a1b2c3d",
        "engine": "embedded",
        "claimed_at": slot,
        "lease_until": slot + timedelta(minutes=15),
        "finished_at": None if state == "claimed" else slot + timedelta(seconds=2),
        "summary": "" if state == "claimed" else "nothing to change",
        **values,
    }
    with writing(world.engine) as session:
        session.add(JobSlot(job=job, slot=slot, state=state, **entry))


def do_all(world: World) -> None:
    for job in JOBS:
        add_slot(world, job.name)


def rows(world: World) -> dict[str, str]:
    """Return the text of each row of the page's table, by the job's name."""
    page = world.visitor(LIAISON).get("/operations").text
    body = page[page.index("<tbody") : page.index("</tbody>")]
    texts = [
        " ".join(html.unescape(re.sub("<[^>]+>", " ", row)).split())
        for row in re.findall(r"<tr.*?</tr>", body, re.DOTALL)
    ]
    return {re.search(r"Job ([a-z-]+(?: \d+/\d+)?)\.", text)[1]: text for text in texts}  # type: ignore[index]


def words(world: World) -> str:
    page = world.visitor(LIAISON).get("/operations").text
    main = re.sub("<[^>]+>", " ", page[page.index("<main") : page.index("</main>")])
    return " ".join(html.unescape(main).split())


def test_every_job_has_a_row_also_before_it_has_run(world: World) -> None:
    found = rows(world)
    assert list(found) == [job.name for job in JOBS]
    assert all("Not yet" in row for row in found.values())
    assert "some jobs are under way, or their turn has not come yet" in words(world)


def test_a_row_says_when_what_came_of_it_who_did_it_and_what_woke_it(world: World) -> None:
    do_all(world)
    add_slot(world, "invoices", slot=NOW - timedelta(minutes=1), summary="added 12 deliverables", attempts=2)
    row = rows(world)["invoices"]
    assert "Every day at 4:10 AM Pacific." in row
    for part in (
        "Done",
        "Added 12 deliverables",
        "By web-1 process 71 0a1b2c3d.",
        "the clock inside this server",
        "Try 2.",
    ):
        assert part in row
    assert "Nothing to change" not in row
    assert "Everything that was due is done" in words(world)


def test_what_only_engineers_ask_for_is_folded_away(world: World) -> None:
    do_all(world)
    page = world.visitor(LIAISON).get("/operations").text
    open_to_all = re.sub(r"(?s)<details.*?</details>", "", page[page.index("<main") :])
    assert "Plans the invoices." in open_to_all and "Nothing to change" in open_to_all
    for word in ("process", "embedded", "slot", "woken", "shard", "monthly-enrollment"):
        assert word not in open_to_all, word


@pytest.mark.parametrize(("state", "word"), [("failed", "Failed"), ("claimed", "Under way")])
def test_what_is_not_done_is_never_said_to_be_done(world: World, state: str, word: str) -> None:
    do_all(world)
    add_slot(world, "invoices", state, slot=NOW - timedelta(minutes=1), summary="failed: locked")
    assert word in rows(world)["invoices"]
    assert "Everything that was due is done" not in words(world)


def test_a_job_that_failed_makes_the_server_not_ready_and_why_is_for_liaisons_alone(world: World) -> None:
    do_all(world)
    assert world.visitor().get("/readyz").status_code == 200
    add_slot(world, "invoices", "failed", slot=NOW - timedelta(minutes=1), summary="failed: secret words")
    answer = world.visitor().get("/readyz")
    assert (answer.status_code, answer.json()["problems"]) == (503, ["The job invoices failed at its last try."])
    assert "secret words" not in answer.text
    assert "The job invoices failed at its last try." in words(world)
    assert "Failed: secret words" in rows(world)["invoices"]
    add_slot(world, "invoices", slot=NOW)
    assert world.visitor().get("/readyz").status_code == 200


def test_each_shard_has_a_row_and_one_that_fails_is_named(make_world: Callable[..., World]) -> None:
    world = make_world(shards=2)
    add_slot(world, "invoices 1/2")
    add_slot(world, "invoices 2/2", "failed", summary="failed: locked")
    found = rows(world)
    assert "Done" in found["invoices 1/2"] and "Failed" in found["invoices 2/2"] and "invoices" not in found
    assert world.visitor().get("/readyz").json()["problems"] == ["The job invoices 2/2 failed at its last try."]


def test_a_division_that_was_given_up_disappears_and_alarms_nobody(world: World) -> None:
    do_all(world)
    add_slot(world, "invoices 2/2", "failed", slot=SLOT - timedelta(days=3))
    assert "invoices 2/2" not in rows(world)
    assert world.visitor().get("/readyz").status_code == 200


def test_a_run_links_to_its_logs_at_prefect(make_world: Callable[..., World]) -> None:
    world = make_world(prefect_api_url=f"{PREFECT}/api")
    add_slot(world, "invoices", engine="prefect", flow_run=RUN)
    add_slot(world, "meetings")
    page = world.visitor(LIAISON).get("/operations").text
    assert re.findall(r'href="([^"]+)">Logs of this run', page) == [f"{PREFECT}/runs/flow-run/{RUN}"]
    assert f"Workers of the Prefect server at {PREFECT} do the jobs" in words(world)


def test_without_prefect_there_is_no_link_and_the_page_says_so(make_world: Callable[..., World]) -> None:
    world = make_world(prefect=False)
    add_slot(world, "invoices", flow_run=RUN)
    assert "Logs of this run" not in world.visitor(LIAISON).get("/operations").text
    assert "Prefect is switched off" in words(world)


def test_the_outbox_is_counted(world: World) -> None:
    assert "No mail waits. 1 mail could not be sent" in words(world)
    with writing(world.engine) as session:
        failed = session.exec(select(Notice).where(Notice.state == NoticeState.FAILED)).one()
        failed.state, failed.queued_at = NoticeState.QUEUED, NOW - timedelta(hours=2)
    assert "1 mail waiting, the oldest since" in words(world) and "None was refused" in words(world)


class Embedded:
    """A clock that wakes jobs, with what keeps it from them."""

    def __init__(self, trouble: str = "", *, doubts: bool = False) -> None:
        self.last_tick_at, self.trouble, self.doubts_the_time = NOW, trouble, doubts

    def start(self) -> None:
        pass

    def stop(self) -> None:
        pass

    def wake(self) -> None:
        pass

    def trust_the_time(self) -> None:
        self.trouble, self.doubts_the_time = "", False


def test_a_clock_that_was_set_is_confirmed_by_a_liaison_and_that_is_recorded(make_world: Callable[..., World]) -> None:
    world = make_world(embedded=Embedded("This machine's clock was set forward by 1 day.", doubts=True))
    liaison = world.visitor(LIAISON)
    assert "clock was set forward by 1 day" in words(world) and "This is the right time" in words(world)
    assert liaison.post("/operations/clock").status_code == 303
    assert "clock was set" not in words(world) and "This is the right time" not in words(world)
    assert liaison.post("/operations/clock").status_code == 409
    with reading(world.engine) as session:
        said = session.exec(select(AuditEntry).where(AuditEntry.action == "said that the server's clock is right"))
        assert [entry.actor for entry in said] == [LIAISON]


@pytest.fixture
def failing_world(filled: Path, tmp_path: Path) -> Iterator[tuple[World, list[str]]]:
    """The pages beside a real embedded clock, whose one job fails for as long as the list says why."""
    (tmp_path / "duecourse.db").write_bytes((filled / "duecourse.db").read_bytes())
    engine, faults = connect(f"sqlite:///{tmp_path / 'duecourse.db'}"), list[str]()

    def verb(*_: object) -> str:
        if faults:
            raise RuntimeError(faults[0])
        return "done"

    context = context_on(engine, mails=tmp_path / "mails", showing=NOW)
    job = Job("reminders", "Fails when it is told to.", EveryMinutes(5), verb)
    embedded = EmbeddedClock(context, interval=timedelta(seconds=1), jobs=[job])
    settings = visits.load_settings(data=tmp_path, demo=True, base_url=visits.ADDRESS)
    with ExitStack() as stack:
        stack.callback(engine.dispose)
        world = visits.world_on(engine, settings, stack, clock=Clock.showing(NOW), embedded=embedded)
        yield world, faults


def wait_until(came: Callable[[], object], *, seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while not came():
        assert time.monotonic() < until, f"it did not come within {seconds} seconds"
        time.sleep(0.1)


def test_a_scan_that_fails_shows_on_readyz_and_on_the_page_within_a_minute_and_so_does_its_end(
    failing_world: tuple[World, list[str]],
) -> None:
    world, _ = failing_world
    visit = world.visitor()
    wait_until(lambda: visit.get("/readyz").status_code == 200)
    with world.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE event RENAME COLUMN announced_at TO gone")
    wait_until(lambda: visit.get("/readyz").status_code == 503)
    assert "The scan for what is due failed at" in visit.get("/readyz").json()["problems"][0]
    assert "The scan for what is due failed at" in words(world)
    with world.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE event RENAME COLUMN gone TO announced_at")
    wait_until(lambda: visit.get("/readyz").status_code == 200)


def test_a_job_that_fails_shows_on_readyz_within_a_minute_and_so_does_its_end(
    failing_world: tuple[World, list[str]],
) -> None:
    world, faults = failing_world
    faults.append("the disk is full")
    with writing(world.engine) as session:
        for entry in session.exec(select(JobSlot)):
            session.delete(entry)
    visit = world.visitor()
    wait_until(lambda: visit.get("/readyz").json()["problems"] == ["The job reminders failed at its last try."])
    assert "Failed: the disk is full" in rows(world)["reminders"]
    faults.clear()
    wait_until(lambda: visit.get("/readyz").status_code == 200)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for the tests of this file."""
    with a_browser() as browser:
        yield browser


@pytest.mark.browser
def test_nothing_on_the_page_is_in_anybodys_way(make_world: Callable[..., World], browser: Browser) -> None:
    world = make_world(embedded=Embedded("This machine's clock was set back by 1 hour.", doubts=True), shards=2)
    do_all(world)
    add_slot(world, "invoices", "failed", slot=NOW, summary="failed: " + "a-long-word-without-an-end" * 9)
    add_slot(world, "meetings 1/2", "claimed", slot=NOW)
    with a_window(browser, width=DESK) as page:
        sign_in(page, world, LIAISON)
        page.goto(f"{world.address}/operations")
        assert barriers(page) == []
        expect(page.get_by_role("row").filter(has_text="invoices")).to_contain_text("Failed")
        page.get_by_role("button", name="This is the right time").click()
        expect(page.get_by_role("button", name="This is the right time")).to_have_count(0)
