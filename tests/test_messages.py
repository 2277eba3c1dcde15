"""How do the mails read, and can anything that people typed break out of its place in them?

The golden texts show each kind of mail as its reader sees it. `python tests/test_messages.py` writes them anew; read
the difference before you commit it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duecourse.errors import NotReady
from duecourse.notifications.messages import (
    Kind,
    Letter,
    Mailbox,
    Matter,
    Sender,
    is_address,
    message_id,
    plain,
    reminder,
    sign_in_message,
)

GOLDEN = Path(__file__).parent / "golden"
SENDER = Sender("deadlines@due.example.gov", "due.example.gov")
ANN, BEN = Mailbox("Ann Manager", "ann@whatcom.example.org"), Mailbox("Ben Manager", "ben@whatcom.example.org")
LENA, FRED = Mailbox("Lena Liaison", "lena@dcyf.example.gov"), Mailbox("Frédéric Fiscal", "fred@dcyf.example.gov")
MATTER = Matter(
    title="Monthly Enrollment Report",
    label="October 2022",
    contract="22-1174, Nurse-Family Partnership, Whatcom County",
    contractor="Whatcom County Health Department",
    owed_to="DCYF",
    channel="PSRS",
    prescribed_subject="",
    due="before 8:00 AM Pacific on Mon Nov 21, 2022",
    due_on=date(2022, 11, 21),
    steps=(
        "Rule: day 20 of the month after (SOW 14.d(1)). For October 2022: Sun Nov 20, 2022.",
        "Offices are closed on Sun Nov 20 (Sunday): due on the next business day, Mon Nov 21, 2022, before 8:00 AM "
        "(SOW 14.d(5)(b)).",
        "Late from 8:00 AM Pacific on Mon Nov 21, 2022.",
    ),
    if_late="",
    link="https://due.example.gov/deliverables/5f0c2a9e-6f0d-4f0e-9c52-1d4f6a1f7b11",
    because="You get this as a program manager of the contract.",
    liaisons=("Lena Liaison", "Frédéric Fiscal"),
    copied_on=date(2022, 11, 24),
)
WITH_SUBJECT = replace(
    MATTER,
    title="Quarterly Program Status Report",
    label="Quarter 1 of FY22 (Jul–Sep 2021)",
    channel="email",
    prescribed_subject="ABC Inc., 21OECHVS01ABC, Quarterly Program Status Report, 7/1/21-9/30/21",
    if_late="payment waits until the report is approved.",
)
RETURNED = replace(MATTER, returned_on=date(2022, 11, 22))


def letter(kind: Kind, matter: Matter, *, cc: list[Mailbox] | None = None, now: datetime | None = None) -> Letter:
    at = now or datetime(2022, 11, 7, 14, tzinfo=UTC)
    return reminder(kind, matter, to=[ANN, BEN], cc=cc or [], sender=SENDER, now=at)


def sample_letters() -> dict[str, Letter]:
    after = datetime(2022, 11, 24, 14, tzinfo=UTC)
    copy = replace(MATTER, because="You get this copy as a liaison of the contract.", liaisons=())
    return {
        "before": letter(Kind.BEFORE, MATTER),
        "before-with-subject-line": letter(Kind.BEFORE, WITH_SUBJECT),
        "on-day": letter(Kind.ON_DAY, MATTER, now=datetime(2022, 11, 21, 14, tzinfo=UTC)),
        "overdue": letter(Kind.OVERDUE, replace(MATTER, liaisons=()), cc=[LENA, FRED], now=after),
        "overdue-returned": letter(Kind.OVERDUE, RETURNED, now=datetime(2022, 11, 23, 14, tzinfo=UTC)),
        "copy": letter(Kind.COPY, copy, cc=[LENA, FRED], now=after),
        "sign-in": sign_in_message(
            ANN,
            "https://due.example.gov/sign-in/AbC-123_x",
            sender=SENDER,
            now=after,
            code="7KQ4-0XWM",
            by="Firefox on Windows, from 203.0.113.*",
        ),
    }


def parsed(letter: Letter) -> EmailMessage:
    mail = message_from_bytes(letter.with_id(message_id(UUID(int=7), SENDER)), policy=policy.default)
    assert isinstance(mail, EmailMessage)
    return mail


def part(mail: EmailMessage, kind: str) -> str:
    body = mail.get_body((kind,))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


def as_read(letter: Letter) -> str:
    """Return a mail as people see it: its headers, its text, its HTML, all decoded."""
    mail = parsed(letter)
    headers = [f"{name}: {value.strip()}" for name, value in mail.items() if not name.startswith(("MIME", "Content"))]
    return "\n".join([*headers, "", part(mail, "plain"), "----- and as HTML -----", part(mail, "html")])


@pytest.mark.parametrize("name", sample_letters())
def test_each_kind_of_mail_reads_as_its_golden_text(name: str) -> None:
    assert as_read(sample_letters()[name]) == (GOLDEN / f"mail-{name}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", sample_letters())
def test_each_mail_is_two_forms_of_one_message_that_no_machine_answers(name: str) -> None:
    mail = parsed(sample_letters()[name])
    assert mail.get_content_type() == "multipart/alternative"
    assert [child.get_content_type() for child in mail.iter_parts()] == ["text/plain", "text/html"]
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Message-ID"] == "<notice-00000000-0000-0000-0000-000000000007@due.example.gov>"
    assert "List-Unsubscribe" not in mail
    assert not mail.defects


@pytest.mark.parametrize("name", sample_letters())
def test_lines_are_short_enough_to_read_and_to_send(name: str) -> None:
    letter = sample_letters()[name]
    for line in part(parsed(letter), "plain").splitlines():
        assert len(line) < 78 or line.startswith("https://")
        assert line == line.rstrip()
    wire = letter.with_id(message_id(UUID(int=7), SENDER))
    assert wire.isascii()
    lines = wire.removesuffix(b"\r\n").split(b"\r\n")
    assert max(map(len, lines)) <= 998
    assert not any(b"\n" in line or b"\r" in line for line in lines)


@pytest.mark.parametrize("name", [name for name in sample_letters() if name != "sign-in"])
def test_each_reminder_has_one_link_and_its_reasons(name: str) -> None:
    mail = parsed(sample_letters()[name])
    text, html = part(mail, "plain"), part(mail, "html")
    assert text.count("https://") == html.count("https://") == html.count("<a ") == 1
    for step in MATTER.steps:
        assert " ".join(step.split()) in " ".join(text.split())


def test_the_two_forms_say_the_same_link() -> None:
    mail = parsed(sample_letters()["sign-in"])
    for kind in ("plain", "html"):
        assert part(mail, kind).count("https://due.example.gov/sign-in/AbC-123_x") == 1
    assert mail["Subject"] == "Your sign-in link for Duecourse"


def test_the_same_mail_is_the_same_bytes() -> None:
    for name, first in sample_letters().items():
        assert first == sample_letters()[name]


HOSTILE = [
    "a\nBcc: evil@example.net",
    "a\r\nBcc: evil@example.net",
    "a\rBcc: evil@example.net",
    "a\x0bBcc: evil@example.net",
    "a\x1cb",
    "a\x85Bcc: evil@example.net",
    "a\u2028Bcc: evil@example.net",
    "a\x00b",
    "=?utf-8?q?a=0D=0ABcc:_evil@example.net?=",
    "=?utf-8?b?YQ0KQmNjOiBldmlsQGV4YW1wbGUubmV0?=",
    '"x\nBcc: e@e" <a@b>',
    "a@b, c@d",
    "a@b;c@d",
    "{{ 7 * 7 }}{% raw %}{0}{user.__class__}%s%n",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "\udcff lone surrogate",
    "right\u202eleft",
    "x" * 5000,
    ".\n.\r\nFrom here",
    "",
]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("kind", list(Kind))
def test_what_people_typed_stays_in_its_place(kind: Kind, text: str) -> None:
    names = ("title", "label", "contract", "contractor", "owed_to", "channel", "prescribed_subject", "if_late")
    matter = replace(MATTER, steps=(text, text), liaisons=(text,), **dict.fromkeys(names, text))  # type: ignore[arg-type]
    named = Mailbox(text, "ann@whatcom.example.org")
    letter = reminder(kind, matter, to=[named], cc=[Mailbox(text, LENA.address)], sender=SENDER, now=datetime.now(UTC))
    mail = parsed(letter)
    usual = parsed(sample_letters()["overdue"])
    assert set(mail.keys()) == set(usual.keys())
    for header in ("To", "Cc"):
        assert [address.addr_spec for address in mail[header].addresses] == [
            {"To": ANN.address, "Cc": LENA.address}[header]
        ]
    assert mail["Subject"].strip().startswith(("Due", "Overdue", "Copy: overdue", "Returned", "Came in late"))
    assert not set(str(mail["Subject"])) & set("\r\n\0\u2028\u202e")
    html = part(mail, "html")
    assert "<script" not in html and "<img" not in html
    assert "49" not in part(mail, "plain")
    assert not mail.defects


@given(st.text())
def test_cleaned_text_is_one_printable_line_of_bounded_length(text: str) -> None:
    line = plain(text)
    assert len(line.splitlines()) <= 1
    assert len(line) <= 300
    assert line == line.strip()
    line.encode()
    assert plain(line) == line
    if text.isascii() and text.isprintable() and len(text) <= 300:
        assert line == " ".join(text.split())


@pytest.mark.parametrize(
    "text",
    [
        "a@b\r\nRCPT TO:<c@d>",
        "a@b>",
        "<a@b>",
        "a b@example.org",
        "a@b@c",
        "a@b, c@d",
        "@example.org",
        "a@",
        "a",
        "",
        "ä@example.org",
        "a@exämple.org",
        "a@b\n",
        "\0a@b",
        "x" * 65 + "@example.org",
        'quoted" "name@example.org',
    ],
)
def test_what_is_no_plain_address_is_refused(text: str) -> None:
    assert not is_address(text)
    with pytest.raises(ValueError, match="not an email address"):
        reminder(Kind.BEFORE, MATTER, to=[Mailbox("Ann", text)], cc=[], sender=SENDER, now=datetime.now(UTC))


@pytest.mark.parametrize("text", ["ann@example.org", "a+tag@x.gov", "o'brien@a-b.example.org", "duecourse@localhost"])
def test_plain_addresses_are_taken(text: str) -> None:
    assert is_address(text)


@pytest.mark.parametrize("domain", ["", "a b", "x>\r\nBcc: e@e", "a@b", "ä.example"])
def test_a_sender_without_a_proper_domain_is_refused_at_the_start(domain: str) -> None:
    with pytest.raises(NotReady, match="no domain"):
        Sender("a@b", domain)


@pytest.mark.parametrize("address", ["", "Duecourse <a@b>", "a@b\r\nBcc: e@e"])
def test_a_sender_without_a_proper_address_is_refused_at_the_start(address: str) -> None:
    with pytest.raises(NotReady, match="cannot be sent from"):
        Sender(address, "example.gov")


def _write_golden_texts() -> Any:
    for name, written in sample_letters().items():
        (GOLDEN / f"mail-{name}.txt").write_text(as_read(written), encoding="utf-8")


if __name__ == "__main__":
    _write_golden_texts()
