"""Which messages are owed: what happened since the last look, to whom may it be told, and is it told already?

The audit log is numbered without a gap, in the order in which changes were committed. Each webhook keeps the number up
to which its messages were written, in the transaction that wrote them. Whatever is killed at whatever moment, the next
look begins where the last one ended: nothing is left out, and a message is written once, by its event.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Engine
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from duecourse.models import (
    AuditEntry,
    AuditHead,
    ContractRow,
    Deliverable,
    DeliveryState,
    DueChange,
    Person,
    Webhook,
    WebhookDelivery,
)
from duecourse.models.database import reading, writing
from duecourse.tracking.conditions import limit_column, on_board
from duecourse.tracking.staff.people import roles_of
from duecourse.webhooks.bodies import event_id, of_entry, of_move, of_overdue
from duecourse.webhooks.happenings import MOVED, OVERDUE, PLANNED, actions_of

KEPT = timedelta(days=30)
"""How far back it is told what happened while a webhook was paused, and how long messages are shown afterwards."""
_AT_ONCE = 200
"""How many entries are looked at in one transaction."""
_MOST_WAITING = 1000
"""A webhook that has so many waiting is owed no more until some are taken; they stay in the audit log."""


def owe(engine: Engine, *, now: datetime, base_url: str) -> int:
    """Write the messages that are owed to every webhook that runs, and return how many those are."""
    with reading(engine) as session:
        head = session.exec(select(AuditHead.sequence)).one()
        hooks = session.exec(select(Webhook).where(*running())).all()
        # Looked at first without the lock of a writer: mostly nothing is new.
        behind = [each.id for each in hooks if each.after_sequence < head or _is_something_overdue(session, each, now)]
    written = 0
    for webhook_id in behind:
        more = True
        while more:
            with writing(engine) as session:
                count, more = _owe_some(session, webhook_id or 0, now=now, base_url=base_url)
            written += count
    return written


def in_use() -> list[sa.ColumnElement[bool]]:
    """Return the conditions under which a webhook is in use: not removed, and its person may come in."""
    may_come_in = select(Person.id).where(col(Person.disabled_at).is_(None))
    return [col(Webhook.removed_at).is_(None), col(Webhook.person_id).in_(may_come_in)]


def running() -> list[sa.ColumnElement[bool]]:
    """Return the conditions under which a webhook is told what happens: in use, and not paused."""
    return [*in_use(), col(Webhook.paused_at).is_(None)]


def seen_by(session: Session, hook: Webhook) -> list[str]:
    """Return the contracts of which a webhook is told: those that were chosen, and that its person sees."""
    return [each for each in roles_of(session, hook.person_id) if not hook.contract_ids or each in hook.contract_ids]


def _owe_some(session: Session, webhook_id: int, *, now: datetime, base_url: str) -> tuple[int, bool]:
    query = select(Webhook).where(Webhook.id == webhook_id, *running()).with_for_update()
    hook = session.exec(query).one_or_none()
    if hook is None or _count_waiting(session, webhook_id) >= _MOST_WAITING:
        return 0, False
    contracts = seen_by(session, hook)
    rows = list(_overdue(session, hook, contracts, now, base_url)) if OVERDUE in hook.events else []
    actions = actions_of(hook.events)
    head = session.exec(select(AuditHead.sequence)).one()
    entries = _entries(session, hook.after_sequence, head, contracts, list(actions), now)
    for entry in entries:
        if entry.action == PLANNED:
            rows += _moves(session, entry, base_url)
        elif entry.deliverable_id is not None:
            row = session.get_one(Deliverable, entry.deliverable_id)
            event = actions[entry.action]
            body = of_entry(event, entry, row, base_url=base_url)
            rows.append(_row(event_id("entry", entry.sha256), event, row, entry.at, body))
    has_more = len(entries) == _AT_ONCE
    hook.after_sequence = entries[-1].sequence if has_more else head
    return _write(session, webhook_id, rows, now), has_more


def _entries(
    session: Session, after: int, head: int, contracts: Collection[str], actions: Collection[str], now: datetime
) -> list[AuditEntry]:
    if after >= head or not contracts or not actions:
        return []
    query = select(AuditEntry).where(
        col(AuditEntry.sequence) > after,
        col(AuditEntry.sequence) <= head,
        col(AuditEntry.action).in_(actions),
        col(AuditEntry.contract_id).in_(contracts),
        col(AuditEntry.at) >= now - KEPT,
    )
    return list(session.exec(query.order_by(col(AuditEntry.sequence)).limit(_AT_ONCE)))


def _moves(session: Session, entry: AuditEntry, base_url: str) -> Iterator[dict[str, Any]]:
    # Planning writes one entry for a contract, and keeps what each of its dates was.
    query = (
        select(DueChange, Deliverable)
        .join(Deliverable, col(Deliverable.id) == DueChange.deliverable_id)
        .where(
            Deliverable.contract_id == entry.contract_id,
            DueChange.changed_at == entry.at,
            DueChange.changed_by == entry.actor,
        )
        .order_by(col(DueChange.id))
    )
    for change, row in session.exec(query):
        body = of_move(change, entry.sequence, row, base_url=base_url)
        yield _row(event_id("moved", row.uid, change.id), MOVED, row, change.changed_at, body)


def _overdue(
    session: Session, hook: Webhook, contracts: Collection[str], now: datetime, base_url: str
) -> Iterator[dict[str, Any]]:
    limit = limit_column()
    told = sa.select(col(WebhookDelivery.id)).where(
        col(WebhookDelivery.webhook_id) == hook.id,
        col(WebhookDelivery.deliverable_id) == col(Deliverable.id),
        col(WebhookDelivery.event) == OVERDUE,
        col(WebhookDelivery.happened_at) == limit,
    )
    since = max(hook.overdue_since, now - KEPT)
    # What an undo, or a date that was moved back, makes overdue was due before.
    news = sa.or_(limit > since, col(Deliverable.changed_at) > since)
    query = (
        select(Deliverable)
        .join(ContractRow, col(ContractRow.id) == Deliverable.contract_id)
        .where(on_board(now).sql, col(Deliverable.contract_id).in_(contracts), news, ~told.exists())
        .order_by(limit, col(Deliverable.id))
        .limit(_AT_ONCE)
    )
    for row in session.exec(query):
        at = row.facts.limit
        yield _row(event_id("overdue", row.uid, at.isoformat()), OVERDUE, row, at, of_overdue(row, base_url=base_url))


def _is_something_overdue(session: Session, hook: Webhook, now: datetime) -> bool:
    if OVERDUE not in hook.events:
        return False
    return any(True for _ in _overdue(session, hook, seen_by(session, hook), now, ""))


def _row(identity: str, event: str, row: Deliverable, at: datetime, body: str) -> dict[str, Any]:
    about = {"contract_id": row.contract_id, "deliverable_id": row.id}
    return {"event_id": identity, "event": event, "happened_at": at, "body": body, **about}


def _write(session: Session, webhook_id: int, rows: list[dict[str, Any]], now: datetime) -> int:
    usual = {"webhook_id": webhook_id, "owed_at": now, "next_try_at": now, "state": DeliveryState.WAITING}
    usual |= {"tries": 0, "last_trouble": "", "last_milliseconds": 0}
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    written = 0
    # A closure moves hundreds of dates at once, and a statement takes so many values only.
    for begin in range(0, len(rows), _AT_ONCE):
        values = [usual | row for row in rows[begin : begin + _AT_ONCE]]
        once = dialect.insert(WebhookDelivery).values(values).on_conflict_do_nothing()
        written += len(session.execute(once.returning(col(WebhookDelivery.id))).all())
    return written


def _count_waiting(session: Session, webhook_id: int) -> int:
    waiting = select(sa.func.count()).select_from(WebhookDelivery)
    return session.exec(
        waiting.where(WebhookDelivery.webhook_id == webhook_id, WebhookDelivery.state == DeliveryState.WAITING)
    ).one()
