"""What does a form change, once, and which forms are refused?"""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import pytest
import visits
from sqlmodel import col, select
from visits import ADDRESS, LIAISON, MANAGER, WA, World, submission_form

from duecourse.calendar.standing import Standing
from duecourse.models import AuditEntry, Deliverable, EventRow, Feed, LifecycleEntry, Submission
from duecourse.models.database import reading, writing
from duecourse.tracking.audit import verify

filled, make_world, world, either_world = visits.filled, visits.make_world, visits.world, visits.either_world


def decision(act: str, *, seen: int, comment: str = "") -> dict[str, str]:
    """Return the fields of a decision, as the page's form sends them."""
    return {"act": act, "seen": str(seen), "comment": comment, "form_key": str(uuid4())}


def overdue(world: World) -> Deliverable:
    return world.find(WA, Standing.OVERDUE, last=True)


def submissions(world: World, report: Deliverable) -> list[Submission]:
    return world.rows(select(Submission).where(Submission.deliverable_id == report.id))


def test_a_report_marked_as_submitted_leaves_the_overdue_board_and_shows_its_receipt(world: World) -> None:
    visit, report = world.visitor(MANAGER), overdue(world)
    assert report.uid in visit.get("/overdue").text
    answer = visit.post(f"/deliverables/{report.uid}/submit", submission_form(note="With the appendix.\nTwo files."))
    assert answer.headers["location"] == f"/deliverables/{report.uid}?done=submitted"
    receipt = visit.get(answer.headers["location"]).text
    for said in ("Submitted late", "Tue Nov 29, 2022, 4:30 PM Pacific", "PSRS-4711", "With the appendix.\nTwo files."):
        assert said in receipt
    assert report.uid not in visit.get("/overdue").text
    (entry,) = world.rows(select(AuditEntry).where(AuditEntry.deliverable_id == report.id))
    assert (entry.action, entry.actor) == ("submitted", MANAGER)


def test_a_returned_report_goes_back_with_the_comment_and_comes_in_again_as_version_2(world: World) -> None:
    manager, liaison = world.visitor(MANAGER), world.visitor(LIAISON)
    report = world.find(WA, Standing.SUBMITTED)
    address = f"/deliverables/{report.uid}"
    refused = liaison.post(f"{address}/decide", decision("return", seen=1, comment="  "))
    assert refused.status_code == 422 and "Say what has to be corrected" in refused.text
    liaison.post(f"{address}/decide", decision("return", seen=1, comment="The total is wrong."))
    assert "The total is wrong." in manager.get(address).text
    assert "Sent back to correct" in manager.get("/").text
    assert manager.post(f"{address}/submit", submission_form()).status_code == 303
    assert liaison.post(f"{address}/decide", decision("accept", seen=3)).status_code == 303
    assert [row.version for row in submissions(world, report)] == [1, 2]
    assert world.find(WA, Standing.ACCEPTED).uid == report.uid


def test_a_decision_on_what_was_replaced_meanwhile_is_refused_and_shows_what_happened(world: World) -> None:
    manager, liaison = world.visitor(MANAGER), world.visitor(LIAISON)
    report = world.find(WA, Standing.SUBMITTED)
    address = f"/deliverables/{report.uid}"
    liaison.post(f"{address}/decide", decision("return", seen=1, comment="Wrong month."))
    manager.post(f"{address}/submit", submission_form())
    late = liaison.post(f"{address}/decide", decision("accept", seen=1))
    assert late.status_code == 409 and "changed since you opened the page" in late.text
    meanwhile = late.text.partition("What happened meanwhile")[2].partition("</section>")[0]
    assert re.search(r"Returned</strong> by lee@dcyf.example.*Wrong month.*Submitted</strong> by ana@", meanwhile, re.S)
    assert "Your decision on version 2" in late.text
    assert len(world.rows(select(LifecycleEntry).where(col(LifecycleEntry.act).in_(["accept", "return"])))) == 1
    fields = dict(re.findall(r'name="(form_key|seen)" value="([^"]*)"', late.text))
    assert liaison.post(f"{address}/decide", {"act": "accept", "comment": ""} | fields).status_code == 303


def test_a_form_that_comes_too_late_says_who_was_first_and_keeps_what_was_typed(world: World) -> None:
    first, second, report = world.visitor(MANAGER), world.visitor(MANAGER), overdue(world)
    first.post(f"/deliverables/{report.uid}/submit", submission_form())
    late = second.post(f"/deliverables/{report.uid}/submit", submission_form(form_key=str(uuid4()), seen="0"))
    assert late.status_code == 409
    assert "is now “in” (submitted, by ana@county.example" in late.text and "What happened meanwhile" in late.text
    assert len(submissions(world, report)) == 1


def test_what_one_person_enters_for_another_shows(world: World) -> None:
    visit, report = world.visitor(MANAGER), overdue(world)
    visit.post(f"/deliverables/{report.uid}/submit", submission_form(submitted_by="Sam Ortiz"))
    page = visit.get(f"/deliverables/{report.uid}").text
    assert "Entered by Ana Ruiz on behalf of Sam Ortiz" in page
    other = world.find(WA, Standing.OVERDUE)
    visit.post(f"/deliverables/{other.uid}/submit", submission_form(form_key=str(uuid4()), submitted_by="ana  ruiz"))
    assert "on behalf of" not in visit.get(f"/deliverables/{other.uid}").text


ACTS = [
    ("submit", "undo the submission"),
    ("accept", "undo the acceptance"),
    ("return", "undo the return"),
    ("waive", "ask for it again"),
    ("mark as not applicable", "ask for it again"),
    ("cancel", "ask for it again"),
]


@pytest.mark.parametrize(("act", "undoing"), ACTS, ids=[act for act, _ in ACTS])
def test_after_each_act_its_undo_is_offered_and_leads_back(world: World, act: str, undoing: str) -> None:
    visit = world.visitor(MANAGER if act == "submit" else LIAISON)
    report = world.find(WA, Standing.SUBMITTED) if act in ("accept", "return") else overdue(world)
    address, kind = f"/deliverables/{report.uid}", {"submit": "submit", "accept": "decide", "return": "decide"}
    before = re.findall(r'class="chip ([\w-]+)', visit.get(address).text)[0]
    fields = submission_form(act=act, reason="Agreed by mail.", comment="Page 2 is missing.")
    answer = visit.post(f"{address}/{kind.get(act, 'set-aside')}", fields)
    page = visit.get(answer.headers["location"]).text
    at_once = page.partition('class="undo"')[2].partition("</form>")[0]
    assert f'name="act" value="{undoing}"' in at_once and "Undo" in at_once
    assert f"<h2>{undoing.capitalize()}</h2>" in page
    fields = dict(re.findall(r'name="(form_key|seen)" value="([^"]*)"', page)) | {"act": undoing}
    refused = visit.post(f"{address}/undo", fields | {"reason": " "})
    assert refused.status_code == 422 and "Give a reason" in refused.text
    assert visit.post(f"{address}/undo", fields | {"reason": "A slip."}).status_code == 303
    after = visit.get(address).text
    assert re.findall(r'class="chip ([\w-]+)', after)[0] == before
    assert "A slip." in after


def test_the_field_for_the_number_is_named_after_the_portal(world: World) -> None:
    visit, report = world.visitor(MANAGER), overdue(world)
    for channel, label in [
        ("PSRS, with the Quarter 2 report", "PSRS confirmation number"),
        ("Secure File Transfer (SFT)", "SFT confirmation number"),
        ("CORE-CT or email", "CORE-CT confirmation number"),
        ("ECIS", "ECIS confirmation number"),
        ("FLO", "FLO confirmation number"),
        ("visit log", "Confirmation number or reference"),
        ("FLOWERS", "Confirmation number or reference"),
    ]:
        with writing(world.engine) as session:
            session.get_one(Deliverable, report.id).channel = channel
        assert f'<label for="reference">{label} ' in visit.get(f"/deliverables/{report.uid}").text


def test_the_same_form_sent_twice_makes_one_submission_and_shows_it_twice(world: World) -> None:
    visit, report = world.visitor(MANAGER), overdue(world)
    first, second = (visit.post(f"/deliverables/{report.uid}/submit", submission_form()) for _ in range(2))
    assert first.headers["location"] == second.headers["location"]
    assert len(submissions(world, report)) == 1


def test_the_same_form_with_other_details_is_a_conflict_and_changes_nothing(world: World) -> None:
    visit, report = world.visitor(MANAGER), overdue(world)
    visit.post(f"/deliverables/{report.uid}/submit", submission_form())
    for other in ({"reference": "PSRS-1"}, {"submitted_at": "16:31"}, {"submitted_by": "Somebody else"}):
        answer = visit.post(f"/deliverables/{report.uid}/submit", submission_form(**other))
        assert answer.status_code == 409
    other_report = world.find(WA, Standing.OVERDUE)
    assert visit.post(f"/deliverables/{other_report.uid}/submit", submission_form()).status_code == 409
    assert len(world.rows(select(Submission))) == 2


def test_one_form_sent_by_many_at_once_has_one_effect_and_one_answer(either_world: World) -> None:
    world = either_world
    visit, report = world.visitor(MANAGER), overdue(world)
    fields = submission_form(form_token=visit.form_token())

    def send(_: int) -> tuple[int, str]:
        with httpx.Client(base_url=world.address, cookies=visit.client.cookies, timeout=60, verify=False) as client:
            answer = client.post(f"/deliverables/{report.uid}/submit", data=fields, headers=visits.FROM_OUR_PAGE)
            return answer.status_code, answer.headers.get("location", "")

    with ThreadPoolExecutor(12) as pool:
        answers = set(pool.map(send, range(24)))
    assert answers == {(303, f"/deliverables/{report.uid}?done=submitted")}
    assert len(submissions(world, report)) == 1


def test_of_many_decisions_at_once_one_counts_and_the_others_are_told(either_world: World) -> None:
    world = either_world
    visit, report = world.visitor(LIAISON), world.find(WA, Standing.SUBMITTED)
    token = visit.form_token()

    def send(number: int) -> int:
        outcome = "accept" if number % 2 else "return"
        fields = {"form_token": token, **decision(outcome, seen=1, comment=f"Number {number}.")}
        with httpx.Client(base_url=world.address, cookies=visit.client.cookies, timeout=60, verify=False) as client:
            answer = client.post(f"/deliverables/{report.uid}/decide", data=fields, headers=visits.FROM_OUR_PAGE)
            return answer.status_code

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(send, range(16)))
    assert sorted(answers) == [303] + [409] * 15
    assert len(world.rows(select(LifecycleEntry).where(col(LifecycleEntry.act).in_(["accept", "return"])))) == 1
    with reading(world.engine) as session:
        assert verify(session) > 0


@pytest.mark.parametrize(
    ("field", "typed", "says"),
    [
        ("submitted_on", "11/29/2022", "is not a date"),
        ("submitted_on", "2022-11-31", "is not a date"),
        ("submitted_on", "２０２２-11-29", "is not a date"),
        ("submitted_on", "9999-12-31", "is not a date"),
        ("submitted_on", "2022-12-01", "in the future"),
        ("submitted_at", "25:00", "is not a time"),
        ("submitted_at", "5pm", "is not a time"),
        ("submitted_by", " ", "Say who submitted it"),
        ("channel", "", "Say how it was sent"),
        ("reference", "x" * 201, "more than 200 characters"),
        ("note", "x" * 4001, "more than 4000 characters"),
        ("form_key", "", "no key"),
        ("form_key", "'; DROP TABLE submission", "no key"),
    ],
)
def test_a_form_that_cannot_be_accepted_comes_back_filled_in_with_the_reason(
    world: World, field: str, typed: str, says: str
) -> None:
    visit, report = world.visitor(MANAGER), overdue(world)
    answer = visit.post(f"/deliverables/{report.uid}/submit", submission_form(**{"reference": "KEEP-ME", field: typed}))
    assert answer.status_code == 422
    assert says in answer.text and "Nothing was changed." in answer.text
    assert field == "reference" or "KEEP-ME" in answer.text
    assert submissions(world, report) == []


def test_control_characters_and_marks_that_turn_text_are_taken_out(either_world: World) -> None:
    world = either_world
    visit, report = world.visitor(MANAGER), overdue(world)
    typed = {"reference": "A\x00B\u202eC\r\nD", "note": "one\r\ntwo\x00\x1b[31m"}
    assert visit.post(f"/deliverables/{report.uid}/submit", submission_form(**typed)).status_code == 303
    (made,) = submissions(world, report)
    assert (made.reference, made.note) == ("ABC D", "one\ntwo[31m")


EVERY_FORM = [
    "/sign-out", "/showing", "/subscribe", "/subscribe/1/rotate", "/subscribe/1/revoke", "/notices/1/requeue",
    f"/contracts/{WA}/events", f"/contracts/{WA}/amend", "/closures",
    "/deliverables/{uid}/submit", "/deliverables/{uid}/decide", "/deliverables/{uid}/move",
    "/deliverables/{uid}/undo", "/deliverables/{uid}/set-aside",
]  # fmt: skip


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "null"},
        {"origin": "https://evil.example"},
        {"origin": f"{ADDRESS}.evil.example"},
        {"sec-fetch-site": "cross-site", "origin": ADDRESS},
        {"sec-fetch-site": "same-site", "origin": "https://evil.deadlines.example"},
        {"sec-fetch-site": "none"},
    ],
)
def test_a_form_from_another_site_is_refused_even_with_the_right_token(world: World, headers: dict[str, str]) -> None:
    visit, report = world.visitor(MANAGER), overdue(world)
    fields = submission_form(form_token=visit.form_token())
    for path in (*EVERY_FORM, "/sign-in", world.link_for(MANAGER)):
        answer = visit.client.post(path.format(uid=report.uid), data=fields, headers=headers)
        assert answer.status_code == 403, path
    assert submissions(world, report) == []
    assert visit.get("/").status_code == 200


@pytest.mark.parametrize("token", ["", "wrong", "tokén\ud7ff", "another person's"])
def test_a_form_without_this_browsers_token_is_refused(world: World, token: str) -> None:
    visit, report = world.visitor(MANAGER), overdue(world)
    given = world.visitor(LIAISON).form_token() if token.startswith("another") else token
    for path in EVERY_FORM:
        answer = visit.post(path.format(uid=report.uid), submission_form(form_token=given))
        assert answer.status_code == 403, path
    assert submissions(world, report) == []


def test_a_browser_that_sends_only_origin_may_send_forms(world: World) -> None:
    visit, report = world.visitor(MANAGER), overdue(world)
    fields = submission_form(form_token=visit.form_token())
    answer = visit.client.post(f"/deliverables/{report.uid}/submit", data=fields, headers={"origin": ADDRESS})
    assert answer.status_code == 303


def test_a_form_sent_after_signing_out_leads_to_the_sign_in_page(world: World) -> None:
    visit, report = world.visitor(MANAGER), overdue(world)
    fields = submission_form(form_token=visit.form_token())
    assert visit.post("/sign-out").headers["location"] == "/sign-in"
    answer = visit.client.post(f"/deliverables/{report.uid}/submit", data=fields, headers=visits.FROM_OUR_PAGE)
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    assert submissions(world, report) == []


def test_an_event_is_recorded_once_and_its_window_is_planned(world: World) -> None:
    visit = world.visitor(MANAGER)
    happened = {"event": "data-request", "happened_on": "2022-11-28", "happened_at": "10:15", "reference": "DOH 17"}
    for _ in range(2):
        assert visit.post(f"/contracts/{WA}/events", happened).status_code == 303
    assert len(world.rows(select(EventRow))) == 1
    (window,) = world.rows(select(Deliverable).where(Deliverable.obligation_id == "wa-doh-error-10bd"))
    assert window.nominal_on.isoformat() == "2022-12-12"
    assert "DOH 17" in visit.get(f"/contracts/{WA}").text
    wrong = visit.post(f"/contracts/{WA}/events", happened | {"event": "full-moon"})
    assert wrong.status_code == 422 and "DOH 17" in wrong.text


def test_a_calendar_link_is_shown_once_and_made_once_however_often_the_form_comes(world: World) -> None:
    visit = world.visitor(MANAGER)
    fields = {"form_key": "5a8c0f52-1111-4222-8333-944455556666", "contract": WA}
    first, second = (visit.post("/subscribe", fields).text for _ in range(2))
    (address,) = set(re.findall(re.escape(ADDRESS) + r"/c/[\w-]{43}/contract-deadlines\.ics", first + second))
    assert f"webcal://{address.removeprefix('http://')}" in first
    assert address not in visit.get("/subscribe").text
    assert len(world.rows(select(Feed))) == 1
    path = urlsplit(address).path
    assert "BEGIN:VEVENT" in visit.get(path).text
    (feed,) = world.rows(select(Feed))
    rotated = visit.post(f"/subscribe/{feed.id}/rotate", {"form_key": "6a8c0f52-1111-4222-8333-944455556666"})
    assert path not in rotated.text and "/c/" in rotated.text
    assert "Monthly Enrollment Report" not in visit.get(path).text
    (feed,) = world.rows(select(Feed).where(col(Feed.revoked_at).is_(None)))
    visit.post(f"/subscribe/{feed.id}/revoke")
    assert "None yet." in visit.get("/subscribe").text
