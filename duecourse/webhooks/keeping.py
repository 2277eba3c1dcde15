"""How long is it kept which messages were sent?"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Engine
from sqlmodel import col, select

from duecourse.models import WebhookDelivery
from duecourse.models.database import reading, writing
from duecourse.webhooks.happenings import OVERDUE
from duecourse.webhooks.owing import KEPT


def forget_old(engine: Engine, *, now: datetime) -> None:
    """Remove the messages that ended long ago.

    What told that something is overdue stays: it is how one knows that it was told.
    """
    is_old = sa.and_(col(WebhookDelivery.ended_at) < now - KEPT, col(WebhookDelivery.event) != OVERDUE)
    with reading(engine) as session:
        if session.exec(select(WebhookDelivery.id).where(is_old).limit(1)).first() is None:
            return
    with writing(engine) as session:
        session.execute(sa.delete(WebhookDelivery).where(is_old).execution_options(synchronize_session=False))
