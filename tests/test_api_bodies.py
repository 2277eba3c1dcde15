"""Is what a program sends read strictly, and is everything else refused in words, with nothing changed?"""

from __future__ import annotations

import http.client
from typing import Any
from urllib.parse import urlsplit

import pytest
import shared_world
import visits
from programs import Program, fresh_key
from shared_world import Shared
from sqlmodel import select
from visits import MANAGER, WA, World

from duecourse.calendar.standing import Standing
from duecourse.models import Absence, Submission

filled, shared = visits.filled, shared_world.shared

JSON = {"Content-Type": "application/json"}
GOOD = '"starts_on": "2022-12-05", "ends_on": "2022-12-09"'

# What is sent, the status, and a part of what is said of it.
BODIES: list[tuple[bytes, int, str]] = [
    (b"", 422, "Field required"),
    (b"null", 422, "not as it is described"),
    (b"[]", 422, "not as it is described"),
    (b"{", 400, "It is no JSON"),
    (b'{"starts_on": NaN}', 400, "NaN and Infinity are no numbers"),
    (b'{"starts_on": -Infinity}', 400, "NaN and Infinity are no numbers"),
    (b'{"starts_on": 1e400}', 400, "too large"),
    (b'{"starts_on": ' + b"9" * 5000 + b"}", 400, "too long"),
    (b'{"starts_on": "2022-12-05", "starts_on": "2022-12-06", "ends_on": "2022-12-09"}', 400, "twice"),
    (b"[" * 30_000, 400, "nested too deeply"),
    (b'{"a":' * 8_000, 400, "nested too deeply"),
    (b'{"note": "\\ud800", ' + GOOD.encode() + b"}", 400, "UTF-8"),
    (b'{"note": "\xff", ' + GOOD.encode() + b"}", 400, "UTF-8"),
    (("{" + GOOD + "}").encode("utf-16"), 400, "UTF-8"),
    (b'{"note": "a\\u0000b", ' + GOOD.encode() + b"}", 422, "/note"),
    (b'{"note": "a\\u202eb", ' + GOOD.encode() + b"}", 422, "/note"),
    (b'{"note": "a\\nb", ' + GOOD.encode() + b"}", 422, "/note"),
    (b'{"note": "' + b"x" * 201 + b'", ' + GOOD.encode() + b"}", 422, "/note"),
    (b'{"note": 5, ' + GOOD.encode() + b"}", 422, "/note"),
    (b'{"note": null, ' + GOOD.encode() + b"}", 422, "/note"),
    *[
        (f'{{"{name}": 1, {GOOD}}}'.encode(), 422, f"/{name}")
        for name in ("id", "person_id", "entered_at", "role", "__class__")
    ],
    *[
        (f'{{"starts_on": {day}, "ends_on": "2022-12-09"}}'.encode(), 422, "/starts_on")
        for day in (
            "0",
            "1798761600",
            "true",
            '"2022-12-05T00:00:00Z"',
            '"20221205"',
            '"2022-W49-1"',
            '"2022-02-30"',
            '"12/05/2022"',
            '"２０２２-12-05"',
            '"1999-12-05"',
            '"0000-01-01"',
            '"9999-12-31"',
            '" 2022-12-05"',
        )
    ],
]


@pytest.fixture(scope="module")
def world(shared: Shared) -> World:
    """One world for all: nothing that is sent here is to change it."""
    return shared.world


@pytest.fixture(scope="module")
def program(world: World) -> Program:
    return Program(world, MANAGER)


def test_a_body_that_is_not_strict_json_or_not_as_described_is_refused(world: World, program: Program) -> None:
    for body, status, says in BODIES:
        headers = JSON | {"Idempotency-Key": fresh_key()}
        answer = program.client.post("/me/absences", content=body, headers=headers)
        assert (answer.status_code, says in answer.text) == (status, True), (body[:80], answer.text)
        assert answer.headers["content-type"] == "application/problem+json"
    assert world.rows(select(Absence)) == []


@pytest.mark.parametrize(
    "instant",
    [
        "2022-11-29T16:30:00",
        "2022-11-29",
        "2022-11-29 16:30:00Z",
        "2022-11-29T24:00:00Z",
        "2022-11-29T16:30:60Z",
        "2022-11-29T16:30:00+23:59",
        "2022-02-30T16:30:00Z",
        "1669768200",
        1669768200,
        True,
        1.5,
    ],
)
def test_an_instant_without_its_offset_or_that_does_not_exist_is_refused(
    world: World, program: Program, instant: Any
) -> None:
    report, before = world.find(WA, Standing.OVERDUE), len(world.rows(select(Submission)))
    sent = {"submitted_at": instant, "submitted_by": "Ana Ruiz", "channel": "PSRS"}
    answer = program.post(f"/deliverables/{report.uid}/submissions", sent)
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/submitted_at"]
    assert len(world.rows(select(Submission))) == before


@pytest.mark.parametrize("value", ["yes", "true", 1, 0, None, "t"])
def test_a_yes_or_no_is_true_or_false_alone(world: World, program: Program, value: Any) -> None:
    report = world.find(WA, Standing.OVERDUE)
    sent = {"submitted_at": "2022-11-29T16:30:00Z", "submitted_by": "Ana Ruiz", "channel": "PSRS", "is_nil": value}
    answer = program.post(f"/deliverables/{report.uid}/submissions", sent)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/is_nil")


@pytest.mark.parametrize("number", ["1_000", " 5 ", True, 5.0, 5.5, -1, 2**31, 2**63, 10**30])
def test_a_number_is_a_whole_number_in_its_bounds(program: Program, number: Any) -> None:
    sent = {"month": "2022-10", "figures": [{"source": "i502", "served": number}]}
    answer = program.post(f"/contracts/{WA}/enrollment", sent)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/figures/0/served")


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain",
        "application/json; charset=utf-7",
        "application/xml",
        "multipart/form-data",
        "application/jsonx",
    ],
)
def test_what_is_not_declared_as_json_is_refused_as_that(world: World, program: Program, content_type: str) -> None:
    headers = {"Content-Type": content_type, "Idempotency-Key": fresh_key()}
    answer = program.client.post("/me/absences", content=f"{{{GOOD}}}", headers=headers)
    assert answer.status_code == 415, answer.text
    assert world.rows(select(Absence)) == []


def test_a_body_that_is_too_large_is_refused_before_it_is_read(program: Program) -> None:
    headers = JSON | {"Idempotency-Key": fresh_key()}
    answer = program.client.post("/me/absences", content=b" " * (10 * 1024 * 1024), headers=headers)
    assert (answer.status_code, answer.json()["title"]) == (413, "This is too large")


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("sort=password_hash", "query/sort"),
        ("fields=__class__", "query/fields"),
        ("page=-1", "query/page"),
        ("limit=1000000000", "query/limit"),
        ("limit=0", "query/limit"),
        ("limit=1_0", "query/limit"),
        ("limit=%EF%BC%91", "query/limit"),
        ("limit=", "query/limit"),
        ("standing=late", "query/standing"),
        ("due_from=2022-01-01", "query/due_from"),
        ("cursor=%00", "query/cursor"),
        ("cursor=" + "A" * 600, "query/cursor"),
        ("cursor=WyJhIiwxLDJd", "query/cursor"),
        ("cursor=W1tbW1tbW1s", "query/cursor"),
    ],
)
def test_a_query_that_is_not_described_is_refused(program: Program, query: str, pointer: str) -> None:
    answer = program.get(f"/deliverables?{query}")
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["pointer"].startswith(pointer)


@pytest.mark.parametrize(
    "id", ["0", "-1", "1e3", "1%00", "99999999999999999999", "none", "..", "%2e%2e", "' OR 1=1--", "x" * 4000]
)
def test_an_id_of_nothing_is_missing_whatever_it_is(program: Program, id: str) -> None:
    for path in (f"/deliverables/{id}", f"/contracts/{id}", f"/receipts/{id}"):
        answer = program.get(path)
        assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json"), path
    assert program.post(f"/feeds/{id}/revoke").status_code == 404


def test_a_uid_in_capital_letters_is_another_uid(world: World, program: Program) -> None:
    assert program.get(f"/deliverables/{world.find(WA, Standing.OVERDUE).uid.upper()}").status_code == 404


@pytest.mark.parametrize("method", ["TRACE", "PUT", "DELETE", "PATCH", "OPTIONS", "FROB"])
def test_a_method_that_an_address_does_not_have_is_refused(world: World, method: str) -> None:
    connection = http.client.HTTPConnection(urlsplit(world.address).netloc, timeout=10)
    connection.request(method, "/api/v1/me")
    answer = connection.getresponse()
    assert (answer.status, answer.getheader("content-type")) == (405, "application/problem+json")
    connection.close()


def test_a_head_is_answered_as_a_get_without_its_body(program: Program) -> None:
    head, get = program.client.head("/me"), program.get("/me")
    assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", get.headers["etag"])


def test_an_answer_has_the_headers_of_every_page(program: Program) -> None:
    answer = program.get("/me")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert (answer.headers["cache-control"], answer.headers["vary"]) == ("private, no-cache", "Authorization")
