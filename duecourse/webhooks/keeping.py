"""How long is it kept which messages were sent?"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Engine
from sqlmodel import col

from duecourse.models import WebhookDelivery
from duecourse.models.database import writing
from duecourse.webhooks.happenings import OVERDUE
from duecourse.webhooks.owing import KEPT


def forget_old(engine: Engine, *, now: datetime) -> None:
    """Remove the messages that ended long ago.

    What told that something is overdue stays: it is how one knows that it was told.
    """
    old = sa.delete(WebhookDelivery).where(
        col(WebhookDelivery.ended_at) < now - KEPT, col(WebhookDelivery.event) != OVERDUE
    )
    with writing(engine) as session:
        session.execute(old.execution_options(synchronize_session=False))
