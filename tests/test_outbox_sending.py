"""Is the outbox drained whatever the mail server does, and nothing lost or sent twice without need?"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from mail_server import Script, mail_server
from notices import (
    NOW,
    SENDER,
    bundle_all,
    change,
    drained,
    later,
    notices,
    owe_all,
    ready_contract,
    ready_report,
    returned_report,
    states,
)
from parts import free_port
from rows import add_deliverable
from sqlalchemy import Engine

from duecourse.errors import NotReady
from duecourse.models.database import reading, writing
from duecourse.notifications.failures import failed_notices
from duecourse.notifications.sending import Drained, drain
from duecourse.notifications.smtp import Limits, SmtpTransport
from duecourse.notifications.transport import TryLater


def test_every_notice_is_sent_and_the_servers_answer_kept(engine: Engine) -> None:
    ready_report(engine, managers=7)
    owe_all(engine)
    with mail_server() as server:
        assert drained(engine, server, batch_size=3) == Drained(sent=7)
        assert drained(engine, server, now=later(hours=1)) == Drained()
    rows = notices(engine)
    assert {(row.state, row.reply, row.attempts, row.sent_at) for row in rows} == {("sent", "250 2.0.0 taken", 1, NOW)}
    assert sorted(mail.content for mail in server.mails) == sorted(row.message for row in rows)
    assert {mail.sender for mail in server.mails} == {SENDER.address}
    assert server.connections <= 3


def test_one_refused_address_of_three_is_shown_and_the_others_get_theirs_once(engine: Engine) -> None:
    ready_report(engine, managers=3)
    owe_all(engine)
    refused = notices(engine)[1].to_address
    with mail_server(Script(recipients={refused: "550 5.1.1 no such mailbox"})) as server:
        assert drained(engine, server) == Drained(sent=2, failed=1)
        assert drained(engine, server, now=later(days=1)) == Drained()
    assert states(engine) == ["sent", "failed", "sent"]
    assert len(server.recipients) == len(set(server.recipients)) == 2
    with reading(engine) as session:
        ((notice, person, deliverable),) = failed_notices(session)
        assert (notice.reply, person.email, notice.attempts) == ("550 5.1.1 no such mailbox", refused, 1)
        assert deliverable is not None and deliverable.title == "Monthly Enrollment Report"


def test_a_greylisted_notice_is_sent_at_its_next_try_and_not_before(engine: Engine) -> None:
    ready_report(engine)
    owe_all(engine)
    with mail_server(Script(recipient="450 4.2.1 greylisted")) as server:
        assert drained(engine, server) == Drained(retried=1)
        (row,) = notices(engine)
        assert (row.state, row.reply, row.ambiguous) == ("queued", "450 4.2.1 greylisted", False)
        server.script.recipient = ""
        assert drained(engine, server, now=row.next_try_at - timedelta(seconds=1)) == Drained()
        assert drained(engine, server, now=row.next_try_at) == Drained(sent=1)
    assert notices(engine)[0].attempts == 2


def test_a_mail_whose_answer_was_lost_is_sent_again_after_the_lease_as_the_same_mail(engine: Engine) -> None:
    ready_report(engine)
    owe_all(engine)
    with mail_server(Script(hangs_up_at="body")) as server:
        assert drained(engine, server) == Drained(retried=1)
        server.script.hangs_up_at = ""
        assert drained(engine, server, now=later(minutes=14)) == Drained()
        assert drained(engine, server, now=later(minutes=15)) == Drained(sent=1)
    (row,) = notices(engine)
    assert (row.state, row.attempts, row.ambiguous) == ("sent", 2, True)
    assert [mail.content for mail in server.mails] == [row.message] * 2


def test_what_was_submitted_after_it_was_queued_is_not_sent(engine: Engine) -> None:
    report = ready_report(engine)
    owe_all(engine)
    change(engine, report, submitted_at=NOW)
    with mail_server() as server:
        assert drained(engine, server, now=later(minutes=1)) == Drained(superseded=1)
    assert server.connections == 0
    assert states(engine) == ["superseded"]


def test_while_the_server_is_away_no_notice_is_blamed_and_all_go_when_it_is_back(engine: Engine) -> None:
    returned_report(engine, managers=5)
    owe_all(engine)
    port = free_port()
    for minute in range(240):
        transport = SmtpTransport("127.0.0.1", port, security="none")
        away = asyncio.run(
            drain(engine, transport, now=lambda minute=minute: later(minutes=minute), from_address=SENDER.address)  # type: ignore[misc]
        )
        assert (away.sent, away.failed) == (0, 0)
        assert "cannot be reached" in away.unavailable
    assert {(row.state, row.attempts) for row in notices(engine)} == {("queued", 0)}
    assert "cannot be reached" in notices(engine)[0].reply
    with mail_server() as server:
        assert drained(engine, server, now=later(minutes=240)) == Drained(sent=5)


def test_a_server_that_stays_away_for_two_days_leaves_failed_notices_to_see_to(engine: Engine) -> None:
    returned_report(engine, managers=2)
    owe_all(engine)
    with mail_server(Script(greeting="421 too busy")) as server:
        assert drained(engine, server, now=later(hours=48)).failed == 0
        assert drained(engine, server, now=later(hours=48, minutes=1)).failed == 2
    assert states(engine) == ["failed", "failed"]


def test_a_refused_sender_is_asked_once_and_then_not_for_five_minutes(engine: Engine) -> None:
    ready_report(engine, managers=9)
    owe_all(engine)
    with mail_server(Script(sender="550 5.7.1 you may not send as that")) as server:
        assert "does not take mail from" in drained(engine, server).unavailable
        assert drained(engine, server, now=later(minutes=4, seconds=59)) == Drained()
        assert server.commands.count("MAIL") == 1
        server.script.sender = ""
        assert drained(engine, server, now=later(minutes=5)) == Drained(sent=9)


class Stumbling:
    """A way of sending that stumbles over some addresses, in a way that nobody foresaw."""

    send_limit = timedelta(seconds=1)

    def __init__(self, stumbles: Callable[[str], bool]) -> None:
        self.stumbles = stumbles
        self.sent: list[str] = []

    async def send(self, message: bytes, *, from_address: str, to_address: str) -> str:
        if self.stumbles(to_address):
            raise ZeroDivisionError("nobody foresaw this")
        self.sent.append(to_address)
        return "250 ok"

    async def close(self) -> None:
        pass


def test_one_notice_that_makes_the_sender_stumble_keeps_no_other(engine: Engine) -> None:
    ready_report(engine, managers=10)
    owe_all(engine)
    poisoned = notices(engine)[4].to_address
    transport = Stumbling(lambda address: address == poisoned)
    outcome = asyncio.run(drain(engine, transport, now=lambda: NOW, from_address=SENDER.address))
    assert outcome == Drained(sent=9, retried=1)
    assert len(transport.sent) == 9
    (row,) = [row for row in notices(engine) if row.state != "sent"]
    assert (row.state, row.reply) == ("queued", "nobody foresaw this")


def test_no_send_is_begun_that_could_outlast_its_lease(engine: Engine) -> None:
    ready_report(engine, managers=6)
    owe_all(engine)
    # So short that after the first mail of each batch there is no time for another.
    lease = timedelta(seconds=660 + 60, microseconds=1)
    with mail_server() as server:
        assert drained(engine, server, lease=lease, batch_size=3) == Drained(sent=6)
    assert {row.attempts for row in notices(engine)} == {1}
    assert len(server.recipients) == len(set(server.recipients)) == 6


@pytest.mark.parametrize("lease", [timedelta(minutes=12), timedelta(minutes=11), timedelta(0)])
def test_a_lease_that_the_longest_send_could_outlast_is_refused(engine: Engine, lease: timedelta) -> None:
    with mail_server() as server, pytest.raises(NotReady, match="sent twice"):
        drained(engine, server, lease=lease)


def test_a_sender_that_is_told_to_stop_gives_back_what_it_did_not_begin(engine: Engine) -> None:
    ready_report(engine, managers=5)
    owe_all(engine)

    async def stop_while_waiting(port: int) -> None:
        transport = SmtpTransport("127.0.0.1", port, security="none")
        task = asyncio.create_task(drain(engine, transport, now=lambda: NOW, from_address=SENDER.address))
        while not server.mails:
            await asyncio.sleep(0.01)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    with mail_server(Script(hangs_at="body")) as server:
        asyncio.run(stop_while_waiting(server.port))
        assert sorted(states(engine)) == ["claimed", *["queued"] * 4]
        assert sorted(row.attempts for row in notices(engine)) == [0, 0, 0, 0, 1]
        server.script.hangs_at = ""
        assert drained(engine, server).sent == 4
        assert drained(engine, server, now=later(minutes=15)).sent == 1
    assert len(server.recipients) == len(set(server.recipients)) == 5


def test_a_slow_mail_does_not_hold_up_the_others(engine: Engine) -> None:
    ready_report(engine, managers=6)
    owe_all(engine)
    slow = notices(engine)[2].to_address

    class SlowForOne(Stumbling):
        async def send(self, message: bytes, *, from_address: str, to_address: str) -> str:
            if to_address == slow:
                while len(self.sent) < 5:
                    await asyncio.sleep(0.01)
                raise TryLater("too slow")
            return await super().send(message, from_address=from_address, to_address=to_address)

    outcome = asyncio.run(drain(engine, SlowForOne(lambda _: False), now=lambda: NOW, from_address=SENDER.address))
    assert outcome == Drained(sent=5, retried=1)


def test_an_outcome_is_said_in_words() -> None:
    assert str(Drained(sent=1)) == "1 notice sent, 0 to be tried again, 0 failed, 0 no longer owed"
    assert str(Drained(unavailable="No server.")).endswith("0 no longer owed. No server.")


def test_a_month_of_faults_ends_with_everybody_told_of_every_rung(engine: Engine) -> None:
    """Every hour the server behaves differently; in the end each rung reached each person at least once."""
    with writing(engine) as session:
        contract = ready_contract(session, managers=2)
        add_deliverable(session, contract)
    moods = [
        Script(),
        Script(greeting="421 busy"),
        Script(recipient="450 later"),
        Script(acceptance="451 later"),
        Script(hangs_up_at="body"),
        Script(hangs_up_at="DATA"),
        Script(),
    ]
    with mail_server() as server:
        for hour in range(24 * 26):
            now = datetime(2022, 10, 31, tzinfo=UTC) + timedelta(hours=hour)
            server.script = moods[hour % len(moods)]
            owe_all(engine, now)
            bundle_all(engine, now)
            drained(engine, server, now=now)
    assert {notice.state for notice in notices(engine)} == {"sent"}
    told = {(notice.rung, notice.to_address) for notice in notices(engine) if notice.rung != "daily"}
    # To each manager six steps and a weekly one; to each liaison that it became overdue, and the copy.
    assert len(told) == 2 * 7 + 2 * 2
    rows = [notice for notice in notices(engine) if notice.message]
    ambiguous = sum(row.ambiguous for row in rows)
    assert len(rows) <= len(server.mails) <= len(rows) + sum(row.attempts - 1 for row in rows if row.ambiguous)
    assert ambiguous


def test_the_usual_limits_are_those_of_the_standard() -> None:
    limits = Limits()
    assert (limits.connect, limits.answer, limits.acceptance, limits.whole) == (30, 60, 600, 660)
    assert SmtpTransport("localhost", 25, security="none").send_limit == timedelta(seconds=660)
