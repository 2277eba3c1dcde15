"""How does a notice that is about no single deliverable look as a row of the outbox: alone, or in the daily mail?"""

from __future__ import annotations

from datetime import datetime
from uuid import NAMESPACE_URL, uuid5

from duecourse.models import NoticeState
from duecourse.notifications.addressing import is_address, plain
from duecourse.notifications.carrying import Said
from duecourse.notifications.messages import Letter, Mailbox, Sender, message_id
from duecourse.notifications.notice_rows import Row, untried


def row_alone(
    person_id: int,
    to: Mailbox,
    letter: Letter,
    *,
    key: str,
    rung: str,
    owed_at: datetime,
    now: datetime,
    sender: Sender,
) -> Row:
    """Return the row of a mail of its own, which is sent at once; one to an address that is none has failed."""
    row = _blank(person_id, to, key=key, rung=rung, owed_at=owed_at, now=now, sender=sender)
    if not is_address(to.address):
        return row | {"state": NoticeState.FAILED, "reply": "This is no email address that mail can be sent to."}
    return row | {"subject": letter.subject, "message": letter.with_id(row["message_id"])}


def row_in_daily(
    person_id: int,
    to: Mailbox,
    said: Said,
    *,
    key: str,
    rung: str,
    owed_at: datetime,
    deliver_at: datetime,
    now: datetime,
    sender: Sender,
) -> Row:
    """Return the row of what waits for its reader's daily mail, which says of it what `said` says."""
    row = _blank(person_id, to, key=key, rung=rung, owed_at=owed_at, now=now, sender=sender)
    subject = plain(", ".join(part for part in (said["title"], said["label"]) if part))
    return row | {"state": NoticeState.OWED, "deliver_at": deliver_at, "said": said, "subject": subject}


def _blank(
    person_id: int, to: Mailbox, *, key: str, rung: str, owed_at: datetime, now: datetime, sender: Sender
) -> Row:
    return untried(now) | {
        "key": key,
        "deliverable_id": None,
        "person_id": person_id,
        "rung": rung,
        "is_copy": False,
        "due_at": None,
        "owed_at": owed_at,
        "message_id": message_id(uuid5(NAMESPACE_URL, key), sender),
        "to_address": to.address,
    }
