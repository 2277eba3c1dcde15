"""Which messages went to a webhook last, and how many wait?"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import func
from sqlmodel import Session, col, select

from duecourse.models import Deliverable, DeliveryState, WebhookDelivery


def deliveries_of(
    session: Session, webhook_id: int, *, seen: Collection[str], limit: int, before: int | None = None
) -> list[tuple[WebhookDelivery, Deliverable | None]]:
    """Return the messages to a webhook with what each is about, the newest first, from before a number.

    What a message is about is None for a test message, and for what is not `seen` any more.
    """
    query = (
        select(WebhookDelivery, Deliverable)
        .outerjoin(
            Deliverable,
            (col(Deliverable.id) == WebhookDelivery.deliverable_id) & col(Deliverable.contract_id).in_(list(seen)),
        )
        .where(WebhookDelivery.webhook_id == webhook_id)
        .order_by(col(WebhookDelivery.id).desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(col(WebhookDelivery.id) < before)
    return [(message, row) for message, row in session.exec(query)]


def waiting_for(session: Session, webhook_ids: Collection[int]) -> dict[int, int]:
    """Return how many messages wait for each webhook that has some."""
    query = (
        select(WebhookDelivery.webhook_id, func.count())
        .where(col(WebhookDelivery.webhook_id).in_(webhook_ids), WebhookDelivery.state == DeliveryState.WAITING)
        .group_by(col(WebhookDelivery.webhook_id))
    )
    return dict(session.exec(query).all())
