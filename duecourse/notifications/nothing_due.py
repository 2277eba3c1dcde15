"""Who asked for a weekly line that nothing is due, and is that so today?"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy import Engine
from sqlmodel import Session, col

from duecourse.calendar import words
from duecourse.calendar.roles import RoleName
from duecourse.language.catalogue import known
from duecourse.models import ContractRow, Deliverable, Notice, NoticeState, Person, Preference, Role
from duecourse.models.database import reading, writing
from duecourse.notifications.bundling import daily_key, seen_name
from duecourse.notifications.candidates import to_hand_in
from duecourse.notifications.delivering import NOTHING_DUE
from duecourse.notifications.filling import insert
from duecourse.notifications.messages import Mailbox, Sender, is_address, letter, message_id
from duecourse.notifications.notice_rows import Row, untried

WITHIN = timedelta(days=7)


def owe_nothing_due(engine: Engine, *, now: datetime, base_url: str, sender: Sender) -> int:
    """Write the weekly mails of those who asked for one and have nothing due or overdue; return how many are new.

    Safe by two at once: the key is that of the day's mail. Five statements at most.
    """
    with reading(engine) as session:
        rows = _rows(session, now=now, base_url=base_url, sender=sender)
    if not rows:
        return 0
    with writing(engine) as session:
        return insert(session, rows)


def _rows(session: Session, *, now: datetime, base_url: str, sender: Sender) -> list[Row]:
    asked = [one for one in session.execute(_asking()) if is_address(one.email)]
    today = {one.person_id: _local(one, now) for one in asked}
    ready = [one for one in asked if _is_time(one, today[one.person_id])]
    if not ready:
        return []
    ids = [one.person_id for one in ready]
    busy = _with_something_due(session, ids, now)
    keys = [daily_key(one.person_id, today[one.person_id].date()) for one in ready]
    told = set(session.execute(sa.select(col(Notice.key)).where(col(Notice.key).in_(keys))).scalars())
    return [
        _row(one, key, now=now, until=today[one.person_id] + WITHIN, base_url=base_url, sender=sender)
        for one, key in zip(ready, keys, strict=True)
        if one.person_id not in busy and key not in told
    ]


def _asking() -> sa.Select[Any]:
    zone = (
        sa.select(sa.func.min(col(ContractRow.zone)))
        .join(Role, col(Role.contract_id) == ContractRow.id)
        .where(col(Role.person_id) == Person.id)
        .scalar_subquery()
    )
    return (
        sa.select(
            col(Preference.person_id),
            col(Preference.mail_hour),
            col(Preference.zone),
            col(Preference.nothing_due_on),
            col(Preference.paused_from),
            col(Preference.paused_to),
            col(Person.name),
            col(Person.email),
            col(Person.language),
            zone.label("of_contracts"),
        )
        .join(Person, col(Person.id) == Preference.person_id)
        .where(col(Preference.nothing_due_on).is_not(None), col(Person.disabled_at).is_(None), zone.is_not(None))
        .order_by(col(Preference.person_id))
    )


def _local(one: Any, now: datetime) -> datetime:
    return now.astimezone(ZoneInfo(one.zone or one.of_contracts))


def _is_time(one: Any, local: datetime) -> bool:
    paused = one.paused_from is not None and one.paused_from <= local.date() <= one.paused_to
    return bool(not paused and local.weekday() == one.nothing_due_on and local.hour >= one.mail_hour)


def _with_something_due(session: Session, ids: list[int], now: datetime) -> set[int]:
    waiting = sa.select(col(Notice.person_id)).where(
        col(Notice.person_id).in_(ids), col(Notice.state) == NoticeState.OWED
    )
    due = (
        sa.select(col(Role.person_id), col(Role.name), col(Deliverable.party))
        .join(Deliverable, col(Deliverable.contract_id) == Role.contract_id)
        .where(
            col(Role.person_id).in_(ids),
            *to_hand_in(),
            col(Deliverable.remind),
            col(Deliverable.due_at) < now + WITHIN,
        )
        .distinct()
    )
    mine = {row.person_id for row in session.execute(due) if RoleName(row.name).side == row.party}
    return mine | set(session.execute(waiting).scalars())


def _row(one: Any, key: str, *, now: datetime, until: datetime, base_url: str, sender: Sender) -> Row:
    values: dict[str, object] = {"until": words.day(until.date()), "link": base_url.rstrip("/")}
    to = [Mailbox(one.name, one.email, known(one.language))]
    mail = letter(NOTHING_DUE.replace("-", "_"), values, to=to, cc=[], sender=sender, now=now)
    identity = message_id(seen_name(key), sender)
    return untried(now) | {
        "key": key,
        "deliverable_id": None,
        "person_id": one.person_id,
        "rung": NOTHING_DUE,
        "is_copy": False,
        "due_at": None,
        "owed_at": now,
        "message_id": identity,
        "to_address": one.email,
        "subject": mail.subject,
        "message": mail.with_id(identity),
    }
