"""Does a plan's page say where it stands, and offer each side what it may do next and nothing else?"""

from __future__ import annotations

import re

import pytest
import visits
from plan_pages import add_liaison, key, open_cap, told
from sqlmodel import select
from visits import CT, LIAISON, STRANGER, World

from duecourse.models import ActionPlan, Notice, PlanEntry

filled, make_world, world = visits.filled, visits.make_world, visits.world

LIST = f"/contracts/{CT}/plans"
NOON = {"happened_on": "2022-11-30", "happened_at": "11:00"}


@pytest.fixture
def cap(world: World) -> World:
    """The world with a liaison in Connecticut."""
    add_liaison(world)
    return world


def forms(page: str) -> set[str]:
    """Return what the forms of a plan's page do."""
    return set(re.findall(r'action="/contracts/[^"]+/plans/[^"/]+/(\w+)"', page))


def test_a_liaison_opens_a_plan_once_and_the_page_says_what_comes_next(cap: World) -> None:
    visit, sent = cap.visitor(LIAISON), {"process": "corrective-action-plan", "form_key": key()} | NOON
    sent |= {"reason": "Visits are not entered."}
    first, second = visit.post(LIST, sent), visit.post(LIST, sent)
    assert first.headers["location"] == second.headers["location"]
    page = visit.get(first.headers["location"]).text
    # Dec 1 2 5 6 7 8 9 12 13 14: ten business days after November 30.
    says = "next comes “Draft of the plan”, due by the end of Wed Dec 14, 2022 (Eastern)."
    assert says in page and "The plan is open" in page
    assert says in visit.get(f"/contracts/{CT}").text, "the contract's page says so, too"
    assert len(cap.rows(select(ActionPlan))) == 1


def test_a_plan_without_a_reason_is_refused_and_the_form_keeps_what_was_typed(cap: World) -> None:
    sent = {"process": "corrective-action-plan", "form_key": key(), "reason": " ", "reference": "CAP-7"} | NOON
    answer = cap.visitor(LIAISON).post(LIST, sent)
    assert answer.status_code == 422 and "Say what is out of compliance" in answer.text
    assert 'value="CAP-7"' in answer.text and cap.rows(select(ActionPlan)) == []


def test_the_contractor_may_write_steps_and_the_liaison_leads_the_plan(cap: World) -> None:
    uid = open_cap(cap)
    page = f"{LIST}/{uid}"
    assert forms(cap.visitor(STRANGER).get(page).text) == {"steps"}
    assert forms(cap.visitor(LIAISON).get(page).text) == {"steps", "stage", "undo"}
    assert 'action="/contracts/' not in cap.visitor(STRANGER).get(LIST).text


def test_a_plan_in_force_shows_its_steps_and_what_is_overdue(cap: World) -> None:
    uid = open_cap(cap, approved="2022-09-23 15:00")
    funder, contractor = (cap.visitor(who).get(f"{LIST}/{uid}").text for who in (LIAISON, STRANGER))
    says = "Version 1 is in force: none of 3 steps is done, and step 1 and step 2 are overdue."
    assert says in funder and says in contractor
    assert forms(contractor) == {"progress"}
    assert forms(funder) == {"progress", "missed", "amend", "undo"}
    assert contractor.count(">Mark as done<") == 3 and funder.count(">Mark as done<") == 0
    assert "It cannot end yet: step 1 is not done" in funder


def test_a_missed_step_is_recorded_on_the_page_and_mailed_to_the_contractor(cap: World) -> None:
    uid = open_cap(cap, approved="2022-09-23 15:00")
    visit, page = cap.visitor(LIAISON), f"{LIST}/{uid}"
    sent = {"number": "2", "text": "None is entered.", "form_key": key()} | NOON
    for _ in range(2):
        assert visit.post(f"{page}/missed", sent).headers["location"] == f"{page}?done=missed"
    shown = visit.get(page).text
    assert "Version 2 is being written because step 2 was missed; until it is approved, version 1 holds" in shown
    assert "Recorded that step 2 was missed" in shown and "None is entered." in shown
    (mail,) = cap.rows(select(Notice).where(Notice.rung == "step-missed"))
    assert (mail.to_address, mail.deliverable_id) == (STRANGER, None)


def test_a_changed_step_holds_once_its_version_is_approved_and_both_versions_can_be_read(cap: World) -> None:
    uid = open_cap(cap, approved="2022-09-23 15:00")
    liaison, manager, page = cap.visitor(LIAISON), cap.visitor(STRANGER), f"{LIST}/{uid}"
    assert liaison.post(f"{page}/amend", {"reason": "It went slowly.", "form_key": key()}).status_code == 303
    step = {"number": "3", "title": "Check two months", "who": "the liaison", "due_on": "2023-01-13", "do": "change"}
    assert manager.post(f"{page}/steps", step | {"form_key": key()}).status_code == 303
    gone = {"number": "1", "do": "leave-out", "reason": "Somebody has left.", "form_key": key()}
    assert manager.post(f"{page}/steps", gone).status_code == 303
    assert "version 1 says Fri Dec 16, 2022" in manager.get(page).text
    assert liaison.post(f"{page}/approve", {"text": "", "form_key": key()} | NOON).status_code == 303
    shown = manager.get(page).text
    assert "Steps of version 2, in force" in shown and "Check two months" in shown
    versions = shown.partition('id="versions"')[2].partition("</details>")[0]
    assert "Version 1" in versions and "due Fri Dec 16, 2022" in versions and "due Fri Jan 13, 2023" in versions
    told_by_mail = cap.rows(select(Notice.subject).where(Notice.rung == "dates-changed"))
    assert any("plan-1, version 2, was approved" in subject for subject in told_by_mail)


def test_a_wrong_step_is_refused_beside_its_form(cap: World) -> None:
    uid = open_cap(cap)
    sent = {"title": "Enter visits", "who": "manager", "due_on": "2022-08-01", "form_key": key()}
    answer = cap.visitor(STRANGER).post(f"{LIST}/{uid}/steps", sent)
    assert answer.status_code == 422 and "before the plan was opened" in answer.text
    assert 'value="Enter visits"' in answer.text


def test_what_somebody_else_did_meanwhile_is_not_undone_by_mistake(cap: World) -> None:
    uid = open_cap(cap)
    (opened,) = cap.rows(select(PlanEntry.id))
    visit = cap.visitor(LIAISON)
    visit.post(f"{LIST}/{uid}/stage", {"stage": "draft", "text": "", "form_key": key()} | NOON)
    undo = {"entry": str(opened), "reason": "wrong contract"}
    answer = visit.post(f"{LIST}/{uid}/undo", undo | {"form_key": key()})
    assert answer.status_code == 409 and "Something else was done" in answer.text
    latest = str(told(cap, uid).entries[-1].id)
    assert visit.post(f"{LIST}/{uid}/undo", undo | {"entry": latest, "form_key": key()}).status_code == 303
    assert "<s>Reached the stage “Draft of the plan”</s>" in visit.get(f"{LIST}/{uid}").text


def test_a_plan_of_another_contract_is_not_found_under_this_one(cap: World) -> None:
    uid = open_cap(cap)
    assert cap.visitor(LIAISON).get(f"/contracts/wa-22-1174/plans/{uid}").status_code == 404


def test_the_events_of_a_plan_are_recorded_by_the_plan_and_not_by_a_form_of_events(cap: World) -> None:
    page = cap.visitor(STRANGER).get(f"/contracts/{CT}").text
    assert '<option value="invoice-received"' in page and '<option value="corrective-action' not in page


def test_the_drawing_and_the_table_say_the_same(cap: World) -> None:
    uid = open_cap(cap, approved="2022-09-23 15:00")
    page = cap.visitor(STRANGER).get(f"{LIST}/{uid}").text
    drawing, table = page.partition('<svg class="plan-drawing')[2].partition("</svg>")[::2]
    days = re.findall(r'class="plan-day">(\w+ \d+)</tspan> ([^<]+?)(?: <tspan|</text>)', drawing)
    rows = re.findall(r'scope="row">\w+ (\w+ \d+), 202[23]</th>', table.partition("</table>")[0])
    assert [day for day, _ in days] == rows and len(rows) > 8
    assert (
        ("Sep 1", "Notice") in days and ("Sep 16", "Draft of the plan due") in days and ("Oct 31", "Step 2 due") in days
    )
    assert "style=" not in drawing, "inline styles are refused"
