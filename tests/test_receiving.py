"""Does a mail that came in lead to the one report that it proves, once, and only after a person said so?"""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import pytest
import visits
from command import duecourse
from imap_server import Mails, imap_server
from mail_server import certificates
from sqlalchemy import Engine
from sqlmodel import col, select
from visits import CT, LIAISON, MANAGER, NOW, STRANGER, World

from duecourse.calendar.roles import RoleName
from duecourse.errors import BadInput
from duecourse.models import (
    AuditEntry,
    Deliverable,
    MailKind,
    Notice,
    ReceivedCandidate,
    ReceivedMail,
    Submission,
    SubmissionFile,
)
from duecourse.models.database import reading, writing
from duecourse.tracking.files import read_file
from duecourse.tracking.mail.receiving import receive
from duecourse.tracking.staff.people import add_person, give_role

filled, make_world, world, either_world = visits.filled, visits.make_world, visits.world, visits.either_world
SUBJECT = "ABC Inc., 21OECHVS01ABC, Quarterly Program Status Report, 7/1/22-9/30/22"
SENT = datetime(2022, 10, 28, 14, 30, tzinfo=UTC)


def mail(subject: str = SUBJECT, *, text: str = "Here it is.", **headers: str) -> bytes:
    made = EmailMessage(policy=SMTP)
    made["From"], made["Subject"], made["Date"] = f"Olu Bako <{STRANGER}>", subject, SENT
    for name, value in headers.items():
        made[name.replace("_", "-")] = value
    made.set_content(text)
    return made.as_bytes()


def take(world: World, raw: bytes) -> ReceivedMail:
    with writing(world.engine) as session:
        found = receive(session, raw, folder=world.settings.evidence, now=world.clock.now()).mail
        session.expunge(found)
    return found


def status_report(world: World) -> Deliverable:
    found: Deliverable = world.rows(
        select(Deliverable).where(Deliverable.subject == SUBJECT, Deliverable.contract_id == CT)
    )[0]
    return found


def confirmation(row: Deliverable, **fields: str) -> dict[str, str]:
    return {
        "deliverable": row.uid,
        "submitted_on": "2022-10-28",
        "submitted_at": "10:30",
        "submitted_by": "Olu Bako",
    } | fields


def test_a_confirmed_mail_is_the_proof_of_a_submission(either_world: World) -> None:
    world, raw = either_world, mail("Fwd: " + SUBJECT, Message_ID="<7@abc.example>")
    came, row = take(world, raw), status_report(world)
    assert (came.kind, came.matched_id, came.dated_at) == (MailKind.LETTER, row.id, SENT)
    visit = world.visitor(STRANGER)
    assert "A mail that looks like this report came in" in visit.get(f"/deliverables/{row.uid}").text
    page = visit.get("/received").text
    assert 'value="2022-10-28"' in page and 'value="10:30"' in page and f'value="{row.uid}" selected' in page
    for _ in range(2):
        answer = visit.post(f"/received/{came.uid}/confirm", confirmation(row))
        assert answer.status_code == 303, answer.text
    (made,) = world.rows(select(Submission).where(Submission.deliverable_id == row.id))
    assert (made.submitted_at, made.entered_by, made.reference) == (SENT, STRANGER, "<7@abc.example>")
    (file,) = world.rows(select(SubmissionFile).where(SubmissionFile.submission_id == made.id))
    assert read_file(world.settings.evidence, file.sha256) == raw
    log = select(AuditEntry).where(AuditEntry.deliverable_id == row.id).order_by(col(AuditEntry.sequence))
    assert [entry.action for entry in world.rows(log)][-3:] == [
        "received a mail",
        "submitted",
        "confirmed a mail as the proof",
    ]
    assert "looks like this report" not in visit.get(f"/deliverables/{row.uid}").text
    assert "Proof of a submission" in visit.get("/received").text


def test_two_who_confirm_at_once_make_one_submission(either_world: World) -> None:
    world = either_world
    came, row, visit = take(world, mail()), status_report(world), world.visitor(STRANGER)
    token, start, answers = visit.form_token(), threading.Barrier(4), []

    def post() -> None:
        start.wait()
        fields = confirmation(row) | {"form_token": token}
        answer = visit.client.post(f"/received/{came.uid}/confirm", data=fields, headers=visits.FROM_OUR_PAGE)
        answers.append(answer.status_code)

    threads = [threading.Thread(target=post) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [303] * 4
    assert len(world.rows(select(Submission).where(Submission.deliverable_id == row.id))) == 1
    proofs = world.rows(select(AuditEntry).where(AuditEntry.action == "confirmed a mail as the proof"))
    assert len(proofs) == 1


def test_a_mail_proves_one_report_and_not_a_second(world: World) -> None:
    came, visit = take(world, mail()), world.visitor(STRANGER)
    visit.post(f"/received/{came.uid}/confirm", confirmation(status_report(world)))
    other = world.find(CT, visits.Standing.OVERDUE)
    assert visit.post(f"/received/{came.uid}/confirm", confirmation(other)).status_code == 409
    assert visit.post(f"/received/{came.uid}/not-ours", {"reason": "changed my mind"}).status_code == 409


def test_a_time_in_the_future_is_refused_and_the_form_keeps_what_was_typed(world: World) -> None:
    came, visit = take(world, mail()), world.visitor(STRANGER)
    fields = confirmation(status_report(world), submitted_on="2022-12-24", submitted_by="Somebody Else")
    refused = visit.post(f"/received/{came.uid}/confirm", fields)
    assert refused.status_code == 422 and "in the future" in refused.text and "Somebody Else" in refused.text


def test_what_is_put_aside_needs_a_reason_and_is_kept(world: World) -> None:
    came, row, visit = take(world, mail()), status_report(world), world.visitor(STRANGER)
    assert visit.post(f"/received/{came.uid}/not-ours", {"reason": " "}).status_code == 422
    for _ in range(2):
        assert visit.post(f"/received/{came.uid}/not-ours", {"reason": "A test mail"}).status_code == 303
    page = visit.get("/received").text
    assert "A test mail" in page and "Confirm: it was submitted" not in page
    assert "looks like this report" not in visit.get(f"/deliverables/{row.uid}").text
    assert len(world.rows(select(AuditEntry).where(AuditEntry.action == "put a mail aside"))) == 1


def test_the_same_mail_twice_is_one_even_when_both_come_at_once(engine: Engine, tmp_path: Path) -> None:
    start, raw, made = threading.Barrier(3), mail(), []

    def take_once() -> None:
        start.wait()
        try:
            with writing(engine) as session:
                made.append(receive(session, raw, folder=tmp_path, now=NOW).is_new)
        except Exception:
            made.append(False)

    threads = [threading.Thread(target=take_once) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(made) == [False, False, True]
    with reading(engine) as session:
        (kept,) = session.exec(select(ReceivedMail)).all()
    assert kept.sha256 == hashlib.sha256(raw).hexdigest()


@pytest.mark.parametrize(
    "subject",
    [
        "ABC Inc., 21OECHVS01ABC, Quarterly Program Status Report, 7/1/22-9/30/23",
        "WG: [ABC, Inc., 21oechvs01abc, Program Status Reports, 7/1/2022 – 9/30/2022]",
        "Confirmation 21OECHVS01ABC: Quarterly Program Status Report, Quarter 1 of FY23 (Jul-Sep 2022)",
    ],
)
def test_historical_and_mistaken_subjects_lead_to_the_open_report(world: World, subject: str) -> None:
    assert take(world, mail(subject)).matched_id == status_report(world).id


def test_a_mail_that_fits_several_reports_offers_them_and_chooses_none(world: World) -> None:
    came = take(world, mail("21OECHVS01ABC, 7/1/22-9/30/22"))
    assert came.matched_id is None
    candidates = world.rows(select(ReceivedCandidate).where(ReceivedCandidate.mail_id == came.id))
    assert len(candidates) > 1 and {each.fit for each in candidates} == {"period"}
    page = world.visitor(STRANGER).get("/received").text
    assert "Choose the report" in page and page.count("Perhaps") == len(candidates)


def test_a_portals_confirmation_is_known_by_its_text(world: World) -> None:
    text = "PSRS has received: Monthly Enrollment Report, October 2022, contract 22-1174. Thank you."
    came = take(world, mail("Your submission", text=text, Auto_Submitted="auto-generated"))
    with reading(world.engine) as session:
        row = session.get(Deliverable, came.matched_id)
        assert row is not None and (row.title, row.label) == ("Monthly Enrollment Report", "October 2022")
    assert came.kind == MailKind.AUTOMATIC


def test_an_absence_that_answers_our_own_mail_is_about_no_report(world: World) -> None:
    notice = world.rows(select(Notice))[0]
    subject = "Automatic reply: 22-1174, Monthly Enrollment Report, October 2022"
    assert take(world, mail(subject)).matched_id is not None
    answer = take(world, mail(subject, In_Reply_To=notice.message_id, Auto_Submitted="auto-replied"))
    assert (answer.kind, answer.matched_id) == (MailKind.AUTOMATIC, None)


def test_a_delivery_report_is_kept_as_one_and_about_no_report(world: World) -> None:
    raw = mail("Undelivered: " + SUBJECT, Return_Path="<>", References="<x@due>")
    came = take(world, raw)
    assert (came.kind, came.matched_id, came.answers) == (MailKind.DELIVERY_REPORT, None, ["<x@due>"])
    assert world.rows(select(ReceivedCandidate).where(ReceivedCandidate.mail_id == came.id)) == []
    assert came.uid not in world.visitor(STRANGER).get("/received").text


def test_nothing_is_ever_answered(world: World) -> None:
    before = len(world.rows(select(Notice)))
    for raw in (mail(), mail("Read: x", Disposition_Notification_To="x@y.gov"), mail("hello")):
        take(world, raw)
    assert len(world.rows(select(Notice))) == before


def test_only_people_of_the_contract_see_a_mail(world: World) -> None:
    came = take(world, mail())
    for email in (MANAGER, LIAISON):
        visit = world.visitor(email)
        assert SUBJECT not in visit.get("/received").text
        assert visit.get(f"/received/{came.uid}/mail").status_code == 404
        assert visit.post(f"/received/{came.uid}/confirm", confirmation(status_report(world))).status_code == 404
        assert visit.post(f"/received/{came.uid}/not-ours", {"reason": "x"}).status_code == 404
    answer = world.visitor(STRANGER).get(f"/received/{came.uid}/mail")
    assert answer.content == mail() and answer.headers["content-type"] == "application/octet-stream"


def test_a_mail_about_nothing_is_shown_to_liaisons_who_know_its_sender(world: World) -> None:
    with writing(world.engine) as session:
        pat = add_person(session, name="Pat Lee", email="pat@oec.example", now=NOW, actor="test")
        give_role(session, pat, CT, RoleName.PROGRAM_LIAISON, now=NOW, actor="test")
    came = take(world, mail("A question"))
    stranger = mail("Buy now").replace(STRANGER.encode(), b"spam@spam.example")
    take(world, stranger)
    seen = {
        email: world.visitor(email).get("/received").text for email in ("pat@oec.example", LIAISON, STRANGER, MANAGER)
    }
    assert [email for email, text in seen.items() if "A question" in text] == ["pat@oec.example"]
    assert all("Buy now" not in text for text in seen.values())
    assert (
        world.visitor("pat@oec.example").post(f"/received/{came.uid}/not-ours", {"reason": "mine"}).status_code == 303
    )


def test_a_liaison_sees_the_contractors_proof_and_cannot_confirm_it(world: World) -> None:
    came = take(world, mail("22-1174, Monthly Enrollment Report, October 2022"))
    visit = world.visitor(LIAISON)
    page = visit.get("/received").text
    assert "Looks like" in page and "Confirm: it was submitted" not in page
    row = next(iter(world.rows(select(Deliverable).where(Deliverable.id == came.matched_id))))
    assert visit.post(f"/received/{came.uid}/confirm", confirmation(row)).status_code == 403


def test_scripts_in_a_mail_are_shown_and_never_run(world: World) -> None:
    evil = "<script>alert(1)</script>"
    take(world, mail(f"{evil} {SUBJECT}", text=f"{evil} <img src=x onerror=alert(1)>"))
    page = world.visitor(STRANGER).get("/received").text
    assert evil not in page and "<img" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_what_is_empty_or_too_large_is_refused(engine: Engine, tmp_path: Path) -> None:
    with writing(engine) as session:
        for raw in (b"", b"Subject: x\r\n\r\n" + b"x" * 25 * 1024**2):
            with pytest.raises(BadInput):
                receive(session, raw, folder=tmp_path, now=NOW)


def piped(raw: bytes, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "duecourse", "receive", *arguments]
    return subprocess.run(command, input=raw, capture_output=True, check=False)


def rows(folder: Path, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(folder / "duecourse.db")) as connection:
        return connection.execute(query).fetchall()


@pytest.fixture
def data(filled: Path, tmp_path: Path) -> Path:
    """The data folder of a server, as a mail server's pipe finds it."""
    return Path(shutil.copytree(filled, tmp_path / "data"))


def test_a_mail_server_pipes_a_mail_once_and_again(data: Path) -> None:
    first, again = (piped(mail(), "--data", str(data), "--as-of", "2022-11-30") for _ in range(2))
    assert (first.returncode, first.stdout) == (0, b"Kept: letter, matched to a report.\n"), first.stderr
    assert (again.returncode, again.stdout) == (0, b"Kept before.\n")
    assert rows(data, "SELECT subject, state FROM received_mail") == [(SUBJECT, "waiting")]
    assert (data / "evidence" / hashlib.sha256(mail()).hexdigest()).read_bytes() == mail()


def test_a_file_and_ten_megabytes_are_taken(data: Path, tmp_path: Path) -> None:
    (tmp_path / "big.eml").write_bytes(mail() + b"x" * 10 * 1024**2)
    assert "Kept" in duecourse("receive", str(tmp_path / "big.eml"), "--data", str(data)).stdout


def test_the_exit_code_tells_the_mail_server_what_to_do(data: Path) -> None:
    assert piped(b"", "--data", str(data)).returncode == 65
    assert piped(b"Subject: x\r\n\r\n" + b"x" * 26 * 1024**2, "--data", str(data)).returncode == 65
    with closing(sqlite3.connect(data / "duecourse.db")) as busy:
        busy.execute("BEGIN IMMEDIATE")
        away = piped(mail(), "--data", str(data))
    assert away.returncode == 75 and b"Try again later" in away.stderr and b"Traceback" not in away.stderr
    url = "postgresql+psycopg://nobody@127.0.0.1:1/nothing"
    assert duecourse("receive", __file__, "--data", str(data), code=75, DUECOURSE_DATABASE_URL=url).stdout == ""
    assert rows(data, "SELECT count(*) FROM received_mail") == [(0,)]
    assert piped(mail(), "--data", str(data)).returncode == 0


@pytest.fixture
def mailbox(tmp_path: Path) -> Callable[[int], dict[str, str]]:
    """Return the settings for a mailbox on a port of this machine."""
    certificates(tmp_path)

    def settings(port: int) -> dict[str, str]:
        return {
            "DUECOURSE_IMAP_HOST": "localhost",
            "DUECOURSE_IMAP_PORT": str(port),
            "DUECOURSE_IMAP_USER": "reports",
            "DUECOURSE_IMAP_PASSWORD": "open sesame",
            "SSL_CERT_FILE": str(tmp_path / "certificate.pem"),
        }

    return settings


def server_tls(folder: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
    return context


def test_a_mailbox_is_fetched_and_marked_only_after_the_mails_are_kept(
    data: Path, tmp_path: Path, mailbox: Callable[[int], dict[str, str]]
) -> None:
    mails = Mails({1: mail(), 2: mail("hello"), 3: b""})
    with imap_server(mails, server_tls(tmp_path)) as port:
        done = duecourse("receive", "--imap", "--data", str(data), code=65, **mailbox(port))
        assert done.stdout == "2 mails kept and 1 mail set aside.\n" and "empty" in done.stderr
        assert (mails.seen, mails.flagged) == ({1, 2, 3}, {3})
        assert duecourse("receive", "--imap", "--data", str(data), **mailbox(port)).stdout == "0 mails kept.\n"
    assert rows(data, "SELECT count(*) FROM received_mail") == [(2,)]


def test_a_mail_that_was_kept_and_not_marked_is_fetched_again_and_kept_once(
    data: Path, tmp_path: Path, mailbox: Callable[[int], dict[str, str]]
) -> None:
    mails = Mails({1: mail()}, hangs_up_at="STORE")
    with imap_server(mails, server_tls(tmp_path)) as port:
        lost = duecourse("receive", "--imap", "--data", str(data), code=75, **mailbox(port))
        assert "still there" in lost.stderr and mails.seen == set()
        mails.hangs_up_at = ""
        assert duecourse("receive", "--imap", "--data", str(data), **mailbox(port)).stdout == "1 mail kept.\n"
    assert mails.seen == {1}
    assert rows(data, "SELECT count(*) FROM received_mail") == [(1,)]


def test_nothing_is_marked_while_the_database_is_away(
    data: Path, tmp_path: Path, mailbox: Callable[[int], dict[str, str]]
) -> None:
    mails = Mails({1: mail()})
    with (
        imap_server(mails, server_tls(tmp_path)) as port,
        closing(sqlite3.connect(data / "duecourse.db")) as busy,
    ):
        busy.execute("BEGIN IMMEDIATE")
        duecourse("receive", "--imap", "--data", str(data), code=75, **mailbox(port))
    assert mails.seen == set()


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"DUECOURSE_IMAP_PASSWORD": "wrong"}, "wrong password"),
        ({"DUECOURSE_IMAP_FOLDER": "Missing"}, "no such folder"),
        ({"SSL_CERT_FILE": "/dev/null"}, "certificate"),
        ({"DUECOURSE_IMAP_HOST": ""}, "DUECOURSE_IMAP_HOST"),
    ],
)
def test_a_mailbox_that_cannot_be_read_says_why(
    wrong: dict[str, str], says: str, data: Path, tmp_path: Path, mailbox: Callable[[int], dict[str, str]]
) -> None:
    mails = Mails({1: mail()})
    with imap_server(mails, server_tls(tmp_path)) as port:
        refused = duecourse("receive", "--imap", "--data", str(data), code=75, **(mailbox(port) | wrong))
    assert says in refused.stderr and "open sesame" not in refused.stderr
    assert mails.seen == set()


def test_dates_without_sense_and_subjects_without_end_do_no_harm(world: World) -> None:
    far = mail().replace(b"2022", b"9999")
    assert take(world, far).dated_at is None
    assert take(world, mail("22-1174 " * 100)).matched_id is None
    assert world.visitor(STRANGER).get("/received").status_code == 200
