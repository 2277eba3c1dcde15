"""Is more time asked for, granted, refused and taken back as the contract allows, and does the date follow?"""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, time, timedelta

import lead
import pytest
from lead import (
    ABC,
    BENCHMARK,
    DUE_AT,
    FISCAL,
    LEAD,
    NOW,
    OEC,
    STATUS,
    asked,
    found,
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
from duecourse.errors import BadInput, Conflict, DuecourseError, NotAllowed
from duecourse.models import AuditEntry, Deliverable, DueChange, Extension, RoleName
from duecourse.models.database import reading, writing
from duecourse.notifications.owing import owed
from duecourse.tracking import acting
from duecourse.tracking.audit import verify
from duecourse.tracking.boards import history
from duecourse.tracking.calendars.feed_serving import served
from duecourse.tracking.calendars.feeds import create_feed
from duecourse.tracking.deciding import set_aside
from duecourse.tracking.deciding_dates import move_date
from duecourse.tracking.extensions import granting
from duecourse.tracking.extensions.extending import Request, ask, refuse, take_back
from duecourse.tracking.extensions.extension_ledger import ledger
from duecourse.tracking.extensions.granting import Granting, grant, record_granted, undo_decision
from duecourse.tracking.planning import Planned, plan
from duecourse.tracking.staff.people import add_person, give_role
from duecourse.tracking.telling import told

LATER = NOW + timedelta(hours=1)


@pytest.fixture
def tracked(engine: Engine) -> Engine:
    lead.track(engine)
    return engine


def left(engine: Engine) -> dict[str, int | None]:
    with reading(engine) as session:
        return {line.report_type: line.left for line in ledger(session, LEAD)}


@pytest.mark.parametrize(("seconds", "may"), [(1, True), (0, False), (-1, False)])
def test_more_time_is_asked_for_strictly_before_the_due_moment_to_the_second(
    tracked: Engine, seconds: int, may: bool
) -> None:
    at, status = DUE_AT - timedelta(seconds=seconds), uid(tracked, STATUS)
    if may:
        assert lead.extension(tracked, asked(tracked, status, at=at, now=DUE_AT)).outcome == "asked"
        return
    with pytest.raises(BadInput, match="more time has to be asked for before that"):
        asked(tracked, status, at=at, now=at)
    with reading(tracked) as session:
        assert session.exec(select(Extension)).all() == []


def test_a_request_moves_nothing_and_the_grant_moves_the_date_and_keeps_the_first_one(tracked: Engine) -> None:
    status = uid(tracked, STATUS)
    request = asked(tracked, status)
    assert found(tracked, status, LATER).facts.due_at == DUE_AT
    made = granted(tracked, request, now=LATER)
    moved = found(tracked, status, LATER)
    assert moved.phrase == "by the end of Tue Nov 15, 2022 (Eastern)"
    assert moved.deliverable.nominal_on == date(2022, 10, 30)
    assert (
        "Extended to Tue Nov 15, 2022 by robin@oec.example: asked for by Alex Grant on Thu Oct 20, 2022; "
        "first due by the end of Sun Oct 30, 2022 (Eastern)." in moved.deliverable.steps
    )
    with writing(tracked) as session:
        row = session.exec(select(Deliverable).where(Deliverable.uid == status)).one()
        assert [saying.phrase for saying in told(session, row)] == [
            "by the end of Sun Oct 30, 2022 (Eastern)",
            "by the end of Tue Nov 15, 2022 (Eastern)",
        ]
        assert row.sequence == 1
        assert plan(session, now=LATER, actor="test") == Planned(), "the next planning undoes it"
        actions = session.exec(select(AuditEntry.action).where(AuditEntry.deliverable_id == row.id)).all()
        assert {"asked for an extension", "granted an extension"} <= set(actions)
        assert verify(session) > 0
    assert [change.title for change in made.rehearsal.changes] == ["Quarterly Program Status Report"]


def test_one_is_granted_for_each_report_type_over_the_whole_term_and_other_types_keep_theirs(tracked: Engine) -> None:
    granted(tracked, asked(tracked, uid(tracked, STATUS)), now=LATER)
    assert left(tracked) == {
        "Program Status": 0,
        "Benchmark": 1,
        "Rate Card with Billing": 1,
        "Fiscal": 1,
        "Budget Revision": 1,
    }
    second = asked(tracked, uid(tracked, STATUS, "2025-01-01"))
    with pytest.raises(BadInput, match="No extension is left for the report type Program Status"):
        granted(tracked, second, on=date(2025, 6, 1), now=LATER)
    granted(tracked, asked(tracked, uid(tracked, BENCHMARK)), now=LATER)
    granted(tracked, second, on=date(2025, 6, 1), now=LATER, override="The Commissioner's letter of October 19.")
    assert lead.extension(tracked, second).override_reason == "The Commissioner's letter of October 19."
    assert left(tracked)["Program Status"] == 0


def test_a_request_that_was_refused_or_taken_back_uses_up_none(tracked: Engine) -> None:
    status = uid(tracked, STATUS)
    within(tracked, refuse, asked(tracked, status), comment="The data is there.", form_key=key(), now=LATER, by=OEC)
    within(tracked, take_back, asked(tracked, status), reason="We manage.", form_key=key(), now=LATER, by=ABC)
    assert left(tracked)["Program Status"] == 1
    granted(tracked, asked(tracked, status), now=LATER)
    assert left(tracked)["Program Status"] == 0


def test_where_the_contract_says_nothing_of_a_type_no_limit_holds(tracked: Engine) -> None:
    for month in ("2022-10-01", "2022-11-01"):
        row = uid(tracked, "ct-ecis-monthly", month)
        granted(tracked, asked(tracked, row, now=LATER), on=date(2023, 2, 1), now=LATER)
        assert found(tracked, row, LATER).deliverable.due_on == date(2023, 2, 1)


def test_a_grant_taken_back_moves_the_date_back_and_gives_the_extension_back(tracked: Engine) -> None:
    status = uid(tracked, STATUS)
    request = asked(tracked, status)
    granted(tracked, request, now=LATER)
    within(tracked, undo_decision, request, reason="Granted for the wrong quarter.", form_key=key(), now=LATER, by=OEC)
    assert found(tracked, status, LATER).facts.due_at == DUE_AT
    assert found(tracked, status, LATER).deliverable.sequence == 2
    assert lead.extension(tracked, request).outcome == "asked"
    assert left(tracked)["Program Status"] == 1
    granted(tracked, request, on=date(2022, 11, 8), now=LATER)
    assert found(tracked, status, LATER).deliverable.due_on == date(2022, 11, 8)


def test_each_form_has_one_effect_however_often_it_comes(tracked: Engine) -> None:
    status, once = uid(tracked, STATUS), key()
    request = asked(tracked, status, form_key=once)
    assert asked(tracked, status, form_key=once) == request
    with pytest.raises(Conflict):
        asked(tracked, uid(tracked, FISCAL), form_key=once)
    granted(tracked, request, form_key=once, now=LATER)
    again = granted(tracked, request, form_key=once, on=date(2023, 1, 1), now=LATER)
    assert again.rehearsal.changes == ()
    assert found(tracked, status, LATER).deliverable.due_on == date(2022, 11, 15)
    with pytest.raises(Conflict, match="already granted, by robin"):
        granted(tracked, request, now=LATER)


@pytest.mark.parametrize("side", ["asking", "granting", "refusing", "recording", "undoing"])
def test_each_side_does_its_own_part_only(tracked: Engine, side: str) -> None:
    status = uid(tracked, STATUS)
    request = asked(tracked, status)
    with pytest.raises(NotAllowed):
        match side:
            case "asking":
                asked(tracked, uid(tracked, FISCAL), by=OEC)
            case "granting":
                granted(tracked, request, by=ABC, now=LATER)
            case "refusing":
                within(tracked, refuse, request, comment="no", form_key=key(), now=LATER, by=ABC)
            case "recording":
                record(tracked, uid(tracked, FISCAL), by=ABC)
            case _:
                granted(tracked, request, now=LATER)
                within(tracked, undo_decision, request, reason="no", form_key=key(), now=LATER, by=ABC)


@pytest.mark.parametrize("on", [date(2022, 10, 30), date(2022, 10, 1), date(2022, 10, 25)])
def test_an_extension_gives_more_time_and_never_less(tracked: Engine, on: date) -> None:
    with pytest.raises(BadInput, match="more time, never less"):
        granted(tracked, asked(tracked, uid(tracked, STATUS)), on=on, now=LATER)


def test_what_is_in_or_set_aside_or_waits_already_is_not_asked_for(tracked: Engine) -> None:
    status, fiscal, benchmark = uid(tracked, STATUS), uid(tracked, FISCAL), uid(tracked, BENCHMARK)
    hand_in(tracked, status, at=NOW)
    within(tracked, set_aside, fiscal, Act.WAIVE, reason="Not this time.", by=OEC, now=NOW)
    asked(tracked, benchmark)
    for deliverable in (status, fiscal, benchmark):
        with pytest.raises(Conflict):
            asked(tracked, deliverable, at=LATER)


def test_a_wish_for_no_later_date_is_refused(tracked: Engine) -> None:
    with pytest.raises(BadInput, match="no later than its date"), writing(tracked) as session:
        wish = Request(NOW, "Alex Grant", "The data system was down.", date(2022, 10, 30))
        ask(session, uid(tracked, STATUS), wish, form_key=key(), now=NOW, by=ABC)


def test_what_the_funder_owes_is_not_extended(tracked: Engine) -> None:
    with pytest.raises(BadInput, match="a liaison can move its date"):
        asked(tracked, uid(tracked, "ct-acm-check-in", "2022-10-01"), by=ABC)


def test_a_date_moved_after_the_grant_is_the_one_that_holds(tracked: Engine) -> None:
    status = uid(tracked, STATUS)
    granted(tracked, asked(tracked, status), now=LATER)
    on = date(2022, 12, 1)
    within(tracked, move_date, status, on=on, cut_off=None, source="a mail of OEC", now=LATER, actor=OEC.actor)
    assert found(tracked, status, LATER).deliverable.due_on == on


AFTER = datetime(2022, 11, 10, 15, tzinfo=UTC)


def record(engine: Engine, deliverable: str, *, by: lead.By = OEC, at: datetime = NOW, override: str = "") -> None:
    request = Request(at, "Alex Grant", "The auditor was ill.")
    given = Granting(date(2022, 11, 15), time(17), override_reason=override)
    who = {"decided_at": max(at, NOW + timedelta(days=2)), "decided_by": "Robin Diaz"}
    within(engine, record_granted, deliverable, request, given, form_key=key(), now=AFTER, by=by, **who)


def test_an_extension_can_be_entered_after_the_date_and_the_report_is_no_longer_overdue(tracked: Engine) -> None:
    status = uid(tracked, STATUS)
    assert found(tracked, status, AFTER).standing is Standing.OVERDUE
    record(tracked, status)
    now = found(tracked, status, AFTER)
    assert (now.standing, now.phrase) == (Standing.DUE_SOON, "before 5:00 PM Eastern on Tue Nov 15, 2022")
    assert any("Extended to Tue Nov 15, 2022, before 5:00 PM by Robin Diaz" in step for step in now.deliverable.steps)


def test_a_report_that_is_in_is_held_against_an_extension_that_is_entered_later(tracked: Engine) -> None:
    status = uid(tracked, STATUS)
    hand_in(tracked, status, at=datetime(2022, 11, 8, 20, tzinfo=UTC))
    assert found(tracked, status, AFTER).standing is Standing.SUBMITTED_LATE
    record(tracked, status)
    assert found(tracked, status, AFTER).standing is Standing.SUBMITTED
    with writing(tracked) as session:
        row = session.exec(select(Deliverable).where(Deliverable.uid == status)).one()
        (version,) = history(session, row.id or 0, now=AFTER)
        assert (version.is_late, version.is_explained) == (False, True)
        (change,) = session.exec(select(DueChange).where(DueChange.deliverable_id == row.id)).all()
        assert (change.due_at, change.cause) == (DUE_AT, "more time was granted by Robin Diaz on Sat Oct 22, 2022")
        assert plan(session, now=AFTER, actor="test") == Planned()
        uid_of = session.exec(select(Extension.uid)).one()
    within(tracked, undo_decision, uid_of, reason="Of another report.", form_key=key(), now=AFTER, by=OEC)
    assert found(tracked, status, AFTER).standing is Standing.SUBMITTED_LATE


def test_an_extension_asked_for_too_late_is_entered_with_a_named_reason_only(tracked: Engine) -> None:
    status = uid(tracked, STATUS)
    with pytest.raises(BadInput, match="when it was due already"):
        record(tracked, status, at=DUE_AT)
    record(tracked, status, at=DUE_AT, override="The Commissioner allows it.")
    assert found(tracked, status, AFTER).deliverable.due_on == date(2022, 11, 15)


def test_the_reminders_are_armed_anew_for_the_later_date(tracked: Engine) -> None:
    status, day = uid(tracked, STATUS), datetime(2022, 10, 29, 15, tzinfo=UTC)
    with writing(tracked) as session:
        person = add_person(session, name="Alex Grant", email="alex@abc.example", now=NOW, actor="test")
        give_role(session, person, LEAD, RoleName.PROGRAM_MANAGER, now=NOW, actor="test")
        number = session.exec(select(Deliverable.id).where(Deliverable.uid == status)).one()
    request = asked(tracked, status)

    def keys(now: datetime) -> list[str]:
        with reading(tracked) as session:
            return sorted(key for one in owed(session, now=now, deliverable_ids=[number or 0]) for key in one.keys)

    (before,) = keys(day)
    assert "2022-10-31T04:00:00+00:00|before-1|" in before
    granted(tracked, request, now=LATER)
    assert keys(day) == [], "more than 14 days before the new date nothing is owed"
    (first,) = keys(datetime(2022, 11, 1, 15, tzinfo=UTC))
    assert "2022-11-16T05:00:00+00:00|before-14|" in first


def test_a_subscribed_calendar_shows_the_later_date_with_a_raised_sequence_and_the_first_one_in_its_text(
    tracked: Engine,
) -> None:
    with writing(tracked) as session:
        person = add_person(session, name="Alex Grant", email="alex@abc.example", now=NOW, actor="test")
        give_role(session, person, LEAD, RoleName.PROGRAM_MANAGER, now=NOW, actor="test")
        _, token = create_feed(session, person_id=person.id or 0, contract_id=LEAD, now=NOW)
    status = uid(tracked, STATUS)

    def event(now: datetime) -> str:
        feed = served(tracked, token, now=now, base_url="https://due.example.gov", domain="due.example.gov")
        text = (feed.body or b"").decode().replace("\r\n ", "").replace("\r\n", "\n")
        (only,) = [each for each in text.split("BEGIN:VEVENT") if f"/deliverables/{status}" in each]
        return only

    assert "DTSTART;VALUE=DATE:20221030" in event(NOW) and "SEQUENCE:0" in event(NOW)
    granted(tracked, asked(tracked, status), now=LATER)
    later = event(LATER + timedelta(minutes=1))
    assert "DTSTART;VALUE=DATE:20221115" in later and "SEQUENCE:1" in later
    assert "first due by the end of Sun Oct 30" in later.replace("\\", "")


def _grant_both_at_once(engine: Engine) -> list[str]:
    requests = [asked(engine, uid(engine, STATUS, quarter)) for quarter in ("2022-07-01", "2022-10-01")]
    together, outcomes = threading.Barrier(2), list[str]()

    def decide(request: str) -> None:
        together.wait()
        try:
            with writing(engine) as session:
                given = Granting(date(2023, 3, 1))
                grant(session, request, given, form_key=key(), now=LATER, by=OEC)
            outcomes.append("granted")
        except DuecourseError as error:
            outcomes.append(type(error).__name__)

    threads = [threading.Thread(target=decide, args=[request]) for request in requests]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(outcomes)


def test_of_two_liaisons_who_grant_the_last_extension_at_once_one_is_refused(tracked: Engine) -> None:
    assert _grant_both_at_once(tracked) == ["BadInput", "granted"]
    assert left(tracked)["Program Status"] == 0


# SQLite lets one writer in at a time, whatever is locked.
@pytest.mark.parametrize("migrated_database_url", ["postgresql"], indirect=True)
def test_without_taking_turns_both_would_be_granted(tracked: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    counted, count = threading.Barrier(2), granting.left_for

    def both_count_first(*given: object) -> int | None:
        left = count(*given)  # type: ignore[arg-type]
        counted.wait()
        return left

    monkeypatch.setattr(granting, "left_for", both_count_first)
    monkeypatch.setattr(acting, "take_turn", lambda _session: None)
    assert _grant_both_at_once(tracked) == ["granted", "granted"]
