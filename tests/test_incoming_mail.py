"""Is every mail of a mailbox kept, none fetched for ever, and does nobody wait for a mailbox that is out of order?"""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any

import pytest
import visits
from imap_server import Mails, imap_server
from mail_server import certificates
from sqlalchemy import Engine
from sqlmodel import select
from unplanned import context_on, slots_of
from visits import LIAISON, MANAGER, World

from duecourse.clock import Clock
from duecourse.engine.context import Context
from duecourse.engine.embedded import EmbeddedClock
from duecourse.engine.jobs import Job, job_named
from duecourse.engine.run import Outcome, due, run_slot
from duecourse.engine.schedules import EveryMinutes
from duecourse.errors import NotReady
from duecourse.models import AuditEntry, MailboxMail, ReceivedMail
from duecourse.models.database import reading
from duecourse.notifications import incoming
from duecourse.notifications.fetching import Mailbox, fetch
from duecourse.notifications.incoming import Incoming, Keeper
from duecourse.notifications.setting_aside import MOST_TRIES, Place

filled, make_world, world = visits.filled, visits.make_world, visits.world
NOW = datetime(2026, 11, 23, 18, 3, 30, tzinfo=UTC)
LARGEST = 100_000


def mail(number: int, text: str = "Here it is.") -> bytes:
    made = EmailMessage(policy=SMTP)
    made["From"], made["Subject"] = "Olu Bako <olu@agency.example>", f"Report {number}"
    made.set_content(text)
    return made.as_bytes()


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    folder = tmp_path_factory.mktemp("tls")
    certificates(folder)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("SSL_CERT_FILE", str(folder / "certificate.pem"))
        yield context


@contextmanager
def mailbox_with(mails: Mails, tls: ssl.SSLContext) -> Iterator[Mailbox]:
    with imap_server(mails, tls) as port:
        yield Mailbox("localhost", port, "reports", "open sesame", "INBOX")


def keeper_on(engine: Engine, folder: Path, now: datetime = NOW) -> Keeper:
    context = context_on(engine, mails=folder / "mails", showing=now)
    return Keeper(Incoming(engine, folder / "evidence", "", context.base_url, context.sender, lambda: now))


def kept(engine: Engine) -> list[str]:
    with reading(engine) as session:
        return sorted(session.exec(select(ReceivedMail.subject)))


def aside(engine: Engine) -> dict[int, str]:
    with reading(engine) as session:
        return {row.number: row.reason for row in session.exec(select(MailboxMail)) if row.set_aside_at is not None}


def fetched(mails: Mails, number: int) -> int:
    """Return how often the content of a mail was asked for."""
    return sum(command == f"UID FETCH {number} (BODY.PEEK[])" for command in mails.commands)


def test_the_job_keeps_what_came_in_and_says_how_many(engine: Engine, tls: ssl.SSLContext, tmp_path: Path) -> None:
    mails = Mails({1: mail(1), 2: mail(2)})
    job, context = job_named("incoming-mail"), context_on(engine, mails=tmp_path / "mails", showing=NOW)
    assert run_slot(context, job, NOW, engine_name="command line").summary == "no mailbox is set"
    with mailbox_with(mails, tls) as mailbox:
        context = replace(context, mailbox=mailbox, evidence=tmp_path / "evidence")
        for minutes, said in ((5, "2 mails kept"), (10, "0 mails kept")):
            report = run_slot(context, job, NOW + timedelta(minutes=minutes), engine_name="command line")
            assert (report.outcome, report.summary) == (Outcome.DONE, said)
    assert (kept(engine), mails.seen, mails.flagged) == (["Report 1", "Report 2"], {1, 2}, set())
    with reading(engine) as session:
        assert session.exec(select(MailboxMail)).all() == []


def test_a_flood_is_taken_in_portions(engine: Engine, tls: ssl.SSLContext, tmp_path: Path) -> None:
    mails, said = Mails({number: mail(number) for number in range(1, 6)}), []
    with mailbox_with(mails, tls) as mailbox:
        for _ in range(4):
            done = fetch(mailbox, keeper_on(engine, tmp_path), largest=LARGEST, at_most=2)
            said.append((done.kept, done.waiting))
    assert said == [(2, 3), (2, 1), (1, 0), (0, 0)]
    assert len(kept(engine)) == 5


class Unguarded(Keeper):
    """The control: a keeper that leaves in the mailbox what it cannot keep, and counts no tries."""

    def begin(self, place: Place) -> str:
        return ""

    def keep(self, place: Place, raw: bytes) -> str:
        self.incoming.take(raw)
        return ""


@pytest.fixture
def poisoned(monkeypatch: pytest.MonkeyPatch) -> None:
    """One mail makes whoever reads it stumble."""
    receive = incoming.receive

    def stumbling(session: Any, raw: bytes, **options: Any) -> Any:
        if b"poison" in raw:
            raise LookupError("unknown encoding: poison")
        return receive(session, raw, **options)

    monkeypatch.setattr(incoming, "receive", stumbling)


@pytest.mark.usefixtures("poisoned")
def test_a_mail_that_nobody_can_read_is_set_aside_and_keeps_no_other(
    engine: Engine, tls: ssl.SSLContext, tmp_path: Path
) -> None:
    mails = Mails({1: mail(1, "poison"), 2: mail(2), 3: b"", 4: mail(4, "x" * LARGEST), 5: mail(5)})
    with mailbox_with(mails, tls) as mailbox:
        done = fetch(mailbox, keeper_on(engine, tmp_path), largest=LARGEST)
        assert (done.kept, len(done.aside)) == (2, 3)
        assert fetch(mailbox, keeper_on(engine, tmp_path), largest=LARGEST).kept == 0
    assert (kept(engine), mails.flagged) == (["Report 2", "Report 5"], {1, 3, 4})
    found = aside(engine)
    assert found.keys() == {1, 3, 4}
    assert "LookupError" in found[1] and "empty" in found[3] and "larger than" in found[4]
    assert fetched(mails, 1) == 1
    with reading(engine) as session:
        assert len(session.exec(select(AuditEntry).where(AuditEntry.action == "set a mail aside")).all()) == 3


@pytest.mark.usefixtures("poisoned")
def test_without_setting_aside_one_mail_is_fetched_for_ever_and_the_rest_never(
    engine: Engine, tls: ssl.SSLContext, tmp_path: Path
) -> None:
    mails = Mails({1: mail(1, "poison"), 2: mail(2)})
    with mailbox_with(mails, tls) as mailbox:
        for _ in range(3):
            with pytest.raises(LookupError):
                fetch(mailbox, Unguarded(keeper_on(engine, tmp_path).incoming), largest=LARGEST)
    assert (fetched(mails, 1), kept(engine)) == (3, [])


def test_a_mail_at_which_the_connection_breaks_lets_the_others_pass_and_is_set_aside_after_an_hour(
    engine: Engine, tls: ssl.SSLContext, tmp_path: Path
) -> None:
    mails = Mails({1: mail(1), 2: mail(2)}, breaks_on={1})
    with mailbox_with(mails, tls) as mailbox:
        for minutes in range(0, 5 * (MOST_TRIES + 3), 5):
            with pytest.raises(NotReady, match="still there"):
                fetch(mailbox, keeper_on(engine, tmp_path, NOW + timedelta(minutes=minutes)), largest=LARGEST)
        assert (kept(engine), aside(engine)) == (["Report 2"], {})
        done = fetch(mailbox, keeper_on(engine, tmp_path, NOW + timedelta(minutes=60)), largest=LARGEST)
    assert "never came to its end" in done.aside[0]
    assert (mails.seen, mails.flagged) == ({1, 2}, {1})


def test_while_our_disk_is_full_no_mail_is_blamed(
    engine: Engine, tls: ssl.SSLContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mails = Mails({1: mail(1)})
    with mailbox_with(mails, tls) as mailbox:
        with monkeypatch.context() as patched:

            def full(*_: Any, **__: Any) -> None:
                raise OSError(28, "No space left on device")

            patched.setattr(incoming, "receive", full)
            for hours in range(MOST_TRIES + 2):
                with pytest.raises(NotReady, match="No space left"):
                    fetch(mailbox, keeper_on(engine, tmp_path, NOW + timedelta(hours=hours)), largest=LARGEST)
        assert (mails.seen, aside(engine)) == (set(), {})
        assert fetch(mailbox, keeper_on(engine, tmp_path, NOW + timedelta(days=1)), largest=LARGEST).kept == 1


def test_a_mailbox_that_answers_a_byte_at_a_time_is_left_when_its_time_is_over(
    engine: Engine, tls: ssl.SSLContext, tmp_path: Path
) -> None:
    mails = Mails({1: mail(1)}, drips_at="SEARCH")
    with mailbox_with(mails, tls) as mailbox, pytest.raises(NotReady, match="did not come to an end within 1 second"):
        fetch(mailbox, keeper_on(engine, tmp_path), largest=LARGEST, limit_seconds=1)
    assert mails.seen == set()


def wait_until(came: Callable[[], object]) -> None:
    until = time.monotonic() + 30
    while not came():
        assert time.monotonic() < until, "it did not come within 30 seconds"
        time.sleep(0.02)


@pytest.mark.parametrize("is_outside", [True, False])
def test_nobody_waits_for_a_job_that_hangs_outside_unless_it_were_one_of_the_others(
    engine: Engine, tmp_path: Path, is_outside: bool
) -> None:
    began, ends, runs = threading.Event(), threading.Event(), list[datetime]()

    def hang(context: Context, now: datetime) -> str:
        began.set()
        ends.wait(60)
        return "came to an end"

    def note(context: Context, now: datetime) -> str:
        runs.append(now)
        return "noted it"

    jobs = [
        Job("incoming-mail", "Hangs.", EveryMinutes(5), hang, is_outside=is_outside),
        Job("reminders", "Notes that it ran.", EveryMinutes(5), note),
    ]
    context = context_on(engine, mails=tmp_path / "mails", showing=NOW)
    clock = EmbeddedClock(context, interval=timedelta(seconds=1), jobs=jobs)
    clock.start()
    try:
        assert began.wait(30)
        if is_outside:
            wait_until(lambda: runs and clock.last_tick_at)
        else:
            # The control: as one of the others it holds the tick.
            assert not runs and clock.last_tick_at is None
    finally:
        ends.set()
        clock.stop()
    assert [entry.state for entry in slots_of(engine, "incoming-mail")] == ["done"]


def test_a_wrong_password_is_tried_once_in_a_slot_and_shown(
    make_world: Callable[..., World], tls: ssl.SSLContext, tmp_path: Path
) -> None:
    mails, job = Mails({1: mail(1)}, password="another"), job_named("incoming-mail")
    world = make_world()
    with mailbox_with(mails, tls) as mailbox:
        context = replace(
            context_on(world.engine, mails=tmp_path, showing=world.clock.now()),
            mailbox=mailbox,
            evidence=tmp_path / "evidence",
        )
        for seconds in range(0, 300, 15):
            at = job.schedule.slot_for(world.clock.now()) + timedelta(seconds=seconds)
            later = replace(context, clock=Clock.showing(at))
            for each in due(later, jobs=[job]):
                run_slot(later, each.job, each.slot, engine_name="embedded")
        assert sum(command.startswith("LOGIN") for command in mails.commands) == 1
        # The control: a job of ours is tried at every tick.
        ours = replace(job, is_outside=False)
        assert len(due(context, jobs=[ours])) == 1
    assert world.visitor().get("/readyz").json()["problems"] == ["The job incoming-mail failed at its last try."]
    page = world.visitor(LIAISON).get("/operations").text
    assert "wrong password" in page and "open sesame" not in page


def test_what_was_set_aside_stands_on_the_page_until_a_liaison_has_seen_to_it(
    world: World, tls: ssl.SSLContext, tmp_path: Path
) -> None:
    with mailbox_with(Mails({7: b""}), tls) as mailbox:
        fetch(mailbox, keeper_on(world.engine, tmp_path), largest=LARGEST)
    liaison = world.visitor(LIAISON)
    assert "Mail 7 of INBOX of reports on localhost" in liaison.get("/operations").text
    (row,) = world.rows(select(MailboxMail))
    assert world.visitor(MANAGER).post(f"/operations/mails/{row.id}").status_code == 403
    for _ in range(2):
        assert liaison.post(f"/operations/mails/{row.id}").status_code == 303
    assert "Mail 7" not in liaison.get("/operations").text
    said = select(AuditEntry).where(AuditEntry.action == "saw to a mail that was set aside")
    assert [entry.actor for entry in world.rows(said)] == [LIAISON]
