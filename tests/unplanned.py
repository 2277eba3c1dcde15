"""Which contracts, people and events does a test of the jobs start from, with nothing planned yet?"""

from __future__ import annotations

from collections import Counter
from datetime import datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from rows import add_person_with_role
from sqlalchemy import Engine
from sqlmodel import col, select

from duecourse.clock import Clock
from duecourse.definitions.reading import read_contract, shipped_contracts
from duecourse.engine.context import Context, context_from
from duecourse.models import Deliverable, EventRow, JobSlot, Notice, RoleName
from duecourse.models.database import reading, writing
from duecourse.settings import load_settings
from duecourse.tracking.loading import load_contract


def load_unplanned(engine: Engine, *, now: datetime) -> None:
    """Load the shipped contracts with one event of every kind, and plan nothing.

    The sample that runs in the present fiscal year has a manager and a liaison, who are owed some reminders at `now`.
    """
    with writing(engine) as session:
        for path in shipped_contracts():
            contract, definition = read_contract(path, today=now.date())
            notices_from = now - timedelta(days=30)
            row = load_contract(
                session, contract, definition=definition, now=now, actor="test", notices_from=notices_from
            )
            if contract.id == "demo-county":
                add_person_with_role(session, row, RoleName.PROGRAM_MANAGER)
                add_person_with_role(session, row, RoleName.PROGRAM_LIAISON)
            day = contract.start + timedelta(days=400)
            happened_at = datetime.combine(day, time(15), ZoneInfo(contract.zone))
            for name in contract.events():
                event = EventRow(
                    contract_id=contract.id,
                    name=name,
                    happened_at=happened_at,
                    recorded_at=now,
                    recorded_by="test",
                    announced_at=now,
                )
                session.add(event)


def settings_of_a_worker(database_url: str, mails: Path) -> dict[str, str]:
    """Return the environment in which the flows work on this database and write their mails into that folder."""
    return {
        "DUECOURSE_DATABASE_URL": database_url,
        "DUECOURSE_BASE_URL": "https://deadlines.example.org",
        "DUECOURSE_MAIL_FOLDER": str(mails),
        "DUECOURSE_MAIL_FROM": "deadlines@example.org",
    }


def context_on(engine: Engine, *, mails: Path, showing: datetime) -> Context:
    """Return what the jobs work with: this database, this folder of mails, and a clock that shows an instant."""
    clock = Clock.showing(showing)
    settings = load_settings(base_url="https://deadlines.example.org", mail_folder=mails, mail_from="due@example.org")
    return context_from(settings, engine=engine, clock=clock)


def planned_kinds(engine: Engine) -> Counter[str]:
    """Return how many deliverables of each kind of schedule are stored."""
    with reading(engine) as session:
        return Counter(session.exec(select(Deliverable.flow)))


def planned_rows(engine: Engine) -> list[tuple[str, str, str, datetime]]:
    """Return what is planned: contract, obligation, occurrence and due moment, without what a run makes up itself."""
    with reading(engine) as session:
        rows = session.exec(select(Deliverable))
        return sorted((row.contract_id, row.obligation_id, row.occurrence, row.due_at) for row in rows)


def noticed(engine: Engine) -> list[tuple[str, str, str, str, bool]]:
    """Return what the outbox holds: contract, obligation, occurrence, rung, and whether it is a copy."""
    query = select(Deliverable, Notice).join(Notice)
    with reading(engine) as session:
        return sorted(
            (of.contract_id, of.obligation_id, of.occurrence, notice.rung, notice.is_copy)
            for of, notice in session.exec(query)
        )


def mails_of(engine: Engine) -> int:
    """Return how many mails the outbox holds: daily ones, and those that go alone."""
    with reading(engine) as session:
        return sum(bool(notice.message) for notice in session.exec(select(Notice)))


def slots_of(engine: Engine, job: str) -> list[JobSlot]:
    """Return the ledger's entries for a job, oldest slot first."""
    with reading(engine) as session:
        return list(session.exec(select(JobSlot).where(JobSlot.job == job).order_by(col(JobSlot.slot))))
