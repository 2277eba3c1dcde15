"""Who is told that a passkey was added, removed or reset?"""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

from sqlmodel import Session

from duecourse.language.catalogue import ENGLISH
from duecourse.language.said import in_language
from duecourse.models import Person
from duecourse.notifications.addressing import mailbox_of
from duecourse.notifications.messages import Letter, Mailbox, Sender, letter, plain
from duecourse.notifications.people_notices import notice_of

PASSKEY = "passkey"
"""The rung of a mail about somebody's passkeys. It is about no deliverable, and stays wanted."""


def owe_passkey_notice(
    session: Session, person: Person, said: str, *, now: datetime, base_url: str, sender: Sender
) -> None:
    """Owe a person one mail that says what happened to the passkeys, in the transaction in which it happened."""
    mail = passkey_message(mailbox_of(person), said, f"{base_url}/me", sender=sender, now=now)
    session.add(notice_of(person, mail, key=f"{PASSKEY}|{uuid4()}", rung=PASSKEY, now=now, sender=sender))
    session.flush()


def passkey_message(to: Mailbox, said: str, link: str, *, sender: Sender, now: datetime) -> Letter:
    """Write the mail that tells a person what happened to the passkeys of that person, in one sentence."""
    values: dict[str, object] = {"said": plain(in_language(said, to.language or ENGLISH)), "link": link}
    return letter("passkey", values, to=[to], cc=[], sender=sender, now=now)
