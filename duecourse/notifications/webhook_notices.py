"""Who is told that a webhook was switched off, because nothing was taken at its address?"""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

from sqlmodel import Session

from duecourse.models import Person
from duecourse.notifications.addressing import mailbox_of
from duecourse.notifications.messages import Letter, Mailbox, Sender, letter, plain
from duecourse.notifications.people_notices import notice_of

WEBHOOK_OFF = "webhook-off"
"""The rung of a mail about a webhook. It is about no deliverable, and stays wanted."""


def owe_webhook_notice(
    session: Session, person: Person, webhook_id: int, name: str, *, now: datetime, base_url: str, sender: Sender
) -> None:
    """Owe a person one mail that a webhook of theirs was switched off, in the transaction in which it was."""
    link = f"{base_url}/me/webhooks/{webhook_id}"
    mail = webhook_message(mailbox_of(person), name, link, sender=sender, now=now)
    session.add(notice_of(person, mail, key=f"{WEBHOOK_OFF}|{uuid4()}", rung=WEBHOOK_OFF, now=now, sender=sender))
    session.flush()


def webhook_message(to: Mailbox, name: str, link: str, *, sender: Sender, now: datetime) -> Letter:
    """Write the mail that tells a person that a webhook was switched off."""
    values: dict[str, object] = {"name": plain(name), "link": link}
    return letter("webhook_off", values, to=[to], cc=[], sender=sender, now=now)
