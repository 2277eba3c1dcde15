"""What does a person's daily mail carry, how does it read, and what becomes of what it carried?"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from duecourse.calendar import words
from duecourse.language.catalogue import ENGLISH
from duecourse.models import Notice, NoticeState
from duecourse.notifications.daily_subject import subject_of
from duecourse.notifications.messages import Letter, Mailbox, Sender, letter

Said = dict[str, Any]
"""What the daily mail says of one notice, as `letters.line_for` and others wrote it."""
PARTS, MOVED, CALENDARS = "parts", "moved", "calendars"
"""The sections for what a program owes its lead contractor, for dates that changed, and for calendars that are old."""
_SECTIONS = ("due", "overdue", PARTS, "prepare", MOVED, CALENDARS, "changed")


@dataclass(frozen=True, slots=True)
class Head:
    """With what a daily mail is written: to whom, for which local day, from whom, and where our pages are."""

    name: str
    address: str
    on: str
    base_url: str
    sender_address: str
    sender_domain: str
    sender_name: str
    seen: str
    """The name of the page on which its reader says to have seen it."""
    stop: str = ""
    """The address that stops daily mails."""
    language: str = ENGLISH

    def plain(self) -> dict[str, str]:
        """Return it as it is stored with the mail."""
        return {name: getattr(self, name) for name in self.__slots__}

    @property
    def sender(self) -> Sender:
        """Who the mail is from."""
        return Sender(self.sender_address, self.sender_domain, self.sender_name)


def daily_letter(head: Head, items: Sequence[Said], *, now: datetime) -> Letter:
    """Write the daily mail: what is due soonest first, what is overdue, what is to be prepared, and what changed.

    Each notice has its section: `_SECTIONS` in their order.

    Raises ValueError for an address that is none.
    """
    of = {section: sorted((one for one in items if one["section"] == section), key=_order) for section in _SECTIONS}
    changed: dict[str, list[Said]] = {}
    for one in sorted(of["changed"], key=lambda one: (one["contract"], one["order"], one["title"], one["label"])):
        changed.setdefault(one["contract"], []).append(one)
    values: dict[str, object] = {
        "subject": subject_of(of, on=date.fromisoformat(head.on)),
        "day": words.day(date.fromisoformat(head.on)),
        "due": of["due"],
        "overdue": of["overdue"],
        "parts": of[PARTS],
        "prepare": of["prepare"],
        "moved": of[MOVED],
        "calendars": of[CALENDARS],
        "changed": changed,
        "me": f"{head.base_url}/me",
        "seen": f"{head.base_url}/me/mails/{head.seen}",
        "stop": head.stop,
    }
    to = [Mailbox(head.name, head.address, head.language)]
    return letter("daily", values, to=to, cc=[], sender=head.sender, now=now, unsubscribe=head.stop)


def items_of(session: Session, carriers: Collection[int]) -> list[Any]:
    """Return what these daily mails carry and is still to go with them; one statement."""
    if not carriers:
        return []
    query = (
        sa.select(
            col(Notice.id),
            col(Notice.key),
            col(Notice.deliverable_id),
            col(Notice.person_id),
            col(Notice.rung),
            col(Notice.carrier_id),
            col(Notice.said),
        )
        .where(col(Notice.carrier_id).in_(carriers), col(Notice.state) == NoticeState.QUEUED)
        .order_by(col(Notice.id))
    )
    return list(session.execute(query).all())


def drop_items(session: Session, items: Sequence[Any], still_owed: Collection[str], *, now: datetime) -> set[int]:
    """Supersede what is no longer owed and write the mails that carried it anew; return the mails that are still due.

    A mail of which everything was dropped is not among them.
    """
    kept: dict[int, list[Any]] = {}
    dropped: list[Any] = []
    for item in items:
        if item.key in still_owed:
            kept.setdefault(item.carrier_id, []).append(item)
        else:
            dropped.append(item)
    if dropped:
        ended = sa.update(Notice).where(
            col(Notice.id).in_([item.id for item in dropped]), col(Notice.state) == NoticeState.QUEUED
        )
        session.execute(ended.values(state=NoticeState.SUPERSEDED).execution_options(synchronize_session=False))
    for carrier_id in sorted({item.carrier_id for item in dropped} & kept.keys()):
        carrier = session.get_one(Notice, carrier_id)
        head = Head(**(carrier.said or {}))
        anew = daily_letter(head, [item.said for item in kept[carrier_id]], now=now)
        carrier.subject, carrier.message = anew.subject, anew.with_id(carrier.message_id)
        session.add(carrier)
    session.flush()
    return set(kept)


def follow(session: Session, carrier_id: int, **values: Any) -> int:
    """Let what a mail carried have the same fate as the mail; return how many notices that were."""
    statement = (
        sa.update(Notice)
        .where(col(Notice.carrier_id) == carrier_id, col(Notice.state) == NoticeState.QUEUED)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    return int(session.execute(statement).rowcount)  # type: ignore[attr-defined]


def _order(one: Said) -> tuple[str, str, str]:
    return one["order"], one["title"], one["label"]
