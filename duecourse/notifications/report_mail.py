"""Which bytes go over the wire when a report is mailed?

Pure: values in, bytes out, and the same values the same bytes: the mail is evidence, and a form that is sent twice is
known by it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP

from duecourse.notifications.addressing import Mailbox, address, header
from duecourse.notifications.messages import Sender

# The library folds a subject that is a little too long right after its name, which some filters do not see through; a
# line may have 998 characters (RFC 5322, 2.1.1).
_WIRE = SMTP.clone(max_line_length=240)
_WITHOUT_PARTS = ("multipart", "message")


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes with a mail."""

    name: str
    media_type: str
    content: bytes


def report_mail(
    subject: str,
    body: str,
    *,
    to: Sequence[Mailbox],
    cc: Sequence[Mailbox],
    person: Mailbox,
    sender: Sender,
    attachments: Sequence[Attachment],
    message_id: str,
    date: datetime,
) -> bytes:
    """Write a report's mail: from the server in the name of `person`, who gets the answers (RFC 5322, 3.6.2).

    One mail with one Message-ID for everybody whom it names. It is not marked as automatic: a person sends it. Raises
    ValueError for an address that is none.
    """
    message = EmailMessage(policy=SMTP)
    message["From"] = address(Mailbox(f"{person.name} ({sender.name})", sender.address))
    message["Reply-To"] = address(person)
    message["To"] = [address(each) for each in to]
    if cc:
        message["Cc"] = [address(each) for each in cc]
    message["Subject"] = header(subject)
    message["Date"] = date
    message["Message-ID"] = message_id
    lines = body.replace("\r\n", "\n").rstrip("\n") + "\n"
    message.set_content(lines, cte="7bit" if _is_simple(lines) else "quoted-printable")
    seal = hashlib.sha256(message_id.encode() + lines.encode())
    for each in attachments:
        main, _, sub = each.media_type.partition("/")
        if not sub or main in _WITHOUT_PARTS:
            # These may not be encoded (RFC 2045, 6.4), and then a mail server on the way could change them.
            main, sub = "application", "octet-stream"
        message.add_attachment(each.content, maintype=main, subtype=sub, filename=header(each.name))
        seal.update(hashlib.sha256(each.content).digest())
    if attachments:
        # The library's boundary is random.
        message.set_boundary("=_" + seal.hexdigest()[:40])
    return message.as_bytes(policy=_WIRE)


def _is_simple(text: str) -> bool:
    return text.isascii() and max(map(len, text.split("\n"))) < 990
