"""Is a change made once however often it is sent, and only on what the caller has seen?"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import visits
from programs import Program, fresh_key
from sqlalchemy.exc import OperationalError
from sqlmodel import func, select
from visits import LIAISON, MANAGER, WA, World

from duecourse.calendar.standing import Standing
from duecourse.models import ApiCall, AuditEntry, Feed, LifecycleEntry, Submission
from duecourse.models.database import writing
from duecourse.tracking.api_calls import KEPT
from duecourse.web.api import caller as caller_module

filled, make_world, world, either_world = visits.filled, visits.make_world, visits.world, visits.either_world

SENT = {"submitted_at": "2022-11-29T16:30:00-08:00", "submitted_by": "Ana Ruiz", "channel": "PSRS"}


def count(world: World, table: Any) -> int:
    return int(world.rows(select(func.count()).select_from(table))[0])


def test_the_same_call_again_gets_the_same_answer_and_changes_nothing(either_world: World) -> None:
    world = either_world
    program, uid, key = Program(world, MANAGER), world.find(WA, Standing.OVERDUE).uid, fresh_key()
    before = count(world, Submission)
    first = program.post(f"/deliverables/{uid}/submissions", SENT, key=key)
    assert (first.status_code, "idempotency-replayed" in first.headers) == (201, False)
    entries = count(world, AuditEntry)
    again = program.post(f"/deliverables/{uid}/submissions", SENT, key=key)
    assert (again.status_code, again.content, again.headers["idempotency-replayed"]) == (201, first.content, "true")
    quoted = program.post(f"/deliverables/{uid}/submissions", SENT, key=f'"{key}"')
    assert quoted.content == first.content
    assert (count(world, Submission), count(world, AuditEntry)) == (before + 1, entries)


def test_a_key_that_was_used_for_something_else_is_refused(world: World) -> None:
    program, uid, key = Program(world, MANAGER), world.find(WA, Standing.OVERDUE).uid, fresh_key()
    assert program.post(f"/deliverables/{uid}/submissions", SENT, key=key).status_code == 201
    before = count(world, AuditEntry)
    other_body = program.post(f"/deliverables/{uid}/submissions", SENT | {"channel": "email"}, key=key)
    other_place = program.post("/me/daily", key=key)
    assert [answer.status_code for answer in (other_body, other_place)] == [422, 422]
    assert "used for another call" in other_body.text and count(world, AuditEntry) == before


def test_the_key_of_one_person_is_not_that_of_another(world: World) -> None:
    key, days = fresh_key(), {"starts_on": "2022-12-05", "ends_on": "2022-12-09"}
    one = Program(world, MANAGER).post("/me/absences", days, key=key)
    other = Program(world, LIAISON).post("/me/absences", days, key=key)
    assert (one.status_code, other.status_code) == (201, 201)
    assert one.json()["id"] != other.json()["id"]


@pytest.mark.parametrize(
    "key", [None, "", "short", "x" * 10_240, "spaces are not", "ümlaut-ümlaut".encode(), '"open-quote']
)
def test_a_change_without_a_key_of_the_usual_kind_is_refused(world: World, key: Any) -> None:
    program = Program(world, MANAGER)
    headers = {} if key is None else {"Idempotency-Key": key}
    answer = program.client.post("/me/daily", headers=headers)
    assert answer.status_code == 400 and "Idempotency-Key" in answer.text
    assert count(world, ApiCall) == 0


def test_a_call_that_was_refused_leaves_its_key_free(world: World) -> None:
    program, key = Program(world, MANAGER), fresh_key()
    assert (
        program.post("/me/absences", {"starts_on": "2022-12-09", "ends_on": "2022-12-05"}, key=key).status_code == 422
    )
    assert (
        program.post("/me/absences", {"starts_on": "2022-12-05", "ends_on": "2022-12-09"}, key=key).status_code == 201
    )


def test_a_hundred_of_the_same_call_at_once_have_one_effect(either_world: World) -> None:
    world = either_world
    programs = [Program(world, MANAGER) for _ in range(4)]
    uid, key, before = world.find(WA, Standing.OVERDUE).uid, fresh_key(), count(world, Submission)

    def call(number: int) -> tuple[int, bytes]:
        answer = programs[number % 4].post(f"/deliverables/{uid}/submissions", SENT, key=key)
        return answer.status_code, answer.content if answer.status_code == 201 else b""

    with ThreadPoolExecutor(4) as pool:
        answers = set(pool.map(call, range(100)))
    assert count(world, Submission) == before + 1
    assert len([answer for answer in answers if answer[0] == 201]) == 1
    assert {status for status, _ in answers} <= {201, 409}


@pytest.fixture
def held_up(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[threading.Event, threading.Event]]:
    """Hold every change up in its transaction, until the test lets it go on."""
    begun, go_on = threading.Event(), threading.Event()
    keep: Callable[..., None] = caller_module.keep_call

    def slowly(*arguments: Any, **more: Any) -> None:
        begun.set()
        assert go_on.wait(20)
        keep(*arguments, **more)

    monkeypatch.setattr(caller_module, "keep_call", slowly)
    yield begun, go_on
    go_on.set()


def test_while_a_call_is_being_worked_on_the_same_one_is_told_to_wait(
    world: World, held_up: tuple[threading.Event, threading.Event]
) -> None:
    begun, go_on = held_up
    slow, quick, key = Program(world, MANAGER), Program(world, MANAGER), fresh_key()
    # That a token is used is written down at its first call, which would wait for the change that is held up.
    assert quick.get("/me").status_code == 200
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(slow.post, "/me/daily", key=key)
        assert begun.wait(20)
        answer = quick.post("/me/daily", key=key)
        assert (answer.status_code, answer.headers["retry-after"]) == (409, "1")
        go_on.set()
        assert first.result().status_code == 200
    assert quick.post("/me/daily", key=key).headers["idempotency-replayed"] == "true"


def full_disk(*_: object) -> None:
    raise OperationalError("INSERT", {}, Exception("database or disk is full"))


def test_an_answer_that_could_not_be_kept_undoes_the_change(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    program, uid, key = Program(world, MANAGER), world.find(WA, Standing.OVERDUE).uid, fresh_key()
    before = count(world, Submission)
    with monkeypatch.context() as broken:
        broken.setattr(caller_module, "keep_call", full_disk)
        refused = program.post(f"/deliverables/{uid}/submissions", SENT, key=key)
        assert (refused.status_code, refused.json()["type"]) == (503, "/api/v1/problems/not-ready")
    assert count(world, Submission) == before
    assert program.post(f"/deliverables/{uid}/submissions", SENT, key=key).status_code == 201


def test_an_answer_is_kept_for_days_and_then_forgotten(make_world: Callable[..., World]) -> None:
    world = make_world()
    program, key = Program(world, MANAGER), fresh_key()
    assert program.post("/me/daily", key=key).status_code == 200
    with writing(world.engine) as session:
        (call,) = session.exec(select(ApiCall))
        assert timedelta(hours=24) < KEPT
        call.answered_at -= KEPT - timedelta(minutes=1)
    assert "idempotency-replayed" in program.post("/me/daily", key=key).headers
    with writing(world.engine) as session:
        (call,) = session.exec(select(ApiCall))
        call.answered_at -= timedelta(minutes=2)
    assert "idempotency-replayed" not in program.post("/me/daily", key=key).headers
    assert count(world, ApiCall) == 1


def test_the_address_of_a_feed_is_not_kept_with_the_answer(world: World) -> None:
    program, key = Program(world, MANAGER), fresh_key()
    first, again = (program.post("/feeds", {"alarms": True}, key=key) for _ in range(2))
    address = first.json()["address"]
    assert address.endswith("/contract-deadlines.ics") and again.json() == first.json() | {"address": None}
    assert count(world, Feed) == 1
    token = address.split("/")[-2]
    assert token not in repr(world.rows(select(ApiCall.body)))


def test_it_is_the_kept_answer_that_has_a_call_done_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    program, key = Program(world, MANAGER), fresh_key()
    monkeypatch.setattr(caller_module, "keep_call", lambda *_: None)
    assert [program.post("/feeds", {}, key=key).status_code for _ in range(2)] == [201, 201]
    assert count(world, Feed) == 2


def test_what_was_read_is_not_sent_again(world: World) -> None:
    program, uid = Program(world, MANAGER), world.find(WA, Standing.OVERDUE).uid
    first = program.get(f"/deliverables/{uid}")
    etag = first.headers["etag"]
    for said in (etag, f"W/{etag}", "*", f'"other", {etag}'):
        again = program.get(f"/deliverables/{uid}", headers={"If-None-Match": said})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
    for said in ('"other"', etag.strip('"'), "", "garbage", '"' * 5000):
        assert program.get(f"/deliverables/{uid}", headers={"If-None-Match": said}).status_code == 200
    assert program.post(f"/deliverables/{uid}/submissions", SENT).status_code == 201
    changed = program.get(f"/deliverables/{uid}", headers={"If-None-Match": etag})
    assert (changed.status_code, changed.json()["version"]) == (200, first.json()["version"] + 1)


def test_a_decision_on_what_was_not_seen_is_refused(either_world: World) -> None:
    world = either_world
    liaison, manager = Program(world, LIAISON), Program(world, MANAGER)
    uid = world.find(WA, Standing.SUBMITTED).uid
    etag = liaison.get(f"/deliverables/{uid}").headers["etag"]
    accept, before = {"act": "accept"}, count(world, LifecycleEntry)
    blind = liaison.post(f"/deliverables/{uid}/decisions", accept)
    assert (blind.status_code, blind.json()["type"]) == (428, "/api/v1/problems/no-version")
    # The contractor takes it back and hands in another version before the liaison decides.
    reason = {"act": "undo the submission", "reason": "the wrong file"}
    assert manager.decide(uid, "undo", reason).status_code == 200
    assert manager.post(f"/deliverables/{uid}/submissions", SENT).status_code == 201
    for old in (etag, f"W/{etag}", "garbage", '"other"', "x" * 4000):
        refused = liaison.post(f"/deliverables/{uid}/decisions", accept, if_match=old)
        assert (refused.status_code, refused.json()["type"]) == (412, "/api/v1/problems/changed")
    assert count(world, LifecycleEntry) == before + 2
    assert liaison.post(f"/deliverables/{uid}/seen", if_match="*").status_code == 412
    done = liaison.decide(uid, "decisions", accept)
    assert (done.status_code, done.json()["standing"]) == (200, "accepted")
    assert done.headers["etag"] == liaison.get(done.headers["content-location"].removeprefix("/api/v1")).headers["etag"]


def test_of_two_decisions_on_the_same_version_one_is_made(either_world: World) -> None:
    world = either_world
    programs, uid = [Program(world, LIAISON) for _ in range(4)], world.find(WA, Standing.SUBMITTED).uid
    etag = programs[0].get(f"/deliverables/{uid}").headers["etag"]

    def decide(program: Program) -> int:
        return program.post(f"/deliverables/{uid}/decisions", {"act": "accept"}, if_match=etag).status_code

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(decide, programs)) == [200, 412, 412, 412]


def test_whoever_names_no_version_decides_on_whatever_it_is(world: World) -> None:
    uid = world.find(WA, Standing.SUBMITTED).uid
    answer = Program(world, LIAISON).post(f"/deliverables/{uid}/decisions", {"act": "accept"}, if_match="*")
    assert (answer.status_code, answer.json()["standing"]) == (200, "accepted")


def test_an_if_match_where_nothing_has_a_version_is_not_passed_over(world: World) -> None:
    answer = Program(world, MANAGER).post("/feeds", {}, if_match='"something"')
    assert answer.status_code == 412 and count(world, Feed) == 0


def test_a_date_is_moved_as_it_was_shown_and_no_other_way(world: World) -> None:
    liaison, uid = Program(world, LIAISON), world.find(WA, Standing.DUE_SOON).uid
    wish = {"on": "2022-12-20", "source": "a letter of November 29"}
    shown = liaison.post(f"/deliverables/{uid}/move/preview", wish).json()
    (change,) = shown["contracts"][0]["changes"]
    assert change["kind"] == "moved" and "Dec 20, 2022" in change["becomes"]
    other = liaison.post(f"/deliverables/{uid}/move", wish | {"on": "2022-12-21", "seal": shown["seal"]})
    assert (other.status_code, other.json()["type"]) == (409, "/api/v1/problems/conflict")
    moved = liaison.post(f"/deliverables/{uid}/move", wish | {"seal": shown["seal"]})
    assert (moved.status_code, moved.json()["due_on"]) == (200, "2022-12-20")
    assert any("a letter of November 29" in step for step in moved.json()["steps"])
