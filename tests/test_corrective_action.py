"""Does Connecticut's corrective action plan run from its notice to its end, with the dates that a person finds by hand?

The dates were counted on a wall calendar with Connecticut's legal holidays: Lincoln Day of 2022 is observed on Friday,
February 11, Washington's Birthday is February 21, and Good Friday is April 15.
"""

from __future__ import annotations

from datetime import date
from email import message_from_bytes, policy

import pytest
from mail_server import mail_server
from notices import drained
from plan_scene import ABC, CAP, CT, OEC, Plan, local, track
from sqlalchemy import Engine
from sqlmodel import select

from duecourse.calendar.lifecycle import Act
from duecourse.calendar.plan_process import PlanPhase
from duecourse.definitions.grammar import ContractFile
from duecourse.definitions.reading import find_contract, read_contract
from duecourse.definitions.resolved import contract_from
from duecourse.errors import BadInput, Conflict, NotAllowed
from duecourse.models import AuditEntry, Deliverable, DueChange, Notice
from duecourse.models.database import reading, writing
from duecourse.tracking.audit import verify
from duecourse.tracking.deciding import decide
from duecourse.tracking.loading import load_contract


@pytest.fixture
def cap(engine: Engine) -> Plan:
    """A plan of which the notice was mailed on Tuesday, February 1, 2022, at 9:00."""
    track(engine, CT, now=local("2022-01-03 08:00"))
    return Plan(engine, CT, CAP, "2022-02-01 09:00")


@pytest.fixture
def approved(cap: Plan) -> Plan:
    """The same plan, approved on February 24 with three steps."""
    cap.reach("draft", "2022-02-15 10:00")
    cap.write("Name who enters the data", "2022-03-14", "2022-02-15 11:00")
    cap.write("Enter the missing visits", "2022-04-15", "2022-02-15 11:05", by=OEC)
    cap.write("Check a month’s data", "2022-05-31", "2022-02-15 11:10")
    cap.reach("meeting", "2022-02-18 14:00")
    cap.approve("2022-02-24 16:00")
    return cap


@pytest.mark.parametrize(
    ("notice", "draft", "final"),
    [
        # Feb 2 3 4 7 8 9 10 | closed 11 | 14 15 16: the tenth. 17 18 | closed 21 | 22 23 24: the fifteenth.
        ("2022-02-01 09:00", "2022-02-16", "2022-02-24"),
        # The day of the notice is day 0 at any hour.
        ("2022-02-01 23:59", "2022-02-16", "2022-02-24"),
        # Apr 5 6 7 8 11 12 13 14 | closed 15 | 18 19: the tenth. 20 21 22 25 26: the fifteenth.
        ("2022-04-04 09:00", "2022-04-19", "2022-04-26"),
    ],
)
def test_the_draft_and_the_approval_are_due_ten_and_fifteen_business_days_after_the_notice(
    engine: Engine, notice: str, draft: str, final: str
) -> None:
    track(engine, CT, now=local("2022-01-03 08:00"))
    plan = Plan(engine, CT, CAP, notice)
    assert (plan.due("ct-cap-draft", notice), plan.due("ct-cap-final", notice)) == ([draft], [final])


def test_a_plan_goes_from_its_notice_through_its_months_to_its_end(approved: Plan) -> None:
    plan = approved
    assert plan.story("2022-02-24 17:00").phase is PlanPhase.IN_FORCE
    assert plan.due("ct-cap-step", "") == ["2022-03-14", "2022-04-15", "2022-05-31"], "Good Friday stands"
    assert plan.due("ct-cap-progress", "")[:3] == ["2022-03-24", "2022-04-24", "2022-05-24"]
    steps = [state.item for state in plan.story("2022-02-25 09:00").steps]
    for item, said in zip(steps, ["2022-03-10 09:00", "2022-04-14 09:00", "2022-05-30 09:00"], strict=True):
        assert item is not None
        plan.do(item.deliverable.uid, said)
    months = plan.story("2022-05-30 10:00").progress[:3]
    for item, said in zip(months, ["2022-03-22 10:00", "2022-04-20 10:00", "2022-05-31 10:00"], strict=True):
        plan.note("One step further.", said, deliverable_uid=item.deliverable.uid)
    plan.complete("2022-06-01 10:00")
    found = plan.story("2022-06-02 09:00")
    assert found.phase is PlanPhase.COMPLETE
    assert [str(item.standing) for item in found.progress] == ["done", "done", "done late"]
    assert plan.due("ct-cap-progress", "") == ["2022-03-24", "2022-04-24", "2022-05-24"], "none is asked for later"
    told = [happened.what for happened in found.history][::-1]
    assert told[0] == "Opened the plan" and told[-1] == "Completed the plan"
    assert sum("Step" in what and what.endswith("submitted") for what in told) == 3
    with reading(plan.engine) as session:
        assert verify(session) > 20


def test_the_stages_come_in_their_order_and_the_approval_needs_a_step(cap: Plan) -> None:
    with pytest.raises(Conflict, match="the next stage is “Draft of the plan”"):
        cap.reach("meeting", "2022-02-03 09:00")
    cap.reach("draft", "2022-02-10 09:00")
    with pytest.raises(Conflict, match="recorded before"):
        cap.reach("draft", "2022-02-10 10:00")
    with pytest.raises(BadInput, match="no step"):
        cap.approve("2022-02-10 10:00")
    cap.write("Name who enters the data", "2022-03-14", "2022-02-10 11:00")
    with pytest.raises(Conflict, match="comes “Meeting about the draft”"):
        cap.approve("2022-02-10 12:00")
    with pytest.raises(BadInput, match="reached by approving"):
        cap.reach("approval", "2022-02-10 12:00")


def test_a_draft_marked_as_done_on_its_own_page_is_a_stage_that_was_reached(cap: Plan) -> None:
    (draft,) = [s.item for s in cap.story("2022-02-02 09:00").stages if s.stage.name == "draft"]
    assert draft is not None
    cap.do(draft.deliverable.uid, "2022-02-10 09:00", OEC)
    assert [state.stage.name for state in cap.story("2022-02-10 10:00").next_stages] == ["meeting"]


def test_a_missed_step_is_mailed_to_the_contractors_people_and_opens_an_amendment(approved: Plan) -> None:
    plan = approved
    with pytest.raises(BadInput, match="cannot be missed before"):
        plan.miss(2, "2022-04-15 18:00")
    assert plan.miss(2, "2022-04-20 10:00", text="No visit of March is entered.") == 2
    with pytest.raises(Conflict, match="recorded already"):
        plan.miss(2, "2022-04-21 10:00")
    found = plan.story("2022-04-20 11:00")
    assert found.phase is PlanPhase.AMENDED
    # The next monthly check-in is that of April.
    assert [item.deliverable.due_on.isoformat() for item in found.follow_ups] == ["2022-04-30"]
    with mail_server() as server:
        now = local("2022-04-20 10:01")
        drained(plan.engine, server, now=now)
        missed = [mail for mail in server.mails if b"A step was missed" in mail.content]
    assert sorted(mail.recipient for mail in missed) == ["head@abc.example", ABC.actor]
    body = message_from_bytes(missed[0].content, policy=policy.default)
    assert body["subject"] == "A step was missed: Corrective Action Plan plan-1, step 2"
    text = " ".join(body.get_body(("plain",)).get_content().split())  # type: ignore[union-attr]
    assert "Step 2: Enter the missing visits Who: the program manager" in text
    assert "It was due by the end of Fri Apr 15, 2022." in text
    assert "Corrective Action Plan, Missed Step: due Sat Apr 30, 2022." in text
    assert f"https://due.example.gov/contracts/{CT}/plans/{plan.uid}" in text
    assert "No visit of March is entered." in text


def test_an_amendment_moves_the_dates_of_open_steps_and_the_old_version_stays_readable(approved: Plan) -> None:
    plan = approved
    first, second, _ = (state.item for state in plan.story("2022-02-25 09:00").steps)
    assert first is not None and second is not None
    plan.do(first.deliverable.uid, "2022-03-10 09:00")
    plan.miss(2, "2022-04-20 10:00")
    with pytest.raises(Conflict, match="Step 1 of plan-1 is done"):
        plan.write("Name two people", "2022-05-02", "2022-04-21 09:00", number=1)
    plan.write("Enter the missing visits", "2022-05-06", "2022-04-21 09:00", number=2)
    plan.write("Call OEC each week", "2022-05-13", "2022-04-21 09:05")
    plan.drop(3, "2022-04-21 09:10")
    assert plan.due("ct-cap-step", "") == ["2022-03-14", "2022-04-15", "2022-05-31"], "a draft moves nothing"
    plan.approve("2022-04-22 10:00")
    assert plan.due("ct-cap-step", "") == ["2022-03-14", "2022-05-06", "2022-05-13"]
    found = plan.story("2022-04-22 11:00")
    assert found.phase is PlanPhase.IN_FORCE
    assert found.steps[1].item is not None
    assert found.steps[1].item.deliverable.uid == second.deliverable.uid, "it keeps its place in every calendar"
    assert [[step.number for step in version.steps] for version in found.versions] == [[1, 2, 3], [1, 2, 4]]
    assert [step.due_on.isoformat() for step in found.versions[0].steps] == ["2022-03-14", "2022-04-15", "2022-05-31"]
    with reading(plan.engine) as session:
        (before,) = session.exec(select(DueChange).where(DueChange.deliverable_id == second.deliverable.id)).all()
        assert (before.nominal_on.isoformat(), before.cause) == ("2022-04-15", "plan-1, version 2, was approved")
        mails = session.exec(select(Notice.subject).where(Notice.rung == "dates-changed")).all()
    assert len(mails) == 2 * 3, "each approval tells all three people of the contract"
    assert plan.miss(2, "2022-05-09 10:00") == 2, "in a new version it can be missed again"


def test_two_plans_at_once_are_told_apart(approved: Plan) -> None:
    other = Plan(approved.engine, CT, CAP, "2022-03-01 09:00", reference="CAP-2")
    assert other.due("ct-cap-draft", "") == ["2022-03-15"]
    assert [state.item for state in other.story("2022-03-02 09:00").steps] == []
    other.reach("draft", "2022-03-10 09:00")
    assert approved.story("2022-03-10 10:00").stages[0].reached_at == local("2022-02-15 10:00")
    with pytest.raises(Conflict, match="There is a plan CAP-2"):
        Plan(approved.engine, CT, CAP, "2022-03-02 09:00", reference="CAP-2")
    assert Plan(approved.engine, CT, CAP, "2022-03-02 09:00").reference == "plan-2"


def test_a_plan_ends_only_when_its_steps_are_done(approved: Plan) -> None:
    with pytest.raises(Conflict, match="step 1 is not done; step 2 is not done; step 3 is not done"):
        approved.complete("2022-03-01 09:00")
    with pytest.raises(NotAllowed):
        approved.complete("2022-03-01 09:00", by=ABC)


def test_the_contractor_writes_steps_and_does_nothing_that_is_the_funders(cap: Plan) -> None:
    cap.write("Name who enters the data", "2022-03-14", "2022-02-02 09:00", by=ABC)
    for verb in (
        lambda: cap.reach("draft", "2022-02-03 09:00", by=ABC),
        lambda: cap.approve("2022-02-03 09:00", by=ABC),
        lambda: cap.amend("2022-02-03 09:00", by=ABC),
        lambda: cap.miss(1, "2022-02-03 09:00", by=ABC),
        lambda: Plan(cap.engine, CT, CAP, "2022-02-03 09:00", by=ABC),
    ):
        with pytest.raises(NotAllowed):
            verb()


def test_the_same_form_twice_has_one_effect(cap: Plan) -> None:
    for _ in range(2):
        cap.reach("draft", "2022-02-10 09:00", form_key="twice-1")
        cap.write("Name who enters the data", "2022-03-14", "2022-02-10 09:00", form_key="twice-2")
    cap.reach("meeting", "2022-02-11 09:00")
    for _ in range(2):
        cap.approve("2022-02-14 09:00", form_key="twice-3")
    found = cap.story("2022-02-15 09:00")
    assert [entry.act for entry in found.entries] == [
        "opened",
        "reached a stage",
        "wrote a step",
        "reached a stage",
        "approved",
    ]
    with pytest.raises(Conflict, match="for something else"):
        cap.amend("2022-02-15 10:00", form_key="twice-3")


def test_an_approval_that_is_undone_takes_its_dates_with_it_and_can_be_given_again(approved: Plan) -> None:
    plan = approved
    plan.undo("2022-02-25 09:00")
    found = plan.story("2022-02-25 10:00")
    assert found.phase is PlanPhase.DRAFTED and found.steps == ()
    assert plan.due("ct-cap-step", "") == plan.due("ct-cap-progress", "") == []
    assert [str(state.item.standing) for state in found.stages if state.item] == ["done", "overdue"]
    plan.approve("2022-02-25 11:00")
    assert plan.due("ct-cap-step", "") == ["2022-03-14", "2022-04-15", "2022-05-31"]
    assert plan.due("ct-cap-progress", "")[0] == "2022-03-25"
    with reading(plan.engine) as session:
        assert "took an event back" in session.exec(select(AuditEntry.action)).all()


def test_an_amendment_that_is_undone_gives_back_the_dates_of_the_version_before(approved: Plan) -> None:
    approved.amend("2022-03-01 09:00")
    approved.write("Enter the missing visits", "2022-05-06", "2022-03-01 10:00", number=2)
    approved.approve("2022-03-02 09:00")
    approved.undo("2022-03-03 09:00")
    assert approved.due("ct-cap-step", "") == ["2022-03-14", "2022-04-15", "2022-05-31"]
    assert approved.story("2022-03-03 10:00").phase is PlanPhase.AMENDED


def test_a_notice_that_is_undone_takes_the_windows_with_it(cap: Plan) -> None:
    cap.undo("2022-02-02 09:00")
    assert cap.story("2022-02-02 10:00").phase is PlanPhase.TAKEN_BACK
    assert cap.due("ct-cap-draft", "") == []
    with pytest.raises(Conflict, match="taken back"):
        cap.write("Name who enters the data", "2022-03-14", "2022-02-10 09:00")


def test_only_the_side_that_did_it_last_undoes_it(cap: Plan) -> None:
    cap.write("Name who enters the data", "2022-03-14", "2022-02-10 09:00", by=ABC)
    with pytest.raises(NotAllowed, match="only that side"):
        cap.undo("2022-02-10 10:00", by=OEC)
    cap.undo("2022-02-10 10:00", by=ABC)
    assert cap.story("2022-02-10 11:00").shape.drafted == {}


def test_the_page_of_an_earlier_day_knows_nothing_of_what_came_later(approved: Plan) -> None:
    found = approved.story("2022-02-16 09:00")
    assert found.phase is PlanPhase.DRAFTED
    assert found.history[0].what == "Wrote step 3 of version 1"


def test_a_missed_step_that_was_a_mistake_is_undone_and_its_follow_up_withdrawn(approved: Plan) -> None:
    approved.miss(1, "2022-03-16 09:00")
    assert len(approved.due("ct-cap-missed-step", "")) == 1
    approved.undo("2022-03-16 10:00")
    assert approved.due("ct-cap-missed-step", "") == []
    assert approved.story("2022-03-16 11:00").phase is PlanPhase.IN_FORCE


def test_each_deliverable_of_a_plan_carries_its_reference_in_its_label(approved: Plan) -> None:
    with reading(approved.engine) as session:
        labels = session.exec(select(Deliverable.label).where(Deliverable.obligation_id == "ct-cap-step")).all()
    assert "corrective action step of Mon Mar 14, 2022 (plan-1, step 1)" in labels


def test_a_step_that_was_returned_is_open_again(approved: Plan) -> None:
    (first, *_) = (state.item for state in approved.story("2022-02-25 09:00").steps)
    assert first is not None
    approved.do(first.deliverable.uid, "2022-03-10 09:00")
    with writing(approved.engine) as session:
        values = {"comment": "Nobody is named.", "again_on": date(2022, 3, 18), "now": local("2022-03-11 09:00")}
        decide(session, first.deliverable.uid, Act.RETURN, by=OEC, **values)  # type: ignore[arg-type]
    with pytest.raises(Conflict, match="step 1 is not done"):
        approved.complete("2022-03-15 09:00")
    with pytest.raises(BadInput, match=r"due on Fri Mar 18, 2022: it cannot be missed before"):
        approved.miss(1, "2022-03-16 09:00")
    assert approved.miss(1, "2022-03-21 09:00") == 2


def test_a_plan_stays_readable_when_a_new_definition_no_longer_states_its_process(approved: Plan) -> None:
    _, definition = read_contract(find_contract(CT), today=date(2022, 3, 1))
    without = ContractFile.model_validate_json(definition).model_copy(update={"plans": []})
    now = local("2022-03-01 09:00")
    with writing(approved.engine) as session:
        load_contract(session, contract_from(without), definition=without.model_dump_json(), now=now, actor="test")
    assert approved.story("2022-03-02 09:00").process.title == "Corrective Action Plan"
    approved.note("It goes on.", "2022-03-03 09:00")
