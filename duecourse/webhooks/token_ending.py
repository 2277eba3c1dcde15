"""What becomes of the webhooks that a program made with a token, when that token is revoked?

A token is mostly revoked because it leaked. Whoever had it could name an address of their own, so nothing more is sent
to such an address until the person has looked at it; nothing is lost meanwhile, and nothing is removed.
"""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session, col, select

from duecourse.models import Webhook
from duecourse.tracking.api_tokens import revoke_token
from duecourse.webhooks.setting_up import webhooks_of
from duecourse.webhooks.switching_off import Reason, switch_off


def end_token(session: Session, token_id: int, *, person_id: int, now: datetime, actor: str) -> list[Webhook]:
    """End a token at once, pause the webhooks whose address came with it, and return those; again, it changes nothing.

    Raises NotFound for another's token.
    """
    revoke_token(session, token_id, person_id=person_id, now=now, actor=actor)
    running = select(Webhook).where(
        Webhook.person_id == person_id,
        Webhook.token_id == token_id,
        col(Webhook.removed_at).is_(None),
        col(Webhook.paused_at).is_(None),
    )
    found = list(session.exec(running.order_by(col(Webhook.id)).with_for_update()))
    for hook in found:
        switch_off(session, hook, Reason.TOKEN, now=now, actor=actor, detail={"of token": token_id})
    return found


def to_look_at(session: Session, person_id: int) -> list[Webhook]:
    """Return the webhooks of a person that are paused since the token of their address was revoked."""
    return [hook for hook in webhooks_of(session, person_id) if hook.switched_off == Reason.TOKEN]


def made_with(session: Session, person_id: int) -> dict[int, list[Webhook]]:
    """Return the webhooks of a person whose address came with a token, by that token."""
    found: dict[int, list[Webhook]] = {}
    for hook in webhooks_of(session, person_id):
        if hook.token_id is not None:
            found.setdefault(hook.token_id, []).append(hook)
    return found
