"""Was this very call made before, and what was it answered?

The answer is kept in the transaction of what the call changed: after a crash either both are there or neither.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID, uuid5

from sqlalchemy import delete
from sqlmodel import Session, col, select

from duecourse.models import ApiCall

KEPT = timedelta(days=3)
"""How long an answer is kept. What has a form's key of its own is done once even after that."""

_KEYS = UUID("1f0d3c55-8a6c-4c43-9d0b-3f0a6c2f7f11")


def form_key_of(person_id: int, key: str) -> str:
    """Return the form's key that stands for a person's Idempotency-Key: the same call is the same form."""
    return str(uuid5(_KEYS, f"{person_id} {key}"))


def earlier_call(session: Session, person_id: int, key: str, *, now: datetime) -> ApiCall | None:
    """Return the call that this person made with this key, if there was one. Call it while holding the audit head."""
    query = select(ApiCall).where(ApiCall.person_id == person_id, ApiCall.key == key)
    query = query.where(col(ApiCall.answered_at) >= now - KEPT)
    return session.exec(query).one_or_none()


def keep_call(session: Session, call: ApiCall) -> None:
    """Keep a call with its answer, and forget those that are older than `KEPT`."""
    session.execute(delete(ApiCall).where(col(ApiCall.answered_at) < call.answered_at - KEPT))
    session.add(call)
