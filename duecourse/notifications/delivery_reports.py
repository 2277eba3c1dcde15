"""What does a mail server's report say: which status, of which return path, and in which words?

Pure, and made for what anybody may send: whatever the bytes are, this returns. Reads RFC 3464 (delivery status), RFC
5965 (complaints), and of older mail servers' plain text the first status code (RFC 3463).
"""

from __future__ import annotations

import email.policy
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from email.parser import BytesParser

from duecourse.tracking.mail.mail_text import clean, header_of, text_of

_LOOKED_AT = 256 * 1024
_MOST_PARTS = 50
_LONGEST = 300
_BEGINS_PART = re.compile(rb"(?i)^content-type\s*:|boundary\s*=", re.M)
_LONG_LINE = re.compile(rb"(?m)^([^\r\n]{1000})[^\r\n]*")
_FIELD = re.compile(r"(?m)^([A-Za-z-]{1,40}):[ \t]*([^\n]*(?:\n[ \t][^\n]*){0,20})")
_STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
_AFTER_REPLY = re.compile(r"(?<!\d)[245]\d\d[ -]#?([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
_FOR_GOOD = re.compile(r"(?<![\d.])(5\.\d{1,3}\.\d{1,3})(?![\d.])")
_REPLY = re.compile(r"(?m)(?:^|[\s:#])([45]\d\d)[ -](?=\S)")
_TAGGED = re.compile(r"([A-Za-z0-9._-]{1,30})\+([0-9]{1,18})\.([A-Za-z2-7]{24})@([A-Za-z0-9.-]{1,253})")
_ADDRESSED = ("to", "delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "original-recipient")


@dataclass(frozen=True, slots=True)
class ReturnPath:
    """A tagged return path: the number of the notice, and the mark that only we can have made."""

    notice_id: int
    mark: str
    address: str
    """The address without its tag, in small letters."""


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """What a report says; `status` and `action` are empty where it says none, and so is `addressed_to`."""

    addressed_to: tuple[ReturnPath, ...]
    action: str
    status: str
    said: str


def read_report(raw: bytes) -> DeliveryReport:
    """Return what a report says."""
    seen = _LONG_LINE.sub(rb"\1", raw[:_LOOKED_AT])
    head_alone = len(_BEGINS_PART.findall(seen)) > _MOST_PARTS
    try:
        whole = BytesParser(policy=email.policy.compat32).parsebytes(seen, headersonly=head_alone)
        parts = list(_parts(whole))
        paths = _paths(whole)
        if str(whole.get_param("report-type", "") or "").lower() == "feedback-report":
            return DeliveryReport(paths, "complaint", "", "Its reader marked it as unwanted.")
        blocks = [block for part in parts for block in _recipients(part)]
        failed = next((b for b in blocks if b.get("action", "").lower() == "failed"), None)
        chosen = failed or next(iter(blocks), None)
        if chosen is not None and _STATUS.search(chosen.get("status", "")):
            return DeliveryReport(paths, chosen.get("action", "").lower()[:20], *_status_of(chosen))
        return DeliveryReport(paths, "", *_in_words("\n".join(text_of(p) for p in parts if not p.is_multipart())))
    except Exception:
        # The library stumbles over some malformed mails; a person can read what is kept.
        return DeliveryReport((), "", "", "")


def _parts(part: Message, depth: int = 0) -> Iterator[Message]:
    yield part
    # Not into the mail that came back: what it says is ours, or made up.
    if part.is_multipart() and part.get_content_type() != "message/rfc822" and depth < 5:
        for inner in part.get_payload():
            if isinstance(inner, Message) and inner.get_content_type() not in ("message/rfc822", "text/rfc822-headers"):
                yield from _parts(inner, depth + 1)


def _paths(whole: Message) -> tuple[ReturnPath, ...]:
    said = " ".join(header_of(whole, name) for name in _ADDRESSED)
    found = (
        ReturnPath(int(number), mark.lower(), f"{name}@{domain}".lower())
        for name, number, mark, domain in _TAGGED.findall(said)
    )
    return tuple(dict.fromkeys(found))[:5]


def _recipients(part: Message) -> Iterator[dict[str, str]]:
    """Yield the fields of each recipient of a delivery status (RFC 3464, 2.3)."""
    if part.get_content_type() not in ("message/delivery-status", "message/global-delivery-status"):
        return
    payload = part.get_payload()
    blocks = [str(block) for block in payload] if isinstance(payload, list) else str(payload).split("\n\n")
    for block in blocks[:20]:
        fields = {name.lower(): " ".join(value.split()) for name, value in _FIELD.findall(block.replace("\r\n", "\n"))}
        if "action" in fields or "status" in fields:
            yield fields


def _status_of(fields: dict[str, str]) -> tuple[str, str]:
    status = _STATUS.search(fields["status"])
    assert status is not None
    said = fields.get("diagnostic-code", "").partition(";")[2].strip() or fields.get("diagnostic-code", "")
    return status[1], clean(said or fields["status"])[:_LONGEST]


def _in_words(text: str) -> tuple[str, str]:
    """Return the status that a text gives, and its line; a bare reply code counts as ``5.0.0``."""
    # A version such as 4.94.2 looks like a status: what stands after a reply code, and a reply code itself, go first.
    for pattern in (_AFTER_REPLY, _FOR_GOOD, _REPLY, _STATUS):
        found = pattern.search(text)
        if found is not None:
            line = text[text.rfind("\n", 0, found.start(1)) + 1 :].partition("\n")[0]
            return found[1] if "." in found[1] else f"{found[1][0]}.0.0", clean(line)[:_LONGEST]
    return "", ""
