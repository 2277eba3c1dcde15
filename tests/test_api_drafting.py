"""Does a program draft, check and rehearse a contract as the page does, with nothing kept?"""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import exhibits
import httpx
import visits
from programs import Program
from sqlmodel import select
from test_auditors_and_admins import contents
from test_pages_drafting import DUE, EXHIBIT, FACTS, YEAR, area
from visits import CT, LIAISON, MANAGER, WA, World

from duecourse.definitions.reading import find_contract
from duecourse.drafting.carried import carried
from duecourse.drafting.comparing import Printed
from duecourse.models import ContractRow, Deliverable

filled, make_world, world = visits.filled, visits.make_world, visits.world


def send(
    program: Program, content: bytes, details: dict[str, Any] | None = None, name: str = "exhibit"
) -> httpx.Response:
    said = [] if details is None else [("details", (None, json.dumps(details), "application/json"))]
    return program.client.post("/drafts", files=[*said, ("file", (name, content))])


def test_a_program_gets_the_draft_and_the_checks_of_the_page_and_adds_that_contract(world: World) -> None:
    program, visit = Program(world, LIAISON), world.visitor(LIAISON)
    before = {name: rows for name, rows in contents(world).items() if name != "api_token"}
    page = visit.post("/contracts/new", FACTS, files={"file": ("exhibit", EXHIBIT.encode())}).text
    answer = send(program, EXHIBIT.encode(), FACTS)
    assert answer.status_code == 200, answer.text
    made = answer.json()
    assert made["definition"].strip() == area(page, "definition").strip()
    dates = [Printed(**each | {"on": date.fromisoformat(each["on"])}) for each in made["printed"]]
    assert carried(dates) == area(page, "printed")
    check = made["check"]
    assert (made["is_draft"], made["rows"], made["asked"], check["flaws"]) == (True, 12, [], [])
    assert (check["off"], check["printed"], check["dated"]) == (0, 12, 12)
    # The exhibit may come as a workbook, and the facts later.
    told = send(program, exhibits.as_workbook(exhibits.of_dates("Monthly Report", DUE, YEAR))).json()
    assert told["check"]["printed"] == 12 and told["asked"][:2] == ["id", "number"]
    assert {flaw["field"] for flaw in told["check"]["flaws"]} >= {"contract.id", "contract.number"}
    said = {"definition": made["definition"], "printed": made["printed"]}
    rehearsed = program.client.post("/definitions/rehearse", json=said).json()
    shown = visit.post("/contracts/new/rehearse", {"definition": made["definition"], "printed": area(page, "printed")})
    assert f"{len(rehearsed['deliverables'])} deliverables would be made for Skagit County" in shown.text
    assert f"{rehearsed['late_at_once']} of these dates" in shown.text and rehearsed["late_at_once"] > 0
    assert {name: rows for name, rows in contents(world).items() if name != "api_token"} == before
    assert program.post("/contracts", {"definition": made["definition"]}).status_code == 201
    rows = world.rows(select(Deliverable).where(Deliverable.contract_id == "wa-new"))
    due = {(row.obligation_id, row.occurrence, row.due_on.isoformat()) for row in rows}
    assert due == {
        tuple(each[name] for name in ("obligation_id", "occurrence", "due_on")) for each in rehearsed["deliverables"]
    }


def test_a_flaw_has_its_line_and_its_cure_and_a_date_that_disagrees_stands_beside_the_rules(world: World) -> None:
    program = Program(world, LIAISON)
    made = send(program, EXHIBIT.encode(), FACTS).json()
    later = made["definition"].replace("day: 20", "day: 22")
    checked = program.client.post("/definitions/check", json={"definition": later, "printed": made["printed"]}).json()
    assert checked["off"] == 12 and checked["flaws"] == []
    line = checked["checks"][0]["lines"][0]
    assert (line["verdict"], line["is_disagreement"]) == ("differs", True)
    assert (line["printed_on"], line["nominal_on"]) == ("2022-08-20", "2022-08-22")
    wrong = later.replace("day: 22", "day: 32")
    flaw = program.client.post("/definitions/check", json={"definition": wrong}).json()["flaws"][0]
    assert flaw["line"] == wrong[: wrong.index("day: 32")].count("\n") + 1
    assert flaw["field"].endswith("day") and "Use 31 or less." in flaw["cure"]
    refused = program.client.post("/definitions/rehearse", json={"definition": wrong})
    assert refused.status_code == 422 and refused.json()["errors"][0]["pointer"] == "/definition"
    text = find_contract(WA).read_text(encoding="utf-8")
    other = program.client.post(
        "/definitions/check", json={"definition": text.replace(f"id: {WA}", "id: x", 1), "contract_id": WA}
    )
    assert "was expected" in other.text
    assert program.client.post("/definitions/check", json={"definition": text, "contract_id": CT}).status_code == 404
    as_it_is = send(program, text.encode()).json()
    assert (as_it_is["is_draft"], as_it_is["definition"], as_it_is["check"]["flaws"]) == (False, text, [])


def test_what_cannot_be_drafted_or_is_too_large_is_refused_in_words(world: World) -> None:
    program = Program(world, LIAISON)
    for content, details, says in (
        (b" ", None, "There is nothing in it."),
        (b"<html>", None, "It is a web page"),
        (EXHIBIT.encode(), {"starts": "2022-07-01", "ends": "2021-07-01"}, "end before it starts"),
        (EXHIBIT.encode(), {"cut_off": "08:00"}, "belongs to a date that moves"),
        (EXHIBIT.encode(), {"zone": "Mars"}, "/details/zone"),
        (EXHIBIT.encode(), {"calendar": "US-XX"}, "/details/calendar"),
        (EXHIBIT.encode(), {"known": "by nobody"}, "/details/known"),
        (b"x" * (10 * 1024 * 1024 + 1), None, "more than"),
    ):
        answer = send(program, content, details)
        assert (answer.status_code, says in answer.text) == (422, True), answer.text
        assert answer.headers["content-type"] == "application/problem+json"
    assert program.client.post("/drafts", files=[("details", (None, "{}"))]).status_code == 422
    assert program.client.post("/drafts", files=[("file", ("a", b"1")), ("file", ("b", b"2"))]).status_code == 422
    assert send(program, b"x" * (26 * 1024 * 1024)).status_code == 413
    large = {"definition": "# " + "x" * 900_000}
    for path in ("/definitions/check", "/definitions/rehearse", "/contracts"):
        assert program.post(path, large).status_code in (200, 422), path
        assert program.post(path, large | {"more": "x" * 1_200_000}).status_code == 413, path
    for path in ("/definitions/check", "/definitions/rehearse"):
        assert Program(world, MANAGER).client.post(path, json={"definition": "format: 1"}).status_code == 403
    assert send(Program(world, MANAGER), EXHIBIT.encode()).status_code == 403
    assert len(world.rows(select(ContractRow))) == 2
