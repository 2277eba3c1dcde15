"""Does a page draft, check and add a contract once, whatever is sent to it?"""

from __future__ import annotations

import random
import re
from datetime import date

import exhibits
import visits
from sqlmodel import select
from test_exhibit_files import mutated
from visits import CT, LIAISON, WA, World

from duecourse.definitions.reading import find_contract
from duecourse.models import AuditEntry, ContractRow, Deliverable, Role

filled, make_world, world = visits.filled, visits.make_world, visits.world

YEAR = "State Fiscal Year 2023 (July 1, 2022 - June 30, 2023)"
DUE = [date(2022, month, 20) for month in range(8, 13)] + [date(2023, month, 20) for month in range(1, 8)]
EXHIBIT = exhibits.as_text(exhibits.of_dates("Monthly Report", DUE, YEAR)).decode()
FACTS = {
    "id": "wa-new",
    "number": "23-1",
    "title": "New",
    "funder": "DCYF",
    "contractor": "Skagit County",
    "zone": "America/Los_Angeles",
    "calendar": "US-WA",
    "roll": "following",
    "cut_off": "08:00",
}


def area(page: str, name: str) -> str:
    """Return what stands in a field of several lines."""
    pattern = rf'<textarea[^>]*name="{name}"[^>]*>\n(.*?)</textarea>|<input type="hidden" name="{name}" value="([^"]*)"'
    found = re.search(pattern, page, re.DOTALL)
    assert found is not None
    return (found[1] or found[2]).replace("&#34;", '"').replace("&#39;", "'").replace("&lt;", "<").replace("&amp;", "&")


def drafted(world: World) -> dict[str, str]:
    answer = world.visitor(LIAISON).post("/contracts/new", FACTS | {"exhibit": EXHIBIT})
    assert answer.status_code == 200, answer.text
    assert "The file is right: 1 obligation, 12 dated deliverables. All 12 printed dates agree." in " ".join(
        re.sub("<[^>]+>", "", answer.text).split()
    )
    return {name: area(answer.text, name) for name in ("definition", "printed")}


def test_an_exhibit_becomes_a_contract_with_its_deliverables_and_a_liaison_and_twice_is_once(world: World) -> None:
    visit, fields = world.visitor(LIAISON), drafted(world)
    shown = visit.post("/contracts/new/rehearse", fields).text
    assert "12 deliverables would be made for Skagit County" in shown and "have passed" in shown
    assert world.rows(select(ContractRow).where(ContractRow.id == "wa-new")) == []
    for _ in range(2):
        answer = visit.post("/contracts/new/add", fields)
        assert (answer.status_code, answer.headers["location"]) == (303, "/contracts/wa-new?done=added")
    assert len(world.rows(select(Deliverable).where(Deliverable.contract_id == "wa-new"))) == 12
    assert len(world.rows(select(Role).where(Role.contract_id == "wa-new"))) == 1
    entries = [row.action for row in world.rows(select(AuditEntry).where(AuditEntry.contract_id == "wa-new"))]
    assert entries.count("loaded the contract") == entries.count("gave a person a part") == 1
    assert visit.get("/contracts/wa-new").status_code == 200


def test_a_contract_that_is_tracked_is_never_replaced_by_another_one_of_its_id(world: World) -> None:
    fields = drafted(world)
    before = {row.id: row.definition_sha256 for row in world.rows(select(ContractRow))}
    for taken in (WA, CT):
        said = fields["definition"].replace("id: wa-new", f"id: {taken}")
        answer = world.visitor(LIAISON).post("/contracts/new/add", fields | {"definition": said})
        assert answer.status_code == 409 and f"The id {taken} is taken." in answer.text
    assert {row.id: row.definition_sha256 for row in world.rows(select(ContractRow))} == before
    assert LIAISON not in str(world.rows(select(Role).where(Role.contract_id == CT)))


def test_a_contract_file_goes_straight_to_its_checks(world: World) -> None:
    text = find_contract(WA).read_bytes()
    answer = world.visitor(LIAISON).post("/contracts/new", files={"file": ("wa.yaml", text)})
    assert answer.status_code == 200 and "The file is right" in answer.text


def test_a_flaw_is_said_with_its_line_and_a_date_that_disagrees_beside_the_rules(world: World) -> None:
    visit, fields = world.visitor(LIAISON), drafted(world)
    later = fields["definition"].replace("day: 20", "day: 22")
    piece = visit.post("/definitions/check", fields | {"definition": later}).text
    assert "12 dates disagree" in piece and "<html" not in piece
    assert "Mon Aug 22, 2022" in piece and "Sat Aug 20, 2022" in piece
    wrong = later.replace("day: 22", "day: 32")
    line = wrong[: wrong.index("day: 32")].count("\n") + 1
    piece = visit.post("/definitions/check", fields | {"definition": wrong}).text
    assert f'data-line="{line}"' in piece and "Use 31 or less." in piece
    answer = visit.post("/contracts/new/add", fields | {"definition": wrong})
    assert answer.status_code == 422 and f"Line {line}" in answer.text


def test_the_definition_in_force_can_be_edited_and_is_rehearsed_like_any_amendment(world: World) -> None:
    visit = world.visitor(LIAISON)
    assert f'href="/contracts/{WA}/amend?edit=yes"' in visit.get(f"/contracts/{WA}").text
    text = area(visit.get(f"/contracts/{WA}/amend?edit=yes").text, "definition")
    answer = visit.post(f"/contracts/{WA}/amend", {"definition": text})
    assert answer.status_code == 200 and "Nothing would change" in answer.text
    piece = visit.post("/definitions/check", {"definition": text.replace(f"id: {WA}", "id: x", 1), "contract": WA}).text
    assert "was expected" in piece


def test_whatever_is_sent_is_answered_in_words(world: World) -> None:
    visit, fields, chance = world.visitor(LIAISON), drafted(world), random.Random(9)
    token = visit.form_token()
    seeds = {"exhibit": ("/contracts/new", EXHIBIT), "definition": ("/contracts/new/rehearse", fields["definition"])}
    seeds["printed"] = ("/contracts/new/check", fields["printed"])
    answers = []
    for name, (path, text) in seeds.items():
        for _ in range(40):
            said = mutated(text.encode(), chance, within=False).decode("utf-8", "replace")
            answers.append(visit.post(path, fields | FACTS | {"form_token": token, name: said}).status_code)
    assert set(answers) <= {200, 422}
    odd = {"starts": "2022-07-01", "ends": "2021-07-01"}
    assert "end before it starts" in visit.post("/contracts/new", FACTS | odd | {"exhibit": EXHIBIT}).text
    assert "Choose a file" in visit.post("/contracts/new", {"exhibit": " "}).text
