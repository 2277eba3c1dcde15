"""Does a closure move dates over all contracts only after a liaison has seen it, and once?"""

from __future__ import annotations

import httpx
import pytest
import visits
from sqlmodel import select
from test_pages_moving import december, due_on, sealed
from visits import CT, LIAISON, MANAGER, NOW, WA, Visit, World

from duecourse.definitions.resolved import contract_from_json
from duecourse.models import AnnouncedClosure, ContractRow, Deliverable, Notice, RoleName
from duecourse.models.database import writing
from duecourse.notifications.change_notices import DATES_CHANGED
from duecourse.tracking.loading import load_contract
from duecourse.tracking.planning import plan
from duecourse.tracking.staff.people import add_person, give_role, person_by_email

filled, make_world, world = visits.filled, visits.make_world, visits.world

STORM = {
    "calendar": "US-WA",
    "day": "2023-02-21",
    "name": "Storm closure",
    "source": "the governor’s announcement",
    "closes_at": "",
}
OTHER = "wa-22-9999"


def announce(visit: Visit, **fields: str) -> httpx.Response:
    return visit.post("/closures", STORM | fields)


def closures(world: World) -> list[AnnouncedClosure]:
    return world.rows(select(AnnouncedClosure))


def january(world: World) -> Deliverable:
    """Return the report of January 2023: the 20th of February is a holiday, so it is due before 8:00 AM on the 21st."""
    query = select(Deliverable).where(
        Deliverable.obligation_id == "wa-monthly-enrollment-report", Deliverable.label == "January 2023"
    )
    return world.rows(query.where(Deliverable.contract_id == WA))[0]


def add_another_county(world: World) -> None:
    """Track a second contract of the same state, in which the liaison has no part."""
    with writing(world.engine) as session:
        text = session.get_one(ContractRow, WA).definition.replace(f'"id":"{WA}"', f'"id":"{OTHER}"')
        load_contract(session, contract_from_json(text), definition=text, now=NOW, actor="test")
        person = add_person(session, name="Kim", email="kim@other.example", now=NOW, actor="test")
        give_role(session, person, OTHER, RoleName.PROGRAM_MANAGER, now=NOW, actor="test")
        plan(session, now=NOW, actor="test", contract_id=OTHER)


def test_a_closure_is_rehearsed_then_announced_with_its_source_and_people_are_told(world: World) -> None:
    visit, report = world.visitor(LIAISON), january(world)
    shown = announce(visit)
    assert shown.status_code == 200 and "before 8:00 AM Pacific on Wed Feb 22, 2023" in shown.text
    assert closures(world) == [] and due_on(world, report) == "2023-02-21"
    assert visit.post("/closures", sealed(shown)).headers["location"] == "/closures?done=announced"
    assert due_on(world, report) == "2023-02-22"
    page = visit.get("/closures").text
    assert "Tue Feb 21, 2023" in page and "the governor’s announcement" in page and LIAISON in page
    assert "Washington offices" in page and ">US-WA<" not in page
    shown_on = visit.get(f"/deliverables/{report.uid}").text
    assert "Storm closure" in shown_on and "Closed days: Washington offices, table US-WA/" in shown_on
    letters = world.rows(select(Notice).where(Notice.rung == DATES_CHANGED))
    assert {letter.to_address for letter in letters} == {MANAGER, LIAISON}


def test_contracts_of_others_are_counted_not_shown_and_their_people_are_told(world: World) -> None:
    add_another_county(world)
    visit = world.visitor(LIAISON)
    shown = announce(visit)
    assert "1 more contract is affected in which you have no part." in shown.text
    assert OTHER not in shown.text
    assert visit.post("/closures", sealed(shown)).status_code == 303
    letters = world.rows(select(Notice).where(Notice.rung == DATES_CHANGED))
    assert {letter.to_address for letter in letters} == {MANAGER, LIAISON, "kim@other.example"}


def test_an_announcement_that_comes_twice_is_made_once(world: World) -> None:
    visit = world.visitor(LIAISON)
    fields = sealed(announce(visit))
    answers = [visit.post("/closures", fields) for _ in range(2)]
    assert {answer.headers["location"] for answer in answers} == {"/closures?done=announced"}
    assert len(closures(world)) == 1
    assert len(world.rows(select(Notice).where(Notice.rung == DATES_CHANGED))) == 2
    known = announce(visit, name="Another storm")
    assert known.status_code == 409 and "already closed on Tue Feb 21, 2023: Storm closure" in known.text


def test_a_seal_that_no_longer_holds_shows_what_the_closure_would_change_now(world: World) -> None:
    visit = world.visitor(LIAISON)
    fields = sealed(announce(visit))
    report = january(world)
    moved = visit.post(f"/deliverables/{report.uid}/move", {"on": "2023-03-03", "source": "a letter"})
    assert visit.post(f"/deliverables/{report.uid}/move", sealed(moved)).status_code == 303
    stale = visit.post("/closures", fields)
    assert stale.status_code == 409 and "Look at the lines again" in stale.text and closures(world) == []


def test_a_day_that_moves_nothing_is_kept_all_the_same(world: World) -> None:
    visit = world.visitor(LIAISON)
    before = due_on(world, december(world))
    shown = announce(visit, day="2022-12-03", closes_at="12:00")
    assert visit.post("/closures", sealed(shown)).status_code == 303
    assert [(row.on.isoformat(), row.closes_at) for row in closures(world)] == [("2022-12-03", "12:00")]
    assert due_on(world, december(world)) == before


@pytest.mark.parametrize(
    ("field", "typed", "says"),
    [
        ("calendar", "US-CT", "Choose one of the calendars of your contracts."),
        ("calendar", "", "Choose one of the calendars of your contracts."),
        ("day", "tomorrow", "is not a date"),
        ("closes_at", "noon", "is not a time of day"),
        ("name", " ", "Name the closure"),
        ("source", "", "Name the closure and the announcement"),
    ],
)
def test_a_closure_that_cannot_be_read_comes_back_as_it_was_typed(
    world: World, field: str, typed: str, says: str
) -> None:
    answer = announce(world.visitor(LIAISON), **{field: typed})
    assert answer.status_code == 422 and says in answer.text
    assert field == "name" or 'value="Storm closure"' in answer.text
    assert closures(world) == []


def test_a_liaison_of_two_states_may_close_the_offices_of_both(world: World) -> None:
    with writing(world.engine) as session:
        person = person_by_email(session, LIAISON)
        assert person is not None
        give_role(session, person, CT, RoleName.FISCAL_LIAISON, now=NOW, actor="test")
    assert announce(world.visitor(LIAISON), calendar="US-CT").status_code == 200
