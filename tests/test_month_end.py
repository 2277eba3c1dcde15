"""In which order do five thousand mails go at the end of a month, and in how much memory? Row F25 of the faults."""

from __future__ import annotations

import asyncio
import random
import threading
import tracemalloc
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from notices import NOW, SENDER
from rows import add_contract, add_deliverable, add_person, add_person_with_role
from sqlalchemy import Engine, func, insert
from sqlmodel import col, select

from duecourse.models import Deliverable, Notice, Person
from duecourse.models.columns import new_uid
from duecourse.models.database import connect, reading, writing
from duecourse.notifications.messages import Mailbox, sign_in_message
from duecourse.notifications.outbox import enqueue_message
from duecourse.notifications.owing import owed
from duecourse.notifications.sending import drain

MAILS, CONTRACTS, BATCH, AT_ONCE = 5000, 50, 50, 3
SAM = "sam@agency.example"
SIZE = 10_000
"""The bytes of one mail: all of them at once are 50 MB."""
MOST_MEMORY = 12_000_000
ASKS_AFTER, STOPS_AFTER = 150, 300
"""After how many mails somebody asks for a sign-in link, and after how many the sender is told to stop."""


@dataclass
class Taking:
    """A mail server that takes everything, keeps what each mail was about, and lets somebody sign in meanwhile."""

    engine: Engine
    stopping: threading.Event = field(default_factory=threading.Event)
    taken: list[str] = field(default_factory=list)
    send_limit: timedelta = timedelta(seconds=30)

    async def send(self, message: bytes, *, from_address: str, to_address: str) -> str:
        # The whole mail must have been given.
        assert to_address == SAM or len(message) == SIZE
        self.taken.append(to_address if len(message) != SIZE else message[:16].decode())
        if len(self.taken) == ASKS_AFTER:
            await asyncio.to_thread(ask_for_a_link, self.engine)
        if len(self.taken) == STOPS_AFTER:
            self.stopping.set()
        return "250 taken"

    async def close(self) -> None:
        return None


def ask_for_a_link(engine: Engine) -> None:
    with writing(engine) as session:
        sam = session.exec(select(Person).where(Person.email == SAM)).one()
        letter = sign_in_message(Mailbox(sam.name, sam.email), "https://x.example/s", sender=SENDER, now=NOW)
        enqueue_message(session, letter, person_id=sam.id or 0, to_address=sam.email, sender=SENDER, now=NOW)


def flood(engine: Engine, mails: int = MAILS) -> list[str]:
    """Queue the mails, in no order, of reports that fall due today at different minutes; return these in due order."""
    with writing(engine) as session:
        add_person(session, "Sam", email=SAM)
        for number in range(CONTRACTS):
            contract = add_contract(session, id=f"c{number}")
            add_person_with_role(session, contract)
            first = add_deliverable(session, contract, due_on=date(2022, 11, 15), cut_off=time(11)).model_dump()
            others = []
            for each in range(1, mails // CONTRACTS):
                due_at = first["due_at"] + timedelta(minutes=each * 7)
                named = {"uid": new_uid(), "occurrence": f"{number} {each}", "id": None, "due_at": due_at}
                others.append({name: value for name, value in (first | named).items() if name != "id"})
            session.execute(insert(Deliverable), others)
    with reading(engine) as session:
        found = [(one, to) for one in owed(session, now=NOW) for to in one.to]
    assert len(found) == mails
    rows = []
    for one, to in found:
        message = f"{one.facts.due_at:%Y-%m-%dT%H:%M}".encode().ljust(SIZE, b".")
        row = {"key": to.key, "deliverable_id": one.deliverable_id, "person_id": to.person_id, "rung": one.rung.name}
        row |= {"due_at": one.facts.due_at, "owed_at": one.rung.at, "queued_at": NOW, "next_try_at": NOW}
        rows.append(row | {"message_id": "<x>", "to_address": to.mailbox.address, "subject": "", "message": message})
    random.Random(3).shuffle(rows)
    with writing(engine) as session:
        session.execute(insert(Notice), rows)
    return sorted(row["message"][:16].decode() for row in rows)


def drained(engine: Engine, *, batch_size: int) -> tuple[list[str], int]:
    """Send for a while; return what the mail server saw, and the most memory that it took, in bytes."""
    server = Taking(engine)
    work = drain(
        engine,
        server,
        now=lambda: NOW,
        from_address=SENDER.address,
        batch_size=batch_size,
        at_once=AT_ONCE,
        stopping=server.stopping,
    )
    tracemalloc.start()
    try:
        asyncio.run(work)
        return server.taken, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.fixture
def database(sqlite_template: Path, tmp_path: Path) -> Engine:
    path = tmp_path / "month.sqlite"
    path.write_bytes(sqlite_template.read_bytes())
    return connect(f"sqlite:///{path}")


def test_the_flood_goes_by_due_moment_in_bounded_memory_and_who_signs_in_does_not_wait(database: Engine) -> None:
    due = flood(database)
    taken, memory = drained(database, batch_size=BATCH)
    assert STOPS_AFTER <= len(taken) < STOPS_AFTER + AT_ONCE
    place = taken.index(SAM)
    assert ASKS_AFTER <= place <= ASKS_AFTER + BATCH + AT_ONCE
    went = [said for said in taken if said != SAM]
    # Of those that are under way at once, any may be the first to end.
    wrong = [n for n, said in enumerate(went) if not due[max(0, n - AT_ONCE)] <= said <= due[n + AT_ONCE]]
    assert wrong == []
    with reading(database) as session:
        query = select(Notice.state, Notice.attempts, func.count()).group_by(col(Notice.state), col(Notice.attempts))
        assert sorted(session.exec(query)) == [("queued", 0, MAILS - len(went)), ("sent", 1, len(taken))]
    assert memory < MOST_MEMORY
    database.dispose()


def test_all_in_one_batch_take_all_the_memory_and_who_signs_in_waits_for_all(database: Engine) -> None:
    """The control: without batches."""
    few = MAILS * 2 // 5
    flood(database, few)
    taken, memory = drained(database, batch_size=few)
    assert SAM not in taken
    assert memory > MOST_MEMORY
    database.dispose()


def test_without_the_order_of_the_claim_the_flood_goes_as_it_was_written(
    database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: the claim takes what comes first in the table."""
    monkeypatch.setattr(sa.Select, "order_by", lambda query, *_: query)
    due = flood(database)
    taken, _ = drained(database, batch_size=BATCH)
    assert taken[:BATCH] != due[:BATCH] and max(taken) > due[STOPS_AFTER + AT_ONCE]
    database.dispose()
