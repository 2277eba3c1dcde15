"""Does each notice have one sender at a time, and is it looked at again before it goes out?"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from notices import NOW, SENDER, change, later, notices, owe_all, ready_contract, ready_report, returned_report, states
from rows import add_deliverable, add_person
from sqlalchemy import Engine, text, update
from sqlmodel import Session, col, select

from duecourse.models import AuditEntry, Notice, NoticeState
from duecourse.models.database import reading, writing
from duecourse.notifications.claiming import Batch, Claimed, claim
from duecourse.notifications.messages import Mailbox, sign_in_message
from duecourse.notifications.outbox import (
    enqueue_message,
    give_back,
    hold_all,
    mark_failed,
    mark_sent,
    release_for_retry,
    wait,
)

LEASE = timedelta(minutes=15)


def claimed(engine: Engine, now: datetime = NOW, limit: int = 100) -> Batch:
    with writing(engine) as session:
        return claim(session, now=now, limit=limit, lease=LEASE)


def settle(engine: Engine, change: Callable[[Session], object]) -> object:
    with writing(engine) as session:
        return change(session)


def one_claimed(engine: Engine) -> Claimed:
    ready_report(engine)
    owe_all(engine)
    (notice,) = claimed(engine).notices
    return notice


def test_a_claim_hands_out_the_ready_mail_once_until_its_lease_ends(engine: Engine) -> None:
    notice = one_claimed(engine)
    (row,) = notices(engine)
    assert (notice.message, notice.to_address, notice.attempts) == (row.message, row.to_address, 1)
    assert (row.state, row.lease_until, row.claim_token) == ("claimed", later(minutes=15), notice.token)
    assert not claimed(engine, later(minutes=14))
    (again,) = claimed(engine, later(minutes=15)).notices
    assert again.token != notice.token
    (row,) = notices(engine)
    assert (row.attempts, row.ambiguous) == (2, True)


def test_a_stale_claimer_changes_nothing_any_more(engine: Engine) -> None:
    stale = one_claimed(engine)
    (current,) = claimed(engine, later(minutes=20)).notices
    before = notices(engine)
    now = later(minutes=21)
    assert not settle(engine, lambda session: mark_sent(session, stale, now=now, reply="250"))
    assert not settle(engine, lambda session: mark_failed(session, stale, now=now, reply="550"))
    assert settle(engine, lambda session: release_for_retry(session, stale, now=now, reply="451")) is None
    assert settle(engine, lambda session: give_back(session, [stale], now=now, next_try_at=now)) == 0
    assert notices(engine) == before
    with reading(engine) as session:
        assert session.exec(select(AuditEntry)).all() == []
    assert settle(engine, lambda session: mark_sent(session, current, now=now, reply="250 ok"))
    assert settle(engine, lambda session: mark_sent(session, current, now=now, reply="250 ok")) is False
    assert states(engine) == ["sent"]


@pytest.mark.parametrize(
    ("case", "facts"),
    [
        ("submitted", {"submitted_at": later(minutes=-1)}),
        ("accepted", {"submitted_at": later(hours=-2), "accepted_at": later(minutes=-1)}),
        ("returned after it was queued", {"submitted_at": later(hours=-2), "returned_at": later(minutes=1)}),
        ("withdrawn", {"withdrawn_at": later(minutes=-1)}),
        ("moved later", {"due_on": date(2022, 11, 22), "due_at": datetime(2022, 11, 23, 8, tzinfo=UTC)}),
        ("moved earlier", {"due_on": date(2022, 11, 14), "due_at": datetime(2022, 11, 15, 8, tzinfo=UTC)}),
        ("moved by an hour", {"due_at": datetime(2022, 11, 16, 7, tzinfo=UTC)}),
    ],
)
def test_what_changed_between_queueing_and_claiming_is_never_sent(
    engine: Engine, case: str, facts: dict[str, datetime]
) -> None:
    report = ready_report(engine)
    owe_all(engine)
    change(engine, report, **facts)
    batch = claimed(engine, later(minutes=2))
    assert (batch.notices, batch.superseded) == ((), 1), case
    assert states(engine) == ["superseded"]
    assert not claimed(engine, later(hours=2))


def test_a_rung_that_the_next_one_overtook_is_not_sent_late(engine: Engine) -> None:
    ready_report(engine)
    owe_all(engine)
    next_day = later(days=1)
    owe_all(engine, next_day)
    batch = claimed(engine, next_day)
    assert (batch.notices, batch.superseded) == ((), 1)
    assert [notice.state for notice in notices(engine) if not notice.is_copy] == ["superseded", "owed"]


def test_a_person_who_may_no_longer_come_in_is_not_written_to(engine: Engine) -> None:
    ready_report(engine, managers=2)
    owe_all(engine)
    with writing(engine) as session:
        gone = notices(engine)[0].person_id
        session.execute(text("UPDATE person SET disabled_at = created_at WHERE id = :id"), {"id": gone})
    batch = claimed(engine)
    assert (len(batch.notices), batch.superseded) == (1, 1)
    assert states(engine) == ["superseded", "claimed"]


def enqueue_sign_in(engine: Engine, now: datetime = NOW) -> None:
    with writing(engine) as session:
        person = add_person(session)
        assert person.id is not None
        letter = sign_in_message(
            Mailbox(person.name, person.email), "https://due.example.gov/sign-in/secret", sender=SENDER, now=now
        )
        enqueue_message(session, letter, person_id=person.id, to_address=person.email, sender=SENDER, now=now)


def test_sign_in_links_go_first_and_then_what_is_due_first(engine: Engine) -> None:
    with writing(engine) as session:
        contract = ready_contract(session)
        for cut_off in (time(20), time(16), time(18)):
            add_deliverable(session, contract, cut_off=cut_off)
    owe_all(engine)
    enqueue_sign_in(engine)
    first, second = claimed(engine, limit=2), claimed(engine, limit=2)
    assert [notice.rung for notice in first.notices] == ["sign-in", "on-day"]
    assert [notice.rung for notice in second.notices] == ["on-day", "on-day"]
    by_id = {notice.id: notice for notice in notices(engine)}
    due = [by_id[notice.id].due_at for notice in second.notices]
    assert due == sorted(due)  # type: ignore[type-var]


@pytest.mark.parametrize("end", ["sent", "failed", "superseded"])
def test_a_sign_in_link_is_erased_once_it_is_settled_and_not_sent_when_it_is_worthless(
    engine: Engine, end: str
) -> None:
    enqueue_sign_in(engine)
    assert b"secret" in notices(engine)[0].message
    if end == "superseded":
        assert claimed(engine, later(minutes=10)).superseded == 1
    else:
        (notice,) = claimed(engine, later(minutes=9)).notices
        assert b"secret" in notice.message
        mark = mark_sent if end == "sent" else mark_failed
        settle(engine, lambda session: mark(session, notice, now=NOW, reply="so it is"))
    (row,) = notices(engine)
    assert (row.state, row.message) == (end, b"")


def test_the_mail_of_a_reminder_is_kept_as_proof(engine: Engine) -> None:
    notice = one_claimed(engine)
    settle(engine, lambda session: mark_sent(session, notice, now=NOW, reply="250 2.0.0 id=7"))
    (row,) = notices(engine)
    assert (row.message, row.reply, row.sent_at, row.lease_until) == (notice.message, "250 2.0.0 id=7", NOW, None)


def test_a_failure_stands_in_the_audit_log(engine: Engine) -> None:
    notice = one_claimed(engine)
    settle(engine, lambda session: mark_failed(session, notice, now=NOW, reply="550 5.1.1 no such\0 mailbox\r\n"))
    with reading(engine) as session:
        entry = session.exec(select(AuditEntry)).one()
    assert (entry.action, entry.contract_id, entry.deliverable_id) == (
        "could not send a notice",
        "wa-22-1174",
        notice.deliverable_id,
    )
    assert entry.detail == {"rung": "on-day", "to": notice.to_address, "reply": "550 5.1.1 no such mailbox"}


def test_tries_are_a_minute_five_fifteen_thirty_and_then_an_hour_apart_for_two_days(engine: Engine) -> None:
    returned_report(engine)
    owe_all(engine)
    now, waits = NOW, []
    while batch := claimed(engine, now):
        (notice,) = batch.notices
        tried = now
        state = settle(engine, lambda s, n=notice, t=tried: release_for_retry(s, n, now=t, reply="451 later"))  # type: ignore[misc]
        if state is not NoticeState.QUEUED:
            break
        now = notices(engine)[0].next_try_at
        waits.append((now - tried) / timedelta(minutes=1))
    assert [round(waited / usual, 1) for waited, usual in zip(waits, [1, 5, 15, 30, 60, 60, 60], strict=False)]
    for waited, usual in zip(waits, [1, 5, 15, 30, *[60] * 100], strict=False):
        assert 0.8 * usual <= waited <= 1.2 * usual
    (row,) = notices(engine)
    assert (row.state, row.reply) == ("failed", "451 later")
    assert timedelta(hours=46) < now - NOW <= timedelta(hours=48)
    assert 40 < row.attempts < 70


@given(notice_id=st.integers(1, 10**9), attempts=st.integers(1, 200))
def test_a_wait_is_its_usual_length_give_or_take_a_fifth_and_always_the_same(notice_id: int, attempts: int) -> None:
    usual = timedelta(minutes=[1, 5, 15, 30, 60][min(attempts, 5) - 1])
    waited = wait(attempts, notice_id=notice_id)
    assert 0.8 * usual <= waited <= 1.2 * usual
    assert waited == wait(attempts, notice_id=notice_id)


def test_two_notices_wait_differently_long() -> None:
    assert len({wait(5, notice_id=notice_id) for notice_id in range(1, 101)}) == 100


def test_an_ambiguous_notice_waits_for_the_end_of_its_lease(engine: Engine) -> None:
    notice = one_claimed(engine)
    settle(engine, lambda session: release_for_retry(session, notice, now=NOW, reply="no answer", ambiguous=True))
    (row,) = notices(engine)
    assert (row.state, row.ambiguous, row.next_try_at) == ("queued", True, later(minutes=15))


def test_a_notice_that_kills_its_sender_every_time_is_given_up(engine: Engine) -> None:
    returned_report(engine)
    owe_all(engine)
    for quarter in range(4 * 48 + 1):
        assert claimed(engine, later(minutes=15 * quarter)).notices
    batch = claimed(engine, later(hours=48, minutes=15))
    assert (batch.notices, batch.failed) == ((), 1)
    assert states(engine) == ["failed"]
    with reading(engine) as session:
        assert session.exec(select(AuditEntry.action)).all() == ["could not send a notice"]


def test_what_was_not_tried_goes_back_as_it_was(engine: Engine) -> None:
    ready_report(engine, managers=3)
    owe_all(engine)
    before = notices(engine)
    batch = claimed(engine)
    assert settle(engine, lambda session: give_back(session, batch.notices, now=NOW, next_try_at=NOW)) == 0
    assert notices(engine) == before


def test_while_nothing_can_be_sent_everybody_waits_and_what_waited_for_two_days_fails(engine: Engine) -> None:
    returned_report(engine, managers=2)
    owe_all(engine)
    until = later(minutes=5)
    assert settle(engine, lambda session: hold_all(session, until=until, reply="no server")) == 2
    assert {(notice.next_try_at, notice.reply) for notice in notices(engine)} == {(until, "no server")}
    assert not claimed(engine, later(minutes=4))
    late = later(hours=48, minutes=1)
    batch = claimed(engine, late, limit=1)
    given_back = lambda session: give_back(session, batch.notices, now=late, next_try_at=late, reply="no server")  # noqa: E731
    assert settle(engine, given_back) == 1
    assert sorted(states(engine)) == ["failed", "queued"]


def race(claimer: Callable[[], list[int]]) -> list[int]:
    """Let four claimers take all they can at once; return what they got, together."""
    got: list[int] = []
    claimers = [threading.Thread(target=lambda: got.extend(claimer())) for _ in range(4)]
    for thread in claimers:
        thread.start()
    for thread in claimers:
        thread.join()
    return got


def forty_notices(engine: Engine) -> None:
    with writing(engine) as session:
        contract = ready_contract(session, managers=2)
        for _ in range(20):
            add_deliverable(session, contract)
    assert owe_all(engine) == 40


def test_four_claimers_at_once_never_claim_the_same_notice(engine: Engine) -> None:
    forty_notices(engine)
    together = threading.Barrier(4)

    def claimer() -> list[int]:
        mine: list[int] = []
        together.wait()
        with writing(engine) as session:
            while batch := claim(session, now=NOW, limit=7, lease=LEASE):
                mine += [notice.id for notice in batch.notices]
        return mine

    assert sorted(race(claimer)) == [notice.id for notice in notices(engine)]
    assert {notice.attempts for notice in notices(engine)} == {1}


def test_without_the_guard_the_same_race_claims_every_notice_four_times(engine: Engine) -> None:
    forty_notices(engine)
    together = threading.Barrier(4)

    def claimer() -> list[int]:
        # Looks first and claims then, without saying what the row must still be.
        with reading(engine) as session:
            waiting = [id for id in session.exec(select(Notice.id).where(Notice.state == NoticeState.QUEUED)) if id]
        together.wait()
        with writing(engine) as session:
            session.execute(update(Notice).where(col(Notice.id).in_(waiting)).values(state=NoticeState.CLAIMED))
        return waiting

    assert len(race(claimer)) == 4 * 40
