"""How do a reminder and a sign-in link read, and which bytes go over the wire?

Pure: values in, bytes out. Each kind of mail has its subject, its text and its HTML in a file of that name. What people
typed is cleaned before it comes near a header or a template, and is never itself a template.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from email.message import EmailMessage
from email.policy import SMTP
from enum import StrEnum
from typing import Any
from uuid import UUID

from duecourse.calendar import words
from duecourse.errors import NotReady
from duecourse.language.said import in_language
from duecourse.notifications.addressing import Mailbox as Mailbox
from duecourse.notifications.addressing import address as _address
from duecourse.notifications.addressing import header as _header
from duecourse.notifications.addressing import is_address as is_address
from duecourse.notifications.addressing import plain as plain
from duecourse.notifications.rendering import encoding_of, rendered
from duecourse.settings import Settings

SIGN_IN_MINUTES = 10
_LONGEST_COMMENT = 4000
_DOMAIN = re.compile(r"(?:[A-Za-z0-9-]{1,63}\.)*[A-Za-z0-9-]{1,63}")


class Kind(StrEnum):
    """The kinds of reminder; each is the name of its three templates."""

    BEFORE = "before"
    ON_DAY = "on_day"
    OVERDUE = "overdue"
    COPY = "copy"
    """To the liaison: what is overdue, and who was reminded."""
    RETURNED = "returned"
    """What was sent back, with the comment and the day for the correction."""
    CAME_IN_LATE = "came_in_late"
    """To those who heard that it was overdue."""


@dataclass(frozen=True, slots=True)
class Sender:
    """Who our mail is from: the address, the domain of its Message-IDs, and the name that is shown.

    Raises NotReady when the address or the domain cannot stand in a mail: better at the start than in every notice.
    """

    address: str
    domain: str
    name: str = "Duecourse"

    def __post_init__(self) -> None:
        if not is_address(self.address):
            raise NotReady(
                f"Mail cannot be sent from “{self.address}”. Give one address, such as deadlines@agency.gov."
            )
        if not _DOMAIN.fullmatch(self.domain):
            raise NotReady(f"“{self.domain}” is no domain for the names of our mails. Give one such as agency.gov.")


def sender_of(settings: Settings) -> Sender:
    """Return who our mail is from by the settings of this server; raises NotReady as `Sender` does."""
    return Sender(settings.sender, settings.mail_domain)


@dataclass(frozen=True, slots=True)
class Matter:
    """What a reminder is about. `due` is the due moment in words; `link` leads to the deliverable's page.

    `because` says why its readers get it. `liaisons` are copied from `copied_on` on. `if_late` and `prescribed_subject`
    are empty where the contract says nothing; `returned_on` is the day on which the report was sent back, if it was,
    and `comment` the paragraphs that say what has to be corrected. `came_in` says when it came in.
    """

    title: str
    label: str
    contract: str
    contractor: str
    owed_to: str
    channel: str
    prescribed_subject: str
    due: str
    due_on: date
    steps: tuple[str, ...]
    if_late: str
    link: str
    because: str
    liaisons: tuple[str, ...]
    copied_on: date | None
    returned_on: date | None = None
    comment: tuple[str, ...] = ()
    came_in: str = ""


@dataclass(frozen=True, slots=True)
class ChangedContract:
    """A contract of which dates changed: how it is called, its page, and a sentence for each change."""

    number: str
    name: str
    link: str
    lines: tuple[str, ...]

    def cleaned(self, language: str) -> dict[str, Any]:
        """Return it as a mail in this language says it, of plain values."""
        return {field.name: _cleaned(getattr(self, field.name), language) for field in fields(self)}


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail but for its Message-ID: the one part in which the copies of several recipients differ."""

    subject: str
    content: bytes

    def with_id(self, message_id: str) -> bytes:
        """Return the whole message as it goes over the wire."""
        return f"Message-ID: {message_id}\r\n".encode("ascii") + self.content


def message_id(identity: UUID, sender: Sender) -> str:
    """Return the Message-ID header of the notice with this identity."""
    return f"<notice-{identity}@{sender.domain}>"


def reminder(
    kind: Kind,
    matter: Matter,
    *,
    to: Sequence[Mailbox],
    cc: Sequence[Mailbox],
    sender: Sender,
    now: datetime,
    calendar: bytes = b"",
    language: str = "",
) -> Letter:
    """Write a reminder that is addressed `to` some and shows others as copied; `now` becomes its Date.

    `calendar` is a file with its deadline, to be attached. The `language` is that of the first addressee, where none is
    named. Raises ValueError for an address that is none.
    """
    language = language or to[0].language
    values = {field.name: _cleaned(getattr(matter, field.name), language) for field in fields(matter)}
    values["comment"] = tuple(plain(part, at_most=_LONGEST_COMMENT) for part in matter.comment)
    values |= {"addressed": _names(to), "copied": _names(cc)}
    return letter(kind, values, to=to, cc=cc, sender=sender, now=now, calendar=calendar, language=language)


def sign_in_message(to: Mailbox, link: str, *, sender: Sender, now: datetime, code: str = "", by: str = "") -> Letter:
    """Write the mail with a link and a code that sign one person in, once, within 10 minutes; `by` says who asked."""
    values = {"address": to.address, "link": link, "minutes": SIGN_IN_MINUTES, "code": code, "asked_from": by}
    return letter("sign_in", values, to=[to], cc=[], sender=sender, now=now)


def changes_message(
    to: Mailbox, contracts: Sequence[ChangedContract], *, cause: str, sender: Sender, now: datetime, of: str = "changes"
) -> Letter:
    """Write the mail, named by its templates, that tells one person what changed where, and what brought it about."""
    cleaned = [contract.cleaned(to.language) for contract in contracts]
    count = sum(len(contract.lines) for contract in contracts)
    values = {"cause": _cleaned(cause, to.language), "contracts": cleaned, "count": count}
    return letter(of, values, to=[to], cc=[], sender=sender, now=now)


def letter(
    template: str,
    values: dict[str, object],
    *,
    to: Sequence[Mailbox],
    cc: Sequence[Mailbox],
    sender: Sender,
    now: datetime,
    unsubscribe: str = "",
    calendar: bytes = b"",
    language: str = "",
) -> Letter:
    """Write the mail that the three templates of one name make of cleaned `values`.

    The `language` is that of the first addressee, where none is named; each reader gets a mail of one's own.
    `unsubscribe` is the address that stops mails of this kind at one press (RFC 8058): for daily mails alone, since a
    notice under a contract is no list. `calendar` is a file with the one deadline that the mail is about.
    """
    values = values | {"has_calendar": bool(calendar)}
    language = language or to[0].language
    said, text, html = rendered(template, values, language)
    subject = _header(said)
    message = EmailMessage(policy=SMTP)
    message["From"] = _address(Mailbox(sender.name, sender.address))
    message["To"] = [_address(mailbox) for mailbox in to]
    if cc:
        message["Cc"] = [_address(mailbox) for mailbox in cc]
    message["Subject"] = subject
    message["Date"] = now
    # So that no auto-responder answers (RFC 3834, section 5).
    message["Auto-Submitted"] = "auto-generated"
    if unsubscribe:
        message["List-Unsubscribe"] = f"<{unsubscribe}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(text, cte=encoding_of(text))
    message.add_alternative(html, subtype="html", cte=encoding_of(html))
    # The library's boundary is random; the same mail is the same bytes.
    boundary = "=_" + hashlib.sha256((text + html).encode()).hexdigest()[:32]
    message.set_boundary(boundary)
    if calendar:
        params = {"method": "PUBLISH", "charset": "UTF-8"}
        message.add_attachment(calendar, "text", "calendar", cte="base64", filename="deadline.ics", params=params)
        message.set_boundary(f"{boundary}-all")
    # Last: what makes a message of several parts moves every header about content into the first of them.
    message["Content-Language"] = language
    head, end, body = message.as_bytes().partition(b"\r\n\r\n")
    # The library breaks a long subject before its first word, and some programs show that as a space.
    return Letter(subject, head.replace(b"\r\nSubject:\r\n ", b"\r\nSubject: ", 1) + end + body)


def _cleaned(value: object, language: str) -> object:
    """Return a value in the language, fit for a header or a template."""
    if isinstance(value, str):
        return plain(in_language(value, language))
    if isinstance(value, tuple):
        return tuple(plain(in_language(str(part) if not isinstance(part, str) else part, language)) for part in value)
    return _cleaned(words.day(value), language) if isinstance(value, date) else value


def _names(mailboxes: Sequence[Mailbox]) -> tuple[str, ...]:
    return tuple(plain(mailbox.name) or mailbox.address for mailbox in mailboxes)
