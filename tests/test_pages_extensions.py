"""Do the pages let the contractor ask for more time and the liaison decide, and keep apart what each side owes?"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import visits
from sqlmodel import select
from statements import statements
from visits import CT, LIAISON, NOW, STRANGER, WA, Visit, World

from duecourse.calendar.lifecycle import Party
from duecourse.models import Deliverable, Extension, Notice, RoleName
from duecourse.models.database import reading, writing
from duecourse.tracking.acting import By
from duecourse.tracking.staff.people import add_person, give_role, person_by_email
from duecourse.tracking.submitting import Sent, submit

filled, make_world, world = visits.filled, visits.make_world, visits.world

AUDITOR = "kit@audit.example"


@pytest.fixture
def oec(world: World) -> World:
    """The world with a liaison in Connecticut; it is November 30, 2022."""
    with writing(world.engine) as session:
        person = person_by_email(session, LIAISON)
        assert person is not None
        give_role(session, person, CT, RoleName.PROGRAM_LIAISON, now=NOW, actor="test")
        auditor = add_person(session, name="Kit Moss", email=AUDITOR, now=NOW, actor="test")
        give_role(session, auditor, CT, RoleName.AUDITOR, now=NOW, actor="test")
    return world


def report(world: World, obligation: str = "ct-status-report", quarter: str = "2022-10-01") -> str:
    """Return the uid of a report: of October to December it is due by the end of January 30, 2023."""
    query = select(Deliverable.uid).where(Deliverable.obligation_id == obligation, Deliverable.occurrence == quarter)
    return str(world.rows(query)[0])


def form(**fields: str) -> dict[str, str]:
    return {
        "form_key": str(uuid4()),
        "asked_on": "2022-11-30",
        "asked_time": "11:00",
        "asked_by": "Olu Bako",
        "reason": "The data system was down.",
    } | fields


def ask(visit: Visit, uid: str, **fields: str) -> int:
    return visit.post(f"/deliverables/{uid}/extension", form(**fields)).status_code


def decide(world: World, visit: Visit, act: str, **fields: str) -> tuple[int, str]:
    request = world.rows(select(Extension.uid).where(Extension.outcome == "asked"))[-1]
    said = {"form_key": str(uuid4()), "act": act, "granted_on": "2023-02-15"} | fields
    answer = visit.post(f"/extensions/{request}/decide", said)
    return answer.status_code, answer.text


def panel(visit: Visit, uid: str) -> str:
    text = visit.get(f"/deliverables/{uid}").text.partition('id="extension"')[2].partition("</section>")[0]
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


def test_more_time_is_asked_for_and_granted_and_the_people_are_told(oec: World) -> None:
    uid, manager, liaison = report(oec), oec.visitor(STRANGER), oec.visitor(LIAISON)
    assert "0 of 1 granted in the whole contract, 1 left" in panel(manager, uid)
    assert ask(manager, uid, wanted_on="2023-02-15") == 303
    assert "Asked for; it waits for a decision" in panel(manager, uid) and "Ask for more time" not in panel(
        manager, uid
    )
    assert "1 request for more time" in " ".join(re.sub(r"<[^>]+>", "", liaison.get("/").text).split())
    assert "#extension" in liaison.get("/owed").text and "1 of 1" in liaison.get("/owed").text
    assert decide(oec, liaison, "grant")[0] == 303
    page = manager.get(f"/deliverables/{uid}").text
    assert "Due by the end of Wed Feb 15, 2023 (Eastern)" in page
    assert "first due by the end of Mon Jan 30, 2023 (Eastern)" in page
    assert "we said: <strong>by the end of Mon Jan 30, 2023 (Eastern)</strong>" in page
    assert "1 of 1 granted in the whole contract, none left" in panel(manager, uid)
    mails = oec.rows(select(Notice).where(Notice.rung == "dates-changed"))
    assert {mail.to_address for mail in mails} >= {STRANGER, LIAISON}
    for mail in mails:
        assert mail.said is not None and "It was due by the end of Mon Jan 30, 2023" in mail.said["says"]


def test_a_second_extension_of_a_type_needs_a_named_reason(oec: World) -> None:
    manager, liaison = oec.visitor(STRANGER), oec.visitor(LIAISON)
    for quarter in ("2022-10-01", "2023-01-01"):
        assert ask(manager, report(oec, quarter=quarter)) == 303
        status, text = decide(oec, liaison, "grant", granted_on="2023-06-30")
        assert status == (303 if quarter == "2022-10-01" else 422)
    assert "No extension is left for the report type Program Status" in text
    assert 'name="override_reason"' in text, "the page that came back asks for the reason"
    assert decide(oec, liaison, "grant", granted_on="2023-06-30", override_reason="A flood.")[0] == 303
    contract = liaison.get(f"/contracts/{CT}").text
    assert "None left" in contract and "exception: A flood." in contract


def test_a_refusal_needs_words_and_leaves_the_date_and_the_extension(oec: World) -> None:
    uid, manager, liaison = report(oec), oec.visitor(STRANGER), oec.visitor(LIAISON)
    assert ask(manager, uid) == 303
    status, text = decide(oec, liaison, "refuse")
    assert (status, "Say why it is refused" in text) == (422, True)
    assert decide(oec, liaison, "refuse", comment="The data is complete.")[0] == 303
    assert "Refused" in panel(manager, uid) and "The data is complete." in panel(manager, uid)
    assert "0 of 1 granted" in panel(manager, uid) and "Ask for more time" in panel(manager, uid)


def test_what_is_asked_for_too_late_is_refused_with_the_cure_and_the_form_keeps_its_words(oec: World) -> None:
    uid, manager = report(oec, quarter="2022-07-01"), oec.visitor(STRANGER)
    answer = manager.post(f"/deliverables/{uid}/extension", form(reason="We forgot."))
    assert answer.status_code == 422
    assert "more time has to be asked for before that" in answer.text and "We forgot." in answer.text


def test_an_extension_granted_elsewhere_makes_a_late_report_no_longer_late(oec: World) -> None:
    uid, liaison = report(oec, quarter="2022-07-01"), oec.visitor(LIAISON)
    late = Sent(datetime(2022, 11, 8, 15, tzinfo=UTC), "Olu Bako", "email")
    with writing(oec.engine) as session:
        submit(session, uid, late, form_key="late", now=NOW, by=By(STRANGER, Party.CONTRACTOR))
    assert "Submitted late" in liaison.get(f"/deliverables/{uid}").text
    fields = form(asked_on="2022-10-25", granted_on="2022-11-10", decided_on="2022-10-27", decided_time="10:00")
    answer = liaison.post(f"/deliverables/{uid}/extension/record", fields | {"decided_by": "Lee Chen"})
    assert answer.status_code == 303
    page = liaison.get(f"/deliverables/{uid}").text
    assert "Submitted late" not in page
    assert "Late by the date of that day, and on time by the extension that was entered since." in page


def test_a_decision_is_taken_back_with_a_reason(oec: World) -> None:
    uid, manager, liaison = report(oec), oec.visitor(STRANGER), oec.visitor(LIAISON)
    assert ask(manager, uid) == 303 and decide(oec, liaison, "grant")[0] == 303
    request = oec.rows(select(Extension.uid))[0]
    said = {"form_key": str(uuid4()), "what": "decision", "reason": "The wrong quarter."}
    assert manager.post(f"/extensions/{request}/take-back", said).status_code == 403
    assert liaison.post(f"/extensions/{request}/take-back", said).status_code == 303
    assert "Due by the end of Mon Jan 30, 2023 (Eastern)" in manager.get(f"/deliverables/{uid}").text


def test_an_auditor_sees_it_all_and_changes_nothing(oec: World) -> None:
    uid, auditor = report(oec), oec.visitor(AUDITOR)
    assert ask(oec.visitor(STRANGER), uid) == 303
    assert "it waits for a decision" in panel(auditor, uid) and "Your decision" not in panel(auditor, uid)
    assert ask(auditor, uid) == 403 and decide(oec, auditor, "grant")[0] == 403
    assert auditor.get("/owed").status_code == 200


def test_a_contract_that_says_nothing_of_extensions_states_no_limit(world: World) -> None:
    uid = world.rows(select(Deliverable.uid).where(Deliverable.contract_id == WA, Deliverable.party == "contractor"))[0]
    assert "The contract states no limit to extensions." in panel(world.visitor(LIAISON), str(uid))


def test_what_the_funder_owes_is_on_the_liaisons_list_and_not_on_the_contractors(oec: World) -> None:
    uid, manager, liaison = report(oec), oec.visitor(STRANGER), oec.visitor(LIAISON)
    sent = Sent(NOW - timedelta(days=6), "Olu Bako", "email")
    with writing(oec.engine) as session:
        submit(session, uid, sent, form_key="in", now=NOW, by=By(STRANGER, Party.CONTRACTOR))
    owed = liaison.get("/owed").text
    row = owed.partition(f"/deliverables/{uid}#decide")
    # November 24, 2022 was Thanksgiving: 25, 28, 29 and 30 were business days.
    assert "6 days" in row[0][-600:] and "4 business days" in row[0][-600:]
    assert "Active Contract Management Check-in" in owed and "Mark as done" in owed
    assert "Active Contract Management Check-in" not in manager.get("/").text
    assert "Active Contract Management Check-in" in liaison.get("/").text
    assert "Answer to a Submission" not in owed, "the submission itself stands for it"


def test_the_overdue_board_keeps_both_sides_apart(oec: World) -> None:
    board = oec.visitor(STRANGER).get("/overdue").text
    theirs, _, funders = board.partition("What the funder owes")
    funders = funders.partition("<details")[0]
    check_in = "Active Contract Management Check-in"
    assert check_in in funders and check_in not in theirs
    assert "Quarterly Program Status Report" in theirs and "Quarterly Program Status Report" not in funders


def test_the_page_draws_on_whose_desk_the_report_lay(oec: World) -> None:
    uid, liaison = report(oec, quarter="2022-07-01"), oec.visitor(LIAISON)
    with writing(oec.engine) as session:
        sent = Sent(datetime(2022, 11, 2, 13, tzinfo=UTC), "Olu Bako", "email")
        submit(session, uid, sent, form_key="in", now=NOW, by=By(STRANGER, Party.CONTRACTOR))
    desks = liaison.get(f"/deliverables/{uid}").text.partition('id="desks"')[2].partition("</section>")[0]
    said = " ".join(re.sub(r"<[^>]+>", " ", desks).split())
    assert "Contractor 32 days 22 business days" in said and "Funder 28 days" in said
    assert "Late 3 days on the contractor’s desk" in said
    assert desks.count('class="desk-contractor"') == 1 and desks.count('class="desk-funder"') == 1
    widths = [
        float(width) for width in re.findall(r'class="desk-(?:contractor|funder)" x="[\d.]+" width="([\d.]+)"', desks)
    ]
    assert 99.9 < sum(widths) < 100.1


def test_nothing_about_extensions_is_written_by_looking(oec: World) -> None:
    with reading(oec.engine) as session:
        before = len(session.exec(select(Extension)).all())
    for path in ("/owed", f"/contracts/{CT}", f"/deliverables/{report(oec)}"):
        assert oec.visitor(LIAISON).get(path).status_code == 200
    with reading(oec.engine) as session:
        assert len(session.exec(select(Extension)).all()) == before


def test_what_is_owed_asks_the_database_equally_often_whatever_the_number_of_requests(oec: World) -> None:
    manager, liaison = oec.visitor(STRANGER), oec.visitor(LIAISON)
    assert ask(manager, report(oec)) == 303
    with statements(oec.engine) as few:
        liaison.get("/owed")
    for obligation in ("ct-fiscal-report", "ct-benchmark-report"):
        assert ask(manager, report(oec, obligation)) == 303
    with statements(oec.engine) as many:
        assert liaison.get("/owed").text.count("#extension") == 3
    assert 0 < len(few) == len(many)
