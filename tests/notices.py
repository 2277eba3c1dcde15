"""What do the tests of the outbox start from: a contract with its people, and a report that is due today?"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from mail_server import MailServer
from rows import add_contract, add_deliverable, add_person_with_role
from sqlalchemy import Engine
from sqlmodel import Session, col, select

from duecourse.models import ContractRow, Deliverable, Notice, Person, RoleName
from duecourse.models.database import reading, writing
from duecourse.notifications.bundling import bundle
from duecourse.notifications.filling import owe
from duecourse.notifications.messages import Sender
from duecourse.notifications.sending import Drained, drain
from duecourse.notifications.smtp import SmtpTransport

NOW = datetime(2022, 11, 15, 15, tzinfo=UTC)
"""An hour after the rung `on-day` of a report that is due on November 15, 2022, in Pacific time: it goes at once."""
EVE = NOW - timedelta(days=1)
"""The same hour of the day before."""
SENDER = Sender("deadlines@due.example.gov", "due.example.gov")
BASE_URL = "https://due.example.gov"


def ready_contract(session: Session, *, managers: int = 1, **values: Any) -> ContractRow:
    """Add a contract with program managers and both liaisons."""
    contract = add_contract(session, **values)
    for _ in range(managers):
        add_person_with_role(session, contract)
    add_person_with_role(session, contract, RoleName.PROGRAM_LIAISON)
    add_person_with_role(session, contract, RoleName.FISCAL_LIAISON)
    return contract


def ready_report(engine: Engine, *, managers: int = 1, **values: Any) -> Deliverable:
    """Add a contract and one report that is due today, and return the report."""
    with writing(engine) as session:
        deliverable = add_deliverable(session, ready_contract(session, managers=managers), **values)
        session.expunge(deliverable)
    return deliverable


def returned_report(engine: Engine, *, managers: int = 1) -> Deliverable:
    """Add a contract without liaisons, and one report that was returned an hour ago: its notice is owed for weeks."""
    with writing(engine) as session:
        contract = add_contract(session)
        for _ in range(managers):
            add_person_with_role(session, contract)
        again_by = datetime(2022, 12, 2, 8, tzinfo=UTC)
        submitted, returned = later(hours=-3), later(hours=-1)
        row = add_deliverable(session, contract, submitted_at=submitted, returned_at=returned, again_by=again_by)
        session.expunge(row)
    return row


def items(engine: Engine) -> list[Notice]:
    """Return what waits for a daily mail or went with one, in the order of writing."""
    return [notice for notice in notices(engine) if notice.deliver_at is not None]


def bundle_all(engine: Engine, now: datetime = NOW) -> int:
    """Write the daily mails whose time has come."""
    return bundle(engine, now=now, base_url=BASE_URL, sender=SENDER)


def owe_all(engine: Engine, now: datetime = NOW) -> int:
    """Let one scan put what is owed into the outbox."""
    with writing(engine) as session:
        return owe(session, now=now, base_url=BASE_URL, sender=SENDER)


def notices(engine: Engine) -> list[Notice]:
    """Return the whole outbox, in the order of writing."""
    with reading(engine) as session:
        return list(session.exec(select(Notice).order_by(col(Notice.id))))


def states(engine: Engine) -> list[str]:
    """Return the state of every notice, in the order of writing."""
    return [str(notice.state) for notice in notices(engine)]


def change(engine: Engine, deliverable: Deliverable, **values: Any) -> None:
    """Change a deliverable's facts."""
    with writing(engine) as session:
        row = session.exec(select(Deliverable).where(Deliverable.id == deliverable.id)).one()
        for name, value in values.items():
            setattr(row, name, value)
        session.add(row)


def reader_of(engine: Engine, notice: Notice) -> Person:
    """Return the person to whom a notice is owed."""
    with reading(engine) as session:
        return session.exec(select(Person).where(Person.id == notice.person_id)).one()


def drained(engine: Engine, server: MailServer, *, now: datetime = NOW, **options: Any) -> Drained:
    """Drain the outbox into a mail server, with the clock standing still."""
    transport = SmtpTransport("127.0.0.1", server.port, security="none")
    return asyncio.run(drain(engine, transport, now=lambda: now, from_address=SENDER.address, **options))


def later(**values: float) -> datetime:
    """Return an instant so much after NOW."""
    return NOW + timedelta(**values)
