"""A lead contractor's packet with the parts of its subcontractors, for tests: who hands in, accepts and sends back."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime
from io import BytesIO
from pathlib import Path
from uuid import uuid4

from sqlalchemy import Engine
from sqlmodel import Session, select

from duecourse.calendar.part_lifecycle import PartAct
from duecourse.calendar.schedule import Contract
from duecourse.definitions.reading import find_contract, read_contract
from duecourse.definitions.resolved import contract_from_json
from duecourse.models import Deliverable, PartEntry
from duecourse.models.database import reading, writing
from duecourse.tracking.boards import item
from duecourse.tracking.files import store_file
from duecourse.tracking.loading import load_contract
from duecourse.tracking.planning import plan
from duecourse.tracking.staff.people import add_person
from duecourse.tracking.subcontractors.members import add_member
from duecourse.tracking.subcontractors.packets import Packet, packet_of
from duecourse.tracking.subcontractors.part_entries import PartKey
from duecourse.tracking.subcontractors.parts import Hand, HandedIn, accept_part, hand_in, send_part_back, take_back

LEAD_CONTRACT = "ct-21oechvs01abc"
LEAD, RIVERBEND, NORTHSIDE = "olu@abc.example", "rio@riverbend.example", "noa@northside.example"
RATE_CARD, BILLING = "Rate Card", "Rate Card Billing"
AS_LEAD, AS_RIVERBEND = Hand(LEAD), Hand(RIVERBEND, "riverbend")
PROGRAMS = ("abc", "riverbend", "northside")


def lead_contract(today: datetime) -> tuple[Contract, str]:
    """Return the lead's contract as it ships, and its definition."""
    return read_contract(find_contract(LEAD_CONTRACT), today=today.date())


def alone(today: datetime) -> tuple[Contract, str]:
    """Return the same contract with the lead's program alone, and its definition."""
    content = json.loads(lead_contract(today)[1])
    content["contract"]["programs"]["subcontractors"] = []
    definition = json.dumps(content)
    return contract_from_json(definition), definition


def track_lead(engine: Engine, now: datetime, stated: tuple[Contract, str] | None = None) -> None:
    """Track the lead's contract from `now` on."""
    contract, definition = stated or lead_contract(now)
    with writing(engine) as session:
        load_contract(session, contract, definition=definition, now=now, actor="test")
        plan(session, now=now, actor="test")


def add_subcontractors(engine: Engine, now: datetime) -> None:
    """Add one person for each of the two subcontractors."""
    with writing(engine) as session:
        for name, email, program in (("Rio Diaz", RIVERBEND, "riverbend"), ("Noa Berg", NORTHSIDE, "northside")):
            person = add_person(session, name=name, email=email, now=now, actor="test")
            add_member(session, person, LEAD_CONTRACT, program, now=now, actor="test")


def report(engine: Engine, obligation: str, due_on: date) -> Deliverable:
    """Return the lead's deliverable of an obligation that is due on a day."""
    query = select(Deliverable).where(
        Deliverable.contract_id == LEAD_CONTRACT, Deliverable.obligation_id == obligation, Deliverable.due_on == due_on
    )
    with reading(engine) as session:
        return session.exec(query).one()


def packet(engine: Engine, row: Deliverable, now: datetime) -> Packet:
    """Return the packet of a deliverable as it stands at `now`."""
    with reading(engine) as session:
        found = packet_of(session, item(session, row.uid, now=now, contract_ids=[LEAD_CONTRACT]), now=now)
    assert found is not None
    return found


def act(
    engine: Engine,
    row: Deliverable,
    what: PartAct,
    *,
    now: datetime,
    program: str = "riverbend",
    part: str = RATE_CARD,
    hand: Hand = AS_LEAD,
    at: datetime | None = None,
    note: str = "",
    key: str | None = None,
) -> PartEntry:
    """Do one thing with a part."""
    named, form_key = PartKey(row.uid, program, part), key or str(uuid4())
    with writing(engine) as session:
        verb: Callable[[Session], PartEntry] = {
            PartAct.HAND_IN: lambda session: hand_in(
                session, named, HandedIn(at or now, note=note), hand=hand, form_key=form_key, now=now
            ),
            PartAct.ACCEPT: lambda session: accept_part(session, named, hand=hand, form_key=form_key, now=now),
            PartAct.SEND_BACK: lambda session: send_part_back(
                session, named, note=note, hand=hand, form_key=form_key, now=now
            ),
            PartAct.TAKE_BACK: lambda session: take_back(
                session, named, note=note, hand=hand, form_key=form_key, now=now
            ),
        }[what]
        entry = verb(session)
        session.expunge(entry)
        return entry


def waiting_part(engine: Engine, evidence: Path, rule: str, now: datetime) -> tuple[str, str]:
    """Return the lead's deliverable and the entry of a part, with a file, that came in unless it is to be handed in."""
    row = report(engine, "ct-rate-card-report", date(2023, 1, 30))
    if rule.endswith("hand-in"):
        return row.uid, ""
    with reading(engine) as session:
        came_in = session.exec(select(PartEntry.uid).where(PartEntry.deliverable_id == row.id)).first()
    if came_in is not None:
        return row.uid, came_in
    file = store_file(
        evidence, BytesIO(b"%PDF-1.4\noutcomes: 7\n%%EOF\n"), name="rate card.pdf", media_type="application/pdf"
    )
    key = PartKey(row.uid, "riverbend", RATE_CARD)
    with writing(engine) as session:
        entry = hand_in(session, key, HandedIn(now, file), hand=AS_LEAD, form_key=str(uuid4()), now=now)
        return row.uid, entry.uid
