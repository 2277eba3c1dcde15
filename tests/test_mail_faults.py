"""What would each fault of the mail do if the outbox did not guard against it?

Each test makes the fault happen twice: once as it is, and once with the guard taken away, where the harm must be seen.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from email import message_from_bytes
from email.message import Message
from typing import Any

import pytest
import sqlalchemy as sa
from mail_server import MailServer, Script, mail_server
from notices import NOW, SENDER, bundle_all, drained, later, notices, owe_all, ready_contract, ready_report, states
from rows import add_deliverable, add_person_with_role
from sqlalchemy import Engine
from sqlmodel import Session, col, select

from duecourse.models import Deliverable, Notice, NoticeState, Person
from duecourse.models.database import reading, writing
from duecourse.notifications import notice_rows, outbox, sending
from duecourse.notifications.claiming import Claimed, claim
from duecourse.notifications.failures import failed_notices
from duecourse.notifications.sending import Drained, drain
from duecourse.notifications.smtp import SmtpTransport
from duecourse.notifications.transport import NotSent, Refused, TryLater
from duecourse.notifications.undelivered import owe_undelivered


class TakesEvery:
    """A way of sending that takes every “no” for the same thing, whatever the mail server meant."""

    def __init__(self, server: MailServer, kind: type[NotSent]) -> None:
        self._inner, self._kind = SmtpTransport("127.0.0.1", server.port, security="none"), kind
        self.send_limit = self._inner.send_limit

    async def send(self, message: bytes, **where: str) -> str:
        try:
            return await self._inner.send(message, **where)
        except NotSent as error:
            raise self._kind(str(error)) from error

    async def close(self) -> None:
        await self._inner.close()


def drained_by(engine: Engine, transport: Any, *, now: Any = NOW, **options: Any) -> Drained:
    return asyncio.run(drain(engine, transport, now=lambda: now, from_address=SENDER.address, **options))


PASSING = {
    "421": Script(greeting="421 too busy"),
    "450": Script(recipient="450 4.2.1 greylisted"),
    "451": Script(acceptance="451 4.3.0 try again"),
    "552": Script(acceptance="552 5.3.4 message too large"),
    "5.4.4": Script(recipient="550 5.4.4 unable to route"),
    "garbage": Script(raw_acceptance=b"\x00\xff\x00 what\r\n"),
    "HTTP": Script(raw_acceptance=b"HTTP/1.1 400 Bad Request\r\n\r\n"),
    "endless": Script(raw_acceptance=b"250-more\r\n" * 50_000),
    "lost": Script(hangs_up_at="body"),
}


@pytest.mark.parametrize("fault", PASSING)
def test_what_passes_is_sent_afterwards_and_lost_where_every_no_is_taken_for_final(engine: Engine, fault: str) -> None:
    for guarded in (True, False):
        report_of(engine, f"wa-{guarded}")
        with mail_server(PASSING[fault]) as server:
            for minutes in (0, 20, 40):
                at = later(minutes=minutes)
                if guarded:
                    drained(engine, server, now=at)
                else:
                    drained_by(engine, TakesEvery(server, Refused), now=at)
            waiting = notices(engine)[-1]
            assert waiting.state == ("queued" if guarded else "failed")
            assert (waiting.attempts >= 3) is (guarded and fault != "421")
            server.script = Script()
            after = drained(engine, server, now=later(hours=3))
        assert after.sent == guarded, fault
        assert len({message_from_bytes(mail.content)["Message-ID"] for mail in server.mails}) <= 1


def report_of(engine: Engine, contract_id: str) -> Deliverable:
    """Add a contract with one manager and a report that is due today, and let its notice be owed."""
    with writing(engine) as session:
        report = add_deliverable(session, ready_contract(session, id=contract_id))
        session.expunge(report)
    owe_all(engine)
    return report


def test_what_is_refused_for_good_is_tried_once_shown_and_told_another_way_within_minutes(engine: Engine) -> None:
    report = report_of(engine, "wa-one")
    with mail_server(Script(recipient="550 5.1.1 no such mailbox")) as server:
        for minutes in (0, 20, 40):
            drained(engine, server, now=later(minutes=minutes))
        assert server.commands.count("RCPT") == 1
        with reading(engine) as session:
            assert [notice.reply for notice, *_ in failed_notices(session)] == ["550 5.1.1 no such mailbox"]
        # The next run of the escalation asks both liaisons to reach the person another way.
        with writing(engine) as session:
            assert report.due_at - later(minutes=5) < timedelta(hours=24)
            assert owe_undelivered(session, now=later(minutes=5), base_url="https://d.example", sender=SENDER) == 2
    # The control: a sender that tries again knocks each time, and nobody is told.
    report_of(engine, "wa-control")
    with mail_server(Script(recipient="550 5.1.1 no such mailbox")) as server:
        for minutes in (50, 70, 90):
            drained_by(engine, TakesEvery(server, TryLater), now=later(minutes=minutes))
        assert server.commands.count("RCPT") >= 3
        with reading(engine) as session:
            assert len(failed_notices(session)) == 1


class Hanging:
    """A way of sending whose mails do not end before they are let go."""

    send_limit = timedelta(seconds=660)

    def __init__(self, send_limit: timedelta = send_limit) -> None:
        self.send_limit = send_limit
        self.begun: list[str] = []
        self.ends = threading.Event()

    async def send(self, message: bytes, *, from_address: str, to_address: str) -> str:
        self.begun.append(to_address)
        try:
            while not self.ends.is_set():
                await asyncio.sleep(0.01)
        except asyncio.CancelledError as error:
            # As a real transport says when it is told to stop.
            raise TryLater("it was told to stop") from error
        return "250 ok"

    async def close(self) -> None:
        pass


def until(came: Callable[[], object]) -> None:
    end = time.monotonic() + 30
    while not came():
        assert time.monotonic() < end, "it did not come within 30 seconds"
        time.sleep(0.01)


@pytest.mark.parametrize("guarded", [True, False])
def test_while_a_mail_hangs_no_second_copy_goes_unless_its_lease_were_too_short(engine: Engine, guarded: bool) -> None:
    ready_report(engine)
    owe_all(engine)
    # The control: a lease of five minutes, and a transport that belies how long a mail may take.
    lease = timedelta(minutes=15 if guarded else 5)
    hanging = Hanging() if guarded else Hanging(timedelta(seconds=1))
    first = threading.Thread(target=lambda: drained_by(engine, hanging, lease=lease))
    first.start()
    until(lambda: hanging.begun)
    with mail_server() as server:
        drained(engine, server, now=later(minutes=10))
        assert len(server.mails) == (0 if guarded else 1)
    hanging.ends.set()
    first.join(30)
    assert states(engine) == ["sent"]


@pytest.mark.parametrize("guarded", [True, False])
def test_a_sender_that_hears_no_word_to_stop_holds_its_mail(
    engine: Engine, guarded: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "_STOP_SECONDS", 0.2)
    ready_report(engine)
    owe_all(engine)
    hanging, stopping = Hanging(), threading.Event()
    thread = threading.Thread(target=lambda: drained_by(engine, hanging, stopping=stopping if guarded else None))
    thread.start()
    until(lambda: hanging.begun)
    stopping.set()
    thread.join(20 if guarded else 2)
    assert thread.is_alive() is not guarded
    assert states(engine) == ["queued" if guarded else "claimed"]
    hanging.ends.set()
    thread.join(30)


@pytest.mark.parametrize("guarded", [True, False])
def test_a_stale_sender_overwrites_what_is_known_unless_its_token_is_asked_for(
    engine: Engine, guarded: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready_report(engine)
    owe_all(engine)
    lease = timedelta(minutes=15)
    if not guarded:

        def settle_anyway(session: Session, claimed: Claimed, **values: Any) -> bool:
            return bool(session.execute(sa.update(Notice).where(col(Notice.id) == claimed.id).values(**values)))

        monkeypatch.setattr(outbox, "_settle", settle_anyway)
    with writing(engine) as session:
        (stale,) = claim(session, now=NOW, limit=1, lease=lease).notices
    with writing(engine) as session:
        (current,) = claim(session, now=later(minutes=16), limit=1, lease=lease).notices
        outbox.mark_sent(session, current, now=later(minutes=16), reply="250 ok")
    with writing(engine) as session:
        outbox.mark_failed(session, stale, now=later(minutes=17), reply="550 no")
    assert states(engine) == ["sent" if guarded else "failed"]


def test_one_bad_address_and_one_bad_text_of_a_hundred_keep_no_other(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    letter_for = notice_rows.letter_for

    def stumbling(one: Any, why: Any, deliverable: Any, *args: Any, **options: Any) -> Any:
        if deliverable.label == "poisoned":
            raise KeyError("no such word")
        return letter_for(one, why, deliverable, *args, **options)

    with writing(engine) as session:
        contract = ready_contract(session)
        for number in range(98):
            add_deliverable(session, contract, label=f"Part {number}")
        add_deliverable(session, contract, label="poisoned")
        other = ready_contract(session, id="wa-bad", managers=0)
        bad = add_person_with_role(session, other)
        bad.email = "nobody"
        session.add(bad)
        add_deliverable(session, other)
    monkeypatch.setattr(notice_rows, "letter_for", stumbling)
    # The control: without a guard around each mail, one bad text keeps all of them from being written.
    with monkeypatch.context() as patched:
        patched.setattr(notice_rows, "_letter", _unguarded)
        with pytest.raises(KeyError):
            owe_all(engine)
        assert notices(engine) == []
    assert owe_all(engine) == 100
    sent = _Noting()
    assert drained_by(engine, sent).sent == 98
    assert len(sent.to) == 98
    assert sorted(row.reply for row in notices(engine) if row.state == NoticeState.FAILED) == [
        "The mail could not be written: 'no such word'",
        "This is no email address that mail can be sent to.",
    ]


def _unguarded(one: Any, to: Any, deliverable: Any, contract: Any, desk: Any) -> Any:
    return notice_rows.letter_for(
        one, to.why, deliverable, contract, now=desk.now, base_url=desk.base_url, sender=desk.sender
    )


class _Noting:
    send_limit = timedelta(seconds=1)

    def __init__(self) -> None:
        self.to: list[str] = []

    async def send(self, message: bytes, *, from_address: str, to_address: str) -> str:
        self.to.append(to_address)
        return "250 ok"

    async def close(self) -> None:
        pass


def test_of_three_recipients_with_one_refused_nobody_gets_a_second_copy_unless_they_were_one_row(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    with writing(engine) as session:
        contract = ready_contract(session, managers=3)
        add_deliverable(session, contract)
        last = session.exec(select(Person).order_by(col(Person.id))).all()[2]
        last.email = "refused@agency.example"
        session.add(last)
    owe_all(engine)
    with mail_server(Script(recipients={"refused@agency.example": "550 5.1.1 no"})) as server:
        for minutes in (0, 20, 40):
            drained(engine, server, now=later(minutes=minutes))
    assert sorted(states(engine)) == ["failed", "sent", "sent"]
    assert len(server.recipients) == len(set(server.recipients)) == 2
    # The control: one outcome for all three. The two are sent to again and again.
    with engine.begin() as connection:
        connection.execute(sa.update(Notice).values(state=NoticeState.QUEUED, next_try_at=NOW))
    monkeypatch.setattr(sending.outbox, "mark_sent", lambda *_, **__: False)
    together = _Noting()
    for minutes in (0, 20):
        drained_by(engine, together, now=later(minutes=minutes))
    assert len(together.to) == 2 * len(set(together.to)) == 6


def answers_it(mail: Message) -> bool:
    """Whether a program that answers for somebody who is away answers a mail (RFC 3834, section 2)."""
    return mail.get("Auto-Submitted", "no").lower() == "no" and mail.get("Return-Path", "") != "<>"


def test_no_absence_note_answers_our_mails_which_it_would_if_they_did_not_say_what_they_are(engine: Engine) -> None:
    ready_report(engine, managers=3)
    with writing(engine) as session:
        add_deliverable(session, ready_contract(session, id="wa-2"), due_on=NOW.date() - timedelta(days=1))
    owe_all(engine)
    bundle_all(engine)
    mails = [message_from_bytes(row.message) for row in notices(engine) if row.message]
    assert {row.rung for row in notices(engine)} >= {"daily", "on-day"} and len(mails) > 3
    assert not any(answers_it(mail) for mail in mails)
    for mail in mails:
        del mail["Auto-Submitted"]
    assert all(answers_it(mail) for mail in mails)
