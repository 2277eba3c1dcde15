"""Which notices must a person deliver another way, and who is asked to?

A notice becomes a person's task when its mail came back, and, a day before the legal date, when its mail has failed or
was tried in vain. The liaisons are asked once for each, over all of them in one mail; the page of notices lists them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import aliased, defer
from sqlmodel import Session, col, select

from duecourse.calendar.due import due_phrase
from duecourse.language.recalling import recalled
from duecourse.language.said import say, say_count
from duecourse.models import AuditEntry, AuditHead, ContractRow, Deliverable, Notice, NoticeState, Person
from duecourse.notifications.addressing import mailbox_of
from duecourse.notifications.filling import ACTOR
from duecourse.notifications.messages import ChangedContract, Sender, changes_message
from duecourse.notifications.owing import owed
from duecourse.notifications.people_notices import notice_of
from duecourse.notifications.reply_words import reply_said
from duecourse.notifications.suppression import suppressed_among
from duecourse.tracking.audit import record
from duecourse.tracking.staff.people import people_of

UNDELIVERED = "undelivered"
"""The rung of a mail that asks for another way to reach somebody. It is about no single deliverable, and stays."""
ASKED = "asked to reach a person another way"
BEFORE_DUE = timedelta(hours=24)
_COUNTS_FOR = timedelta(days=14)
"""How long a mail that came back is looked at."""


@dataclass(frozen=True, slots=True)
class Task:
    """A notice that reached nobody: its reader, what it is about, and why it did not arrive."""

    notice: Notice
    person: Person
    deliverable: Deliverable
    contract: ContractRow
    why: str

    @property
    def said(self) -> str:
        """Say who was not told of what, and why."""
        _, due_at, whole_day = self.deliverable.asked_for
        return say(
            "%(name)s (%(address)s) was not told of %(title)s, %(label)s, due %(due)s: %(why)s",
            name=self.person.name,
            address=self.notice.to_address,
            title=self.deliverable.title,
            label=recalled(self.deliverable.label),
            due=due_phrase(due_at, zone=self.deliverable.zone, whole_day=whole_day),
            why=self.why,
        )

    def __str__(self) -> str:
        return str(self.said)


def tasks(session: Session, *, now: datetime, contract_ids: Collection[str] | None = None) -> list[Task]:
    """Return the notices that a person must deliver another way, of all contracts or of these, by due moment."""
    carrier = aliased(Notice)
    waits = col(Notice.state).in_([NoticeState.QUEUED, NoticeState.CLAIMED])
    # What goes with a daily mail has the tries of that mail.
    carried = sa.and_(col(carrier.state).in_([NoticeState.QUEUED, NoticeState.CLAIMED]), _is_tried(carrier))
    stuck = sa.or_(col(Notice.state) == NoticeState.FAILED, sa.and_(waits, sa.or_(_is_tried(Notice), carried)))
    soon = sa.and_(stuck, col(Notice.due_at) > now, col(Notice.due_at) <= now + BEFORE_DUE)
    came_back = sa.and_(col(Notice.state) == NoticeState.BOUNCED, col(Notice.sent_at) > now - _COUNTS_FOR)
    query = (
        sa.select(Notice, Person, Deliverable, ContractRow, col(carrier.reply))
        .join(Person, col(Person.id) == Notice.person_id)
        .join(Deliverable, col(Deliverable.id) == Notice.deliverable_id)
        .join(ContractRow, col(ContractRow.id) == Deliverable.contract_id)
        .outerjoin(carrier, col(carrier.id) == Notice.carrier_id)
        .where(sa.or_(soon, came_back))
        .options(defer(Notice.message))  # type: ignore[arg-type]
        .order_by(col(Notice.due_at), col(Notice.id))
    )
    if contract_ids is not None:
        query = query.where(col(Deliverable.contract_id).in_(contract_ids))
    found = [
        Task(notice, person, deliverable, contract, reply_said(notice.reply or carried or "") or say("no answer came"))
        for notice, person, deliverable, contract, carried in session.execute(query)
    ]
    if not found:
        return []
    about = {task.deliverable.id for task in found if task.deliverable.id is not None}
    still = {key for one in owed(session, now=now, deliverable_ids=about) for key in one.keys}
    return [task for task in found if task.notice.key in still]


def owe_undelivered(session: Session, *, now: datetime, base_url: str, sender: Sender) -> int:
    """Ask the liaisons to reach people another way, once for each notice, and return how many mails are owed.

    Nobody is asked by a mail to an address from which mail came back, nor about a notice of one's own.
    """
    open_tasks = tasks(session, now=now)
    if not open_tasks:
        return 0
    # Held until the end: the second of two must read what the first has recorded.
    session.exec(select(AuditHead).with_for_update()).one()
    asked = _asked(session, open_tasks)
    news = [task for task in open_tasks if task.notice.id not in asked]
    told: dict[int, tuple[Person, dict[str, list[Task]]]] = {}
    for task in news:
        detail = {"notice": task.notice.id, "to": task.notice.to_address, "reply": task.why}
        record(
            session,
            ASKED,
            actor=ACTOR,
            now=now,
            contract_id=task.contract.id,
            deliverable_id=task.deliverable.id,
            detail=detail,
        )
        for person in {p.id: p for p, role in people_of(session, task.contract.id) if role.sets_up}.values():
            if person.id is not None and person.email != task.notice.to_address:
                told.setdefault(person.id, (person, {}))[1].setdefault(task.contract.id, []).append(task)
    suppressed = suppressed_among(session, [person.email for person, _ in told.values()])
    readers = [pair for pair in told.values() if pair[0].email.lower() not in suppressed]
    for person, by_contract in readers:
        session.add(_notice(person, by_contract, now=now, base_url=base_url, sender=sender))
    session.flush()
    return len(readers)


def _is_tried(notice: type[Notice]) -> sa.ColumnElement[bool]:
    # What goes back since the mail server is away counts no try, and says why in the reply.
    return sa.or_(col(notice.attempts) > 1, col(notice.reply) != "")


def _asked(session: Session, open_tasks: list[Task]) -> set[int]:
    ids = [task.deliverable.id for task in open_tasks]
    query = select(AuditEntry.detail).where(AuditEntry.action == ASKED, col(AuditEntry.deliverable_id).in_(ids))
    return {detail["notice"] for detail in session.exec(query)}


def _notice(
    person: Person, by_contract: dict[str, list[Task]], *, now: datetime, base_url: str, sender: Sender
) -> Notice:
    every = [task for found in by_contract.values() for task in found]
    contracts = tuple(
        ChangedContract(
            found[0].contract.number, found[0].contract.name, f"{base_url}/notices", tuple(task.said for task in found)
        )
        for found in by_contract.values()
    )
    names = list(dict.fromkeys(task.person.name for task in every))
    cause = names[0] if len(names) == 1 else say_count("%(num)s person", "%(num)s people", len(names))
    to = mailbox_of(person)
    letter = changes_message(to, contracts, cause=cause, sender=sender, now=now, of=UNDELIVERED)
    named = "|".join(str(task.notice.id) for task in every)
    key = f"{UNDELIVERED}|{hashlib.sha256(named.encode()).hexdigest()}|{person.id}"
    return notice_of(person, letter, key=key, rung=UNDELIVERED, now=now, sender=sender)
