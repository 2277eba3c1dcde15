"""Is every mail read, whoever made it, in a bounded time, and is nothing of it dangerous?"""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duecourse.models import MailKind
from duecourse.tracking.mail.mail_reading import Named, ReadMail, read_mail

SUBJECT = "ABC Inc., 21OECHVS01ABC, Rate Card Report and Billing, 7/1/22-9/30/22"
SENT = datetime(2022, 10, 28, 14, 30, tzinfo=UTC)


def mail(subject: str = SUBJECT, *, text: str = "Here it is.", **headers: str) -> EmailMessage:
    made = EmailMessage(policy=SMTP)
    made["From"], made["Subject"], made["Date"] = "Olu Bako <Olu@ABC.example>", subject, SENT
    for name, value in headers.items():
        made[name.replace("_", "-")] = value
    made.set_content(text)
    return made


def subjects(read: ReadMail) -> list[str]:
    return [named.subject for named in read.subjects]


def test_an_ordinary_mail_says_who_when_and_what() -> None:
    made = mail(Message_ID="<1@abc.example>", In_Reply_To="<0@abc.example>")
    made.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="rate card.pdf")
    read = read_mail(made.as_bytes())
    assert (read.kind, read.from_name, read.from_address) == (MailKind.LETTER, "Olu Bako", "olu@abc.example")
    assert (read.subject, read.dated_at, read.text) == (SUBJECT, SENT, "Here it is.")
    assert (read.message_id, read.answers) == ("<1@abc.example>", ("<0@abc.example>",))
    assert read.attachments == ("rate card.pdf",)


@pytest.mark.parametrize(
    "raw",
    [
        b"Subject: " + SUBJECT.replace(", ", ",\r\n\t").encode(),
        b"Subject: =?utf-8?b?" + base64.b64encode(SUBJECT.encode()) + b"?=",
        b"Subject: =?iso-8859-1?q?" + SUBJECT.replace(" ", "_").encode() + b"?=",
        b"Subject: =?utf-8?q?ABC_Inc.,_21OECHVS?=\r\n =?utf-8?q?01ABC,_Rate_Card_Report_and_Billing,_7/1/22-9/30/22?=",
        b"sUBJECT:" + SUBJECT.encode(),
        b"Subject: =?no-such-charset?q?" + SUBJECT.replace(" ", "_").encode() + b"?=",
    ],
)
def test_folded_and_encoded_subjects_are_read(raw: bytes) -> None:
    assert read_mail(raw + b"\r\n\r\nHi\r\n").subject == SUBJECT


def test_bytes_that_nobody_encoded_are_taken_for_utf_8() -> None:
    assert read_mail("Subject: Résumé – 21\r\n\r\n".encode()).subject == "Résumé – 21"
    assert read_mail("Subject: Résumé\r\n\r\n".encode("latin-1")).subject == "Résumé"


def test_a_mail_that_was_forwarded_as_an_attachment_names_its_own_subject_and_date() -> None:
    outer = EmailMessage(policy=SMTP)
    outer["Subject"], outer["Date"] = "Fwd: see below", "Tue, 01 Nov 2022 09:00:00 -0400"
    outer.set_content("As attached")
    outer.add_attachment(mail())
    assert Named(SUBJECT, SENT) in read_mail(outer.as_bytes()).subjects


@pytest.mark.parametrize("label", ["Subject:", "Betreff:", "> Objet :", "Asunto:", "*Subject:*", "> > Subject:"])
def test_a_mail_that_was_forwarded_in_the_text_names_its_subject(label: str) -> None:
    text = (
        f"FYI\n\n-----Original Message-----\nFrom: Olu\nDate: Fri, 28 Oct 2022 10:30:00 -0400\n{label} {SUBJECT}\n\nHi"
    )
    assert Named(SUBJECT, SENT) in read_mail(mail("WG: hello", text=text).as_bytes()).subjects


@pytest.mark.parametrize(
    ("headers", "kind"),
    [
        ({}, MailKind.LETTER),
        ({"Auto_Submitted": "no"}, MailKind.LETTER),
        ({"Auto_Submitted": "auto-replied; owner=x"}, MailKind.AUTOMATIC),
        ({"Precedence": "bulk"}, MailKind.AUTOMATIC),
        ({"X_Autoreply": "yes"}, MailKind.AUTOMATIC),
        ({"Return_Path": "<>", "Auto_Submitted": "auto-replied"}, MailKind.AUTOMATIC),
        ({"Return_Path": "<>"}, MailKind.DELIVERY_REPORT),
    ],
)
def test_what_a_program_sent_is_known(headers: dict[str, str], kind: MailKind) -> None:
    assert read_mail(mail(**headers).as_bytes()).kind is kind


def test_an_absence_is_known_by_its_subject() -> None:
    for prefix in ("Automatic reply: ", "Out of Office: ", "Automatische Antwort: ", "Réponse automatique : "):
        assert read_mail(mail(prefix + SUBJECT).as_bytes()).kind is MailKind.AUTOMATIC


def test_a_delivery_report_names_the_mail_that_it_is_about() -> None:
    raw = (
        b"From: MAILER-DAEMON@mail.example\r\nSubject: Undelivered\r\nAuto-Submitted: auto-replied\r\n"
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\r\nSorry.\r\n"
        b"--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mail.example\r\n\r\n"
        b"Final-Recipient: rfc822; a@b.gov\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n"
        b"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: <notice-1@due.gov>\r\nSubject: Due\r\n\r\n"
        b"--b--\r\n"
    )
    read = read_mail(raw)
    assert read.kind is MailKind.DELIVERY_REPORT
    assert "<notice-1@due.gov>" in read.answers


def test_html_alone_is_read_as_text_without_its_scripts() -> None:
    made = EmailMessage(policy=SMTP)
    made["Subject"] = "<b>Hi</b>"
    made.set_content(
        "<html><head><style>p{}</style></head><p>One &amp; two<script>alert(1)</script><br>three</html>",
        subtype="html",
    )
    assert read_mail(made.as_bytes()).text == "One & two\nthree"


def test_marks_that_turn_or_break_text_are_gone() -> None:
    read = read_mail("Subject: a\u202eb\x00c\u2028d\r\nFrom: \u202ex <a@b.gov>\r\n\r\n\x00\x1b[2Jtext\u200f".encode())
    for said in (read.subject, read.from_name, read.text):
        assert not set(said) & set("\u202e\x00\u2028\x1b\u200f")


def nested(depth: int) -> bytes:
    return b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(depth))


# Each of these took the standard library from half a minute to the end of the day, or threw it.
EVIL = {
    "nested parts": nested(5000) + b"\n" * 500_000,
    "parts nested as deeply as they are read": nested(49) + b"\n" * 500_000,
    "nested mails": b"Content-Type: message/rfc822\r\n\r\n" * 20_000,
    "parameters": b"Content-Type: multipart/mixed; " + b";'\"" * 500_000 + b"\r\n\r\n",
    "folded parameters": b"Content-Type: multipart/mixed" + b';\r\n a="' * 200_000 + b"\r\n\r\n",
    "comments": b"From: " + b"(" * 500_000 + b"\r\nDate: " + b"(" * 500_000 + b"\r\n\r\n",
    "encoded words": b"X: y\r\n" + b"=?utf-8?q?a?=" * 100_000 + b"\r\n\r\n",
    "marks": b"Content-Type: text/html\r\n\r\n" + b"<a " * 400_000,
    "comments in html": b"Content-Type: text/html\r\n\r\n" + b"<!--" * 300_000,
    "punycode": b"Content-Type: text/plain; charset=punycode\r\n\r\n" + b"a" * 900_000,
    "no text encoding": b"Content-Type: text/plain; charset=zlib\r\n\r\nabc",
    "broken base64": b"Content-Transfer-Encoding: base64\r\n\r\n=" + b"*" * 900_000,
    "ten megabytes": b"\r\n" + b"x" * 10_000_000,
    "nothing but zeros": bytes(1_000_000),
    "nothing": b"",
}


@pytest.mark.parametrize("raw", EVIL.values(), ids=EVIL.keys())
def test_no_mail_whatever_breaks_or_holds_up_the_reader(raw: bytes) -> None:
    read = read_mail(b"Subject: " + SUBJECT.encode() + b"\r\n" + raw)
    assert read.subject == SUBJECT
    assert len(read.text) <= 20_000 and len(read.subjects) <= 20


@given(st.binary(max_size=400), st.sampled_from([b"", b"Subject: ", b"From: ", b"Date: ", b"Content-Type: "]))
def test_any_bytes_are_a_mail(raw: bytes, header: bytes) -> None:
    read = read_mail(header + raw)
    assert all("\n" not in said and "\x00" not in said for said in (read.subject, read.from_name, read.from_address))


def test_subjects_have_a_bounded_length() -> None:
    assert len(read_mail(b"Subject: " + b"x" * 100_000 + b"\r\n\r\n").subject) == 500
