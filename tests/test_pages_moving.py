"""Does a date move only as a liaison has seen it, once, and does the page say what was said before?"""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import httpx
import pytest
import visits
from sqlalchemy import update
from sqlmodel import col, select
from visits import LIAISON, MANAGER, NOW, WA, Visit, World

from duecourse.calendar.standing import Standing
from duecourse.clock import Clock
from duecourse.models import AuditEntry, Deliverable, Notice, Ruling
from duecourse.models.database import writing
from duecourse.notifications.change_notices import DATES_CHANGED

filled, make_world, world, either_world = visits.filled, visits.make_world, visits.world, visits.either_world

WISH = {"on": "2023-01-27", "cut_off": "", "source": "the contract manager’s mail of Nov 29"}


def december(world: World) -> Deliverable:
    """Return the Monthly Enrollment Report that is due on December 20, 2022."""
    query = select(Deliverable).where(
        Deliverable.obligation_id == "wa-monthly-enrollment-report", Deliverable.label == "November 2022"
    )
    return next(row for row in world.rows(query) if row.contract_id == WA)


def due_on(world: World, report: Deliverable) -> str:
    return str(world.rows(select(Deliverable.due_on).where(Deliverable.id == report.id))[0])


def sealed(answer: httpx.Response) -> dict[str, str]:
    """Return the fields of the form that confirms what a page shows."""
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', answer.text))
    return {name: fields[name] for name in fields if name != "form_token"}


def move(visit: Visit, report: Deliverable, **fields: str) -> httpx.Response:
    return visit.post(f"/deliverables/{report.uid}/move", WISH | fields)


def test_a_date_is_rehearsed_then_moved_as_it_was_seen_and_people_are_told(world: World) -> None:
    visit, report = world.visitor(LIAISON), december(world)
    shown = move(visit, report)
    assert shown.status_code == 200 and "Nothing has been changed yet." in shown.text
    assert "by the end of Tue Dec 20, 2022 (Pacific)" in shown.text
    assert "by the end of Fri Jan 27, 2023 (Pacific)" in shown.text
    assert due_on(world, report) == "2022-12-20" and world.rows(select(Ruling)) == []
    done = visit.post(f"/deliverables/{report.uid}/move", sealed(shown))
    assert done.headers["location"] == f"/deliverables/{report.uid}?done=moved"
    assert due_on(world, report) == "2023-01-27"
    letters = world.rows(select(Notice).where(Notice.rung == DATES_CHANGED))
    assert {letter.to_address for letter in letters} == {MANAGER, LIAISON}
    page = world.visitor(MANAGER).get(f"/deliverables/{report.uid}").text
    assert "by the end of Fri Jan 27, 2023 (Pacific)" in page
    assert "On Nov 30, 2022 we said: <strong>by the end of Tue Dec 20, 2022 (Pacific)</strong>" in page
    assert f"Changed by {LIAISON}, because: the contract manager’s mail of Nov 29." in page


def test_a_confirmation_that_comes_twice_moves_the_date_and_tells_people_once(world: World) -> None:
    visit, report = world.visitor(LIAISON), december(world)
    fields = sealed(move(visit, report))
    answers = [visit.post(f"/deliverables/{report.uid}/move", fields) for _ in range(2)]
    assert {answer.headers["location"] for answer in answers} == {f"/deliverables/{report.uid}?done=moved"}
    assert len(world.rows(select(Ruling))) == 1
    assert len(world.rows(select(Notice).where(Notice.rung == DATES_CHANGED))) == 2


def test_many_confirmations_at_once_have_one_effect(either_world: World) -> None:
    world = either_world
    visit, report = world.visitor(LIAISON), december(world)
    fields = sealed(move(visit, report)) | {"form_token": visit.form_token()}

    def send(_: int) -> str:
        with httpx.Client(base_url=world.address, cookies=visit.client.cookies, timeout=60, verify=False) as client:
            answer = client.post(f"/deliverables/{report.uid}/move", data=fields, headers=visits.FROM_OUR_PAGE)
            return answer.headers.get("location", str(answer.status_code))

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(send, range(12))) == {f"/deliverables/{report.uid}?done=moved"}
    assert len(world.rows(select(Ruling))) == 1
    assert len(world.rows(select(AuditEntry).where(AuditEntry.action == "moved a date"))) == 1


def test_a_seal_that_no_longer_holds_shows_what_would_change_now(world: World) -> None:
    visit, report = world.visitor(LIAISON), december(world)
    fields = sealed(move(visit, report))
    with writing(world.engine) as session:
        earlier = report.due_at - timedelta(days=1)
        session.execute(update(Deliverable).where(col(Deliverable.id) == report.id).values(due_at=earlier))
    stale = visit.post(f"/deliverables/{report.uid}/move", fields)
    assert stale.status_code == 409 and "Look at the lines again" in stale.text
    assert "by the end of Mon Dec 19, 2022 (Pacific)" in stale.text
    assert world.rows(select(Ruling)) == []
    assert visit.post(f"/deliverables/{report.uid}/move", sealed(stale)).status_code == 303


@pytest.mark.parametrize(
    ("field", "typed", "says"),
    [
        ("on", "2023-02-30", "is not a date"),
        ("cut_off", "8 AM", "is not a time of day"),
        ("source", "  ", "Say which document"),
        ("source", "x" * 201, "more than 200 characters"),
    ],
)
def test_a_wish_that_cannot_be_read_comes_back_as_it_was_typed(world: World, field: str, typed: str, says: str) -> None:
    answer = move(world.visitor(LIAISON), december(world), **{field: typed})
    assert answer.status_code == 422 and says in answer.text
    assert re.search(r'<details class="card folded" id="move" open>', answer.text)
    assert field == "on" or 'value="2023-01-27"' in answer.text


def test_what_is_in_is_not_moved(world: World) -> None:
    answer = move(world.visitor(LIAISON), world.find(WA, Standing.SUBMITTED))
    assert answer.status_code == 409 and "stays as it was decided" in answer.text


def test_a_page_says_until_when_it_is_safe_and_why_something_cannot_be_late(world: World) -> None:
    visit = world.visitor(MANAGER)
    assert "Safe by Mon Dec 19, 2022" in visit.get(f"/deliverables/{december(world).uid}").text
    excused = visit.get(f"/deliverables/{world.find(WA, Standing.EXCUSED).uid}").text
    assert "signed on Wed Nov 23, 2022, after this date. It cannot be late." in excused
    assert 'class="late"' not in excused and "Safe by" not in excused.partition("split")[0]


def test_on_the_day_before_the_change_a_page_shows_what_was_said_then(make_world: Callable[..., World]) -> None:
    world = make_world(clock=Clock.showing(NOW + timedelta(days=9)))
    visit, report = world.visitor(LIAISON), december(world)
    assert visit.post(f"/deliverables/{report.uid}/move", sealed(move(visit, report))).status_code == 303
    assert "From Nov 30, 2022 to Dec 9, 2022 we said" in visit.get(f"/deliverables/{report.uid}").text
    visit.post("/showing", {"day": "2022-11-29", "back": "/"})
    assert "What we said before" not in visit.get(f"/deliverables/{report.uid}").text
