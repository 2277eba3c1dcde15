"""The county's contract, tracked in a fresh database, for tests of what changes its dates."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import Engine
from sqlmodel import select

from duecourse.calendar.schedule import Contract
from duecourse.definitions.reading import find_contract, read_contract
from duecourse.definitions.resolved import contract_from_json
from duecourse.models import Deliverable
from duecourse.models.database import reading, writing
from duecourse.tracking.acting import By
from duecourse.tracking.boards import Item, item
from duecourse.tracking.loading import load_contract
from duecourse.tracking.planning import plan
from duecourse.tracking.submitting import Sent, submit

COUNTY = "wa-22-1174"
WHO = "manager@agency.example"


def definition() -> tuple[Contract, str]:
    """Return the county's contract as it ships, and its definition."""
    return read_contract(find_contract(COUNTY), today=datetime(2026, 11, 22, tzinfo=UTC).date())


def changed(*replacements: tuple[str, str]) -> tuple[Contract, str]:
    """Return the contract with texts of its definition replaced; each must be there."""
    _, text = definition()
    for old, new in replacements:
        assert old in text
        text = text.replace(old, new)
    return contract_from_json(text), text


def track(engine: Engine, now: datetime, contract: tuple[Contract, str] | None = None) -> None:
    """Track the county's contract from `now` on."""
    value, text = contract or definition()
    with writing(engine) as session:
        load_contract(session, value, definition=text, now=now, actor=WHO)
        plan(session, now=now, actor=WHO)


def uid(engine: Engine, number: str) -> str:
    """Return the deliverable with this line number."""
    with reading(engine) as session:
        return session.exec(select(Deliverable.uid).where(Deliverable.number == number)).one()


def found(engine: Engine, deliverable: str, now: datetime) -> Item:
    """Return a deliverable as it stands at `now`."""
    with reading(engine) as session:
        return item(session, deliverable, now=now, contract_ids=[COUNTY])


def hand_in(engine: Engine, deliverable: str, *, at: datetime) -> None:
    """Mark a deliverable as submitted."""
    with writing(engine) as session:
        submit(session, deliverable, Sent(at, "Jo Whitfield", "PSRS"), form_key=deliverable, now=at, by=By(WHO))
