"""One contract, its program manager, some deadlines and a calendar link: what the tests of serving start from."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from feed_entries import DOMAIN
from rows import add_contract, add_deliverable, add_person_with_role
from sqlalchemy import Engine, event, update
from sqlmodel import Session, col

from duecourse.models import ContractRow, Deliverable, Feed, Role, RoleName
from duecourse.models.database import reading, writing
from duecourse.tracking.calendars.feed_serving import Served, served
from duecourse.tracking.calendars.feeds import create_feed
from duecourse.tracking.changes import mark_changed

NOW = datetime(2022, 2, 1, 18, tzinfo=UTC)
BASE_URL = "https://duecourse.example.org"
CONTRACT = "wa-22-1174"
EIGHT = time(8)


@dataclass
class Scene:
    """A database with one feed in it."""

    engine: Engine
    person_id: int
    feed_id: int
    token: str

    def served(self, *, now: datetime = NOW, **options: Any) -> Served:
        """Return what a calendar program gets."""
        token = options.pop("token", self.token)
        return served(self.engine, token, now=now, base_url=BASE_URL, domain=DOMAIN, **options)

    def add(self, due_on: date, cut_off: time | None = None, **values: Any) -> str:
        """Add a deadline and return its uid."""
        with writing(self.engine) as session:
            contract = session.get(ContractRow, CONTRACT)
            assert contract is not None
            uid = add_deliverable(session, contract, due_on=due_on, cut_off=cut_off, **values).uid
            mark_changed(session, CONTRACT)
        return uid

    def change(self, uid: str, **values: Any) -> None:
        """Change a deadline, as a verb would in one transaction."""
        with writing(self.engine) as session:
            session.execute(update(Deliverable).where(col(Deliverable.uid) == uid).values(**values))
            mark_changed(session, CONTRACT)

    def feed(self) -> Feed:
        """Return the feed's row."""
        with reading(self.engine) as session:
            row = session.get(Feed, self.feed_id)
            assert row is not None
            return row


def set_up(engine: Engine, *, contract_id: str | None = CONTRACT, **contract: Any) -> Scene:
    """Fill the tables with one contract, its program manager, two deadlines and a feed."""
    with writing(engine) as session:
        row = add_contract(session, CONTRACT, **{"number": "22-1174", **contract})
        person = add_person_with_role(session, row, email="manager@example.org")
        add_deliverable(session, row, due_on=date(2022, 2, 22), cut_off=EIGHT, label="January 2022", uid="winter")
        add_deliverable(session, row, due_on=date(2022, 3, 21), label="February 2022", uid="whole-day")
        assert person.id is not None
        feed, token = create_feed(session, person_id=person.id, contract_id=contract_id, now=NOW)
        assert feed.id is not None
        return Scene(engine, person.id, feed.id, token)


@contextmanager
def statements_of(engine: Engine) -> Iterator[list[str]]:
    """Collect the statements that the database gets on connections opened or taken from the pool within the block.

    Beginnings and ends of transactions are left out. On SQLite it is the database itself that tells, so that nothing
    that goes past SQLAlchemy is missed.
    """
    sent: list[str] = []
    within = True

    def note(statement: str) -> None:
        if within and not statement.startswith(("BEGIN", "COMMIT", "ROLLBACK", "PRAGMA")):
            sent.append(statement)

    def trace(connection: sqlite3.Connection, *_: object) -> None:
        connection.set_trace_callback(note)

    def listen(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        note(statement)

    name, listener = ("checkout", trace) if engine.dialect.name == "sqlite" else ("before_cursor_execute", listen)
    event.listen(engine, name, listener)
    try:
        yield sent
    finally:
        within = False
        event.remove(engine, name, listener)


def add_other_contract(session: Session, person_id: int) -> None:
    """Add a second contract in another zone, in which the person has a part, with one deadline."""
    other = add_contract(session, "ct-1", number="CT-1", name="Connecticut", zone="America/New_York")
    session.add(Role(contract_id=other.id, person_id=person_id, name=RoleName.PROGRAM_LIAISON))
    add_deliverable(session, other, due_on=date(2022, 2, 10), label="January 2022", uid="connecticut")
    session.flush()
