"""What is due from a program to the lead, by when and why, and what became of what was handed in?"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from sqlmodel import Session
from starlette.responses import Response

from duecourse.calendar.collecting import COMBINED
from duecourse.calendar.part_lifecycle import PartPhase
from duecourse.calendar.words import ZONES
from duecourse.errors import NotFound
from duecourse.language.said import say
from duecourse.models.database import reading
from duecourse.tracking.boards import item
from duecourse.tracking.subcontractors.members import members_of
from duecourse.tracking.subcontractors.packets import Packet, PartState, all_packets, packet_of
from duecourse.tracking.subcontractors.parts import Hand
from duecourse.web.forms import Posted
from duecourse.web.render import page
from duecourse.web.site import Site, TheSite
from duecourse.web.visitor import SignedIn, Visitor

_UID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_SOON = timedelta(days=14)
_DONE = {
    "hand-in": say("Recorded as received."),
    "accept": say("Recorded as accepted by the lead."),
    "send-back": say("Sent back with your comment."),
    "take-back": say("Taken back. It stays in the history."),
}

router = APIRouter()


@dataclass(frozen=True, slots=True)
class Asked:
    """What one program hands in for one report: its parts, and the packet to which they go."""

    packet: Packet
    program: str
    program_name: str
    states: tuple[PartState, ...]

    @property
    def is_open(self) -> bool:
        """Whether something has still to come in from the program."""
        return any(state.facts.phase in (PartPhase.MISSING, PartPhase.SENT_BACK) for state in self.states)

    @property
    def is_late(self) -> bool:
        """Whether the lead still waits for something, and the internal date has passed."""
        return self.is_open and self.packet.item.standing.is_open and self.packet.now >= self.packet.internal.at

    @property
    def days_late(self) -> int:
        """How many days it is late, any begun day counting as one."""
        return (self.packet.now - self.packet.internal.at).days + 1 if self.is_late else 0


@dataclass(frozen=True, slots=True)
class Seat:
    """From where a person looks at the parts of one program: as the lead, or as that program itself."""

    asked: Asked
    as_lead: bool

    def hand(self, visitor: Visitor) -> Hand:
        """Return who acts."""
        return Hand(visitor.email, "" if self.as_lead else self.asked.program)


@router.get("/parts")
def parts(request: Request, site: TheSite, visitor: SignedIn) -> Response:
    """Show what is due from the person's own programs to the lead, by internal date."""
    with reading(site.engine) as session:
        found = asked_of(session, visitor)
    shown = [asked for asked in found if asked.packet.item.standing.is_open or not asked.is_open]
    pressing = [asked for asked in shown if asked.is_open and asked.packet.is_pressing]
    soon = visitor.now + _SOON
    return page(
        request,
        "program_parts.html",
        visitor=visitor,
        late=[asked for asked in pressing if asked.is_late],
        soon=[asked for asked in pressing if not asked.is_late and asked.packet.internal.at <= soon],
        later=[asked for asked in pressing if asked.packet.internal.at > soon],
        handed=[asked for asked in shown if not asked.is_open],
        earlier=[asked for asked in shown if asked.is_open and not asked.packet.is_pressing],
    )


@router.get("/parts/{uid}/{program}")
def part(request: Request, site: TheSite, visitor: SignedIn, uid: str, program: str, done: str = "") -> Response:
    """Show the parts of one program for one report, with the forms that their standing allows."""
    return part_page(request, site, visitor, uid, program, done=done)


def part_page(
    request: Request,
    site: Site,
    visitor: Visitor,
    uid: str,
    program: str,
    *,
    form: Posted | None = None,
    problem: str = "",
    done: str = "",
) -> Response:
    """Return the page; with a `problem`, the form that was sent is filled in as it was."""
    with reading(site.engine) as session:
        seat = find_seat(session, visitor, uid, program)
        members = members_of(session, seat.asked.packet.item.contract.id) if seat.as_lead else []
    row = seat.asked.packet.item.deliverable
    return page(
        request,
        "program_part.html",
        visitor=visitor,
        status=422 if problem else 200,
        asked=seat.asked,
        as_lead=seat.as_lead,
        people=[person for person, whose in members if whose == program],
        is_combined=program == COMBINED,
        may_be_same=program == COMBINED and not seat.asked.packet.programs.subcontractors,
        zone_name=ZONES[row.zone][0],
        local_now=visitor.now.astimezone(ZoneInfo(row.zone)),
        form=form,
        sent_part=form.line("part") if form else "",
        problem=problem,
        done=_DONE.get(done, ""),
    )


def find_seat(session: Session, visitor: Visitor, uid: str, program: str) -> Seat:
    """Return the parts of one program for one report, and from which side the person looks at them.

    Raises NotFound unless the person works for the lead, or for that program: another program and one that does not
    exist look alike.
    """
    if not _UID.fullmatch(uid):
        raise _nothing()
    own = {contract_id for contract_id, mine in visitor.programs if mine == program}
    try:
        found = item(session, uid, now=visitor.now, contract_ids={*visitor.contractor_in, *own})
    except NotFound:
        raise _nothing() from None
    packet = packet_of(session, found, now=visitor.now)
    states = packet.of(program) if packet else ()
    if packet is None or not states:
        raise _nothing()
    as_lead = found.contract.id in visitor.contractor_in
    return Seat(Asked(packet, program, states[0].need.program_name, states), as_lead)


def _nothing() -> NotFound:
    return NotFound("There is no such part.")


def asked_of(session: Session, visitor: Visitor) -> list[Asked]:
    """Return what is asked of the person's own programs, by internal date."""
    contracts = {contract_id for contract_id, _ in visitor.programs}
    found = [
        Asked(packet, program, states[0].need.program_name, states)
        for packet in all_packets(session, contracts, now=visitor.now)
        for contract_id, program in sorted(visitor.programs)
        if packet.item.contract.id == contract_id and (states := packet.of(program))
    ]
    return sorted(found, key=lambda asked: asked.packet.internal.at)
