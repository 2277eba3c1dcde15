"""How do the notices that are owed fill the outbox, each with its mail ready to go?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from sqlalchemy import Engine
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from duecourse.models import ContractRow, Deliverable, Notice, NoticeState
from duecourse.models.database import reading, writing
from duecourse.notifications.ladder import Why
from duecourse.notifications.letters import letter_for
from duecourse.notifications.messages import (
    Letter,
    Sender,
    is_address,
    message_id,
    plain,
)
from duecourse.notifications.owing import Owed, OwedTo, missing
from duecourse.tracking.audit import record

ACTOR = "duecourse"
"""Who changes the outbox when no person does, in the audit log."""
_CHUNK = 100
"""The deliverables per transaction: few enough that nobody else waits long for the database."""
Row = dict[str, Any]


def owe(session: Session, *, now: datetime, base_url: str, sender: Sender) -> int:
    """Put every notice that is owed at `now` into the outbox, and return how many were not there before.

    `base_url` is the address of our pages. It takes a fixed number of statements, and one more per thousand notices.
    The mails are written while the transaction is open: where many may be owed, `owe_in_chunks` lets others write too.
    """
    pending = missing(session, now=now)
    return insert(session, rows_for(session, pending, now=now, base_url=base_url, sender=sender)) if pending else 0


def owe_in_chunks(engine: Engine, *, now: datetime, base_url: str, sender: Sender) -> int:
    """Do as `owe` does, in short transactions of its own, with the mails written outside of them.

    Safe at any interruption: the next scan finds what is lacking. A notice that is no longer owed when its chunk is
    inserted is found out when it is claimed.
    """
    with reading(engine) as session:
        pending = missing(session, now=now)
    added = 0
    for start in range(0, len(pending), _CHUNK):
        chunk = pending[start : start + _CHUNK]
        with reading(engine) as session:
            rows = rows_for(session, chunk, now=now, base_url=base_url, sender=sender)
        with writing(engine) as session:
            added += insert(session, rows)
    return added


def rows_for(
    session: Session, pairs: Sequence[tuple[Owed, set[str]]], *, now: datetime, base_url: str, sender: Sender
) -> list[Row]:
    """Return the outbox rows of the notices with the keys given; one statement.

    A mail that cannot be written (an address that is none, say) becomes a failed row with the reason: it is shown, and
    never stands in the way of others.
    """
    ids = [one.deliverable_id for one, _ in pairs]
    query = select(Deliverable, ContractRow).join(ContractRow).where(col(Deliverable.id).in_(ids))
    found = {deliverable.id: (deliverable, contract) for deliverable, contract in session.exec(query)}
    return [
        row
        for one, keys in pairs
        if one.deliverable_id in found
        for row in _rows(one, keys, *found[one.deliverable_id], now=now, base_url=base_url, sender=sender)
    ]


def insert(session: Session, rows: Sequence[Row]) -> int:
    """Add the rows whose keys are new, and return their number; those that failed at once are recorded in the audit.

    A notice that was superseded and is owed again (a withdrawal was taken back, say) waits for its turn anew.
    """
    if not rows:
        return 0
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
    return len(added)


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


def _rows(
    one: Owed,
    keys: set[str],
    deliverable: Deliverable,
    contract: ContractRow,
    *,
    now: datetime,
    base_url: str,
    sender: Sender,
) -> Iterator[Row]:
    letters: dict[tuple[Why, str], Letter | Exception] = {}
    for to in one.to:
        if to.key not in keys:
            continue
        reason = to.why, to.because
        if reason not in letters:
            try:
                letters[reason] = letter_for(
                    one,
                    to.why,
                    deliverable,
                    contract,
                    now=now,
                    base_url=base_url,
                    sender=sender,
                    because=to.because,
                )
            except Exception as error:
                # Whatever is wrong with one deliverable's mail, the others' must still be written.
                letters[reason] = error
        yield _row(one, to, letters[reason], now=now, sender=sender)


def blank(
    *,
    key: str,
    person_id: int | None,
    rung: str,
    due_at: datetime,
    owed_at: datetime,
    to_address: str,
    now: datetime,
    sender: Sender,
    deliverable_id: int | None = None,
    is_copy: bool = False,
) -> Row:
    """Return a notice as the outbox takes it, still without its mail."""
    return {
        "key": key,
        "deliverable_id": deliverable_id,
        "person_id": person_id,
        "rung": rung,
        "is_copy": is_copy,
        "due_at": due_at,
        "owed_at": owed_at,
        "queued_at": now,
        "message_id": message_id(uuid5(NAMESPACE_URL, key), sender),
        "to_address": to_address,
        "subject": "",
        "message": b"",
        "state": NoticeState.QUEUED,
        "attempts": 0,
        "next_try_at": now,
        "claim_token": "",
        "reply": "",
        "ambiguous": False,
    }


def filled(row: Row, letter: Letter) -> Row:
    """Return the notice with its mail, or as failed where it can never arrive."""
    if not is_address(row["to_address"]):
        return row | {"state": NoticeState.FAILED, "reply": "This is no email address that mail can be sent to."}
    return row | {"subject": letter.subject, "message": letter.with_id(row["message_id"])}


def _row(one: Owed, to: OwedTo, letter: Letter | Exception, *, now: datetime, sender: Sender) -> Row:
    row = blank(
        key=to.key,
        person_id=to.person_id,
        rung=one.rung.name,
        due_at=one.facts.due_at,
        owed_at=one.rung.at,
        to_address=to.mailbox.address,
        now=now,
        sender=sender,
        deliverable_id=one.deliverable_id,
        is_copy=to.why is Why.COPIED,
    )
    if isinstance(letter, Exception):
        return row | {"state": NoticeState.FAILED, "reply": plain(f"The mail could not be written: {letter}")}
    return filled(row, letter)
