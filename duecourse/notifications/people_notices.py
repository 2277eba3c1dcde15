"""Who is told that parts went over to them, and what becomes of the mails that still waited for whoever left?"""

from __future__ import annotations

import hashlib
from datetime import datetime
from email import message_from_bytes
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from uuid import NAMESPACE_URL, uuid5

import sqlalchemy as sa
from sqlmodel import Session, col, select

from duecourse.calendar import words
from duecourse.calendar.roles import RoleName
from duecourse.language.recalling import recalled
from duecourse.language.said import say, say_count
from duecourse.models import ContractRow, Notice, NoticeState, Person
from duecourse.notifications.addressing import mailbox_of
from duecourse.notifications.claiming import SIGN_IN
from duecourse.notifications.delivering import DAILY, NOTHING_DUE
from duecourse.notifications.messages import (
    ChangedContract,
    Letter,
    Sender,
    changes_message,
    message_id,
    plain,
)
from duecourse.notifications.part_reminders import PREFIX as PART
from duecourse.tracking.boards import Item, items
from duecourse.tracking.staff.handing_over import HandedOver

HANDED_OVER = "handed-over"
"""The rung of a mail that tells a successor what goes over. It is about no single deliverable, and stays wanted."""
_MOST_NAMED = 10
"""How many open items of one contract a mail names; the page has them all."""


def owe_handover_notices(session: Session, handed: HandedOver, *, now: datetime, base_url: str, sender: Sender) -> int:
    """Owe the successor one mail on what goes over, and pass on what waited for somebody who left; return how many.

    In the transaction of the handover. Reminders of deliverables need nothing here: the next scan owes them to whoever
    holds the part then, and those that wait for the person before are not sent. A mail that a sender has just taken
    goes where it was going, and a copy goes to the successor: twice rather than never.
    """
    if handed.successor is None or not handed.parts:
        return 0
    told = [_changed(session, contract, roles, handed, now, base_url) for contract, roles in handed.parts]
    to = mailbox_of(handed.successor)
    letter = changes_message(to, tuple(told), cause=handed.person.name, sender=sender, now=now, of="handover")
    named = "|".join([now.isoformat(), str(handed.person.id), *(contract.id for contract, _ in handed.parts)])
    key = f"{HANDED_OVER}|{hashlib.sha256(named.encode()).hexdigest()}|{handed.successor.id}"
    session.add(notice_of(handed.successor, letter, key=key, rung=HANDED_OVER, now=now, sender=sender))
    session.flush()
    return 1 + (_pass_on(session, handed.person, handed.successor, now=now, sender=sender) if handed.has_left else 0)


def notice_of(person: Person, letter: Letter, *, key: str, rung: str, now: datetime, sender: Sender) -> Notice:
    """Return a notice that is about no single deliverable, ready for the outbox."""
    assert person.id is not None
    identity = message_id(uuid5(NAMESPACE_URL, key), sender)
    return Notice(
        key=key,
        person_id=person.id,
        rung=rung,
        owed_at=now,
        queued_at=now,
        message_id=identity,
        to_address=person.email,
        subject=letter.subject,
        message=letter.with_id(identity),
        next_try_at=now,
    )


def named_items(found: list[Item]) -> list[str]:
    """Return a line for each of the first open items, and one for how many more there are."""
    lines: list[str] = [
        say(
            "%(title)s, %(label)s: due %(due)s.",
            title=one.deliverable.title,
            label=recalled(one.deliverable.label),
            due=one.phrase,
        )
        for one in found[:_MOST_NAMED]
    ]
    more = len(found) - _MOST_NAMED
    return [*lines, say_count("And %(num)s more.", "And %(num)s more.", more)] if more > 0 else lines


def _changed(
    session: Session,
    contract: ContractRow,
    roles: tuple[RoleName, ...],
    handed: HandedOver,
    now: datetime,
    base_url: str,
) -> ChangedContract:
    sides = {role.side for role in roles}
    found = items(session, now=now, contract_ids=[contract.id], open_only=True)
    mine = [one for one in found if one.deliverable.party in sides]
    lines = (
        say(
            "Yours since %(day)s: %(parts)s. %(reason)s",
            day=words.day(handed.on),
            parts=words.joined([role.said for role in roles]),
            reason=handed.reason,
        ),
        say_count("%(num)s item open.", "%(num)s items open.", len(mine)) if mine else say("Nothing is open."),
        *named_items(mine),
    )
    return ChangedContract(contract.number, contract.name, f"{base_url}/contracts/{contract.id}", lines)


def _pass_on(session: Session, person: Person, successor: Person, *, now: datetime, sender: Sender) -> int:
    """Queue for the successor a copy of each mail about no single deliverable that has not arrived.

    What waits for the daily mail waits for that of the successor then.
    """
    waiting = (
        select(Notice)
        .where(
            Notice.person_id == person.id,
            col(Notice.deliverable_id).is_(None),
            # What is owed to whoever holds the part then is owed anew.
            col(Notice.rung).not_in((SIGN_IN, DAILY, NOTHING_DUE)),
            ~col(Notice.rung).startswith(PART),
            # A report that is mailed to the funder is not this person's mail.
            Notice.to_address == person.email,
            col(Notice.state).in_([NoticeState.OWED, NoticeState.QUEUED, NoticeState.CLAIMED]),
        )
        .order_by(col(Notice.id))
        .with_for_update()
    )
    found = list(session.exec(waiting))
    for notice in found:
        key = f"{notice.key}|passed on|{successor.id}"
        letter = Letter(notice.subject, _addressed_to(notice.message, successor) if notice.message else b"")
        made = notice_of(successor, letter, key=key, rung=notice.rung, now=now, sender=sender)
        if notice.deliver_at is not None:
            made.state, made.message, made.deliver_at, made.said = NoticeState.OWED, b"", notice.deliver_at, notice.said
        session.add(made)
    alone = [each.id for each in found if each.state == NoticeState.QUEUED and each.carrier_id is None]
    # Guarded: what a sender claimed in the meantime is settled by that sender. What a daily mail carries is looked at
    # again when that is claimed.
    ended = sa.update(Notice).where(col(Notice.id).in_(alone), col(Notice.state) == NoticeState.QUEUED)
    session.execute(ended.values(state=NoticeState.SUPERSEDED).execution_options(synchronize_session=False))
    session.flush()
    return len(found)


def _addressed_to(message: bytes, person: Person) -> bytes:
    parsed = message_from_bytes(message, _class=EmailMessage, policy=SMTP)
    for name in ("Message-ID", "To", "Cc"):
        del parsed[name]
    # The library decodes "=?...?=" in what it is given, and whatever may hide in it.
    parsed["To"] = Address(plain(person.name).replace("=?", "= ?"), addr_spec=person.email)
    return parsed.as_bytes()
