"""What does a raw mail say: who sent it, about what, what sort of mail is it, and which mails does it carry along?

Pure, and made for what anybody may send: whatever the bytes are, this returns, within a bounded time. Nothing that it
returns is longer than it says here, and nothing of it may turn, hide or break a page.
"""

from __future__ import annotations

import email.policy
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.message import Message
from email.parser import BytesParser
from email.utils import parsedate_to_datetime

from duecourse.models import MailKind
from duecourse.tracking.mail.mail_text import clean, decoded, header_of, text_of

_LOOKED_AT = 256 * 1024
"""Bytes: a mail's text comes before its attachments, and what is said after this is not needed for matching."""
_HEAD = 64_000
_MOST_PARTS = 100
"""The parts of a mail that is still taken apart; reading nested parts takes the square of their number."""
_LONGEST_LINE, _LONGEST_TEXT = 500, 20_000
_MOST_ANSWERS, _MOST_ATTACHMENTS, _MOST_SUBJECTS = 50, 50, 20
_BEGINS_PART = re.compile(rb"(?i)^content-type\s*:|boundary\s*=", re.M)
# What may be a header's line, and its continuation: the library takes the square of a header's length to read it.
_LONG_LINE = re.compile(rb"(?m)^((?:[ \t]|[A-Za-z-]{1,60}:)[^\r\n]{0,1000})[^\r\n]*")
_MANY_LINES = re.compile(rb"((?:\n[ \t][^\n]*){100})(?:\n[ \t][^\n]*)+")
_ADDRESS = re.compile(r"[^\s<>()\[\]:;,\"]{1,64}@[^\s<>()\[\]:;,\"@]{1,255}")
_ID = re.compile(r"<[^<>\s]{1,300}>")
_FORWARDED = re.compile(
    r"(?im)^[>|*\s]{0,20}(?:subject|betreff|objet|asunto|oggetto|assunto|onderwerp)\s*:\*?(.{1,500})$"
)
_FORWARDED_DATE = re.compile(r"(?im)^[>|*\s]{0,20}(?:date|sent|gesendet|datum|envoyé|enviado|fecha)\s*:\*?(.{1,100})$")
_ABSENT = re.compile(
    r"(?i)^(automatic reply|auto(matic)?[- ]?(reply|response)|out of (the )?office|automatische antwort|abwesenheit"
    r"|réponse automatique|respuesta automática|risposta automatica|resposta automática|automatisch antwoord)\b"
)
_DAEMON = re.compile(r"(?i)^(mailer-daemon|postmaster)@")


@dataclass(frozen=True, slots=True)
class Named:
    """A subject that a mail names, its own or that of a mail it carries along, with the date of that mail."""

    subject: str
    dated_at: datetime | None


@dataclass(frozen=True, slots=True)
class ReadMail:
    """What a mail says; `subjects` begins with its own. `dated_at` is aware, or None where no date makes sense."""

    kind: MailKind
    from_name: str
    from_address: str
    subject: str
    dated_at: datetime | None
    text: str
    message_id: str
    answers: tuple[str, ...]
    attachments: tuple[str, ...]
    subjects: tuple[Named, ...]


def read_mail(raw: bytes) -> ReadMail:
    """Return what a mail says; of one that cannot be taken apart, what its head says and its beginning as text."""
    seen = _MANY_LINES.sub(rb"\1", _LONG_LINE.sub(rb"\1", raw[:_LOOKED_AT]))
    if len(_BEGINS_PART.findall(seen)) > _MOST_PARTS:
        return _of_head(seen)
    try:
        whole = BytesParser(policy=email.policy.compat32).parsebytes(seen)
        return _of_parts(whole, list(_parts(whole)))
    except Exception:
        # The library stumbles over some malformed mails; the mail is kept all the same.
        return _of_head(seen)


def _of_head(raw: bytes) -> ReadMail:
    head = BytesParser(policy=email.policy.compat32).parsebytes(raw[:_HEAD], headersonly=True)
    body = head.get_payload()
    return _said(head, clean(body if isinstance(body, str) else "", lines=True)[:_LONGEST_TEXT])


def _of_parts(whole: Message, parts: list[Message]) -> ReadMail:
    carried = [part for part in parts if part is not whole and "subject" in part]
    returned = [text_of(part) for part in parts if part.get_content_type() == "text/rfc822-headers"]
    named = [Named(header_of(part, "subject"), _date(part)) for part in carried]
    named += [Named(clean(said), None) for text in returned for said in _FORWARDED.findall(text)]
    text = next((text_of(part) for part in parts if _is_body(part, "text/plain")), "")
    text = text or next((text_of(part) for part in parts if _is_body(part, "text/html")), "")
    names = [clean(decoded(part.get_filename() or "")) for part in parts if _is_attachment(part)]
    read = _said(whole, text[:_LONGEST_TEXT], named)
    ids = [found for part in carried for found in _ID.findall(header_of(part, "message-id"))]
    ids += [found for text in returned for found in _ID.findall(text)]
    return replace(
        read,
        answers=tuple(dict.fromkeys((*read.answers, *ids)))[:_MOST_ANSWERS],
        attachments=tuple(name[:200] or "without a name" for name in names[:_MOST_ATTACHMENTS]),
    )


def _said(head: Message, text: str, carried: Sequence[Named] = ()) -> ReadMail:
    subject, dated_at = header_of(head, "subject")[:_LONGEST_LINE], _date(head)
    name, address = _author(header_of(head, "from"))
    quoted_dates = [_parsed_date(said) for said in _FORWARDED_DATE.findall(text)]
    quoted_at = next((at for at in quoted_dates if at is not None), None)
    quoted = [Named(clean(said), quoted_at) for said in _FORWARDED.findall(text)]
    answers = _ID.findall(f"{header_of(head, 'in-reply-to')} {header_of(head, 'references')}")
    return ReadMail(
        kind=_kind(head, subject, address),
        from_name=name[:_LONGEST_LINE],
        from_address=address.lower(),
        subject=subject,
        dated_at=dated_at,
        text=text,
        message_id=next(iter(_ID.findall(header_of(head, "message-id"))), ""),
        answers=tuple(dict.fromkeys(answers))[:_MOST_ANSWERS],
        attachments=(),
        subjects=tuple(each for each in (Named(subject, dated_at), *carried, *quoted) if each.subject)[:_MOST_SUBJECTS],
    )


def _author(said: str) -> tuple[str, str]:
    # Not the library's parser, which follows nested comments until it falls over.
    found = _ADDRESS.findall(said)
    address = found[-1] if found else ""
    return said.replace(f"<{address}>", "").strip(' "') if address and address != said else "", address


def _kind(head: Message, subject: str, address: str) -> MailKind:
    """Return what sort of mail it is (RFC 3834, section 2; RFC 3464, section 2)."""
    report = str(head.get_param("report-type", "") or "").lower()
    if head.get_content_type() == "multipart/report" and report != "disposition-notification":
        return MailKind.DELIVERY_REPORT
    from_nobody = header_of(head, "return-path").strip() == "<>"
    if _DAEMON.match(address) or (from_nobody and not header_of(head, "auto-submitted")):
        return MailKind.DELIVERY_REPORT
    automatic = header_of(head, "auto-submitted").partition(";")[0].strip().lower()
    precedence = header_of(head, "precedence").strip().lower()
    is_automatic = (
        automatic not in ("", "no")
        or from_nobody
        or precedence in ("auto_reply", "bulk", "junk", "list")
        or "x-autoreply" in head
        or "x-autorespond" in head
        or report == "disposition-notification"
        or _ABSENT.match(subject) is not None
    )
    return MailKind.AUTOMATIC if is_automatic else MailKind.LETTER


def _parts(part: Message) -> Iterator[Message]:
    yield part
    if part.is_multipart():
        for inner in part.get_payload():
            if isinstance(inner, Message):
                yield from _parts(inner)


def _is_body(part: Message, media_type: str) -> bool:
    return part.get_content_type() == media_type and part.get_content_disposition() != "attachment"


def _is_attachment(part: Message) -> bool:
    return not part.is_multipart() and bool(part.get_filename() or part.get_content_disposition() == "attachment")


def _date(part: Message) -> datetime | None:
    return _parsed_date(header_of(part, "date"))


def _parsed_date(said: str) -> datetime | None:
    try:
        at = parsedate_to_datetime(said[:200].strip())
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    try:
        at = (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return at if 2000 <= at.year <= 2099 else None
