"""Who sees a contract, and so must be told that something about it changed?"""

from __future__ import annotations

from sqlalchemy import update
from sqlmodel import Session, col, select

from duecourse.models import Feed, Role


def mark_changed(session: Session, contract_id: str) -> None:
    """Have the feeds of everybody with a part in the contract built anew at their next poll, in this transaction."""
    people = select(Role.person_id).where(Role.contract_id == contract_id)
    counted = update(Feed).where(col(Feed.person_id).in_(people)).values(changes=col(Feed.changes) + 1)
    session.execute(counted, execution_options={"synchronize_session": False})
