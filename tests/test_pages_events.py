"""Is an event taken by the form that fits it, without a word about who a family is; and which calendar is made?"""

from __future__ import annotations

import re

import pytest
import visits
from sqlmodel import select
from visits import MANAGER, WA, World

from duecourse.models import Deliverable, EventRow, Feed

filled, make_world, world = visits.filled, visits.make_world, visits.world

PAGE = f"/contracts/{WA}/events"
ENROLLED = {"event": "enrollment", "happened_on": "2022-11-28", "happened_at": "10:15", "reference": "C-1042"}


def test_an_event_of_a_family_is_recorded_under_an_opaque_id(world: World) -> None:
    visit = world.visitor(MANAGER)
    assert visit.post(PAGE, ENROLLED).headers["location"] == f"/contracts/{WA}?done=event"
    page = visit.get(f"/contracts/{WA}?done=event").text
    assert "Enrollment</strong>, C-1042" in page and "The event was recorded" in page


@pytest.mark.parametrize(
    ("reference", "says"),
    [
        ("Maria Lopez", "may say who somebody is"),
        ("2022-04-01", "looks like a date or a phone number"),
        ("360-555-0134", "looks like a date or a phone number"),
        ("ana@home.example", "may say who somebody is"),
        ("", "it needs an id"),
    ],
)
def test_what_could_say_who_a_family_is_is_refused_beside_its_field(world: World, reference: str, says: str) -> None:
    answer = world.visitor(MANAGER).post(PAGE, ENROLLED | {"reference": reference})
    assert answer.status_code == 422 and world.rows(select(EventRow)) == []
    field = re.search(r'<input id="person-reference".*?</div>', answer.text, re.DOTALL)
    assert field is not None and says in field[0] and 'aria-invalid="true"' in field[0]
    assert 'aria-describedby="person-hint person-wrong"' in field[0]
    assert re.search(r'event-form" open>\s*<summary><h3>Record an event of one family', answer.text)
    assert "Only the id that your data system gave" in field[0] and 'pattern="' in field[0]


def test_the_reference_of_another_event_says_nothing_about_a_person_either(world: World) -> None:
    sent = ENROLLED | {"event": "data-request", "reference": "call ana@home.example"}
    answer = world.visitor(MANAGER).post(PAGE, sent)
    field = re.search(r'<input id="contract-reference".*?</div>', answer.text, re.DOTALL)
    assert answer.status_code == 422 and field is not None and "nothing about a person" in field[0]


@pytest.mark.parametrize(("event", "status"), [("planned-press-release", 303), ("data-request", 422)])
def test_a_planned_event_may_lie_ahead_and_another_may_not(world: World, event: str, status: int) -> None:
    visit = world.visitor(MANAGER)
    assert "Planned press release" in visit.get(f"/contracts/{WA}").text
    ahead = {"event": event, "happened_on": "2023-02-01", "happened_at": "10:00", "reference": ""}
    answer = visit.post(PAGE, ahead)
    assert answer.status_code == status
    assert status == 303 or "Record it when it has happened." in answer.text
    assert bool(world.rows(select(Deliverable).where(Deliverable.label.contains("Feb 1, 2023")))) or status == 422


def test_every_event_of_the_contract_stands_in_one_of_the_two_forms(world: World) -> None:
    page = world.visitor(MANAGER).get(f"/contracts/{WA}").text
    contract, person = (
        set(re.findall(r'<option value="([\w-]+)"', form))
        for form in re.findall(r'<select id="(?:contract|person)-event".*?</select>', page, re.DOTALL)
    )
    assert {"enrollment", "birth", "hire"} <= person and {"data-request", "contract-closure"} <= contract
    assert not contract & person


@pytest.mark.parametrize(("alarms", "titles"), [("yes", ""), ("", "yes"), ("yes", "yes"), ("", "")])
def test_a_calendar_link_reminds_or_shows_titles_only_when_it_is_asked_to(
    world: World, alarms: str, titles: str
) -> None:
    visit = world.visitor(MANAGER)
    assert {"Remind me a day ahead", "Titles only"} <= set(
        re.findall(r"<span>([^<]+)<span", visit.get("/subscribe").text)
    )
    fields = {"form_key": "5a8c0f52-1111-4222-8333-944455556666", "contract": WA}
    chosen = {name: said for name, said in (("alarms", alarms), ("titles_only", titles)) if said}
    page = visit.post("/subscribe", fields | chosen).text
    (feed,) = world.rows(select(Feed))
    assert (feed.alarms, feed.titles_only) == (bool(alarms), bool(titles))
    assert ("Reminds a day ahead" in page) == bool(alarms)
    assert ("itles only</span>" in page.partition('id="links"')[2]) == bool(titles)
