"""Does what happens here start the funder's own windows, and does the answer close them?"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import county
import lead
import pytest
from lead import (
    ABC,
    ANSWER,
    DECISION,
    LEAD,
    NOW,
    OEC,
    STATUS,
    asked,
    decided,
    duties,
    granted,
    hand_in,
    key,
    uid,
    within,
)
from sqlalchemy import Engine
from sqlmodel import select

from duecourse.calendar.lifecycle import Act
from duecourse.calendar.standing import Standing
from duecourse.calendar.state_days import Closure
from duecourse.calendar.whole_feed import standing_in_feed
from duecourse.errors import BadInput
from duecourse.models import AuditEntry, Deliverable, EventRow, OwnEvent, RoleName
from duecourse.models.database import reading, writing
from duecourse.notifications.owing import owed
from duecourse.tracking.audit import verify
from duecourse.tracking.boards import items
from duecourse.tracking.deciding import undo
from duecourse.tracking.deciding_dates import announce_closure
from duecourse.tracking.events import record_event
from duecourse.tracking.extensions.extending import refuse, take_back
from duecourse.tracking.extensions.granting import undo_decision
from duecourse.tracking.planning import Planned, plan
from duecourse.tracking.staff.people import add_person, give_role
from duecourse.web.groups import work

LATER = NOW + timedelta(days=1)


@pytest.fixture
def tracked(engine: Engine) -> Engine:
    lead.track(engine)
    return engine


def standings(engine: Engine, obligation: str, now: datetime = LATER) -> list[str]:
    return [str(each.standing) for each in duties(engine, obligation, now)]


def test_a_submission_starts_the_funders_window_to_answer_it(tracked: Engine) -> None:
    hand_in(tracked, uid(tracked, STATUS), at=NOW)
    (duty,) = duties(tracked, ANSWER, NOW)
    # October 20, 2022 is a Thursday; 10 business days after it is Thursday, November 3.
    assert (duty.deliverable.due_on, duty.deliverable.party) == (date(2022, 11, 3), "funder")
    assert "Quarterly Program Status Report" in duty.deliverable.label and "version 1" in duty.deliverable.label


def test_planning_finds_nothing_to_change_in_what_was_planned_by_the_short_way(tracked: Engine) -> None:
    storm = Closure(date(2022, 10, 26), "Storm closure", "the governor's announcement")
    within(tracked, announce_closure, "US-CT", storm, now=NOW, actor=OEC.actor)
    hand_in(tracked, uid(tracked, STATUS), at=NOW)
    asked(tracked, uid(tracked, lead.FISCAL))
    assert [each.deliverable.due_on for each in duties(tracked, ANSWER, NOW)] == [date(2022, 11, 4)]
    assert [each.deliverable.due_on for each in duties(tracked, DECISION, NOW)] == [date(2022, 10, 25)]
    with writing(tracked) as session:
        assert plan(session, now=LATER, actor="test") == Planned()


@pytest.mark.parametrize("act", [Act.ACCEPT, Act.RETURN])
def test_the_decision_closes_the_duty_and_taking_it_back_opens_it_again(tracked: Engine, act: Act) -> None:
    status = uid(tracked, STATUS)
    hand_in(tracked, status, at=NOW)
    assert standings(tracked, ANSWER) == ["due soon"]
    decided(tracked, status, act, now=LATER, comment="Page 2 is missing.")
    assert standings(tracked, ANSWER) == ["done"]
    back = Act.UNDO_ACCEPTANCE if act is Act.ACCEPT else Act.UNDO_RETURN
    within(tracked, undo, status, back, reason="The wrong report.", form_key=key(), now=LATER, by=OEC)
    assert standings(tracked, ANSWER) == ["due soon"]
    decided(tracked, status, act, now=LATER, comment="Page 3 is missing.")
    assert standings(tracked, ANSWER) == ["done"]
    with reading(tracked) as session:
        assert verify(session) > 0


def test_each_version_is_answered_by_itself(tracked: Engine) -> None:
    status = uid(tracked, STATUS)
    hand_in(tracked, status, at=NOW)
    decided(tracked, status, Act.RETURN, now=LATER, comment="Page 2 is missing.")
    hand_in(tracked, status, at=LATER + timedelta(days=1))
    assert standings(tracked, ANSWER, LATER + timedelta(days=1)) == ["done", "due soon"]


def test_a_submission_that_is_taken_back_is_owed_no_answer(tracked: Engine) -> None:
    status = uid(tracked, STATUS)
    hand_in(tracked, status, at=NOW)
    within(tracked, undo, status, Act.UNDO_SUBMISSION, reason="The wrong file.", form_key=key(), now=LATER, by=ABC)
    assert standings(tracked, ANSWER) == ["withdrawn"]
    with writing(tracked) as session:
        assert session.exec(select(OwnEvent)).all() == [] and session.exec(select(EventRow)).all() == []
        assert "took an event back" in session.exec(select(AuditEntry.action)).all()
        assert plan(session, now=LATER, actor="test") == Planned()
    hand_in(tracked, status, at=NOW, now=LATER)
    assert sorted(standings(tracked, ANSWER)) == ["due soon", "withdrawn"]


def test_a_request_for_more_time_is_to_be_decided_and_the_decision_closes_that(tracked: Engine) -> None:
    status = uid(tracked, STATUS)
    request = asked(tracked, status)
    assert standings(tracked, DECISION) == ["due soon"]
    granted(tracked, request, now=LATER)
    assert standings(tracked, DECISION) == ["done"]
    within(tracked, undo_decision, request, reason="Another quarter.", form_key=key(), now=LATER, by=OEC)
    assert standings(tracked, DECISION) == ["due soon"]
    within(tracked, refuse, request, comment="No.", form_key=key(), now=LATER, by=OEC)
    assert standings(tracked, DECISION) == ["done"]
    other = asked(tracked, status)
    within(tracked, take_back, other, reason="We manage.", form_key=key(), now=LATER, by=ABC)
    assert sorted(standings(tracked, DECISION)) == ["done", "withdrawn"]


def test_a_duty_that_was_marked_as_done_by_hand_stays_so(tracked: Engine) -> None:
    status = uid(tracked, STATUS)
    hand_in(tracked, status, at=NOW)
    (duty,) = duties(tracked, ANSWER, NOW)
    hand_in(tracked, duty.deliverable.uid, at=LATER, by=OEC)
    decided(tracked, status, Act.ACCEPT, now=LATER)
    within(tracked, undo, status, Act.UNDO_ACCEPTANCE, reason="Too early.", form_key=key(), now=LATER, by=OEC)
    assert standings(tracked, ANSWER) == ["done"]


def test_what_the_funder_does_and_what_nobody_is_reminded_of_starts_nothing(tracked: Engine) -> None:
    hand_in(tracked, uid(tracked, "ct-acm-check-in", "2022-10-01"), at=NOW, by=OEC)
    with reading(tracked) as session:
        quiet = select(Deliverable.uid).where(Deliverable.obligation_id == "ct-lead-monitors-subs")
        report = session.exec(quiet).first()
    hand_in(tracked, report or "", at=NOW)
    assert duties(tracked, ANSWER, LATER) == []


def test_a_contract_without_such_windows_keeps_no_such_events(engine: Engine) -> None:
    county.track(engine, datetime(2022, 3, 1, 17, tzinfo=UTC))
    county.hand_in(engine, county.uid(engine, "2.08"), at=datetime(2022, 3, 2, 17, tzinfo=UTC))
    with reading(engine) as session:
        assert session.exec(select(EventRow)).all() == []


def test_nobody_records_by_hand_what_is_recorded_by_itself(tracked: Engine) -> None:
    with pytest.raises(BadInput, match="recorded by itself"), writing(tracked) as session:
        record_event(session, LEAD, "submission-received", happened_at=NOW, now=NOW, actor=OEC.actor)


def test_the_liaisons_are_reminded_of_what_they_owe_and_the_contractor_is_not(tracked: Engine) -> None:
    with writing(tracked) as session:
        for name, role in (("Alex", RoleName.PROGRAM_MANAGER), ("Robin", RoleName.PROGRAM_LIAISON)):
            person = add_person(session, name=name, email=f"{name}@due.example", now=NOW, actor="test")
            give_role(session, person, LEAD, role, now=NOW, actor="test")
    hand_in(tracked, uid(tracked, STATUS), at=NOW)
    (duty,) = duties(tracked, ANSWER, NOW)
    with reading(tracked) as session:
        (one,) = owed(session, now=NOW + timedelta(days=8), deliverable_ids=[duty.deliverable.id or 0])
    assert [to.mailbox.name for to in one.to] == ["Robin"]


def test_a_duty_that_is_not_done_in_time_is_overdue_like_any_other(tracked: Engine) -> None:
    hand_in(tracked, uid(tracked, STATUS), at=NOW)
    assert [each.standing for each in duties(tracked, ANSWER, datetime(2022, 11, 4, 4, tzinfo=UTC))] == [
        Standing.OVERDUE
    ]


def test_what_the_funder_did_is_done_and_waits_for_nobodys_decision(tracked: Engine) -> None:
    status, after = uid(tracked, STATUS), LATER + timedelta(days=1)
    hand_in(tracked, status, at=NOW)
    (duty,) = duties(tracked, ANSWER, NOW)
    hand_in(tracked, duty.deliverable.uid, at=LATER, by=OEC)
    with reading(tracked) as session:
        everything = items(session, now=after, contract_ids=[LEAD])
    found = work(everything, submits_in=[LEAD], decides_in=[LEAD], now=after)
    assert [each.deliverable.uid for each in found.to_decide] == [status]
    assert [each.deliverable.uid for each in found.waiting] == [status]
    (done,) = duties(tracked, ANSWER, after)
    assert standing_in_feed(done.facts, after.date()) is Standing.DONE
    # The past is replayed once something was changed since.
    within(
        tracked,
        undo,
        duty.deliverable.uid,
        Act.UNDO_SUBMISSION,
        reason="Not yet.",
        form_key=key(),
        now=after + timedelta(days=1),
        by=OEC,
    )
    assert [standings(tracked, ANSWER, at) for at in (LATER - timedelta(hours=1), after)] == [["due soon"], ["done"]]
