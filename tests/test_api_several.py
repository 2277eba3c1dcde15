"""Does a program do to several reports at once what the pages do: each as if alone, once, and as it was seen?"""

from __future__ import annotations

from uuid import uuid4

import visits
from programs import Program, fresh_key
from sqlmodel import Session, col, select
from test_pages_bulk import by_hand, entries, fields_of, standings, submit_some
from visits import LIAISON, MANAGER, NOW, WA, World

from duecourse.calendar.lifecycle import Act
from duecourse.calendar.standing import Standing
from duecourse.errors import Conflict
from duecourse.models import AuditEntry, Deliverable
from duecourse.models.database import reading, writing
from duecourse.tracking.acting import By
from duecourse.tracking.audit import record, take_turn, verify
from duecourse.tracking.boards import items
from duecourse.tracking.deciding import decide
from duecourse.web.line_by_line import Chosen, in_one_call

filled, make_world, world, either_world = visits.filled, visits.make_world, visits.world, visits.either_world


def seen(program: Program, rows: list[Deliverable]) -> list[dict[str, object]]:
    found = [program.get(f"/deliverables/{row.uid}").json() for row in rows]
    return [{"uid": each["uid"], "version": each["version"]} for each in found]


def test_several_are_accepted_once_each_as_it_was_seen_and_taken_back(world: World) -> None:
    waiting, program = submit_some(world, 3), Program(world, LIAISON)
    items = seen(program, waiting)
    with writing(world.engine) as session:
        kim = By("kim@dcyf.example")
        decide(session, waiting[1].uid, Act.RETURN, by=kim, now=NOW, comment="The total is wrong.")
    before, key = len(entries(world)), fresh_key()
    sent = {"act": "accept", "items": items}
    first, again = (program.post("/decisions", sent, key=key) for _ in range(2))
    assert (first.status_code, again.content, again.headers["idempotency-replayed"]) == (200, first.content, "true")
    results = first.json()["items"]
    assert [each["deliverable"]["uid"] for each in results] == [row.uid for row in waiting]
    assert [each["is_done"] for each in results] == [each != waiting[1] for each in waiting]
    assert "returned, by kim@dcyf.example" in results[1]["says"] and results[0]["says"] == "accepted"
    done = [each for each in results if each["is_done"]]
    assert len(entries(world)) == before + len(done)
    assert {each["deliverable"]["standing"] for each in done} == {"accepted"}
    assert standings(world)[waiting[1].uid] is Standing.RETURNED
    recorded = world.rows(select(AuditEntry).where(AuditEntry.action == "accepted"))
    assert {(entry.actor, entry.detail["by"]) for entry in recorded[-len(done) :]} == {(LIAISON, "API")}
    # With the same key, something else is refused; with a new one, nothing is accepted twice.
    assert program.post("/decisions", sent | {"items": items[:1]}, key=key).status_code == 422
    assert not any(each["is_done"] for each in program.post("/decisions", sent).json()["items"])
    back = [{"uid": each["deliverable"]["uid"], "version": each["deliverable"]["version"]} for each in done]
    undo = {"act": "undo the acceptance", "items": back}
    assert "Give a reason" in program.post("/decisions", undo).json()["items"][0]["says"]
    assert all(each["is_done"] for each in program.post("/decisions", undo | {"comment": "a slip"}).json()["items"])
    assert Standing.ACCEPTED not in standings(world).values()


def test_a_program_reminds_the_same_people_as_the_page_once(world: World) -> None:
    program, visit = Program(world, LIAISON), world.visitor(LIAISON)
    late = [uid for uid, standing in standings(world).items() if standing is Standing.OVERDUE]
    shown = visit.get("/remind").text
    late = [uid for uid in late if f'value="{uid}"' in shown][:2]
    waiting = world.find(WA, Standing.SUBMITTED).uid
    page = visit.post("/remind", {"item": [*late, waiting]}).text  # type: ignore[dict-item]
    preview = program.client.post("/reminders/preview", json={"uids": [*late, waiting]})
    told = preview.json()["items"]
    assert [each["to"] for each in told] == [["Ana Ruiz"], ["Ana Ruiz"], []]
    assert page.count("Goes to <strong>Ana Ruiz</strong>") == 2
    assert "there is nothing to remind of" in told[2]["problem"] and told[2]["problem"] in page
    assert by_hand(world) == []
    key = fresh_key()
    first, again = (program.post("/reminders", {"uids": [*late, waiting]}, key=key) for _ in range(2))
    assert first.content == again.content and first.status_code == 200
    assert [(each["is_done"], each["says"][:8]) for each in first.json()["items"][:2]] == [(True, "Ana Ruiz")] * 2
    assert "there is nothing to remind of" in first.json()["items"][2]["says"]
    one = {(notice.to_address, notice.rung, notice.subject) for notice in by_hand(world)}
    assert len(by_hand(world)) == 2
    visit.post("/remind", fields_of(page, "remind"))  # type: ignore[arg-type]
    assert len(by_hand(world)) == 4 and {(each.to_address, each.rung, each.subject) for each in by_hand(world)} == one


def test_a_list_that_is_not_as_described_or_not_all_ones_own_does_nothing(world: World) -> None:
    waiting, program = submit_some(world, 1), Program(world, LIAISON)
    before, mine = len(entries(world)), seen(program, waiting)
    other = world.rows(select(Deliverable.uid).where(Deliverable.contract_id != WA))[0]
    for odd, status in (
        ([*mine, {"uid": other, "version": 0}], 404),
        ([*mine, {"uid": str(uuid4()), "version": 0}], 404),
        ([*mine, *mine], 422),
        ([], 422),
        ([{"uid": waiting[0].uid}], 422),
        ([{"uid": str(uuid4()), "version": 1} for _ in range(51)], 422),
    ):
        answer = program.post("/decisions", {"act": "accept", "items": odd})
        assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), odd
        uids = {"uids": [each["uid"] for each in odd]}
        if odd and "version" in odd[0]:
            assert program.post("/reminders", uids).status_code == status
            assert program.client.post("/reminders/preview", json=uids).status_code == status
    assert program.client.post("/decisions", json={"act": "accept", "items": mine}).status_code == 400
    assert Program(world, MANAGER).post("/decisions", {"act": "accept", "items": mine}).status_code == 403
    assert len(entries(world)) == before and by_hand(world) == []


def test_what_one_that_is_refused_had_changed_is_undone_and_the_others_are_kept(either_world: World) -> None:
    world = either_world

    def act(session: Session, one: Chosen, key: str) -> str:
        record(session, f"tried {key}", actor=LIAISON, now=NOW, deliverable_id=one.item.deliverable.id)
        if one.seen:
            raise Conflict("It changed.")
        return "done"

    with reading(world.engine) as session:
        found = items(session, now=NOW, contract_ids=[WA])[:3]
    with writing(world.engine) as session:
        take_turn(session)
        asked = [Chosen(item, seen) for item, seen in zip(found, (0, 1, 0), strict=True)]
        lines = in_one_call(session, asked, str(uuid4()), act)
    assert [(line.said, line.problem) for line in lines] == [("done", ""), ("", "It changed."), ("done", "")]
    log = select(AuditEntry).where(col(AuditEntry.action).startswith("tried"))
    tried = world.rows(log.order_by(col(AuditEntry.sequence)))
    assert [entry.deliverable_id for entry in tried] == [asked[at].item.deliverable.id for at in (0, 2)]
    with reading(world.engine) as session:
        assert verify(session) == len(world.rows(select(AuditEntry)))
