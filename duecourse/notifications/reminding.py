"""How does a liaison remind the contractor by hand of a report that is still to come, besides the ladder?

The same readers are told as by the ladder, each in a mail of its own. It goes out only while the report is still open.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import NAMESPACE_URL, uuid5

from sqlmodel import Session, col, select

from duecourse.calendar import words
from duecourse.calendar.ladders import OWNER
from duecourse.calendar.lifecycle import Party
from duecourse.calendar.lifecycle_words import standing_said
from duecourse.calendar.standing import Standing
from duecourse.errors import Conflict
from duecourse.language.recalling import recalled
from duecourse.language.said import say
from duecourse.models import ContractRow, Deliverable, Notice
from duecourse.notifications.delivering import local_day
from duecourse.notifications.filling import insert
from duecourse.notifications.holding import Holding, holding
from duecourse.notifications.ladder import BY_HAND, Rung
from duecourse.notifications.messages import Sender
from duecourse.notifications.notice_rows import rows_for
from duecourse.notifications.owing import Owed, OwedTo
from duecourse.tracking.acting import By, locked
from duecourse.tracking.audit import record
from duecourse.tracking.boards import Item, items_from

REMINDABLE = (Standing.OVERDUE, Standing.DUE_SOON, Standing.EXPECTED, Standing.RETURNED)
"""Where it still has to come in. What cannot be late is asked for on its page alone."""


@dataclass(frozen=True, slots=True)
class WouldTell:
    """Who would be told of one deliverable, and why nobody would be."""

    item: Item
    names: tuple[str, ...]
    problem: str = ""


def would_tell(session: Session, items: Sequence[Item], *, now: datetime) -> list[WouldTell]:
    """Return for each of these deliverables who would be told; one statement."""
    who = holding(session, now=now)
    return [WouldTell(item, _names(_owed(item, who, now, form_key="")), _problem(item, who, now)) for item in items]


def remind(
    session: Session, deliverable_uid: str, *, form_key: str, by: By, now: datetime, base_url: str, sender: Sender
) -> tuple[str, ...]:
    """Put a reminder for everybody who has to see to it into the outbox, and return their names.

    The same `form_key` again adds nothing, and returns the same names. Raises NotFound; Conflict when it came in, is
    not asked for, or nobody is there who could be told.
    """
    row = locked(session, deliverable_uid)
    contract = session.get_one(ContractRow, row.contract_id)
    (item,) = items_from(session, [(row, contract)], now=now)
    who = holding(session, now=now)
    one = _owed(item, who, now, form_key=form_key)
    if _was_sent(session, row, form_key):
        return _names(one)
    problem = _problem(item, who, now)
    if problem:
        raise Conflict(
            say("%(title)s, %(label)s: %(problem)s", title=row.title, label=recalled(row.label), problem=problem)
        )
    rows = rows_for(session, [(one, one.keys)], now=now, base_url=base_url, sender=sender)
    insert(session, rows)
    names = _names(one)
    record(
        session,
        "reminded by hand",
        actor=by.actor,
        now=now,
        contract_id=row.contract_id,
        deliverable_id=row.id,
        detail={"to": [to.mailbox.address for to in one.to]},
    )
    return names


def _owed(item: Item, who: Holding, now: datetime, *, form_key: str) -> Owed:
    row, (due_on, limit, _) = item.deliverable, item.deliverable.asked_for
    today = local_day(now, row.zone)
    rung = Rung((today - due_on).days, due_on, now, change=BY_HAND, to=OWNER)
    parts = who.parts.get(row.contract_id, [])
    mailboxes = {part.person_id: part.mailbox for part in parts}
    to = tuple(
        OwedTo(
            f"{_key(row, form_key)}{reader.person_id}|{limit.isoformat()}",
            reader.person_id,
            mailboxes[reader.person_id],
            reader.why,
            reader.because,
        )
        for reader in who.told(row.contract_id, rung, party=Party(row.party), on=today)
    )
    liaisons = dict.fromkeys(part.mailbox.name for part in parts if part.role.is_liaison)
    return Owed(row.id or 0, item.facts, rung, to, tuple(liaisons))


def _problem(item: Item, who: Holding, now: datetime) -> str:
    if item.standing not in REMINDABLE:
        at = item.facts.submitted_at
        standing = standing_said(item.standing)
        if at and at <= now:
            came = words.instant(at, item.deliverable.zone)
            return say(
                "it is %(standing)s, it came in on %(at)s; there is nothing to remind of.", standing=standing, at=came
            )
        return say("it is %(standing)s; there is nothing to remind of.", standing=standing)
    if not _owed(item, who, now, form_key="").to:
        return say("nobody is named who could be told. Name somebody on the page of the contract’s people.")
    return ""


def _names(one: Owed) -> tuple[str, ...]:
    return tuple(to.mailbox.name or to.mailbox.address for to in one.to)


def _key(row: Deliverable, form_key: str) -> str:
    return f"{row.uid}|{BY_HAND}|{uuid5(NAMESPACE_URL, form_key)}|"


def _was_sent(session: Session, row: Deliverable, form_key: str) -> bool:
    query = select(Notice.id).where(Notice.deliverable_id == row.id, col(Notice.key).startswith(_key(row, form_key)))
    return session.exec(query.limit(1)).first() is not None


def still_to_come(session: Session, deliverable_ids: Collection[int], *, now: datetime) -> set[int]:
    """Return those of these deliverables that still have to come in; two statements."""
    query = select(Deliverable, ContractRow).join(ContractRow, col(ContractRow.id) == Deliverable.contract_id)
    rows = session.exec(query.where(col(Deliverable.id).in_(deliverable_ids))).all()
    return {item.deliverable.id or 0 for item in items_from(session, rows, now=now) if item.standing in REMINDABLE}
