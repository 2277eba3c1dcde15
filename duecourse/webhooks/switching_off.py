"""When does the server stop telling a webhook whose receiver does not take anything, and who hears of that?"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlmodel import Session

from duecourse.models import Person, Webhook
from duecourse.notifications.messages import Sender
from duecourse.notifications.webhook_notices import owe_webhook_notice
from duecourse.tracking.audit import record
from duecourse.webhooks.egress import Exchange

FAILURES = 10
"""So many tries in a row fail, over at least `FAILING_FOR`, before a webhook is switched off."""
FAILING_FOR = timedelta(hours=1)
_GONE = 410
ACTOR = "webhooks"


class Reason(StrEnum):
    """Why the server paused a webhook."""

    FAILING = "failing"
    GONE = "gone"
    """Its receiver answered 410: it wants nothing any more (Standard Webhooks)."""
    TOKEN = "token"
    """The token with which a program gave its address was revoked."""


def note_failure(
    session: Session, hook: Webhook, exchange: Exchange, *, now: datetime, base_url: str, sender: Sender
) -> None:
    """Count a try that failed; switch the webhook off when it is time, and tell its person. Call it with the turn."""
    hook.failures += 1
    hook.failing_since = hook.failing_since or now
    reason = _reason(hook, exchange, now)
    if reason is None or hook.paused_at is not None:
        return
    switch_off(session, hook, reason, now=now, actor=ACTOR, detail={"failures": hook.failures})
    person = session.get_one(Person, hook.person_id)
    owe_webhook_notice(session, person, hook.id or 0, hook.name, now=now, base_url=base_url, sender=sender)


def switch_off(
    session: Session, hook: Webhook, reason: Reason, *, now: datetime, actor: str, detail: dict[str, Any]
) -> None:
    """Pause a webhook for a reason that is not its person's wish, and record that. Call it with the turn."""
    hook.paused_at, hook.switched_off = now, reason
    detail = {"webhook": hook.id, "name": hook.name, "reason": str(reason)} | detail
    record(session, "switched a webhook off", actor=actor, now=now, detail=detail)


def note_success(hook: Webhook) -> None:
    """Note that the receiver took something."""
    hook.failures, hook.failing_since = 0, None


def _reason(hook: Webhook, exchange: Exchange, now: datetime) -> Reason | None:
    if exchange.status == _GONE:
        return Reason.GONE
    since = hook.failing_since or now
    return Reason.FAILING if hook.failures >= FAILURES and now - since >= FAILING_FOR else None
