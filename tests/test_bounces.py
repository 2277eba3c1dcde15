"""Does what mail servers report of our mail have the consequence that it must have, and nothing forged any?"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from mail_server import mail_server
from notices import NOW, SENDER, drained, later, notices, owe_all, reader_of, ready_report
from sqlalchemy import Engine, update
from sqlmodel import col, select

from duecourse.calendar.lifecycle import Party
from duecourse.models import AuditEntry, Bounce, BounceOutcome, Notice, NoticeState, SuppressedAddress
from duecourse.models.database import reading, writing
from duecourse.notifications import bounces
from duecourse.notifications.bounces import forged_reports, return_path, take_report, take_waiting
from duecourse.notifications.claiming import Claimed
from duecourse.notifications.delivery_reports import read_report
from duecourse.notifications.failures import requeue
from duecourse.notifications.suppression import CAME_BACK, suppressed_among
from duecourse.notifications.undelivered import UNDELIVERED, owe_undelivered, tasks
from duecourse.tracking.staff.reaching import unreached

DSN = Path(__file__).parent / "dsn"
ADDRESS = "bounces@due.example.gov"
# The file, what becomes of it, of the notice, and whether its address is written to no more.
OUTCOMES = {
    "user-unknown": ("undeliverable", "bounced", True),
    "mailbox-disabled": ("undeliverable", "bounced", True),
    "qmail": ("undeliverable", "bounced", True),
    "exim-without-status": ("undeliverable", "bounced", True),
    "gave-up": ("not delivered", "bounced", False),
    "still-trying": ("delayed", "sent", False),
    "delivered": ("arrived", "sent", False),
    "complaint": ("complaint", "sent", False),
    "without-status": ("unreadable", "sent", False),
    "forged-mark": ("forged", "sent", False),
    "unsigned": ("forged", "sent", False),
    "two-days-late": ("late", "sent", False),
}


def path_of(engine: Engine, notice: Notice) -> str:
    made = return_path(engine, ADDRESS)
    assert made is not None and notice.id is not None and notice.lease_until is None
    claimed = Claimed(notice.id, "", NOW, None, notice.rung, notice.to_address, b"", 1, NOW)
    return made(claimed)


def dsn(engine: Engine, name: str, notice: Notice) -> bytes:
    """Return a report on a notice, with the return path and the address that it had."""
    path = path_of(engine, notice)
    tag = path.partition("+")[2].partition("@")[0]
    forged = path.replace(tag, tag[:-1] + ("a" if tag[-1] != "a" else "b"))
    text = (DSN / f"{name}.eml").read_bytes().decode()
    for placeholder, value in {
        "RETURN_PATH_LARGE": path.upper(),
        "RETURN_PATH": path,
        "FORGED_PATH": forged,
        "TO_ADDRESS": notice.to_address,
        "MESSAGE_ID": notice.message_id,
    }.items():
        text = text.replace(placeholder, value)
    return text.encode()


def taken(engine: Engine, raw: bytes, minutes: float = 20) -> BounceOutcome:
    with writing(engine) as session:
        sha256 = hashlib.sha256(raw).hexdigest()
        return take_report(session, raw, sha256=sha256, bounce_address=ADDRESS, now=later(minutes=minutes))


def sent_notice(engine: Engine, *, managers: int = 1) -> Notice:
    """Return a notice that was sent a moment ago."""
    ready_report(engine, managers=managers)
    owe_all(engine)
    with mail_server() as server:
        assert drained(engine, server).sent == managers
    return notices(engine)[0]


def is_suppressed(engine: Engine, address: str) -> bool:
    with reading(engine) as session:
        return address in suppressed_among(session, [address])


def test_every_file_has_its_outcome() -> None:
    assert {path.stem for path in DSN.glob("*.eml")} == set(OUTCOMES)
    assert len(OUTCOMES) == 12


@pytest.mark.parametrize("name", OUTCOMES)
def test_each_report_has_the_consequence_that_it_must_have(engine: Engine, name: str) -> None:
    notice = sent_notice(engine)
    outcome, state, suppressed = OUTCOMES[name]
    minutes = 48 * 60 + 1 if name == "two-days-late" else 20
    raw = dsn(engine, name, notice)
    assert taken(engine, raw, minutes) == outcome
    # The same bytes once more change nothing.
    assert taken(engine, raw, minutes) == outcome
    assert notices(engine)[0].state == state
    assert is_suppressed(engine, notice.to_address) is suppressed
    with reading(engine) as session:
        (bounce,) = session.exec(select(Bounce)).all()
        assert (bounce.notice_id is None) is (outcome == "forged")
        assert forged_reports(session) == (outcome == "forged")


@pytest.mark.parametrize("name", [name for name, says in OUTCOMES.items() if says[1] == "bounced"])
def test_what_came_back_leaves_a_task_and_the_liaisons_are_asked_once(engine: Engine, name: str) -> None:
    notice = sent_notice(engine)
    taken(engine, dsn(engine, name, notice))
    for minutes in (21, 22):
        with writing(engine) as session:
            (task,) = tasks(session, now=later(minutes=minutes))
            assert task.notice.to_address == notice.to_address
            asked = owe_undelivered(session, now=later(minutes=minutes), base_url="https://d.example", sender=SENDER)
            assert asked == (2 if minutes == 21 else 0)
    mails = [row for row in notices(engine) if row.rung == UNDELIVERED]
    assert len({row.to_address for row in mails}) == 2
    assert notice.to_address not in {row.to_address for row in mails}
    assert all(b"was not told of Monthly Enrollment Report" in row.message.replace(b"\r\n  ", b" ") for row in mails)


def test_nothing_more_goes_to_a_suppressed_address_until_a_person_lifts_it(engine: Engine) -> None:
    notice = sent_notice(engine)
    taken(engine, dsn(engine, "user-unknown", notice))
    with reading(engine) as session:
        (side,) = unreached(session, now=later(hours=1))
        assert side.party is Party.CONTRACTOR and "was refused for good" in side.why
    with writing(engine) as session:
        again = Notice(
            **notice.model_dump(exclude={"id", "key", "state", "deliverable_id", "reply", "sent_at"}),
            key="another",
            state=NoticeState.QUEUED,
        )
        session.add(again)
    with mail_server() as server:
        assert drained(engine, server, now=later(hours=1)).failed == 1
        assert server.mails == []
        assert notices(engine)[-1].reply.startswith(CAME_BACK)
        with writing(engine) as session:
            requeue(session, notices(engine)[-1].id or 0, now=later(hours=2), actor="lee", base_url="", sender=SENDER)
        assert drained(engine, server, now=later(hours=2)).sent == 1
    with reading(engine) as session:
        lifted = session.exec(select(SuppressedAddress)).one()
        assert (lifted.lifted_by, lifted.address) == ("lee", notice.to_address)
        assert unreached(session, now=later(hours=3)) == []


def test_a_report_that_comes_before_we_wrote_down_the_sending_is_taken_again_later(engine: Engine) -> None:
    notice = sent_notice(engine)
    with writing(engine) as session:
        early = {"state": NoticeState.CLAIMED, "sent_at": None, "claim_token": "t", "lease_until": later(minutes=15)}
        session.execute(update(Notice).where(col(Notice.id) == notice.id).values(**early))
    assert taken(engine, dsn(engine, "user-unknown", notice), minutes=1) == "waiting"
    with writing(engine) as session:
        assert take_waiting(session, now=later(minutes=5)) == 0
        written = {"state": NoticeState.SENT, "sent_at": later(minutes=5), "claim_token": "", "lease_until": None}
        session.execute(update(Notice).where(col(Notice.id) == notice.id).values(**written))
    with writing(engine) as session:
        assert take_waiting(session, now=later(minutes=10)) == 1
    assert notices(engine)[0].state == "bounced"
    assert is_suppressed(engine, notice.to_address)


def test_a_report_on_an_address_that_was_corrected_meanwhile_says_nothing_of_the_new_one(engine: Engine) -> None:
    notice = sent_notice(engine)
    raw = dsn(engine, "user-unknown", notice)
    with writing(engine) as session:
        session.execute(update(Notice).values(to_address="new@example.org"))
    assert taken(engine, raw) == "forged"
    assert not is_suppressed(engine, "new@example.org")


def test_without_the_signature_a_stranger_could_silence_anybody(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: with the check of the mark switched off, the forged report suppresses the address."""
    notice = sent_notice(engine)
    monkeypatch.setattr(bounces, "is_mark", lambda *_: True)
    assert taken(engine, dsn(engine, "forged-mark", notice)) == "undeliverable"
    assert is_suppressed(engine, notice.to_address)


def test_without_an_address_for_reports_nothing_follows_from_any(engine: Engine) -> None:
    notice = sent_notice(engine)
    raw = dsn(engine, "user-unknown", notice)
    with writing(engine) as session:
        sha256 = hashlib.sha256(raw).hexdigest()
        assert take_report(session, raw, sha256=sha256, bounce_address="", now=later(minutes=1)) == "forged"
    assert return_path(engine, "") is None


def test_each_mail_leaves_from_a_return_path_of_its_own(engine: Engine) -> None:
    ready_report(engine, managers=3)
    owe_all(engine)
    with mail_server() as server:
        assert drained(engine, server, return_path=return_path(engine, ADDRESS)).sent == 3
    senders = [mail.sender for mail in server.mails]
    assert len(set(senders)) == 3
    assert all(sender.startswith("bounces+") and len(sender.partition("@")[0]) <= 64 for sender in senders)


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("Exim 4.94.2 says:\n550 5.1.1 no such user", "5.1.1"),
        ("host 5.1.1.1 said 550 5.7.1 no", "5.7.1"),
        ("said: 421-4.7.0 try again", "4.7.0"),
        ("450 greylisted", "4.0.0"),
        ("room 550, at 5 o'clock", ""),
        ("", ""),
    ],
)
def test_plain_words_give_their_status(text: str, status: str) -> None:
    assert read_report(f"From: MAILER-DAEMON@a.example\r\n\r\n{text}\r\n".encode()).status == status


@pytest.mark.parametrize(
    "raw", [b"", b"\x00" * 1000, b"Content-Type: multipart/report\r\n\r\n" * 5000, os.urandom(9999)]
)
def test_whatever_comes_in_is_read_without_an_error(raw: bytes) -> None:
    assert read_report(raw).addressed_to == ()


def test_a_hundred_auto_replies_are_kept_and_none_is_answered(tmp_path: Path) -> None:
    data = tmp_path / "data"
    environment = os.environ | {"DUECOURSE_DATA": str(data), "DUECOURSE_BOUNCE_ADDRESS": ADDRESS}
    program = (
        "import sys\n"
        "from duecourse.cli.main import run\n"
        "for n in range(100):\n"
        "    head = 'Auto-Submitted: auto-replied' if n % 2 else 'Return-Path: <>'\n"
        "    mail = f'{head}\\r\\nFrom: p{n}@example.org\\r\\nSubject: Out of office\\r\\n\\r\\nBack.\\r\\n'\n"
        "    open(sys.argv[1], 'wb').write(mail.encode())\n"
        "    assert run(['receive', sys.argv[1]]) == 0\n"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path / "mail.eml")], check=True, env=environment)
    from duecourse.models.database import connect

    engine = connect(f"sqlite:///{data / 'duecourse.db'}")
    assert notices(engine) == []
    with reading(engine) as session:
        assert len([e for e in session.exec(select(AuditEntry)) if e.action == "received a mail"]) == 100
    engine.dispose()


def test_every_notice_says_that_a_program_wrote_it(engine: Engine) -> None:
    notice = sent_notice(engine)
    assert b"\r\nAuto-Submitted: auto-generated\r\n" in notice.message
    assert reader_of(engine, notice).email == notice.to_address
    assert later(minutes=1) - NOW == timedelta(minutes=1)
