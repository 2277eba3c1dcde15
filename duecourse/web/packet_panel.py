"""What does the lead see of its packet on the page of a report, and may the report go out incomplete?"""

from __future__ import annotations

from sqlmodel import Session

from duecourse.calendar import words
from duecourse.errors import BadInput
from duecourse.language.said import say
from duecourse.models.database import reading
from duecourse.tracking.boards import Item
from duecourse.tracking.subcontractors.packets import Packet, packet_of
from duecourse.web.forms import Posted
from duecourse.web.site import Site
from duecourse.web.visitor import Visitor


def packet_for(session: Session, visitor: Visitor, found: Item) -> Packet | None:
    """Return the packet of a report, for the lead's own people only; None when nothing is collected for it."""
    if found.contract.id not in visitor.contractor_in:
        return None
    return packet_of(session, found, now=visitor.now)


def check_complete(site: Site, visitor: Visitor, found: Item, form: Posted) -> None:
    """Raise BadInput when a packet lacks something, unless the form says to send it so, and why."""
    said = {"is_nil": form.line("nil") == "yes", "sends_incomplete": form.line("incomplete") == "yes"}
    with reading(site.engine) as session:
        check_packet(session, visitor, found, note=form.text("note"), **said)


def check_packet(
    session: Session, visitor: Visitor, found: Item, *, is_nil: bool, sends_incomplete: bool, note: str
) -> None:
    """Raise BadInput when a packet lacks something, unless it is said to send it so, and why.

    What is lacking is a warning, and no bar: the state may want an incomplete report rather than a late one. A report
    that says there was nothing to report has no packet.
    """
    if is_nil or not found.standing.is_open:
        return
    packet = packet_for(session, visitor, found)
    missing = packet.missing if packet else []
    if not missing:
        return
    parts = words.count(len(missing), "part")
    lacks = words.following(say("The packet is not complete; it lacks %(parts)s.", parts=parts), *missing)
    if not sends_incomplete:
        cure = say("To send it all the same, tick that box and give the reason in the note.")
        raise BadInput(words.following(lacks, cure))
    if not note:
        raise BadInput(words.following(lacks, say("Give the reason in the note for sending it all the same.")))
