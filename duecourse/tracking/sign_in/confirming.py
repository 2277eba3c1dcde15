"""How is it noted that somebody has shown a second factor?"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col

from duecourse.models import SignInSession


def confirm_session(session: Session, session_id: int, *, now: datetime) -> None:
    """Note that who signed in has shown a second factor, which is asked of the same browser no more."""
    confirmed = sa.update(SignInSession).where(col(SignInSession.id) == session_id)
    session.execute(confirmed.values(second_factor_at=now, holds_passkey=True))
    session.flush()
