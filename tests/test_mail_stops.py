"""What happens when no mail can be sent: who knocks, who is told, and how much goes out in a minute?"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from datetime import timedelta

import pytest
import visits
from mail_server import MailServer, Script, certificates, mail_server
from notices import NOW, SENDER, drained, later, notices, owe_all, ready_contract, ready_report, states
from rows import add_deliverable
from sqlalchemy import Engine, update
from sqlmodel import Session, col, select
from visits import LIAISON, World

from duecourse.models import MailPause, Notice, NoticeState
from duecourse.models.database import reading, writing
from duecourse.notifications import pausing, sending
from duecourse.notifications.messages import Mailbox, sign_in_message
from duecourse.notifications.outbox import enqueue_message
from duecourse.notifications.pausing import noted, pause
from duecourse.notifications.sending import Drained, drain
from duecourse.notifications.smtp import Limits, SmtpTransport
from duecourse.notifications.undelivered import UNDELIVERED, owe_undelivered, tasks

filled, make_world, world = visits.filled, visits.make_world, visits.world
WRONG = Script(offers_starttls=True, sign_in="535 5.7.8 wrong password")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> object:
    return certificates(tmp_path_factory.mktemp("certificates"))


def ask(engine: Engine, server: MailServer, trusting: object, seconds: float) -> Drained:
    transport = SmtpTransport(
        "localhost",
        server.port,
        security="starttls",
        user="due",
        password="wrong",
        tls_context=trusting,  # type: ignore[arg-type]
    )
    at = later(seconds=seconds)
    return asyncio.run(drain(engine, transport, now=lambda: at, from_address=SENDER.address))


def owe_another(engine: Engine) -> None:
    with writing(engine) as session:
        add_deliverable(session, ready_contract(session, id=f"wa-{len(notices(engine))}-{time.time_ns()}"))
    owe_all(engine)


@pytest.mark.parametrize("guarded", [True, False])
def test_a_wrong_password_is_tried_once_in_five_minutes_whatever_is_queued_meanwhile(
    engine: Engine, certificate: object, guarded: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not guarded:
        # The control: without the note that all senders look at, every new notice knocks again.
        monkeypatch.setattr(pausing, "noted", lambda _session: None)
    ready_report(engine)
    owe_all(engine)
    with mail_server(WRONG, tls=certificate.server) as server:  # type: ignore[attr-defined]
        for seconds in range(0, 600, 60):
            ask(engine, server, certificate.trusting, seconds)  # type: ignore[attr-defined]
            owe_another(engine)
    assert (server.sign_ins == 2) is guarded
    assert guarded or server.sign_ins > 5
    assert {row.attempts for row in notices(engine)} == {0}


def test_a_mail_that_gets_through_ends_the_pause(engine: Engine) -> None:
    ready_report(engine)
    owe_all(engine)
    with writing(engine) as session:
        pause(session, now=NOW, until=later(minutes=5), reply="535 no", is_password=True)
        pause(session, now=later(minutes=1), until=later(minutes=6), reply="535 still no", is_password=True)
    with reading(engine) as session:
        found = noted(session)
        assert found is not None and (found.since, found.reply) == (NOW, "535 still no")
    with mail_server() as server:
        assert drained(engine, server, now=later(minutes=5, seconds=59)) == Drained()
        assert drained(engine, server, now=later(minutes=6)).sent == 1
    with reading(engine) as session:
        assert noted(session) is None


def test_a_clock_that_was_set_back_does_not_pause_for_ever(engine: Engine) -> None:
    ready_report(engine)
    owe_all(engine)
    with writing(engine) as session:
        pause(session, now=later(days=9), until=later(days=9, minutes=5), reply="421", is_password=False)
    with mail_server() as server:
        assert drained(engine, server).sent == 1


def test_a_refused_password_shows_on_readyz_and_on_the_operations_page(world: World) -> None:
    now = world.clock.now()
    with writing(world.engine) as session:
        until = now + timedelta(minutes=5)
        pause(session, now=now, until=until, reply="The mail server The server says 535", is_password=True)
    answer = world.visitor().get("/readyz")
    assert answer.status_code == 503
    (problem,) = answer.json()["problems"]
    assert "535" in problem and "DUECOURSE_SMTP_PASSWORD" in problem
    assert "The server says 535" in world.visitor(LIAISON).get("/operations").text
    with writing(world.engine) as session:
        session.delete(session.get_one(MailPause, 1))
    assert world.visitor().get("/readyz").status_code == 200


def sign_in_link(engine: Engine) -> int:
    with writing(engine) as session:
        person = session.get_one(Notice, notices(engine)[0].id).person_id
        letter = sign_in_message(Mailbox("Ann", "ann@example.org"), "https://x", sender=SENDER, now=NOW)
        return enqueue_message(
            session, letter, person_id=person, to_address="ann@example.org", sender=SENDER, now=later(seconds=10)
        )


@pytest.mark.parametrize("per_minute", [3, None])
def test_a_minute_has_its_pace_and_sign_in_links_do_not_wait_for_it(engine: Engine, per_minute: int | None) -> None:
    """Without a pace, which is the control, everything goes out in the first minute."""
    ready_report(engine, managers=7)
    owe_all(engine)
    with mail_server() as server:
        assert drained(engine, server, per_minute=per_minute).sent == (per_minute or 7)
        sign_in_link(engine)
        ten = later(seconds=10)
        assert drained(engine, server, now=ten, per_minute=per_minute).sent == 1
        assert server.recipients[-1] == "ann@example.org"
        if per_minute:
            assert drained(engine, server, now=later(seconds=59), per_minute=3) == Drained()
            assert drained(engine, server, now=later(minutes=1), per_minute=3).sent == 3
            assert drained(engine, server, now=later(minutes=2), per_minute=3).sent == 1
    assert set(states(engine)) == {"sent"}


@pytest.mark.parametrize(
    "values", [{"state": NoticeState.FAILED}, {"state": NoticeState.QUEUED, "attempts": 4, "reply": "421 away"}]
)
def test_a_day_before_the_legal_date_what_did_not_arrive_becomes_a_persons_task(
    engine: Engine, values: dict[str, object]
) -> None:
    report = ready_report(engine)
    owe_all(engine, report.due_at - timedelta(hours=30))
    with writing(engine) as session:
        session.execute(update(Notice).values(**values))

    def asked(at: timedelta) -> tuple[int, int]:
        now = report.due_at - at
        with writing(engine) as session:
            found = len(tasks(session, now=now))
            return found, owe_undelivered(session, now=now, base_url="https://d.example", sender=SENDER)

    assert asked(timedelta(hours=24, seconds=1)) == (0, 0)
    assert asked(timedelta(hours=24)) == (1, 2)
    assert asked(timedelta(hours=23)) == (1, 0)
    mails = [row for row in notices(engine) if row.rung == UNDELIVERED]
    assert len(mails) == 2
    assert notices(engine)[0].to_address not in {row.to_address for row in mails}


def test_what_was_never_tried_or_has_arrived_is_nobodys_task(engine: Engine) -> None:
    report = ready_report(engine)
    owe_all(engine)
    with reading(engine) as session:
        assert tasks(session, now=report.due_at - timedelta(hours=5)) == []
    with mail_server() as server:
        drained(engine, server)
    with reading(engine) as session:
        assert tasks(session, now=report.due_at - timedelta(hours=5)) == []


def until(came: Callable[[], object]) -> None:
    end = time.monotonic() + 30
    while not came():
        assert time.monotonic() < end, "it did not come within 30 seconds"
        time.sleep(0.01)


@pytest.mark.parametrize(
    ("phase", "state", "ambiguous"), [("RCPT", "queued", False), ("DATA", "queued", False), ("body", "queued", True)]
)
def test_a_sender_that_is_to_stop_puts_back_what_does_not_end(
    engine: Engine, phase: str, state: str, ambiguous: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "_STOP_SECONDS", 0.2)
    ready_report(engine, managers=5)
    owe_all(engine)
    stopping = threading.Event()
    with mail_server(Script(hangs_at=phase)) as server:
        thread = threading.Thread(target=lambda: drained(engine, server, stopping=stopping))
        thread.start()
        until(lambda: phase in server.commands or server.mails)
        stopping.set()
        thread.join(20)
        assert not thread.is_alive()
        assert set(states(engine)) == {state}
        assert [row.ambiguous for row in notices(engine)].count(True) == ambiguous
        server.script.hangs_at = ""
        # What was not begun goes at once, and what may have been taken when its lease is over.
        assert drained(engine, server, now=later(minutes=14)).sent == 5 - ambiguous
        assert drained(engine, server, now=later(minutes=15)).sent == ambiguous
    assert len(server.recipients) == len(set(server.recipients)) == 5


class Trickle:
    """A mail server that says one byte every half second, for ever."""

    def __init__(self) -> None:
        self.port, self.loop = 0, asyncio.new_event_loop()
        self.began = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()
        assert self.began.wait(10)

    def _run(self) -> None:
        async def talk(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"220 ")
            while True:
                writer.write(b"x")
                await writer.drain()
                await asyncio.sleep(0.5)

        async def serve() -> None:
            server = await asyncio.start_server(talk, "127.0.0.1", 0)
            self.port = server.sockets[0].getsockname()[1]
            self.began.set()
            await asyncio.sleep(3600)

        self.loop.run_until_complete(serve())


@pytest.mark.parametrize("whole", [2.0, 3600.0])
def test_one_byte_every_half_second_ends_at_the_total_limit(whole: float) -> None:
    """The control: with a total limit of an hour, the limit of each read alone never ends it."""
    limits = Limits(connect=3600 if whole > 10 else 60, answer=1, whole=whole)
    transport = SmtpTransport("127.0.0.1", Trickle().port, security="none", limits=limits)

    async def send() -> str:
        try:
            async with asyncio.timeout(6):
                await transport.send(b"Subject: x\r\n\r\n", from_address="a@example.gov", to_address="b@example.org")
        except TimeoutError:
            return "never"
        except Exception as error:
            return str(error)
        return "sent"

    assert ("No end within 2 seconds" in asyncio.run(send())) is (whole == 2.0)


def test_one_slow_mail_does_not_keep_what_becomes_due_meanwhile(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "_ALONE_SECONDS", 0.2)
    monkeypatch.setattr(sending, "_LOOKS_AGAIN_SECONDS", 0.2)
    ready_report(engine)
    owe_all(engine)
    slow = notices(engine)[0].to_address
    sent: list[str] = []

    class SlowForOne:
        send_limit = timedelta(minutes=1)

        async def send(self, message: bytes, *, from_address: str, to_address: str) -> str:
            if to_address == slow:
                await asyncio.to_thread(owe_another, engine)
                while not sent:
                    await asyncio.sleep(0.01)
            sent.append(to_address)
            return "250 ok"

        async def close(self) -> None:
            pass

    asyncio.run(drain(engine, SlowForOne(), now=lambda: NOW, from_address=SENDER.address))
    assert sent[-1] == slow and len(sent) == 2


def test_two_senders_that_are_turned_away_at_once_leave_one_note(engine: Engine) -> None:
    def turned_away(session: Session) -> None:
        pause(session, now=NOW, until=later(minutes=5), reply="535", is_password=True)

    def run() -> None:
        with writing(engine) as session:
            turned_away(session)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with reading(engine) as session:
        assert len(session.exec(select(MailPause).where(col(MailPause.reply) == "535")).all()) == 1
