"""Is what is done to several reports at once the same as doing it to each, once, with an answer line by line?"""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import uuid4

import visits
from sqlmodel import col, select
from visits import LIAISON, MANAGER, NOW, WA, World, submission_form

from duecourse.calendar.lifecycle import Act
from duecourse.calendar.standing import Standing
from duecourse.models import AuditEntry, Deliverable, LifecycleEntry, Notice, NoticeState
from duecourse.models.database import reading, writing
from duecourse.notifications.claiming import claim
from duecourse.tracking.acting import By
from duecourse.tracking.boards import items
from duecourse.tracking.deciding import decide
from duecourse.tracking.submitting import Sent, submit

filled, make_world, world, either_world = visits.filled, visits.make_world, visits.world, visits.either_world


def submit_some(world: World, number: int) -> list[Deliverable]:
    """Have the contractor submit overdue reports, and return what then waits for a decision."""
    with writing(world.engine) as session:
        late = [one for one in items(session, now=NOW, contract_ids=[WA]) if one.standing is Standing.OVERDUE]
        for one in late[:number]:
            sent = Sent(NOW - timedelta(hours=1), "Ana Ruiz", "PSRS", "", "", ())
            submit(session, one.deliverable.uid, sent, form_key=str(uuid4()), now=NOW, by=By(MANAGER))
    with reading(world.engine) as session:
        found = items(session, now=NOW, contract_ids=[WA])
    return [one.deliverable for one in found if one.standing in (Standing.SUBMITTED, Standing.SUBMITTED_LATE)]


def fields_of(text: str, step: str) -> dict[str, object]:
    """Return the fields of the form on a page that has a button for this step, as its browser sends them."""
    form = next(one for one in re.findall(r"<form.*?</form>", text, re.DOTALL) if f'value="{step}"' in one)
    named = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form)
    found: dict[str, object] = {"step": step, "item": [value for name, value in named if name == "item"]}
    return found | {name: value for name, value in named if name not in ("item", "form_token")}


def standings(world: World) -> dict[str, Standing]:
    with reading(world.engine) as session:
        return {one.deliverable.uid: one.standing for one in items(session, now=world.clock.now(), contract_ids=[WA])}


def entries(world: World) -> list[LifecycleEntry]:
    return world.rows(select(LifecycleEntry).order_by(col(LifecycleEntry.id)))


def test_several_are_accepted_once_and_taken_back_with_one_button(either_world: World) -> None:
    world = either_world
    waiting = submit_some(world, 3)
    visit = world.visitor(LIAISON)
    choosing = visit.get("/accept").text
    assert all(f'value="{row.uid}"' in choosing for row in waiting) and "checked" not in choosing
    assert visit.get("/accept?all=1").text.count(" checked") == len(waiting)
    preview = visit.post("/accept", {"item": [row.uid for row in waiting]}).text  # type: ignore[dict-item]
    assert f"Accept {len(waiting)} reports?" in preview
    before = len(entries(world))
    assert {standings(world)[row.uid] for row in waiting} <= {Standing.SUBMITTED, Standing.SUBMITTED_LATE}
    fields = fields_of(preview, "accept")
    first, again = (visit.post("/accept", fields).text for _ in range(2))  # type: ignore[arg-type]
    for answer in (first, again):
        assert f"{len(waiting)} reports accepted" in answer and "Nothing was changed" not in answer
    assert len(entries(world)) == before + len(waiting)
    assert {standings(world)[row.uid] for row in waiting} == {Standing.ACCEPTED}
    actors = {entry.actor for entry in entries(world)[before:]}
    assert actors == {LIAISON}
    back = visit.post("/accept", fields_of(first, "undo")).text  # type: ignore[arg-type]
    assert f"{len(waiting)} reports taken back" in back
    assert Standing.ACCEPTED not in {standings(world)[row.uid] for row in waiting}


def test_what_changed_meanwhile_is_said_on_its_line_and_the_others_are_accepted(world: World) -> None:
    waiting = submit_some(world, 2)
    visit = world.visitor(LIAISON)
    preview = visit.post("/accept", {"item": [row.uid for row in waiting]}).text  # type: ignore[dict-item]
    with writing(world.engine) as session:
        decide(
            session,
            waiting[0].uid,
            Act.RETURN,
            by=By("kim@dcyf.example"),
            now=NOW + timedelta(minutes=1),
            comment="The total is wrong.",
        )
    answer = visit.post("/accept", fields_of(preview, "accept"))  # type: ignore[arg-type]
    refused = answer.text.partition("Nothing was changed for these")[2].partition("</section>")[0]
    assert answer.status_code == 200
    assert waiting[0].uid in refused and "returned, by kim@dcyf.example" in refused and waiting[1].uid not in refused
    assert f"{len(waiting) - 1} reports accepted" in answer.text
    # A page that is opened now leaves it out before anything is done.
    late = visit.post("/accept", {"item": [row.uid for row in waiting]}).text  # type: ignore[dict-item]
    assert "Not waiting for a decision any more" in late


def test_nothing_is_done_for_a_choice_that_holds_another_contracts_report(world: World) -> None:
    waiting = submit_some(world, 1)
    visit = world.visitor(LIAISON)
    before = len(entries(world))
    other = world.rows(select(Deliverable.uid).where(Deliverable.contract_id != WA))[0]
    for odd in ([waiting[0].uid, other], [waiting[0].uid, "x"], [waiting[0].uid, waiting[0].uid]):
        fields = {"step": "accept", "form_key": str(uuid4()), "item": odd}
        assert visit.post("/accept", fields).status_code == 404  # type: ignore[arg-type]
        assert visit.post("/remind", fields | {"step": "remind"}).status_code == 404  # type: ignore[arg-type]
    assert visit.post("/accept", {"step": "accept", "item": waiting[0].uid}).status_code == 422
    too_many = {"step": "accept", "form_key": str(uuid4()), "item": [str(uuid4()) for _ in range(51)]}
    assert visit.post("/accept", too_many).status_code == 422  # type: ignore[arg-type]
    assert len(entries(world)) == before


def by_hand(world: World) -> list[Notice]:
    return world.rows(select(Notice).where(Notice.rung == "by-hand"))


def test_contractors_are_reminded_once_after_a_preview_that_names_them(either_world: World) -> None:
    world = either_world
    visit = world.visitor(LIAISON)
    late = [uid for uid, standing in standings(world).items() if standing is Standing.OVERDUE]
    late = [uid for uid in late if f'value="{uid}"' in visit.get("/remind").text][:3]
    preview = visit.post("/remind", {"item": late}).text  # type: ignore[dict-item]
    assert "Send 3 reminders?" in preview and preview.count("Goes to <strong>Ana Ruiz</strong>") == 3
    assert by_hand(world) == []
    fields = fields_of(preview, "remind")
    for _ in range(2):
        assert "3 reminders on the way" in visit.post("/remind", fields).text  # type: ignore[arg-type]
    queued = by_hand(world)
    assert len(queued) == 3 and {one.to_address for one in queued} == {MANAGER}
    assert {one.state for one in queued} == {NoticeState.QUEUED}
    assert all(b"Overdue" in one.message for one in queued)
    recorded = world.rows(select(AuditEntry).where(AuditEntry.action == "reminded by hand"))
    assert [entry.actor for entry in recorded] == [LIAISON] * 3
    assert "sent by hand" in visit.get(f"/deliverables/{late[0]}").text
    # Another form is another reminder.
    visit.post("/remind", fields | {"form_key": str(uuid4())})  # type: ignore[arg-type]
    assert len(by_hand(world)) == 6


def test_a_reminder_by_hand_goes_out_only_while_the_report_is_still_to_come(world: World) -> None:
    visit = world.visitor(LIAISON)
    shown = re.findall(r'name="item" value="([^"]+)"', visit.get("/remind").text)[:2]
    fields = {"step": "remind", "form_key": str(uuid4()), "item": shown}
    assert "2 reminders on the way" in visit.post("/remind", fields).text  # type: ignore[arg-type]
    assert world.visitor(MANAGER).post(f"/deliverables/{shown[0]}/submit", submission_form()).status_code == 303
    with writing(world.engine) as session:
        batch = claim(session, now=NOW + timedelta(minutes=1), limit=50, lease=timedelta(minutes=15))
    claimed = [one for one in batch.notices if one.rung == "by-hand"]
    wanted = world.find(WA, Standing.OVERDUE).uid
    assert len(claimed) == 1 and batch.superseded >= 1 and wanted
    # What is in needs no reminder, and the line says what happened.
    answer = visit.post("/remind", fields | {"form_key": str(uuid4())}).text  # type: ignore[arg-type]
    assert "1 reminder on the way" in answer and "there is nothing to remind of" in answer


def test_a_slip_is_taken_back_by_one_button_on_the_page_that_follows_it(world: World) -> None:
    manager, liaison = world.visitor(MANAGER), world.visitor(LIAISON)
    report = world.find(WA, Standing.OVERDUE, last=True)
    address = f"/deliverables/{report.uid}"
    came = manager.post(f"{address}/submit", submission_form())
    page = manager.get(came.headers["location"]).text
    assert "Undo" in page.partition('role="status"')[2].partition("</div>")[0]
    # The other side has nothing to take back.
    assert 'class="undo"' not in liaison.get(f"{address}?done=submitted").text
    form = page.partition('class="undo"')[2].partition("</form>")[0]
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))
    fields.pop("form_token")
    assert manager.post(f"{address}/undo", fields).headers["location"].endswith("?done=undo_submission")
    assert standings(world)[report.uid] is Standing.OVERDUE
    for act, undone in (("waive", Standing.OVERDUE),):
        liaison.post(f"{address}/set-aside", {"act": act, "reason": "agreed", "form_key": str(uuid4()), "seen": "2"})
        page = liaison.get(f"{address}?done={act}").text
        form = page.partition('class="undo"')[2].partition("</form>")[0]
        fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))
        fields.pop("form_token")
        assert liaison.post(f"{address}/undo", fields).status_code == 303
        assert standings(world)[report.uid] is undone
