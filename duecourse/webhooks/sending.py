"""How are the messages that wait sent: each until it is taken or given up, none held up by another's receiver?

One process at a time sends for a webhook, under a lease. A message is settled after its receiver answered: whoever is
killed in between sends it again, under the same id.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy import Engine
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from duecourse.models import DeliveryState, Webhook, WebhookDelivery
from duecourse.models.database import reading, writing
from duecourse.notifications.messages import Sender
from duecourse.tracking.audit import take_turn
from duecourse.webhooks.egress import Egress, Exchange, post
from duecourse.webhooks.happenings import PING
from duecourse.webhooks.owing import in_use, seen_by
from duecourse.webhooks.signing import headers_of
from duecourse.webhooks.switching_off import note_failure, note_success

WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 30, 60))
"""How long after each of the first tries that failed the next one comes; after those it comes every hour."""
MOST_TRIES = 52
"""After so many tries, two days, a message is given up."""
LEASE = timedelta(minutes=2)
_SECONDS = 30
"""How long one round sends for one webhook, before others get their turn."""
_AT_ONCE, _LOOKED_AT = 4, 20


@dataclass(frozen=True, slots=True)
class Sent:
    """What a round did."""

    taken: int = 0
    failed: int = 0

    def __add__(self, other: Sent) -> Sent:
        return Sent(self.taken + other.taken, self.failed + other.failed)


@dataclass(frozen=True, slots=True)
class Post:
    """With what a round is sent: from which database, where to, by which clock, and who tells of what went wrong."""

    engine: Engine
    egress: Egress
    now: Callable[[], datetime]
    base_url: str
    sender: Sender
    stopping: threading.Event


@dataclass(frozen=True, slots=True)
class _Message:
    id: int
    event_id: str
    address: str
    body: bytes
    keys: list[str]


def send_waiting(with_: Post) -> Sent:
    """Send the messages whose turn it is, a few webhooks at a time, and return what came of it."""
    with reading(with_.engine) as session:
        waiting = list(session.execute(_webhooks_to_serve(with_.now())).scalars())
    if not waiting:
        return Sent()
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="webhooks") as threads:
        return sum(threads.map(lambda webhook_id: send_for(with_, webhook_id), waiting), Sent())


def send_for(with_: Post, webhook_id: int) -> Sent:
    """Send what waits for one webhook, in order, until a try fails; nothing while another process does."""
    if not _take(with_.engine, webhook_id, with_.now()):
        return Sent()
    began, sent = time.monotonic(), Sent()
    try:
        while time.monotonic() - began < _SECONDS and not with_.stopping.is_set():
            with writing(with_.engine) as session:
                message = _next(session, webhook_id, with_.now())
            if message is None:
                break
            headers = headers_of(message.event_id, message.body, keys=message.keys, now=with_.now())
            exchange = post(message.address, message.body, headers, with_.egress)
            _settle(with_, webhook_id, message.id, exchange)
            sent += Sent(1, 0) if exchange.is_taken else Sent(0, 1)
            if not exchange.is_taken:
                break
    finally:
        with writing(with_.engine) as session:
            session.execute(sa.update(Webhook).where(col(Webhook.id) == webhook_id).values(taken_until=None))
    return sent


def wait_after(tries: int) -> timedelta | None:
    """Return how long after so many tries the next one comes; None when there is none."""
    if tries >= MOST_TRIES:
        return None
    return WAITS[min(tries, len(WAITS)) - 1]


def _webhooks_to_serve(now: datetime) -> sa.Select[tuple[int]]:
    due = sa.and_(col(WebhookDelivery.state) == DeliveryState.WAITING, col(WebhookDelivery.next_try_at) <= now)
    query = sa.select(col(WebhookDelivery.webhook_id)).join(Webhook, col(Webhook.id) == WebhookDelivery.webhook_id)
    return (
        query.where(due, _may_go()).group_by(col(WebhookDelivery.webhook_id)).order_by(sa.func.min(WebhookDelivery.id))
    )


def _may_go() -> sa.ColumnElement[bool]:
    # A test message goes to a paused webhook, too: that is how one looks whether it may be resumed.
    return sa.and_(*in_use(), sa.or_(col(WebhookDelivery.event) == PING, col(Webhook.paused_at).is_(None)))


def _take(engine: Engine, webhook_id: int, now: datetime) -> bool:
    is_free = sa.or_(col(Webhook.taken_until).is_(None), col(Webhook.taken_until) < now)
    taken = sa.update(Webhook).where(col(Webhook.id) == webhook_id, is_free).values(taken_until=now + LEASE)
    with writing(engine) as session:
        return session.execute(taken.returning(col(Webhook.id))).first() is not None


def _next(session: Session, webhook_id: int, now: datetime) -> _Message | None:
    """Return the next message; what its person no longer sees is marked so, and not sent."""
    before = aliased(WebhookDelivery)
    held_up = sa.select(before.id).where(  # type: ignore[call-overload]
        before.webhook_id == webhook_id,
        before.state == DeliveryState.WAITING,
        before.deliverable_id == col(WebhookDelivery.deliverable_id),
        before.id < col(WebhookDelivery.id),
    )
    query = (
        select(WebhookDelivery)
        .join(Webhook, col(Webhook.id) == WebhookDelivery.webhook_id)
        .where(
            WebhookDelivery.webhook_id == webhook_id,
            WebhookDelivery.state == DeliveryState.WAITING,
            col(WebhookDelivery.next_try_at) <= now,
            _may_go(),
            ~held_up.exists(),
        )
        .order_by(col(WebhookDelivery.id))
        .limit(_LOOKED_AT)
    )
    hook = session.get_one(Webhook, webhook_id)
    seen = seen_by(session, hook)
    while rows := session.exec(query).all():
        for found in rows:
            if found.contract_id is None or found.contract_id in seen:
                keys = [hook.secret]
                if hook.former_secret and hook.former_until is not None and now < hook.former_until:
                    keys.append(hook.former_secret)
                return _Message(found.id or 0, found.event_id, hook.address, found.body.encode(), keys)
            found.state, found.next_try_at, found.ended_at = DeliveryState.UNSEEN, None, now
        session.flush()
    return None


def _settle(with_: Post, webhook_id: int, message_id: int, exchange: Exchange) -> None:
    now = with_.now()
    with writing(with_.engine) as session:
        if not exchange.is_taken:
            take_turn(session)
        hook = session.exec(select(Webhook).where(Webhook.id == webhook_id).with_for_update()).one()
        row = session.get_one(WebhookDelivery, message_id)
        if row.state != DeliveryState.WAITING:
            # Its lease ran out, and another process has settled it.
            return
        row.tries, row.last_try_at = row.tries + 1, now
        row.last_status, row.last_milliseconds = exchange.status, exchange.milliseconds
        row.last_trouble = exchange.trouble or ""
        is_test = row.event == PING
        if exchange.is_taken:
            row.state, row.next_try_at, row.ended_at = DeliveryState.TAKEN, None, now
            if not is_test:
                note_success(hook)
            return
        wait = None if is_test else wait_after(row.tries)
        row.next_try_at = now + wait if wait else None
        if wait is None:
            row.state, row.ended_at = DeliveryState.GIVEN_UP, now
        if not is_test:
            note_failure(session, hook, exchange, now=now, base_url=with_.base_url, sender=with_.sender)
