"""Which reminder of an internal date is owed now, and to whom at a subcontractor?

The ladder is that of deadlines, counted from the internal date. A notice is about no deliverable: the report is the
lead's, on whose page the funder reads who was reminded.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from sqlalchemy import Engine
from sqlmodel import Session, col, select

from duecourse.calendar import words
from duecourse.calendar.part_lifecycle import PartPhase
from duecourse.language.recalling import recalled
from duecourse.language.said import say
from duecourse.models import Notice, NoticeState, Person, ProgramMember
from duecourse.models.database import reading, writing
from duecourse.notifications import ladder
from duecourse.notifications.addressing import mailbox_of
from duecourse.notifications.filling import insert
from duecourse.notifications.ladder import Rung
from duecourse.notifications.messages import ChangedContract, Sender, changes_message, is_address, message_id
from duecourse.notifications.notice_rows import Row
from duecourse.tracking.subcontractors.packets import Packet, PartState, all_packets

_PREFIX = "part-"
"""How the rungs of these reminders begin, so that none is taken for one of a deliverable."""


def owe_part_reminders(engine: Engine, *, now: datetime, base_url: str, sender: Sender) -> int:
    """Put every reminder of an internal date that is owed at `now` into the outbox; return how many are new.

    Safe at any interruption, and by two at once: the key of a notice is unique.
    """
    with reading(engine) as session:
        rows = list(_owed(session, now=now, base_url=base_url, sender=sender))
        known = set(session.exec(select(Notice.key).where(col(Notice.key).in_([row["key"] for row in rows]))))
    lacking = [row for row in rows if row["key"] not in known]
    if not lacking:
        return 0
    with writing(engine) as session:
        return insert(session, lacking)


def _owed(session: Session, *, now: datetime, base_url: str, sender: Sender) -> Iterator[Row]:
    members = _members(session)
    if not members:
        return
    for packet in all_packets(session, {contract_id for contract_id, _ in members}, now=now):
        contract_id = packet.item.contract.id
        for program in packet.programs.subcontractors:
            waits_for = [s for s in packet.of(program.id) if s.facts.phase in (PartPhase.MISSING, PartPhase.SENT_BACK)]
            rung = _rung(packet, waits_for, now) if waits_for else None
            for person in members.get((contract_id, program.id), []) if rung else []:
                assert rung is not None
                yield _row(packet, program.id, waits_for, rung, person, now=now, base_url=base_url, sender=sender)


def _rung(packet: Packet, waits_for: list[PartState], now: datetime) -> Rung | None:
    item = packet.item
    if not (item.deliverable.remind and item.standing.is_open and packet.is_pressing):
        return None
    rung = ladder.latest_rung(packet.internal.on, item.deliverable.zone, now=now)
    if rung is None or rung.at < item.contract.notices_from:
        return None
    if rung.on > item.contract.end_on + ladder.STOPS_AFTER:
        return None
    # What was sent back is pressed for from the next rung on; the lead has just said what is to be corrected.
    back = [state.facts.sent_back_at for state in waits_for]
    return None if all(at is not None and rung.at <= at for at in back) else rung


def _members(session: Session) -> dict[tuple[str, str], list[Person]]:
    query = (
        select(ProgramMember, Person)
        .join(Person, col(Person.id) == ProgramMember.person_id)
        .where(col(Person.disabled_at).is_(None))
    )
    found: dict[tuple[str, str], list[Person]] = {}
    for member, person in session.exec(query):
        found.setdefault((member.contract_id, member.program), []).append(person)
    return found


def _row(
    packet: Packet,
    program: str,
    waits_for: list[PartState],
    rung: Rung,
    person: Person,
    *,
    now: datetime,
    base_url: str,
    sender: Sender,
) -> dict[str, Any]:
    deliverable, contract, internal = packet.item.deliverable, packet.item.contract, packet.internal
    due_at = internal.at.astimezone(UTC).isoformat()
    key = "|".join([_PREFIX + rung.name, deliverable.uid, program, due_at, str(person.id)])
    identity = message_id(uuid5(NAMESPACE_URL, key), sender)
    row: dict[str, Any] = {
        "key": key,
        "deliverable_id": None,
        "person_id": person.id,
        "rung": _PREFIX + rung.name,
        "is_copy": False,
        "due_at": internal.at,
        "owed_at": rung.at,
        "queued_at": now,
        "message_id": identity,
        "to_address": person.email,
        "subject": "",
        "message": b"",
        "state": NoticeState.QUEUED,
        "attempts": 0,
        "next_try_at": now,
        "claim_token": "",
        "reply": "",
        "ambiguous": False,
    }
    if not is_address(person.email):
        return row | {"state": NoticeState.FAILED, "reply": "This is no email address that mail can be sent to."}
    told = ChangedContract(
        contract.number,
        packet.programs.lead.name,
        f"{base_url}/parts/{deliverable.uid}/{program}",
        tuple(say("%(part)s: %(phase)s", part=state.need.part, phase=state.facts.phase.said) for state in waits_for),
    )
    cause = say(
        "%(title)s, %(label)s: by the end of %(day)s",
        title=deliverable.title,
        label=recalled(deliverable.label),
        day=words.day(internal.on),
    )
    to = mailbox_of(person)
    letter = changes_message(to, (told,), cause=cause, sender=sender, now=now, of="part_due")
    return row | {"subject": letter.subject, "message": letter.with_id(identity)}
