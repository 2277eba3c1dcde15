"""How do the notices that are owed fill the outbox, each with its mail ready to go?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Engine
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col

from duecourse.models import Deliverable, Notice, NoticeState
from duecourse.models.database import reading, writing
from duecourse.notifications.messages import (
    Sender,
)
from duecourse.notifications.notice_rows import Row, rows_for
from duecourse.notifications.owing import Chosen, missing
from duecourse.tracking.audit import record, take_turn

ACTOR = "duecourse"
"""Who changes the outbox when no person does, in the audit log."""
_CHUNK = 100
"""The deliverables per transaction: few enough that nobody else waits long for the database."""


def owe(session: Session, *, now: datetime, base_url: str, sender: Sender) -> int:
    """Put every notice that is owed at `now` into the outbox, and return how many were not there before.

    `base_url` is the address of our pages. It takes a fixed number of statements, and one more per thousand notices.
    The mails are written while the transaction is open: where many may be owed, `owe_in_chunks` lets others write too.
    """
    pending = missing(session, now=now)
    return insert(session, rows_for(session, pending, now=now, base_url=base_url, sender=sender)) if pending else 0


def owe_in_chunks(engine: Engine, *, now: datetime, base_url: str, sender: Sender, of: Chosen | None = None) -> int:
    """Do as `owe` does, in short transactions of its own, with the mails written outside of them.

    With `of`, only the notices that it chooses. Safe at any interruption: the next scan finds what is lacking. A notice
    that is no longer owed when its chunk is inserted is found out when it is claimed.
    """
    with reading(engine) as session:
        pending = missing(session, now=now, of=of)
    added = 0
    for start in range(0, len(pending), _CHUNK):
        chunk = pending[start : start + _CHUNK]
        with reading(engine) as session:
            rows = rows_for(session, chunk, now=now, base_url=base_url, sender=sender)
        with writing(engine) as session:
            added += insert(session, rows)
    return added


def insert(session: Session, rows: Sequence[Row]) -> int:
    """Add the rows whose keys are new, and return their number; those that failed at once are recorded in the audit.

    A notice that was superseded and is owed again (a withdrawal was taken back, say) waits for its turn anew.
    """
    return len(insert_keys(session, rows))


def insert_keys(session: Session, rows: Sequence[Row]) -> set[str]:
    """Do as `insert` does, and return the keys that were new."""
    if not rows:
        return set()
    if any(row["state"] == NoticeState.FAILED for row in rows):
        take_turn(session)
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    statement = dialect.insert(Notice)
    anew = {name: statement.excluded[name] for name in rows[0] if name not in ("key", "attempts", "ambiguous")}
    statement = statement.on_conflict_do_update(
        index_elements=["key"], set_=anew, where=col(Notice.state) == NoticeState.SUPERSEDED
    )
    # In one order everywhere, so that two scans on PostgreSQL never wait for each other.
    ordered = sorted(rows, key=lambda row: str(row["key"]))
    added = set(session.execute(statement.returning(col(Notice.key)), ordered).scalars())
    for row in ordered:
        if row["key"] in added and row["state"] == NoticeState.FAILED:
            record_failure(
                session, row["deliverable_id"], row["rung"], row["to_address"], reply=row["reply"], now=row["queued_at"]
            )
    return added


def record_failure(
    session: Session, deliverable_id: int | None, rung: str, to_address: str, *, reply: str, now: datetime
) -> None:
    """Record in the audit log that a notice failed for good."""
    deliverable = session.get(Deliverable, deliverable_id) if deliverable_id is not None else None
    record(
        session,
        "could not send a notice",
        actor=ACTOR,
        now=now,
        contract_id=deliverable.contract_id if deliverable else None,
        deliverable_id=deliverable_id,
        detail={"rung": rung, "to": to_address, "reply": reply},
    )
