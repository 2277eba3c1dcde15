"""Does an amended file change only what a liaison saw and accepted, and is a wrong one refused in words?"""

from __future__ import annotations

import re

import httpx
import pytest
import visits
from sqlmodel import col, select
from test_pages_moving import due_on, sealed
from visits import CT, LIAISON, MANAGER, STRANGER, WA, Visit, World, submission_form

from duecourse.definitions.reading import find_contract
from duecourse.models import ContractRow, Deliverable, Notice, Ruling
from duecourse.notifications.change_notices import DATES_CHANGED

filled, make_world, world = visits.filled, visits.make_world, visits.world

PAGE = f"/contracts/{WA}/amend"
SHIPPED = find_contract(WA).read_text(encoding="utf-8")
MONTHLY = SHIPPED.index("- id: wa-monthly-enrollment-report")
DAY = SHIPPED.index("day: 20", MONTHLY)
EARLIER = SHIPPED[:DAY] + "day: 15" + SHIPPED[DAY + len("day: 20") :]
"""The contract with its Monthly Enrollment Report due on the 15th instead of the 20th."""


def rehearse(visit: Visit, text: str = EARLIER) -> httpx.Response:
    return visit.post(PAGE, files={"file": ("amended.yaml", text.encode(), "application/yaml")})


def hidden(answer: httpx.Response) -> dict[str, str]:
    """Return what the form carries unseen; a browser reads the file's text back as it was sent."""
    return sealed(answer) | {"definition": EARLIER}


def lines(answer: httpx.Response) -> list[str]:
    return re.findall(r'name="accept" value="([^"]+)"', answer.text)


def accept(visit: Visit, shown: httpx.Response, accepted: list[str], **fields: str) -> httpx.Response:
    form = hidden(shown) | {"source": "Amendment 3"} | fields
    parts = [(name, (None, value)) for name, value in (form | {"form_token": visit.form_token()}).items()]
    parts += [("accept", (None, name)) for name in accepted]
    return visit.client.post(PAGE, files=parts, headers=visits.FROM_OUR_PAGE)


def dates(world: World) -> dict[str, str]:
    query = select(Deliverable).where(Deliverable.obligation_id == "wa-monthly-enrollment-report")
    return {f"{row.obligation_id}/{row.occurrence}": row.due_on.isoformat() for row in world.rows(query)}


def test_a_rehearsal_shows_each_line_before_and_after_and_changes_nothing(world: World) -> None:
    query = select(Deliverable.uid).where(Deliverable.obligation_id == "wa-monthly-enrollment-report")
    sent = world.visitor(MANAGER).post(f"/deliverables/{world.rows(query)[0]}/submit", submission_form())
    assert sent.status_code == 303
    visit, before = world.visitor(LIAISON), dates(world)
    shown = rehearse(visit)
    assert shown.status_code == 200 and "Nothing has been changed yet." in shown.text
    assert len(lines(shown)) > 10 and shown.text.count("checked") == len(lines(shown))
    assert "by the end of Tue Dec 20, 2022 (Pacific)" in shown.text
    assert "by the end of Thu Dec 15, 2022 (Pacific)" in shown.text
    assert "Already submitted" in shown.text
    assert dates(world) == before and world.rows(select(Ruling)) == []


def test_all_lines_but_one_are_accepted_and_that_one_stays(world: World) -> None:
    visit, before = world.visitor(LIAISON), dates(world)
    shown = rehearse(visit)
    kept, *accepted = lines(shown)
    done = accept(visit, shown, accepted)
    assert done.headers["location"] == f"/contracts/{WA}?done=amended"
    after = dates(world)
    assert {name for name in after if after[name] != before[name]} == set(accepted)
    (ruling,) = world.rows(select(Ruling))
    assert f"{ruling.obligation_id}/{ruling.occurrence}" == kept
    assert (ruling.source, ruling.decided_by) == ("not accepted with Amendment 3", LIAISON)
    letters = world.rows(select(Notice).where(Notice.rung == DATES_CHANGED))
    assert {letter.to_address for letter in letters} == {MANAGER, LIAISON}
    assert letters[0].said is not None and letters[0].said["says"].count("Moved: ") == len(accepted)
    assert "The amendment holds from now on" in visit.get(done.headers["location"]).text


def test_an_acceptance_that_comes_twice_has_one_effect(world: World) -> None:
    visit = world.visitor(LIAISON)
    shown = rehearse(visit)
    answers = [accept(visit, shown, lines(shown)[1:]) for _ in range(2)]
    assert {answer.headers["location"] for answer in answers} == {f"/contracts/{WA}?done=amended"}
    assert len(world.rows(select(Ruling))) == 1
    assert len(world.rows(select(Notice).where(Notice.rung == DATES_CHANGED))) == 2


def test_lines_that_changed_meanwhile_are_shown_again_with_the_choice_that_was_made(world: World) -> None:
    visit = world.visitor(LIAISON)
    shown = rehearse(visit)
    left, gone, *accepted = lines(shown)
    (row,) = world.rows(
        select(Deliverable)
        .where(col(Deliverable.occurrence) == gone.partition("/")[2])
        .where(Deliverable.obligation_id == gone.partition("/")[0])
    )
    moved = visit.post(f"/deliverables/{row.uid}/move", {"on": "2023-03-01", "source": "a letter"})
    assert visit.post(f"/deliverables/{row.uid}/move", sealed(moved)).status_code == 303
    again = accept(visit, shown, [gone, *accepted])
    assert again.status_code == 409 and "Look at the lines again" in again.text
    assert gone not in lines(again)
    assert 'value="Amendment 3"' in again.text
    boxes = re.findall(r'name="accept" value="([^"]+)"( checked)?', again.text)
    assert [name for name, checked in boxes if not checked] == [left]
    assert accept(visit, again, accepted).status_code == 303
    assert due_on(world, row) == "2023-03-01"
    assert sorted(world.rows(select(Ruling.source))) == ["a letter", "not accepted with Amendment 3"]


@pytest.mark.parametrize("source", ["", "   ", "x" * 201])
def test_nothing_is_accepted_without_the_document_it_rests_on(world: World, source: str) -> None:
    visit, before = world.visitor(LIAISON), dates(world)
    shown = rehearse(visit)
    answer = accept(visit, shown, lines(shown)[1:], source=source)
    assert answer.status_code == 422 and 'role="alert"' in answer.text
    assert answer.text.count(" checked>") == len(lines(shown)) - 1
    assert dates(world) == before


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (EARLIER.replace("day: 15", "day: 45", 1), ["Line {line}", "45 is impossible here.", "Use 31 or less."]),
        ("a: [", ["not readable"]),
        ("same_as: wa-22-1174\nformat: x", ["Line 1", "follows another one"]),
        (find_contract(CT).read_text(encoding="utf-8"), [f"The file is of the contract {CT}"]),
        ("x" * 1_000_001, ["larger than 1,000,000 bytes"]),
        ("a: \x00", ["nobody can see"]),
        ("<script>alert(1)</script>: 1", ["&lt;script&gt;"]),
        (" \n", ["Choose the amended contract file"]),
    ],
)
def test_a_wrong_file_is_refused_with_the_line_and_the_cure(world: World, text: str, says: list[str]) -> None:
    visit, before = world.visitor(LIAISON), dates(world)
    answer = rehearse(visit, text)
    assert answer.status_code == 422
    for each in says:
        assert each.format(line=EARLIER[: EARLIER.index("day: 15")].count("\n") + 1) in answer.text
    assert "<script>" not in answer.text and dates(world) == before


def test_a_file_that_is_much_too_large_is_refused_before_it_is_read(world: World) -> None:
    assert rehearse(world.visitor(LIAISON), "x" * 3 * 1024**2).status_code == 413


def test_pasted_text_is_read_as_well_whatever_its_line_ends(world: World) -> None:
    pasted = world.visitor(LIAISON).post(PAGE, files={"definition": (None, EARLIER.replace("\n", "\r\n"))})
    assert pasted.status_code == 200 and lines(pasted)


def test_words_alone_may_change_without_any_date(world: World) -> None:
    visit, before = world.visitor(LIAISON), dates(world)
    text = SHIPPED.replace("title: Contract quarters", "title: Quarters of the contract")
    shown = rehearse(visit, text)
    assert "No date would move." in shown.text
    done = accept(visit, shown, [], definition=text)
    assert done.status_code == 303 and dates(world) == before
    assert "Quarters of the contract" in visit.get(f"/contracts/{WA}").text
    assert "Nothing would change." in rehearse(visit, text).text


def test_a_contract_page_shows_its_amendments_its_checks_and_their_thresholds(world: World) -> None:
    page = world.visitor(MANAGER).get(f"/contracts/{WA}").text
    assert "Amendment 2 takes effect." in page and "Signed Nov 23, 2022." in page
    assert "Needed: at least 44.2 of 52." in page and "Needed: at least 46.8 of 52." in page
    assert "The day of its signature is not known here." in page
    assert PAGE not in page and PAGE in world.visitor(LIAISON).get(f"/contracts/{WA}").text
    assert world.rows(select(ContractRow.id).where(ContractRow.id == CT)) == [CT]
    assert world.visitor(STRANGER).get(f"/contracts/{CT}").status_code == 200
