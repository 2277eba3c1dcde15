"""Does a scan put every notice that is owed into the outbox, once, whatever happens?"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes, policy

import pytest
from notices import BASE_URL, NOW, SENDER, change, later, notices, owe_all, reader_of, ready_contract, ready_report
from rows import add_contract, add_deliverable, add_person_with_role, add_role
from sqlalchemy import Engine, event, inspect, text
from sqlalchemy import insert as plain_insert
from sqlmodel import Session, select
from statements import statements

from duecourse.models import AuditEntry, Notice, RoleName
from duecourse.models.database import reading, writing
from duecourse.notifications.filling import insert, owe_in_chunks
from duecourse.notifications.notice_rows import Row, rows_for
from duecourse.notifications.owing import contracts_without_readers, missing


def rungs(engine: Engine) -> list[str]:
    return [notice.rung for notice in notices(engine)]


def test_a_scan_writes_what_is_owed_and_the_next_scan_finds_nothing_to_do(engine: Engine) -> None:
    report = ready_report(engine, managers=2)
    assert owe_all(engine) == 2
    assert owe_all(engine) == owe_all(engine, later(minutes=1)) == 0
    first = notices(engine)[0]
    person = reader_of(engine, first)
    assert (first.deliverable_id, first.rung, first.state, first.is_copy) == (report.id, "on-day", "queued", False)
    assert first.owed_at == datetime(2022, 11, 15, 14, tzinfo=UTC)
    assert (first.due_at, first.queued_at, first.next_try_at) == (report.due_at, NOW, NOW)
    assert (first.to_address, first.attempts, first.ambiguous) == (person.email, 0, False)
    mail = message_from_bytes(first.message, policy=policy.default)
    assert mail["Message-ID"] == first.message_id
    assert mail["Subject"] == first.subject == "Due today, Tue Nov 15, 2022: Monthly Enrollment Report, October 2022"
    assert f"{BASE_URL}/deliverables/{report.uid}" in mail.as_string().replace("=\n", "")


def test_every_reader_has_a_row_and_sees_who_else_got_it(engine: Engine) -> None:
    ready_report(engine, managers=2)
    assert owe_all(engine) == 2
    rows = notices(engine)
    addresses = {reader_of(engine, row).email for row in rows}
    assert {row.to_address for row in rows} == addresses
    assert len({row.message_id for row in rows}) == 2
    for row in rows:
        mail = message_from_bytes(row.message, policy=policy.default)
        assert {address.addr_spec for address in mail["To"].addresses} == addresses


def test_a_liaison_who_is_copied_reads_who_was_reminded(engine: Engine) -> None:
    ready_report(engine, managers=2)
    assert owe_all(engine, datetime(2022, 11, 18, 15, tzinfo=UTC)) == 4
    rows = notices(engine)
    assert sorted(row.is_copy for row in rows) == [False, False, True, True]
    names = [reader_of(engine, row).name for row in rows if not row.is_copy]
    for row in rows:
        assert row.said is not None
        assert (row.said["section"] == "changed") is row.is_copy
        assert all((name in row.said["says"]) is row.is_copy for name in names)


def test_a_downtime_owes_one_notice_and_not_five(engine: Engine) -> None:
    ready_report(engine)
    assert owe_all(engine, datetime(2022, 12, 4, tzinfo=UTC)) == 3
    assert rungs(engine) == ["after-17", "after-3", "after-3"]
    assert [notice.is_copy for notice in notices(engine)] == [False, True, True]


def test_a_whole_ladder_is_written_rung_by_rung_and_ends_with_the_submission(engine: Engine) -> None:
    report = ready_report(engine)
    for hours in range(0, 60 * 24, 5):
        now = datetime(2022, 10, 20, tzinfo=UTC) + timedelta(hours=hours)
        if now > datetime(2022, 11, 26, tzinfo=UTC):
            change(engine, report, submitted_at=datetime(2022, 11, 26, tzinfo=UTC))
        owe_all(engine, now)
    fixed = ["before-14", "before-7", "before-1", "on-day", "overdue", "overdue", "after-1", *["after-3"] * 3]
    # The liaisons hear when it is overdue, once more three days later, and when it came in.
    assert rungs(engine) == [*fixed, "after-10"]


def test_a_moved_due_moment_is_told_and_so_is_a_return(engine: Engine) -> None:
    report = ready_report(engine)
    assert owe_all(engine) == 1
    change(engine, report, due_on=date(2022, 11, 22), due_at=report.due_at + timedelta(days=7))
    assert owe_all(engine, later(minutes=1)) == 1
    assert owe_all(engine, later(minutes=2)) == 0
    assert rungs(engine) == ["on-day", "before-7"]
    submitted, returned = datetime(2022, 11, 20, tzinfo=UTC), datetime(2022, 11, 22, 20, tzinfo=UTC)
    change(engine, report, submitted_at=submitted, returned_at=returned)
    assert owe_all(engine, datetime(2022, 11, 22, 21, tzinfo=UTC)) == 3
    back = [notice for notice in notices(engine) if notice.rung == "returned"]
    assert [(notice.state, notice.is_copy) for notice in back] == [("queued", False), ("owed", True), ("owed", True)]
    assert "It was returned on Tue Nov 22, 2022" in " ".join(text_of(back[0]).split())
    assert owe_all(engine, datetime(2022, 11, 23, 15, tzinfo=UTC)) == 1
    assert rungs(engine)[-1] == "after-1"


def text_of(notice: Notice) -> str:
    body = message_from_bytes(notice.message, policy=policy.default).get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def test_what_was_superseded_and_is_owed_again_waits_for_its_turn_anew(engine: Engine) -> None:
    report = ready_report(engine)
    owe_all(engine)
    with writing(engine) as session:
        session.execute(text("UPDATE notice SET state = 'superseded'"))
    change(engine, report, title="Renamed Report")
    assert owe_all(engine, later(minutes=5)) == 1
    (notice,) = notices(engine)
    assert (notice.state, notice.queued_at) == ("queued", later(minutes=5))
    assert "Renamed Report" in notice.subject


def test_only_people_who_may_still_come_in_are_told(engine: Engine) -> None:
    with writing(engine) as session:
        contract = add_contract(session)
        add_person_with_role(session, contract, disabled_at=NOW)
        liaison = add_person_with_role(session, contract, RoleName.PROGRAM_LIAISON)
        add_deliverable(session, contract)
        address = liaison.email
    assert owe_all(engine) == 1
    (notice,) = notices(engine)
    assert (notice.to_address, notice.is_copy) == (address, False)
    assert "nobody who works for the contractor" in " ".join(text_of(notice).split())


def test_a_contract_without_any_reader_is_pointed_out(engine: Engine) -> None:
    with writing(engine) as session:
        ready_contract(session, id="read")
        unread = add_contract(session, id="unread")
        add_person_with_role(session, unread, disabled_at=NOW)
        add_deliverable(session, unread)
    assert owe_all(engine) == 0
    with reading(engine) as session:
        assert [contract.id for contract in contracts_without_readers(session)] == ["unread"]


def test_one_person_with_a_bad_address_is_shown_and_keeps_nobody_else(engine: Engine) -> None:
    with writing(engine) as session:
        contract = ready_contract(session)
        add_person_with_role(session, contract, email="two@example.org, three@example.org")
        add_deliverable(session, contract)
    assert owe_all(engine) == 2
    good, bad = sorted(notices(engine), key=lambda notice: notice.state, reverse=True)
    assert (good.state, bad.state) == ("queued", "failed")
    assert "no email address" in bad.reply
    assert b"three@example.org" not in good.message
    with reading(engine) as session:
        entry = session.exec(select(AuditEntry)).one()
        assert (entry.action, entry.deliverable_id) == ("could not send a notice", bad.deliverable_id)


def test_one_mail_that_cannot_be_written_is_shown_and_keeps_no_other(engine: Engine) -> None:
    poisoned = ready_report(engine)
    with writing(engine) as session:
        contract = ready_contract(session, id="another")
        add_deliverable(session, contract)
        session.execute(text("UPDATE deliverable SET steps = 'null' WHERE id = :id"), {"id": poisoned.id})
    assert owe_all(engine) == 2
    by_deliverable = {notice.deliverable_id: notice for notice in notices(engine)}
    assert by_deliverable.pop(poisoned.id).state == "failed"
    assert [notice.state for notice in by_deliverable.values()] == ["queued"]
    assert owe_all(engine, later(minutes=1)) == 0


@pytest.mark.parametrize("contracts", [3, 30])
def test_a_scan_takes_a_fixed_number_of_statements(engine: Engine, contracts: int) -> None:
    with writing(engine) as session:
        for number in range(contracts):
            contract = ready_contract(session, id=f"c{number}")
            for _ in range(3):
                add_deliverable(session, contract)
    with statements(engine) as seen:
        assert owe_all(engine) == 3 * contracts
    assert len(seen) == 9
    with statements(engine) as seen:
        assert owe_all(engine, later(minutes=1)) == 0
    assert len(seen) == 5


def test_a_scan_of_nothing_but_what_is_in_or_far_away_takes_three_statements(engine: Engine) -> None:
    with writing(engine) as session:
        contract = ready_contract(session)
        for _ in range(20):
            add_deliverable(session, contract, submitted_at=NOW)
            add_deliverable(session, contract, due_on=date(2023, 3, 1))
    with statements(engine) as seen:
        assert owe_all(engine) == 0
    assert len(seen) == 3


def test_a_scan_in_chunks_owes_the_same_and_a_broken_one_is_finished_by_the_next(engine: Engine) -> None:
    with writing(engine) as session:
        contract = ready_contract(session)
        for _ in range(250):
            add_deliverable(session, contract)
    left = [2]

    def break_down(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("INSERT INTO notice"):
            left[0] -= 1
            if left[0] < 0:
                raise ConnectionError("the power failed")

    event.listen(engine, "before_cursor_execute", break_down)
    with pytest.raises(ConnectionError):
        owe_in_chunks(engine, now=NOW, base_url=BASE_URL, sender=SENDER)
    event.remove(engine, "before_cursor_execute", break_down)
    assert len(notices(engine)) == 200
    assert owe_in_chunks(engine, now=NOW, base_url=BASE_URL, sender=SENDER) == 50
    assert len({notice.key for notice in notices(engine)}) == 250
    assert owe_in_chunks(engine, now=NOW, base_url=BASE_URL, sender=SENDER) == 0


def race_of_scans(engine: Engine, insert: Callable[[Session, Sequence[Row]], object] = insert) -> int:
    """Let four scans look at the same outbox, then write what each found lacking; return the number of notices."""
    together = threading.Barrier(4)

    def scan() -> None:
        with reading(engine) as session:
            rows = rows_for(session, missing(session, now=NOW), now=NOW, base_url=BASE_URL, sender=SENDER)
        together.wait()
        with writing(engine) as session:
            insert(session, rows)

    scans = [threading.Thread(target=scan) for _ in range(4)]
    for thread in scans:
        thread.start()
    for thread in scans:
        thread.join()
    return len(notices(engine))


def test_four_scans_at_once_owe_each_notice_once(engine: Engine) -> None:
    with writing(engine) as session:
        for number in range(5):
            add_deliverable(session, ready_contract(session, id=f"c{number}", managers=2))
    assert race_of_scans(engine) == 10


def test_without_the_unique_key_the_same_race_owes_every_notice_four_times(engine: Engine) -> None:
    with writing(engine) as session:
        add_deliverable(session, ready_contract(session, managers=2))
        drop_unique_key(session)

    def insert_without_guard(session: Session, rows: Sequence[Row]) -> None:
        session.execute(plain_insert(Notice), rows)

    assert race_of_scans(engine, insert_without_guard) == 8


def drop_unique_key(session: Session) -> None:
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        (constraint,) = inspect(connection).get_unique_constraints("notice")
        connection.execute(text(f"ALTER TABLE notice DROP CONSTRAINT {constraint['name']}"))
        return
    # SQLite drops no constraint: the table is made anew without it.
    (made,) = connection.execute(text("SELECT sql FROM sqlite_master WHERE name = 'notice'")).scalars()
    connection.execute(text("DROP TABLE notice"))
    connection.execute(text(re.sub(r",\s*UNIQUE \(\"?key\"?\)", "", made)))


def test_a_person_with_two_parts_or_a_part_in_two_contracts_is_told_once_of_each_report(engine: Engine) -> None:
    with writing(engine) as session:
        first, second = add_contract(session, id="first"), add_contract(session, id="second")
        person = add_person_with_role(session, first)
        add_role(session, person, first, RoleName.PROGRAM_LIAISON)
        add_role(session, person, second, RoleName.PROGRAM_MANAGER)
        add_deliverable(session, first)
        add_deliverable(session, second)
    assert owe_all(engine) == 2
    assert {notice.is_copy for notice in notices(engine)} == {False}
    owe_all(engine, datetime(2022, 11, 18, 15, tzinfo=UTC))
    assert [notice.is_copy for notice in notices(engine) if notice.rung == "after-3"] == [False, False]
