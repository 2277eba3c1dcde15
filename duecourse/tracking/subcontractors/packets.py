"""What belongs into a report that is put together from several programs, what is missing, and what puts it at risk?"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from duecourse.calendar import collecting
from duecourse.calendar.collecting import InternalDate, Need, Programs
from duecourse.calendar.due import last_day_before
from duecourse.calendar.part_lifecycle import PartAct, PartFacts, PartPhase
from duecourse.calendar.schedule import Contract
from duecourse.models import ContractRow, PartEntry
from duecourse.tracking.boards import Item, items
from duecourse.tracking.in_force import in_force
from duecourse.tracking.stored_definitions import contract_of
from duecourse.tracking.subcontractors.part_entries import facts_of, in_effect


@dataclass(frozen=True, slots=True)
class PartState:
    """One part of a packet: where it stands, and what was done with it, in the order of time."""

    need: Need
    facts: PartFacts
    entries: list[PartEntry]

    @property
    def came(self) -> PartEntry | None:
        """The entry with which the latest one came in, unless it was taken back."""
        return next((entry for entry in reversed(in_effect(self.entries)) if entry.act == PartAct.HAND_IN), None)

    @property
    def sent_back_with(self) -> str:
        """What the lead asked to correct, while the part is sent back."""
        if self.facts.phase is not PartPhase.SENT_BACK:
            return ""
        return in_effect(self.entries)[-1].note


@dataclass(frozen=True, slots=True)
class Packet:
    """The parts of one report of the lead as they stand at one instant, and the internal date of its subcontractors."""

    item: Item
    programs: Programs
    states: tuple[PartState, ...]
    internal: InternalDate
    now: datetime

    @property
    def missing(self) -> list[str]:
        """What it lacks, in sentences; empty when it is complete."""
        return [said for state in self.states if (said := collecting.missing(state.need, state.facts))]

    @property
    def risks(self) -> list[str]:
        """Why it is at risk, in sentences; empty when the report is in, or not asked for."""
        if not self.item.standing.is_open:
            return []
        found = [collecting.risk(s.need, s.facts, self.internal, now=self.now) for s in self.states]
        return [said for said in found if said]

    @property
    def awaited(self) -> list[str]:
        """The names of the subcontractors because of whom it is at risk."""
        late = [
            state.need.program_name
            for state in self.states
            if collecting.risk(state.need, state.facts, self.internal, now=self.now)
        ]
        return list(dict.fromkeys(late)) if self.item.standing.is_open else []

    @property
    def is_pressing(self) -> bool:
        """Whether it fell due after the contract was entered here: nobody is pressed for what lies before."""
        return self.item.facts.limit > self.item.contract.notices_from

    def of(self, program: str) -> tuple[PartState, ...]:
        """Return the parts of one program."""
        return tuple(state for state in self.states if state.need.program == program)


def collecting_contracts(session: Session, contract_ids: Collection[str]) -> list[str]:
    """Return those of these contracts under which parts are collected from programs."""
    rows = session.exec(select(ContractRow).where(col(ContractRow.id).in_(contract_ids))).all()
    return [row.id for row in rows if contract_of(row).programs is not None]


def packets(session: Session, found: Iterable[Item], *, now: datetime) -> list[Packet]:
    """Return the packets among these items, as they stand at `now`, in their order."""
    asked = list(found)
    contracts = in_force(session, contract_ids=collecting_contracts(session, {each.contract.id for each in asked}))
    wanted = [each for each in asked if each.contract.id in contracts]
    entries = _entries(session, [each.deliverable.id or 0 for each in wanted], now)
    made = [
        _packet(each, contracts[each.contract.id].contract, entries.get(each.deliverable.id or 0, []), now)
        for each in wanted
    ]
    return [packet for packet in made if packet is not None]


def packet_of(session: Session, found: Item, *, now: datetime) -> Packet | None:
    """Return the packet of one deliverable, or None when nothing is collected for it."""
    return next(iter(packets(session, [found], now=now)), None)


def all_packets(session: Session, contract_ids: Collection[str], *, now: datetime) -> list[Packet]:
    """Return every packet of these contracts, by due moment."""
    asked = collecting_contracts(session, contract_ids)
    return packets(session, items(session, now=now, contract_ids=asked), now=now) if asked else []


def awaited(session: Session, found: Iterable[Item], *, now: datetime) -> dict[int, list[str]]:
    """Return, by deliverable, the names of the subcontractors because of whom it is at risk; only where there are any.

    What fell due before the contract was entered here is left out.
    """
    still_open = [each for each in found if each.standing.is_open]
    return {
        packet.item.deliverable.id or 0: names
        for packet in packets(session, still_open, now=now)
        if packet.is_pressing and (names := packet.awaited)
    }


def _packet(found: Item, contract: Contract, entries: list[PartEntry], now: datetime) -> Packet | None:
    row = found.deliverable
    obligation = next((each for each in contract.obligations if each.id == row.obligation_id), None)
    if contract.programs is None or obligation is None or obligation.collected is None:
        return None
    limit = found.facts.limit
    due_on = row.due_on if limit == row.due_at else last_day_before(limit, row.zone)
    internal = collecting.internal_date(
        due_on, contract.days(due_on), review=contract.programs.review, zone=row.zone, period_end=row.period_end
    )
    states = []
    for need in collecting.needs(contract.programs, obligation.collected):
        own = [entry for entry in entries if (entry.program, entry.part) == (need.program, need.part)]
        states.append(PartState(need, facts_of(own), own))
    return Packet(found, contract.programs, tuple(states), internal, now)


def _entries(session: Session, deliverable_ids: list[int], now: datetime) -> dict[int, list[PartEntry]]:
    found: dict[int, list[PartEntry]] = {}
    # A contract has hundreds of deliverables, and a statement takes so many values at most.
    for start in range(0, len(deliverable_ids), 500):
        some = deliverable_ids[start : start + 500]
        query = select(PartEntry).where(col(PartEntry.deliverable_id).in_(some), col(PartEntry.happened_at) <= now)
        for entry in session.exec(query.order_by(col(PartEntry.id))):
            found.setdefault(entry.deliverable_id, []).append(entry)
    return found
