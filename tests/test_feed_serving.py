"""What does a calendar program get, when does it change, and what does it cost?"""

from __future__ import annotations

import hashlib
import logging
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from feed_entries import DOMAIN, unfolded, values_of
from feed_scene import CONTRACT, EIGHT, NOW, add_other_contract, set_up, statements_of
from icalendar import Calendar
from rows import add_contract, add_person_with_role
from sqlalchemy import Engine, text
from sqlmodel import col, select

from duecourse.calendar import feed as feed_module
from duecourse.errors import NotFound
from duecourse.models import AuditEntry, ContractRow, Feed, RoleName
from duecourse.models.database import reading, writing
from duecourse.tracking.calendars import feed_bytes, feed_serving
from duecourse.tracking.calendars.feed_serving import Answer
from duecourse.tracking.calendars.feeds import create_feed, feed_path, feeds_of, revoke_feed, rotate_feed
from duecourse.tracking.changes import mark_changed

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


def uids(body: bytes) -> set[str]:
    found = (uid for uid in values_of(body, "UID") if uid.startswith("d-"))
    return {uid.removeprefix("d-").removesuffix(f"@{DOMAIN}") for uid in found}


def test_the_feed_holds_the_deadlines_of_the_contract_and_nothing_else(engine: Engine) -> None:
    scene = set_up(engine, name="Nurse-Family Partnership")
    with writing(engine) as session:
        add_other_contract(session, scene.person_id)
    answer = scene.served()
    assert answer.answer is Answer.CALENDAR
    assert uids(answer.body) == {"winter", "whole-day"}
    lines = unfolded(answer.body)
    assert "NAME:Nurse-Family Partnership: deadlines" in lines
    assert "SUMMARY:DUE before 8:00 AM PT: Monthly Enrollment Report\\, January 2022" in lines
    assert "DTEND:20220222T160000Z" in lines
    assert "DTSTART;VALUE=DATE:20220321" in lines
    assert "URL:https://duecourse.example.org/deliverables/winter" in lines
    assert "CATEGORIES:Monthly enrollment,22-1174" in lines


def test_a_feed_of_all_contracts_says_which_contract_each_deadline_is_of(engine: Engine) -> None:
    scene = set_up(engine, contract_id=None)
    with writing(engine) as session:
        add_other_contract(session, scene.person_id)
    lines = unfolded(scene.served().body)
    assert "NAME:Contract deadlines" in lines
    assert "SUMMARY:DUE: Monthly Enrollment Report\\, January 2022 (CT-1)" in lines
    assert "SUMMARY:DUE before 8:00 AM PT: Monthly Enrollment Report\\, January 2022 (22-1174)" in lines


def test_a_liaison_sees_the_same_deadlines_as_the_contractor(engine: Engine) -> None:
    scene = set_up(engine)
    with writing(engine) as session:
        contract = session.get(ContractRow, CONTRACT)
        assert contract is not None
        liaison = add_person_with_role(session, contract, RoleName.FISCAL_LIAISON)
        assert liaison.id is not None
        _, token = create_feed(session, person_id=liaison.id, contract_id=CONTRACT, now=NOW)
    assert scene.served(token=token).body == scene.served().body


def test_the_token_has_256_bits_and_is_stored_nowhere(engine: Engine) -> None:
    scene = set_up(engine)
    assert len(scene.token) == 43
    assert len(feed_path(scene.token)) < 150
    assert scene.feed().token_sha256 == hashlib.sha256(scene.token.encode()).hexdigest()
    with reading(engine) as session:
        for table in ("feed", "audit_entry"):
            rows = session.execute(text(f"SELECT * FROM {table}")).all()
            assert rows and scene.token not in repr(rows)
    assert scene.token.encode() not in scene.served().body


@pytest.mark.parametrize("wrong", ["", "x" * 43, "short", "é" * 43, "x" * 10_000, "../" * 20])
def test_an_unknown_token_finds_nothing(engine: Engine, wrong: str) -> None:
    assert set_up(engine).served(token=wrong).answer is Answer.UNKNOWN


def test_a_token_in_other_letters_or_a_letter_off_finds_nothing(engine: Engine) -> None:
    scene = set_up(engine)
    for wrong in (
        scene.token.swapcase(),
        scene.token[:-1] + ("A" if scene.token[-1] != "A" else "B"),
        scene.token + "A",
    ):
        assert scene.served(token=wrong).answer is Answer.UNKNOWN


def test_nobody_gets_a_feed_of_a_contract_without_a_part_in_it(engine: Engine) -> None:
    scene = set_up(engine)
    with writing(engine) as session:
        add_contract(session, "other")
        with pytest.raises(NotFound):
            create_feed(session, person_id=scene.person_id, contract_id="other", now=NOW)
        with pytest.raises(NotFound):
            create_feed(session, person_id=999, contract_id=None, now=NOW)


def test_the_same_data_give_the_same_bytes_the_whole_day_long(engine: Engine) -> None:
    scene = set_up(engine)
    first = scene.served(now=datetime(2022, 2, 1, 0, tzinfo=UTC))
    with writing(engine) as session:
        mark_changed(session, CONTRACT)
    assert scene.served(now=datetime(2022, 2, 1, 23, 59, 59, tzinfo=UTC)) == first


def test_an_unchanged_poll_sends_one_statement_and_builds_nothing(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = set_up(engine)
    first = scene.served()
    for name in ("Event", "Calendar"):
        monkeypatch.setattr(feed_module, name, None)
    monkeypatch.setattr(feed_bytes, "assemble", None)
    with statements_of(engine) as sent:
        again = scene.served(now=NOW + HOUR / 2, has=lambda etag, _: etag == first.etag)
    assert again.answer is Answer.UNCHANGED
    assert (again.etag, again.modified_at, again.body) == (first.etag, first.modified_at, b"")
    assert len(sent) == 1, sent


def test_the_statement_of_a_poll_reads_by_index(engine: Engine) -> None:
    scene = set_up(engine)
    scene.served()
    with statements_of(engine) as sent:
        scene.served(has=lambda *_: True)
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sent[0]}")
            plan = "\n".join(row[3] for row in rows)
            assert "SCAN" not in plan.replace("SCAN CONSTANT ROW", "")
        else:
            # PostgreSQL reads so small a table whole, unless it is told that this is dear.
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
            rows = connection.exec_driver_sql(f"EXPLAIN {sent[0]}", {"token_sha256": "x"})
            plan = "\n".join(row[0] for row in rows)
            assert "Seq Scan" not in plan
    assert "feed" in plan


def test_stored_bytes_are_read_with_one_statement_more_and_not_built(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = set_up(engine)
    first = scene.served()
    monkeypatch.setattr(feed_bytes, "assemble", None)
    with statements_of(engine) as sent:
        assert scene.served() == first
    assert len(sent) == 2, sent


def test_the_tag_is_the_hash_of_the_bytes_and_moves_with_them(engine: Engine) -> None:
    scene = set_up(engine)
    first = scene.served()
    assert first.etag == hashlib.sha256(first.body).hexdigest()
    scene.add(date(2022, 4, 20))
    second = scene.served()
    assert second.etag == hashlib.sha256(second.body).hexdigest() != first.etag


def test_a_change_that_does_not_show_keeps_tag_and_date(engine: Engine) -> None:
    scene = set_up(engine)
    first = scene.served()
    with writing(engine) as session:
        mark_changed(session, CONTRACT)
    again = scene.served(now=NOW + HOUR)
    assert (again.etag, again.modified_at) == (first.etag, first.modified_at)
    assert scene.served(now=NOW + DAY, has=lambda etag, _: etag == first.etag).answer is Answer.UNCHANGED


def test_the_date_of_change_rises_by_a_second_at_least_with_every_change(engine: Engine) -> None:
    scene = set_up(engine)
    dates = [scene.served().modified_at]
    for month in range(4, 8):
        scene.add(date(2022, month, 20))
        dates.append(scene.served(now=NOW - month * DAY if month % 2 else NOW).modified_at)
    assert dates[0] == NOW
    known = [at for at in dates if at is not None]
    assert all(later - earlier >= timedelta(seconds=1) for earlier, later in pairwise(known))
    assert all(at.microsecond == 0 for at in known)


def test_the_date_of_change_rises_when_something_is_taken_away(engine: Engine) -> None:
    scene = set_up(engine)
    first = scene.served()
    scene.change("whole-day", due_on=date(2021, 3, 21), due_at=datetime(2021, 3, 22, 7, tzinfo=UTC))
    second = scene.served(now=NOW + HOUR)
    assert uids(second.body) == {"winter"}
    assert first.modified_at is not None and second.modified_at is not None
    assert second.modified_at > first.modified_at


def test_a_moved_deadline_keeps_its_name_and_counts_one_change(engine: Engine) -> None:
    scene = set_up(engine)
    scene.served()
    moved = datetime(2022, 3, 15, 15, tzinfo=UTC)
    scene.change("winter", due_at=moved, due_on=date(2022, 3, 15), sequence=1, changed_at=NOW)
    events = {str(event["UID"]): event for event in Calendar.from_ical(scene.served().body).walk("VEVENT")}
    event = events[f"d-winter@{DOMAIN}"]
    assert (event["DTEND"].dt, event["SEQUENCE"]) == (moved, 1)
    assert event["LAST-MODIFIED"].dt == event["DTSTAMP"].dt == NOW


def test_done_and_withdrawn_deadlines_say_so_and_leave_after_a_while(engine: Engine) -> None:
    scene = set_up(engine)
    scene.change("winter", submitted_at=NOW, changed_at=NOW)
    scene.change("whole-day", withdrawn_at=NOW, changed_at=NOW, sequence=1)
    titles = values_of(scene.served(now=NOW + HOUR).body, "SUMMARY")
    assert titles.pop(0).startswith("Deadlines checked on")
    assert titles == [
        "DONE: Monthly Enrollment Report\\, January 2022",
        "CANCELLED: Monthly Enrollment Report\\, February 2022",
    ]
    assert uids(scene.served(now=NOW + 14 * DAY).body) == {"winter", "whole-day"}
    assert uids(scene.served(now=NOW + 16 * DAY).body) == {"winter"}
    due = datetime(2022, 2, 22, 16, tzinfo=UTC)
    assert uids(scene.served(now=due + 30 * DAY).body) == {"winter"}
    assert uids(scene.served(now=due + 32 * DAY).body) == set()


def test_an_overdue_deadline_stays_for_a_quarter(engine: Engine) -> None:
    scene = set_up(engine)
    due = datetime(2022, 2, 22, 16, tzinfo=UTC)
    assert "winter" in uids(scene.served(now=due + 90 * DAY).body)
    assert "winter" not in uids(scene.served(now=due + 92 * DAY).body)


def test_a_new_day_of_the_feed_begins_at_midnight_in_utc(engine: Engine) -> None:
    scene = set_up(engine)
    scene.served(now=datetime(2022, 2, 1, 23, 59, tzinfo=UTC))
    assert scene.feed().built_for == date(2022, 2, 1)
    scene.served(now=datetime(2022, 2, 2, 0, 0, tzinfo=UTC))
    assert scene.feed().built_for == date(2022, 2, 2)


def test_a_replaced_link_says_so_for_thirty_days_and_is_gone_then(engine: Engine) -> None:
    scene = set_up(engine)
    first = scene.served()
    with writing(engine) as session:
        feed, token = rotate_feed(session, scene.feed_id, person_id=scene.person_id, now=NOW + HOUR)
        assert feed.contract_id == CONTRACT
    old = scene.served(now=NOW + HOUR, has=lambda etag, _: etag == first.etag)
    assert old.answer is Answer.CALENDAR
    assert values_of(old.body, "SUMMARY") == ["This calendar link was replaced"]
    assert "DTSTART;VALUE=DATE:20220201" in unfolded(old.body)
    assert uids(scene.served(token=token, now=NOW + HOUR).body) == {"winter", "whole-day"}
    scene.add(date(2022, 5, 20))
    later = scene.served(now=NOW + 30 * DAY)
    assert (later.answer, later.body) == (Answer.CALENDAR, old.body)
    assert scene.served(now=NOW + 30 * DAY + HOUR).answer is Answer.GONE


def test_a_link_is_ended_and_replaced_only_by_its_owner_and_once(engine: Engine) -> None:
    scene = set_up(engine)
    with writing(engine) as session:
        for person_id in (scene.person_id + 1, 999):
            with pytest.raises(NotFound):
                revoke_feed(session, scene.feed_id, person_id=person_id, now=NOW)
        revoke_feed(session, scene.feed_id, person_id=scene.person_id, now=NOW)
        with pytest.raises(NotFound):
            rotate_feed(session, scene.feed_id, person_id=scene.person_id, now=NOW)


def test_only_links_in_use_are_listed_and_making_and_ending_them_is_on_record(engine: Engine) -> None:
    scene = set_up(engine)
    with writing(engine) as session:
        new, _ = rotate_feed(session, scene.feed_id, person_id=scene.person_id, now=NOW)
        assert [feed.id for feed in feeds_of(session, scene.person_id)] == [new.id]
        actions = [entry.action for entry in session.exec(select(AuditEntry).order_by(col(AuditEntry.sequence)))]
    assert actions == ["created a calendar link", "ended a calendar link", "created a calendar link"]


@pytest.mark.parametrize(
    "loss",
    ["DELETE FROM role", "UPDATE person SET disabled_at = '2022-02-01 18:30:00+00:00'"],
    ids=["without a part", "disabled"],
)
@pytest.mark.parametrize("contract_id", [CONTRACT, None], ids=["one contract", "all contracts"])
def test_who_may_no_longer_see_the_deadlines_sees_none_from_the_next_poll_on(
    engine: Engine, loss: str, contract_id: str | None
) -> None:
    scene = set_up(engine, contract_id=contract_id)
    first = scene.served()
    with writing(engine) as session:
        session.execute(text(loss.replace("+00:00", "") if engine.dialect.name == "sqlite" else loss))
    answer = scene.served(now=NOW + HOUR, has=lambda etag, _: etag == first.etag)
    assert answer.answer is Answer.CALENDAR
    assert values_of(answer.body, "SUMMARY") == ["You no longer have a part in these contracts"]
    assert uids(answer.body).isdisjoint({"winter", "whole-day"})
    with statements_of(engine) as sent:
        later = scene.served(now=NOW + HOUR + DAY / 48, has=lambda etag, _: etag == answer.etag)
    assert (later.answer, len(sent)) == (Answer.UNCHANGED, 1)


def test_who_gets_the_part_back_sees_the_deadlines_again(engine: Engine) -> None:
    scene = set_up(engine)
    first = scene.served()
    disabled = text("UPDATE person SET disabled_at = :at")
    with writing(engine) as session:
        session.execute(disabled, {"at": "2022-02-01 18:30:00"})
    scene.served()
    with writing(engine) as session:
        session.execute(disabled, {"at": None})
    assert scene.served().body == first.body


def test_a_failure_in_building_serves_the_last_good_bytes(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    scene = set_up(engine)
    first = scene.served()
    scene.add(date(2022, 4, 20))
    with monkeypatch.context() as broken:
        broken.setattr(feed_bytes, "assemble", None)
        assert scene.served() == first
        assert scene.served(has=lambda etag, _: etag == first.etag).answer is Answer.UNCHANGED
    assert "last good bytes" in caplog.text
    assert scene.token not in caplog.text
    assert scene.served().etag != first.etag


def test_a_failure_before_any_bytes_were_good_says_that_there_are_none(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = set_up(engine)
    monkeypatch.setattr(feed_bytes, "assemble", None)
    assert scene.served().answer is Answer.UNAVAILABLE


def test_a_failure_in_storing_never_shows_what_may_no_longer_be_seen(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = set_up(engine)
    scene.served()
    with writing(engine) as session:
        session.execute(text("DELETE FROM role"))
    monkeypatch.setattr(feed_bytes, "writing", None)
    monkeypatch.setattr(feed_serving, "writing", None)
    answer = scene.served()
    assert answer.answer is Answer.CALENDAR
    assert uids(answer.body).isdisjoint({"winter", "whole-day"})


def test_a_database_that_cannot_be_asked_is_unavailable_and_names_no_token(
    engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    scene = set_up(engine)
    with writing(engine) as session:
        session.execute(text("ALTER TABLE feed RENAME TO feed_away"))
    assert scene.served().answer is Answer.UNAVAILABLE
    assert caplog.text
    assert scene.token not in caplog.text


def test_one_deadline_that_cannot_be_written_is_reported_and_spares_the_others(
    engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    scene = set_up(engine)
    scene.change("winter", zone="Mars/Olympus")
    with caplog.at_level(logging.ERROR):
        body = scene.served().body
    assert uids(body) == {"winter", "whole-day"}
    assert f"d-winter@{DOMAIN}" in caplog.text


def test_a_build_that_was_overtaken_does_not_overwrite_the_newer_bytes(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = set_up(engine)
    scene.served()
    scene.add(date(2022, 4, 20), uid="first")
    slow_assemble = feed_bytes.assemble

    def overtaken(*args: Any, **kwargs: Any) -> bytes:
        # While the first build is under way, another change comes in and another process builds and stores.
        monkeypatch.setattr(feed_bytes, "assemble", slow_assemble)
        scene.add(date(2022, 5, 20), uid="second")
        assert uids(scene.served().body) == {"winter", "whole-day", "first", "second"}
        return slow_assemble(*args, **kwargs)

    monkeypatch.setattr(feed_bytes, "assemble", overtaken)
    assert uids(scene.served().body) == {"winter", "whole-day", "first", "second"}
    assert uids(scene.served().body) == {"winter", "whole-day", "first", "second"}


def test_a_caller_that_does_not_want_to_wait_is_told_that_there_is_something_to_build(engine: Engine) -> None:
    scene = set_up(engine)
    assert scene.served(may_build=False).answer is Answer.TO_BUILD
    scene.served()
    assert scene.served(may_build=False).answer is Answer.CALENDAR


def test_who_fetched_last_and_when_is_noted_once_an_hour(engine: Engine) -> None:
    scene = set_up(engine)
    scene.served(client="Thunderbird")
    noted = scene.feed()
    assert (noted.last_fetched_at, noted.last_client) == (NOW, "Thunderbird")
    with statements_of(engine) as sent:
        scene.served(now=NOW + HOUR - timedelta(seconds=1), client="Outlook", has=lambda *_: True)
    assert len(sent) == 1
    assert scene.feed().last_client == "Thunderbird"
    scene.served(now=NOW + HOUR, client="Outlook")
    assert (scene.feed().last_fetched_at, scene.feed().last_client) == (NOW + HOUR, "Outlook")


def test_a_feed_of_two_hundred_deadlines_reads_as_many_statements_as_one_of_two(engine: Engine) -> None:
    scene = set_up(engine)
    with statements_of(engine) as few:
        scene.served(now=NOW + HOUR)
    for n in range(40):
        scene.add(date(2022, 4, 1) + n * DAY, EIGHT)
    with statements_of(engine) as many:
        scene.served(now=NOW + 2 * HOUR)
    assert len(many) == len(few)


def test_feeds_change_only_with_contracts_that_they_show(engine: Engine) -> None:
    scene = set_up(engine)
    with writing(engine) as session:
        stranger = add_person_with_role(session, add_contract(session, "other"))
        assert stranger.id is not None
        other, _ = create_feed(session, person_id=stranger.id, contract_id=None, now=NOW)
        other_id = other.id
    scene.add(date(2022, 4, 20))
    with reading(engine) as session:
        row = session.get(Feed, other_id)
        assert row is not None and row.changes == 0


def test_an_entry_on_the_monday_says_that_the_calendar_was_checked_and_stays_the_same_all_week(engine: Engine) -> None:
    scene = set_up(engine)
    monday = datetime(2022, 2, 7, tzinfo=UTC)
    week = [scene.served(now=monday + DAY * n + HOUR * 23).body for n in range(7)]
    assert len(set(week)) == 1
    assert "SUMMARY:Deadlines checked on Mon Feb 7\\, 2022" in unfolded(week[0])
    assert "c-20220207@" + DOMAIN in values_of(week[0], "UID")
    for other in (monday - HOUR, monday + 7 * DAY):
        assert "c-20220207@" + DOMAIN not in values_of(scene.served(now=other).body, "UID")
