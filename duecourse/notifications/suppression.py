"""To which addresses is nothing sent, since mail to them came back for good, and who lifts that?"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from duecourse.models import SuppressedAddress
from duecourse.tracking.audit import record, take_turn

CAME_BACK = "Mail to this address came back for good, so nothing more is sent there:"
"""The beginning of the reply of a notice that is not sent for that reason."""


def suppressed_among(session: Session, addresses: Collection[str]) -> dict[str, str]:
    """Return those of these addresses that are suppressed, in small letters, each with what the other side said."""
    if not addresses:
        return {}
    small = {address.lower() for address in addresses}
    query = select(SuppressedAddress.address, SuppressedAddress.reply).where(
        col(SuppressedAddress.address).in_(small), col(SuppressedAddress.lifted_at).is_(None)
    )
    return dict(session.exec(query).all())


def suppress(session: Session, address: str, *, reply: str, notice_id: int, now: datetime) -> None:
    """Send nothing more to an address, until a person lifts that."""
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    anew = {"since": now, "reply": reply, "notice_id": notice_id, "lifted_at": None, "lifted_by": ""}
    statement = dialect.insert(SuppressedAddress).values(address=address.lower(), **anew)
    session.execute(statement.on_conflict_do_update(index_elements=["address"], set_=anew))


def lift(session: Session, address: str, *, now: datetime, actor: str) -> bool:
    """Write to an address again, and say so in the audit log; False when it was not suppressed."""
    take_turn(session)
    query = select(SuppressedAddress).where(
        SuppressedAddress.address == address.lower(), col(SuppressedAddress.lifted_at).is_(None)
    )
    found = session.exec(query.with_for_update()).one_or_none()
    if found is None:
        return False
    found.lifted_at, found.lifted_by = now, actor
    session.add(found)
    detail = {"address": found.address, "since": found.since.isoformat()}
    record(session, "allowed mail to an address again", actor=actor, now=now, detail=detail)
    return True
