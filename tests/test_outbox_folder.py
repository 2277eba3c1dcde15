"""Are mails that go into a folder whole, there once, and readable on a page?"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

from notices import NOW, SENDER, later, notices, owe_all, ready_report
from sqlalchemy import Engine, text

from duecourse.models.database import writing
from duecourse.notifications.mail_folder import MailFolder, read_mails
from duecourse.notifications.messages import Mailbox, sign_in_message
from duecourse.notifications.sending import Drained, drain


def drained_into(engine: Engine, folder: Path, *, minutes: float = 0) -> Drained:
    at = later(minutes=minutes)
    return asyncio.run(drain(engine, MailFolder(folder, now=lambda: at), now=lambda: at, from_address=SENDER.address))


def test_notices_become_files_that_read_as_mails(engine: Engine, tmp_path: Path) -> None:
    report = ready_report(engine, managers=2)
    owe_all(engine)
    folder = tmp_path / "not yet" / "there"
    assert read_mails(folder) == []
    assert drained_into(engine, folder) == Drained(sent=2)
    rows = notices(engine)
    assert {path.read_bytes() for path in folder.iterdir()} == {row.message for row in rows}
    names = {path.name for path in folder.iterdir()}
    assert names == {f"20221115T150000.000000Z-{row.message_id.strip('<>').partition('@')[0]}.eml" for row in rows}
    mail = read_mails(folder)[0]
    assert mail.subject == rows[0].subject
    assert all(row.to_address in mail.to for row in rows)
    assert mail.date == NOW
    assert f"https://due.example.gov/deliverables/{report.uid}" in mail.text.splitlines()


def test_the_same_notice_is_written_once(engine: Engine, tmp_path: Path) -> None:
    ready_report(engine)
    owe_all(engine)
    folder = tmp_path / "mails"
    assert drained_into(engine, folder).sent == 1
    # As if the sender had been killed before it could write down that the mail was sent.
    with writing(engine) as session:
        session.execute(text("UPDATE notice SET state = 'queued'"))
    assert drained_into(engine, folder, minutes=20).sent == 1
    assert len(list(folder.iterdir())) == 1
    assert notices(engine)[0].reply.startswith("already written: ")


def test_the_newest_mails_come_first_and_unfinished_ones_not_at_all(tmp_path: Path) -> None:
    for hour in range(5):
        at = NOW + timedelta(hours=hour)
        mailbox = Mailbox("Ann", "ann@example.org")
        letter = sign_in_message(mailbox, f"https://due.example.gov/sign-in/{hour}", sender=SENDER, now=at)
        message = letter.with_id(f"<notice-{hour}@due.example.gov>")
        folder = MailFolder(tmp_path, now=lambda at=at: at)  # type: ignore[misc]
        asyncio.run(folder.send(message, from_address=SENDER.address, to_address="ann@example.org"))
    (tmp_path / "20991231T000000.000000Z-notice-x.part").write_bytes(b"Subject: half")
    assert [mail.date for mail in read_mails(tmp_path)] == [NOW + timedelta(hours=hour) for hour in (4, 3, 2, 1, 0)]
    assert [mail.text.count("sign-in/4") for mail in read_mails(tmp_path, limit=2)] == [1, 0]


def test_a_name_in_a_message_id_cannot_lead_out_of_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "mails"
    message = b"Message-ID: <../../../etc/notice@x>\r\nSubject: x\r\n\r\nx\r\n"
    asyncio.run(MailFolder(folder, now=lambda: NOW).send(message, from_address="a@b", to_address="c@d"))
    assert [path.parent for path in tmp_path.rglob("*.eml")] == [folder]
