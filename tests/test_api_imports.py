"""Does a program bring a spreadsheet as the page does: shown by line, then all of it or nothing, and once?"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import httpx
import visits
from programs import Program, fresh_key
from sqlmodel import select
from test_auditors_and_admins import contents
from test_pages_importing import BO, LINE, SENT, SUBMISSION
from visits import CT, LIAISON, MANAGER, WA, World
from workbooks import xlsx

from duecourse.models import AuditEntry, Person, Submission
from duecourse.tracking.api_tokens import Scope
from duecourse.tracking.importing.people import COLUMNS as PEOPLE
from duecourse.tracking.importing.submissions import COLUMNS as SUBMISSIONS

filled, make_world, world = visits.filled, visits.make_world, visits.world


def send(program: Program, what: str, content: bytes, seal: str = "", *, to: str = WA, **more: Any) -> httpx.Response:
    said = [("details", (None, json.dumps({"seal": seal}), "application/json"))] if seal else []
    files = [*said, ("file", (more.pop("name", "list.xlsx"), content))]
    path = f"/contracts/{to}/imports/{what}"
    return program.post(path, files=files, **more) if seal else program.client.post(f"{path}/preview", files=files)


def kept(world: World) -> dict[str, list[tuple[object, ...]]]:
    return {name: rows for name, rows in contents(world).items() if name != "api_token"}


def says(report: dict[str, Any]) -> list[Sequence[str]]:
    return [line["says"] for line in report["lines"]]


def test_a_list_of_people_is_shown_as_on_the_page_then_entered_once(world: World) -> None:
    program, content = Program(world, MANAGER), xlsx(PEOPLE, BO)
    before = kept(world)
    shown = send(program, "people", content)
    assert shown.status_code == 200 and kept(world) == before
    report = shown.json()
    assert (report["is_right"], report["made"], report["lines"][0]["outcome"]) == (True, 1, "new")
    assert says(report) == [["Becomes leadership of 22-1174.", "Ana Ruiz becomes the backup."]]
    page = world.visitor(MANAGER).post(f"/contracts/{WA}/import/people", files={"file": ("list.xlsx", content)}).text
    assert f'name="seal" value="{report["seal"]}"' in page
    key = fresh_key()
    first, again = (send(program, "people", content, report["seal"], key=key, name="a\u202eb.xlsx") for _ in range(2))
    assert (first.status_code, again.content, again.headers["idempotency-replayed"]) == (200, first.content, "true")
    assert len(world.rows(select(Person).where(Person.email == BO[1]))) == 1
    imported = world.rows(select(AuditEntry).where(AuditEntry.action == "imported people"))
    assert [(entry.detail["file"], entry.detail["by"]) for entry in imported] == [("ab.xlsx", "API")]
    # The same key with another file is another call; what is there already is entered no second time.
    assert send(program, "people", content + b" ", report["seal"], key=key).status_code == 422
    there = send(program, "people", content, report["seal"]).json()
    assert (there["made"], there["lines"][0]["outcome"]) == (0, "there already")


def test_nothing_is_entered_where_a_line_is_wrong_or_something_changed_since(world: World) -> None:
    program, before = Program(world, MANAGER), kept(world)
    content = xlsx(PEOPLE, BO, ("Cy", "nobody", "liaison", "22-1174", ""))
    report = send(program, "people", content).json()
    assert (report["is_right"], [line["outcome"] for line in report["lines"]]) == (False, ["new", "to correct"])
    assert [each["column"] for each in report["lines"][1]["troubles"]] == ["email", "part"]
    refused = send(program, "people", content, report["seal"])
    assert (refused.status_code, refused.headers["content-type"]) == (422, "application/problem+json")
    assert "Row 3, email: “nobody” is not one email address." in refused.json()["errors"][0]["detail"]
    good = xlsx(PEOPLE, BO)
    seal = send(program, "people", good).json()["seal"]
    assert send(program, "people", good, "0" * 32).status_code == 409
    assert send(program, "people", xlsx(PEOPLE, ("Di", *BO[1:])), seal).status_code == 409
    for odd in (b"", b"x" * 600_000, b"PK\x03\x04"):
        assert send(program, "people", odd).status_code == 422
    assert send(program, "people", b"x" * 3_000_000).status_code == 413
    assert (
        program.client.post(f"/contracts/{WA}/imports/people/preview", files=[("details", (None, "{}"))]).status_code
        == 422
    )
    assert (
        send(program, "people", good, to=CT).status_code
        == send(program, "people", good, seal, to=CT).status_code
        == 404
    )
    assert kept(world) == before
    cy = ("Cy Dow", "cy@county.example", "leadership", "22-1174", "")
    both = xlsx(PEOPLE, BO, cy)
    seal = send(program, "people", both).json()["seal"]
    new = {"name": cy[0], "email": cy[1], "role": cy[2]}
    assert program.post(f"/contracts/{WA}/people", new).status_code == 201
    stale = send(program, "people", both, seal)
    assert (stale.status_code, "Something changed since this was shown" in stale.text) == (409, True)
    assert not world.rows(select(Person).where(Person.email == BO[1]))


def test_each_side_enters_its_own_past_with_the_scope_for_it(world: World) -> None:
    accepted = xlsx(SUBMISSIONS, (*LINE, *SENT[:3], "2022-10-24", ""))
    for email, scope, content in ((MANAGER, Scope.SUBMIT, SUBMISSION), (LIAISON, Scope.DECIDE, accepted)):
        program = Program(world, email, scopes=[scope])
        report = send(program, "submissions", content).json()
        assert send(program, "submissions", content, report["seal"]).status_code == 200
    assert says(report) == [["Is there already, sent Thu Oct 20, 2022, 4:30 PM Pacific. Accepted Mon Oct 24, 2022."]]
    (made,) = world.rows(select(Submission).where(Submission.reference == "00123"))
    assert made.entered_by == MANAGER
    other = xlsx(SUBMISSIONS, (LINE[0], LINE[1], "August 2022", *LINE[3:], *SENT))
    narrow = Program(world, MANAGER, scopes=[Scope.DECIDE])
    before = kept(world)
    for seal in ("", "0" * 32):
        answer = send(narrow, "submissions", other, seal)
        assert answer.status_code == 403 and "“submit”" in answer.text
    assert kept(world) == before
