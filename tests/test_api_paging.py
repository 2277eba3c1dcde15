"""Does a list come whole, page by page, also while it changes, and as cheaply on its last page as on its first?"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import visits
from programs import Program
from sqlalchemy import update
from sqlmodel import col, select
from statements import statements
from visits import LIAISON, MANAGER, WA, World

from duecourse.calendar.standing import Standing
from duecourse.models import Deliverable
from duecourse.models.database import reading, writing
from duecourse.tracking.boards import Wanted, items, items_after

filled, make_world, world, either_world = visits.filled, visits.make_world, visits.world, visits.either_world


def pages(program: Program, **asked: Any) -> list[list[dict[str, Any]]]:
    """Return every page of a list of deliverables."""
    found, cursor = [], ""
    while True:
        answer = program.get("/deliverables", params=asked | {"cursor": cursor} if cursor else asked)
        assert answer.status_code == 200, answer.text
        found.append(answer.json()["items"])
        cursor = answer.json()["next"]
        if cursor is None:
            return found


def test_all_pages_together_are_the_whole_list_in_order(either_world: World) -> None:
    world = either_world
    with reading(world.engine) as session:
        expected = [item.deliverable.uid for item in items(session, now=world.clock.now(), contract_ids=[WA])]
    for limit in (7, 50, 200):
        found = pages(Program(world, MANAGER), limit=limit)
        assert [item["uid"] for page in found for item in page] == expected
        assert all(len(page) == limit for page in found[:-1]) and found[-1]


def test_many_that_are_due_at_the_same_moment_are_told_apart(either_world: World) -> None:
    world = either_world
    with writing(world.engine) as session:
        session.execute(update(Deliverable).where(col(Deliverable.contract_id) == WA).values(due_at=visits.NOW))
    found = [item["uid"] for page in pages(Program(world, MANAGER), limit=13) for item in page]
    with reading(world.engine) as session:
        expected = session.exec(select(Deliverable.uid).where(Deliverable.contract_id == WA).order_by("id")).all()
    assert found == expected


def test_a_standing_and_a_time_narrow_the_list(world: World) -> None:
    program = Program(world, MANAGER)
    late = [item for page in pages(program, standing=["overdue"], limit=5) for item in page]
    assert late and {item["standing"] for item in late} == {"overdue"}
    with reading(world.engine) as session:
        everything = items(session, now=world.clock.now(), contract_ids=[WA])
    assert len(late) == sum(item.standing is Standing.OVERDUE for item in everything)
    span = {"due_from": "2022-11-01T00:00:00-07:00", "due_before": "2022-12-01T00:00:00-08:00"}
    november = [item["due_at"] for page in pages(program, limit=3, **span) for item in page]
    assert november and min(november) >= "2022-11-01T07:00:00Z" and max(november) < "2022-12-01T08:00:00Z"


def test_what_is_added_or_goes_meanwhile_moves_no_page(world: World) -> None:
    program = Program(world, MANAGER)
    first = program.get("/deliverables", params={"limit": 10}).json()
    rest_before = program.get("/deliverables", params={"limit": 200, "cursor": first["next"]}).json()["items"]
    with writing(world.engine) as session:
        gone = session.exec(select(Deliverable).where(Deliverable.uid == first["items"][0]["uid"])).one()
        gone.due_at -= timedelta(days=1)
    rest = program.get("/deliverables", params={"limit": 200, "cursor": first["next"]}).json()["items"]
    assert [item["uid"] for item in rest] == [item["uid"] for item in rest_before]


def test_a_cursor_is_good_for_the_list_that_gave_it_alone(world: World) -> None:
    program = Program(world, MANAGER)
    cursor = program.get("/deliverables", params={"limit": 2}).json()["next"]
    assert program.get("/deliverables", params={"cursor": cursor}).status_code == 200
    assert program.get("/deliverables", params={"cursor": cursor, "standing": "overdue"}).status_code == 422
    assert program.get("/contracts", params={"cursor": cursor}).status_code == 422
    # Rights are looked at anew: another's cursor shows nobody what is not theirs.
    stranger = Program(world, visits.STRANGER)
    found = stranger.get("/deliverables", params={"cursor": cursor, "limit": 200}).json()["items"]
    assert {item["contract_id"] for item in found} == {visits.CT}


def test_contracts_come_by_page_as_well(world: World) -> None:
    with writing(world.engine) as session:
        visits.give_role(
            session,
            session.exec(select(visits.Person).where(visits.Person.email == LIAISON)).one(),
            visits.CT,
            visits.RoleName.PROGRAM_LIAISON,
            now=visits.NOW,
            actor="test",
        )
    program = Program(world, LIAISON)
    first = program.get("/contracts", params={"limit": 1}).json()
    second = program.get("/contracts", params={"limit": 1, "cursor": first["next"]}).json()
    assert [each["items"][0]["id"] for each in (first, second)] == sorted([WA, visits.CT])
    assert second["next"] is None


def test_a_page_takes_the_same_few_statements_however_deep_it_lies(world: World) -> None:
    wanted, now, place, costs = Wanted([WA]), world.clock.now(), None, []
    while True:
        with reading(world.engine) as session, statements(world.engine) as asked:
            found = items_after(session, place, wanted, limit=40, now=now)
        costs.append(len(asked))
        if len(found) < 40:
            break
        place = (found[-1].deliverable.due_at, found[-1].deliverable.id or 0)
    assert len(costs) > 3 and max(costs) <= 4, costs
