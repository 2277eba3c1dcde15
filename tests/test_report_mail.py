"""Is a report that is mailed from its page submitted once, sent to everybody, byte for byte, and kept as evidence?"""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Callable
from datetime import timedelta
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
import visits
from mail_server import MailServer, Script, mail_server
from sqlalchemy import delete
from sqlmodel import col, select
from visits import CT, FROM_OUR_PAGE, NOW, STRANGER, Visit, World

from duecourse.calendar.mailing import Mailing
from duecourse.calendar.roles import RoleName
from duecourse.models import Deliverable, MailedReport, Notice, NoticeState, Role, Submission, SubmissionFile
from duecourse.models.database import writing
from duecourse.notifications.messages import Mailbox, Sender
from duecourse.notifications.report_mail import Attachment, report_mail
from duecourse.notifications.sending import Drained, drain
from duecourse.notifications.smtp import SmtpTransport
from duecourse.tracking.files import read_file
from duecourse.tracking.mail.recipients import Recipient, recipients_of
from duecourse.tracking.staff.people import add_person, give_role, person_by_email

filled, make_world, either_world = visits.filled, visits.make_world, visits.either_world
PROGRAM, FISCAL = "pat@oec.example", "flo@oec.example"
KEY = "1f0f4e4b-5b43-4e55-9ff0-6f6a4b1f0d22"
SUBJECT = "ABC Inc., 21OECHVS01ABC, Quarterly Program Status Report, 7/1/22-9/30/22"
REPORT = b"%PDF-1.7\r\n.\r\n..\x00\xff\n" + bytes(range(256)) * 300


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    """The pages, with liaisons of Connecticut's contract."""
    found = make_world()
    add_liaisons(found)
    return found


def add_liaisons(world: World) -> None:
    with writing(world.engine) as session:
        for name, email, role in (
            ("Pat Lee", PROGRAM, RoleName.PROGRAM_LIAISON),
            ("Flo Diaz", FISCAL, RoleName.FISCAL_LIAISON),
        ):
            person = add_person(session, name=name, email=email, now=NOW, actor="test")
            give_role(session, person, CT, role, now=NOW, actor="test")


def report(world: World, obligation: str = "ct-status-report", label: str = "Quarter 1 of FY23") -> Deliverable:
    query = select(Deliverable).where(Deliverable.obligation_id == obligation, col(Deliverable.label).startswith(label))
    found: Deliverable = world.rows(query)[0]
    return found


def send(visit: Visit, row: Deliverable, *, key: str = KEY, files: Any = None, **fields: str) -> Any:
    said = {"form_key": key, "message": "Please find the report attached.\n\nOlu"}
    # The parts of the subcontractors are not there yet.
    said |= {"incomplete": "yes", "note": "the subcontractors follow"} | fields
    attached = [("attachment", ("status report.pdf", REPORT, "application/pdf"))] if files is None else files
    return visit.post(f"/deliverables/{row.uid}/mail", said, files=attached)


def drained(world: World, server: MailServer, **options: Any) -> Drained:
    transport = SmtpTransport("127.0.0.1", server.port, security="none")
    return asyncio.run(
        drain(
            world.engine, transport, now=options.pop("now", world.clock.now), from_address="due@example.gov", **options
        )
    )


def parsed(content: bytes) -> EmailMessage:
    mail = BytesParser(policy=policy.default).parsebytes(content)
    assert isinstance(mail, EmailMessage)
    return mail


def test_the_panel_offers_a_link_and_everything_to_copy(world: World) -> None:
    text = world.visitor(STRANGER).get(f"/deliverables/{report(world).uid}").text
    link = re.search(r'href="(mailto:[^"]+)"', text)
    assert link is not None
    url = urlsplit(link[1].replace("&amp;", "&"))
    assert unquote(url.path).split(",") == [PROGRAM, FISCAL]
    assert parse_qs(url.query)["subject"] == [SUBJECT]
    assert "+" not in url.query and parse_qs(url.query)["body"][0].endswith("\r\n\r\nOlu Bako\r\n")
    assert f'<code id="mail-to">{PROGRAM}, {FISCAL}</code>' in text
    assert f'<code id="mail-subject">{SUBJECT}</code>' in text


def test_where_portals_are_used_there_is_no_panel(world: World) -> None:
    row = world.find(visits.WA, visits.Standing.OVERDUE)
    visit = world.visitor(visits.MANAGER)
    assert "Send it by email" not in visit.get(f"/deliverables/{row.uid}").text
    assert send(visit, row).status_code == 422
    assert world.rows(select(MailedReport)) == []


def test_the_mail_reaches_everybody_byte_for_byte_and_is_kept(world: World) -> None:
    row, visit = report(world), world.visitor(STRANGER)
    assert send(visit, row).status_code == 303
    (made,) = world.rows(select(Submission).where(Submission.deliverable_id == row.id))
    assert NOW <= made.submitted_at < NOW + timedelta(minutes=5)
    assert (made.entered_by, made.channel) == (STRANGER, "email, sent from here")
    with mail_server() as server:
        assert drained(world, server).sent == 2
    assert {mail.recipient for mail in server.mails} == {PROGRAM, FISCAL}
    assert server.mails[0].content == server.mails[1].content
    mail = parsed(server.mails[0].content)
    assert mail["Subject"] == SUBJECT
    assert mail["Reply-To"] == f"Olu Bako <{STRANGER}>"
    assert mail["From"].addresses[0].addr_spec == "duecourse@localhost.localdomain"
    assert mail["To"] == f"Pat Lee <{PROGRAM}>, Flo Diaz <{FISCAL}>"
    assert mail["Auto-Submitted"] is None
    assert mail["Message-ID"] == made.reference
    body = mail.get_body()
    assert body is not None and body.get_content().replace("\r\n", "\n") == "Please find the report attached.\n\nOlu\n"
    (attached,) = mail.iter_attachments()
    assert (attached.get_filename(), attached.get_content()) == ("status report.pdf", REPORT)
    files = world.rows(select(SubmissionFile).where(SubmissionFile.submission_id == made.id).order_by("position"))
    assert [file.name for file in files] == ["status report.pdf", "mail.eml"]
    assert read_file(world.settings.evidence, files[1].sha256) == server.mails[0].content
    notices = world.rows(select(Notice).where(Notice.rung == "report-mail"))
    assert {(notice.state, notice.message) for notice in notices} == {(NoticeState.SENT, b"")}
    text = visit.get(f"/deliverables/{row.uid}").text
    assert text.count("250 2.0.0 taken") == 2 and "Mailed to" in text


def test_the_same_form_twice_sends_one_mail_and_another_one_is_refused(world: World) -> None:
    row, visit = report(world), world.visitor(STRANGER)
    assert [send(visit, row).status_code for _ in range(2)] == [303, 303]
    assert send(visit, row, message="Something else").status_code == 409
    assert send(visit, row, key=KEY.replace("1", "2")).status_code == 409
    assert len(world.rows(select(MailedReport))) == 2


def test_two_posts_of_one_form_at_once_send_one_mail(either_world: World) -> None:
    add_liaisons(either_world)
    row, visit = report(either_world), either_world.visitor(STRANGER)
    token, address = visit.form_token(), f"/deliverables/{row.uid}/mail"
    start, answers = threading.Barrier(4), []

    def post() -> None:
        start.wait()
        answer = visit.client.post(
            address,
            data={"form_token": token, "form_key": KEY, "message": "Hello", "incomplete": "yes", "note": "later"},
            files=[("attachment", ("a.txt", b"all is well", "text/plain"))],
            headers=FROM_OUR_PAGE,
        )
        answers.append(answer.status_code)

    threads = [threading.Thread(target=post) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [303] * 4
    assert len(either_world.rows(select(MailedReport))) == 2
    assert len(either_world.rows(select(Submission).where(Submission.deliverable_id == row.id))) == 1


def test_an_incomplete_packet_is_mailed_only_with_a_reason(world: World) -> None:
    row, visit = report(world), world.visitor(STRANGER)
    refused = send(visit, row, incomplete="", note="")
    assert refused.status_code == 422 and "The packet is not complete" in refused.text
    assert world.rows(select(MailedReport)) == []
    assert send(visit, row).status_code == 303
    (made,) = world.rows(select(Submission).where(Submission.deliverable_id == row.id))
    assert made.note == "the subcontractors follow"


def test_a_part_that_nobody_has_is_named_and_nothing_is_sent(world: World) -> None:
    with writing(world.engine) as session:
        session.execute(delete(Role).where(col(Role.name) == RoleName.FISCAL_LIAISON))
    row, visit = report(world), world.visitor(STRANGER)
    text = visit.get(f"/deliverables/{row.uid}").text
    assert "has it sent to the fiscal/contract support liaison, and nobody" in text and "Send it now" not in text
    refused = send(visit, row)
    assert refused.status_code == 422
    assert "No address is known for fiscal/contract support liaison" in refused.text
    assert world.rows(select(MailedReport)) == []
    assert world.rows(select(Submission).where(Submission.deliverable_id == row.id)) == []


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ([], "Attach the report"),
        ([("attachment", ("empty.txt", b"", "text/plain"))], "empty"),
        ([("attachment", (f"{n}.txt", b"x" * 4_000_000, "text/plain")) for n in range(3)], "more than 10 MB"),
        ([("attachment", ("run.exe", b"MZ", "application/pdf"))], "run.exe"),
    ],
)
def test_what_cannot_be_attached_is_refused_with_the_words_kept(world: World, files: Any, says: str) -> None:
    row, visit = report(world), world.visitor(STRANGER)
    refused = send(visit, row, files=files, message="My own words")
    assert refused.status_code == 422 and says in refused.text and "My own words" in refused.text
    assert world.rows(select(Submission).where(Submission.deliverable_id == row.id)) == []


def test_a_refused_mail_is_shown_and_sent_again_under_the_same_id(world: World) -> None:
    row, visit = report(world), world.visitor(STRANGER)
    send(visit, row)
    with mail_server(Script(recipients={FISCAL: "550 5.1.1 no such mailbox"})) as server:
        drained(world, server)
    page = visit.get(f"/deliverables/{row.uid}").text
    assert "A mail did not get through" in page and "550 5.1.1 no such mailbox" in page
    assert visit.post(f"/deliverables/{row.uid}/mail/again").status_code == 303
    with mail_server() as again:
        assert drained(world, again).sent == 1
    (mail,) = again.mails
    assert mail.recipient == FISCAL and mail.content == server.mails[0].content
    assert "A mail did not get through" not in visit.get(f"/deliverables/{row.uid}").text
    assert visit.post(f"/deliverables/{row.uid}/mail/again").status_code == 409


def test_the_same_message_id_stands_on_all_tries(world: World) -> None:
    send(world.visitor(STRANGER), report(world))
    with mail_server(Script(acceptances=["451 later", "451 later"])) as server:
        assert drained(world, server).retried == 2
        assert drained(world, server, now=lambda: NOW + timedelta(hours=2)).sent == 2
    assert len({parsed(mail.content)["Message-ID"] for mail in server.mails}) == 1


def test_what_is_taken_back_before_its_turn_is_not_sent(world: World) -> None:
    row, visit = report(world), world.visitor(STRANGER)
    send(visit, row)
    undone = visit.post(
        f"/deliverables/{row.uid}/undo",
        {"form_key": KEY.replace("1", "3"), "act": "undo the submission", "reason": "the wrong file"},
    )
    assert undone.status_code == 303
    with mail_server() as server:
        assert drained(world, server).superseded == 2
    assert server.mails == []
    assert send(visit, row, key=KEY.replace("1", "4")).status_code == 303
    with mail_server() as server:
        assert drained(world, server).sent == 2


def test_a_fixed_address_needs_no_person_and_a_persons_own_is_used_once(world: World) -> None:
    with writing(world.engine) as session:
        person = person_by_email(session, PROGRAM)
        assert person is not None
        give_role(session, person, CT, RoleName.FISCAL_LIAISON, now=NOW, actor="test")
        mailing = Mailing(("OEC.AP@ct.gov", "program liaison"), ("fiscal/contract support liaison", "oec.ap@CT.gov"))
        found = recipients_of(session, CT, mailing)
    assert [each.address for each in found.to] == ["OEC.AP@ct.gov", PROGRAM]
    assert found.to[0] == Recipient("OEC.AP@ct.gov", "OEC.AP@ct.gov")
    assert [each.address for each in found.copied] == [FISCAL]


def test_names_and_subjects_cannot_add_headers() -> None:
    evil = "=?utf-8?q?x=0D=0ABcc:_all=40a.gov?=\r\nBcc: all@a.gov"
    content = report_mail(
        evil,
        "Hello\r\n.\r\nBcc: no@a.gov",
        to=[Mailbox(evil, "a@b.gov")],
        cc=[],
        person=Mailbox(evil, "p@b.gov"),
        sender=Sender("due@b.gov", "b.gov", evil),
        attachments=[
            Attachment('x"\r\nBcc: y.pdf', "message/rfc822", b"\r\n.\r\n"),
            Attachment("m", "multipart/x", b""),
        ],
        message_id="<1@b.gov>",
        date=NOW,
    )
    mail = parsed(content)
    assert mail["Bcc"] is None and "Bcc" in mail["Subject"]
    assert [part.get_content_type() for part in mail.iter_attachments()] == ["application/octet-stream"] * 2
