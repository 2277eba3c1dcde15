"""Does a subcontractor see its own parts and nothing else, and the lead everything about its packet?"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import packets
import pytest
import visits
from packets import AS_LEAD, BILLING, LEAD, NORTHSIDE, RATE_CARD, RIVERBEND, act, report
from sqlmodel import select
from test_pages_permissions import RULES, TO_SIGN_IN, ask, concrete
from visits import CT, LIAISON, MANAGER, WA, Visit, World, submission_form

from duecourse.calendar.part_lifecycle import PartAct, PartPhase
from duecourse.clock import Clock
from duecourse.models import Deliverable, Person, ProgramMember, RoleName, Submission
from duecourse.models.database import reading, writing
from duecourse.tracking.staff.people import give_role, person_by_email

filled, make_world, world = visits.filled, visits.make_world, visits.world

# Monday, January 23, 2023 is the internal date of the report that is due on January 30; this is the day after it.
LATE = datetime(2023, 1, 24, 17, tzinfo=UTC)
OPEN = [rule for rule, says in RULES.items() if says.nobody == TO_SIGN_IN and "/mailbox" not in rule]
"""Every route for people who are signed in, but the mailbox: in a demonstration everybody reads every mail."""
SECRETS = ("Northside", NORTHSIDE, MANAGER, LIAISON, LEAD, "Home Visiting", "/deliverables/", "/contracts/", "Ana Ruiz")


@pytest.fixture
def shared(world: World) -> World:
    """The world of the pages with both subcontractors’ people; Riverbend’s works under both contracts."""
    return with_subcontractors(world)


@pytest.fixture
def late(make_world: Callable[..., World]) -> World:
    """The same on the day after the internal date of the rate card reports."""
    return with_subcontractors(make_world(clock=Clock.showing(LATE)))


def with_subcontractors(world: World) -> World:
    packets.add_subcontractors(world.engine, visits.NOW)
    with writing(world.engine) as session:
        rio = session.exec(select(Person).where(Person.email == RIVERBEND)).one()
        # The county’s contract names no programs; whoever is said to work for one of them sees nothing of it.
        session.add(ProgramMember(contract_id=WA, program="riverbend", person_id=rio.id or 0))
    return world


def rate_card(world: World) -> Deliverable:
    return report(world.engine, "ct-rate-card-report", date(2023, 1, 30))


def part_form(part: str = RATE_CARD, **more: str) -> dict[str, str]:
    form = {"form_key": "7d0f4e4b-5b43-4e55-9ff0-6f6a4b1f0d11", "part": part, "note": ""}
    return form | {"happened_on": "2022-11-30", "happened_at": "09:00"} | more


def phase(world: World, program: str = "riverbend") -> PartPhase:
    return packets.packet(world.engine, rate_card(world), world.clock.now()).of(program)[0].facts.phase


@pytest.mark.parametrize("rule", OPEN)
def test_a_subcontractor_gets_nothing_of_a_contract_from_any_route(shared: World, rule: str) -> None:
    visit = shared.visitor(RIVERBEND)
    if "{program}" in rule or "entry_uid" in rule:
        method, path = concrete(shared, rule, contract_id=WA)
        other = path.replace("/riverbend", "/northside")
        if "entry_uid" in rule:
            came = act(shared.engine, rate_card(shared), PartAct.HAND_IN, now=visits.NOW, program="northside")
            other = f"/part-files/{came.uid}"
        assert ask(visit, method, other).status_code == 404
        return
    method, path = concrete(shared, rule, contract_id=WA)
    answer = ask(visit, method, path)
    # Boards and passkeys are a person's own: the boards are empty, and nobody is asked for a passkey.
    if "{" in rule.replace("{ending}", ""):
        assert answer.status_code in (403, 404)
    else:
        assert answer.status_code in (200, 303, 403, 404, 409, 422)
    # An error says again which address was asked for.
    text = answer.text.replace(path, "")
    assert [secret for secret in SECRETS if secret in text] == []


def test_a_subcontractor_does_not_open_the_leads_report_to_which_its_own_part_goes(shared: World) -> None:
    visit, uid = shared.visitor(RIVERBEND), rate_card(shared).uid
    assert visit.get(f"/parts/{uid}/riverbend").status_code == 200
    assert visit.get(f"/deliverables/{uid}").status_code == 404
    assert visit.get(f"/contracts/{CT}").status_code == 404


@pytest.mark.parametrize("program", ["northside", "abc", "combined"])
def test_another_program_and_one_that_does_not_exist_look_the_same(shared: World, program: str) -> None:
    visit, uid = shared.visitor(RIVERBEND), rate_card(shared).uid
    theirs, missing = (visit.get(f"/parts/{uid}/{each}") for each in (program, "somebody"))
    assert theirs.status_code == missing.status_code == 404
    clean = lambda text: re.sub(r'value="[\w-]{36,}"', "", text).replace(program, "somebody")  # noqa: E731
    assert clean(theirs.text) == clean(missing.text)


def test_the_first_page_leads_whoever_works_for_a_subcontractor_alone_to_the_own_one(shared: World) -> None:
    answer = shared.visitor(RIVERBEND).get("/")
    assert (answer.status_code, answer.headers["location"]) == (303, "/parts")
    assert shared.visitor(LEAD).get("/").status_code == 200


def test_a_subcontractors_calendar_holds_no_deadline_of_the_lead(shared: World) -> None:
    visit = shared.visitor(RIVERBEND)
    made = visit.post("/subscribe", {"contract": "", "form_key": part_form()["form_key"]})
    (address,) = set(re.findall(r"(/c/[^\s\"<]+\.ics)", made.text))
    calendar = visit.get(address)
    assert calendar.status_code == 200
    assert "BEGIN:VCALENDAR" in calendar.text
    assert "Rate Card" not in calendar.text


def test_a_subcontractors_people_are_no_people_of_the_contract(shared: World) -> None:
    page = shared.visitor(LEAD).get(f"/contracts/{CT}").text
    assert LEAD in page
    assert RIVERBEND not in page


def test_a_subcontractor_hands_in_its_part_with_the_file_and_the_lead_accepts_it(shared: World) -> None:
    row, rio, lead = rate_card(shared), shared.visitor(RIVERBEND), shared.visitor(LEAD)
    file = {"file": ("rate card.pdf", b"%PDF-1.4\noutcomes: 7\n%%EOF\n", "application/pdf")}
    done = rio.post(f"/parts/{row.uid}/riverbend/hand-in", part_form(), files=file)
    assert (done.status_code, done.headers["location"]) == (303, f"/parts/{row.uid}/riverbend?done=hand-in")
    page = rio.get(f"/parts/{row.uid}/riverbend").text
    (link,) = re.findall(r'href="(/part-files/[\w-]+)"', page)
    assert rio.get(link).content == lead.get(link).content == b"%PDF-1.4\noutcomes: 7\n%%EOF\n"
    assert shared.visitor(NORTHSIDE).get(link).status_code == shared.visitor(LIAISON).get(link).status_code == 404
    assert phase(shared) is PartPhase.RECEIVED
    accepted = lead.post(
        f"/parts/{row.uid}/riverbend/decide",
        part_form(act="accept", form_key="1d0f4e4b-5b43-4e55-9ff0-6f6a4b1f0d11", back=f"/deliverables/{row.uid}"),
    )
    assert accepted.headers["location"] == f"/deliverables/{row.uid}?done=part"
    assert phase(shared) is PartPhase.ACCEPTED


def test_a_subcontractor_may_not_accept_its_own_part(shared: World) -> None:
    row, rio = rate_card(shared), shared.visitor(RIVERBEND)
    rio.post(f"/parts/{row.uid}/riverbend/hand-in", part_form())
    assert rio.post(f"/parts/{row.uid}/riverbend/decide", part_form(act="accept")).status_code == 403
    assert phase(shared) is PartPhase.RECEIVED


def test_the_same_form_sent_twice_hands_in_once(shared: World) -> None:
    row, rio = rate_card(shared), shared.visitor(RIVERBEND)
    answers = [rio.post(f"/parts/{row.uid}/riverbend/hand-in", part_form()).status_code for _ in range(2)]
    assert answers == [303, 303]
    assert len(packets.packet(shared.engine, row, visits.NOW).of("riverbend")[0].entries) == 1


def test_a_part_that_is_sent_back_says_why_and_what_was_typed_is_not_lost(shared: World) -> None:
    row, rio, lead = rate_card(shared), shared.visitor(RIVERBEND), shared.visitor(LEAD)
    rio.post(f"/parts/{row.uid}/riverbend/hand-in", part_form())
    refused = lead.post(
        f"/parts/{row.uid}/riverbend/decide",
        part_form(act="send back", form_key="4d0f4e4b-5b43-4e55-9ff0-6f6a4b1f0d11"),
    )
    assert refused.status_code == 422
    assert "Say what has to be corrected" in refused.text
    key = "2d0f4e4b-5b43-4e55-9ff0-6f6a4b1f0d11"
    lead.post(f"/parts/{row.uid}/riverbend/decide", part_form(act="send back", note="Page 2 is missing.", form_key=key))
    assert "Page 2 is missing." in rio.get(f"/parts/{row.uid}/riverbend").text
    typed = rio.post(
        f"/parts/{row.uid}/riverbend/hand-in",
        part_form(happened_on="2022-12-24", note="With page 2", form_key="3d0f4e4b-5b43-4e55-9ff0-6f6a4b1f0d11"),
    )
    assert typed.status_code == 422
    assert "With page 2" in typed.text


def test_a_late_subcontractor_is_a_risk_on_the_pages_of_the_lead_and_leaves_them_when_it_is_done(late: World) -> None:
    row, lead = rate_card(late), late.visitor(LEAD)
    pages = ("/", f"/deliverables/{row.uid}")
    assert all("Riverbend Family Center" in lead.get(page).text for page in pages)
    assert "Riverbend Family Center is 1 day late with its Rate Card" in lead.get(pages[1]).text
    assert "At risk" in lead.get("/").text
    for program in ("riverbend", "northside"):
        for part in (RATE_CARD, BILLING):
            act(late.engine, row, PartAct.HAND_IN, now=LATE, program=program, part=part)
            act(late.engine, row, PartAct.ACCEPT, now=LATE, program=program, part=part)
    assert "At risk because of a subcontractor" not in lead.get(pages[1]).text
    card = re.search(rf'<li class="task[^<]*(?:(?!</li>).)*{row.uid}.*?</li>', lead.get("/").text, re.DOTALL)
    assert card is not None
    assert "At risk" not in card[0]


def test_the_funder_sees_nothing_of_what_passes_between_lead_and_subcontractor(late: World) -> None:
    with writing(late.engine) as session:
        lee = person_by_email(session, LIAISON)
        assert lee is not None
        give_role(session, lee, CT, RoleName.PROGRAM_LIAISON, now=visits.NOW, actor="test")
    act(late.engine, rate_card(late), PartAct.HAND_IN, now=LATE)
    visit, uid = late.visitor(LIAISON), rate_card(late).uid
    assert visit.get(f"/deliverables/{uid}").status_code == 200
    for path in ("/", "/overdue", f"/deliverables/{uid}"):
        assert "Riverbend" not in visit.get(path).text
    assert visit.get(f"/parts/{uid}/riverbend").status_code == 404


def test_an_incomplete_packet_is_sent_only_with_a_reason(shared: World) -> None:
    row, lead = rate_card(shared), shared.visitor(LEAD)

    def send(**fields: str) -> int:
        return lead.post(f"/deliverables/{row.uid}/submit", submission_form(**fields)).status_code

    refused = lead.post(f"/deliverables/{row.uid}/submit", submission_form())
    assert refused.status_code == 422
    assert "it lacks 8 parts. Rate Card of ABC Inc.: not received." in refused.text
    assert send(incomplete="yes") == 422
    assert send(note="Northside sends its own later.") == 422
    assert shared.rows(select(Submission).where(Submission.deliverable_id == row.id)) == []
    assert send(incomplete="yes", note="Northside sends its own later.") == 303


def test_a_complete_packet_is_sent_without_a_word(shared: World) -> None:
    row, lead = rate_card(shared), shared.visitor(LEAD)
    for program in (*packets.PROGRAMS, "combined"):
        for part in (RATE_CARD, BILLING):
            act(shared.engine, row, PartAct.HAND_IN, now=visits.NOW, program=program, part=part)
            if program in ("riverbend", "northside"):
                act(shared.engine, row, PartAct.ACCEPT, now=visits.NOW, program=program, part=part)
    assert "The packet is complete." in lead.get(f"/deliverables/{row.uid}").text
    assert lead.post(f"/deliverables/{row.uid}/submit", submission_form()).status_code == 303


def test_the_page_of_a_subcontractor_begins_with_what_is_late(late: World) -> None:
    page = late.visitor(RIVERBEND).get("/parts").text
    headings = re.findall(r'<h2 id="(\w+)"', page)
    assert headings[0] == "late"
    assert "1 day late" in page
    assert "Due to the lead by the end of Mon Jan 23, 2023" in page


def test_a_part_without_which_the_lead_has_sent_its_report_is_no_longer_late(late: World) -> None:
    row, lead, sub = rate_card(late), late.visitor(LEAD), late.visitor(RIVERBEND)
    own = f"/parts/{row.uid}/riverbend"
    assert "1 day late" in sub.get(own).text
    sent = submission_form(incomplete="yes", note="Riverbend sends its own later.")
    assert lead.post(f"/deliverables/{row.uid}/submit", sent).status_code == 303
    page = sub.get(own).text
    assert "1 day late" not in page and "Due to the lead by the end of Mon Jan 23, 2023" in page


def test_a_file_of_a_part_is_not_shown_before_the_day_on_which_it_came(shared: World) -> None:
    row = rate_card(shared)
    later = visits.NOW + timedelta(days=3)
    _, entry = packets.waiting_part(shared.engine, Path(shared.settings.evidence), "decide", later)
    assert shared.visitor(RIVERBEND).get(f"/part-files/{entry}").status_code == 404
    assert packets.packet(shared.engine, row, visits.NOW).of("riverbend")[0].entries == []


def signed_in_as_both(world: World) -> Visit:
    with writing(world.engine) as session:
        rio = person_by_email(session, RIVERBEND)
        assert rio is not None
        give_role(session, rio, CT, RoleName.PROGRAM_MANAGER, now=visits.NOW, actor="test")
    return world.visitor(RIVERBEND)


def test_who_works_for_the_lead_as_well_acts_as_the_lead(shared: World) -> None:
    visit, row = signed_in_as_both(shared), rate_card(shared)
    visit.post(f"/parts/{row.uid}/riverbend/hand-in", part_form())
    with reading(shared.engine):
        (state, *_) = packets.packet(shared.engine, row, visits.NOW).of("riverbend")
    assert [entry.by_lead for entry in state.entries] == [True]
    assert AS_LEAD.program == ""
