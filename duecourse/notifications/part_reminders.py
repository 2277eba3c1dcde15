"""Which reminder of an internal date is owed now, and to whom at a subcontractor?

The ladder is that of deadlines, counted from the internal date, and so is what goes at once: what is due that day. The
rest goes with the daily mail. A notice is about no deliverable: the report is the lead's, on whose page the funder
reads who was reminded.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine
from sqlmodel import Session, col, select

from duecourse.calendar import words
from duecourse.calendar.ladders import terms_from
from duecourse.calendar.part_lifecycle import PartPhase
from duecourse.language.recalling import recalled
from duecourse.language.said import in_language, say
from duecourse.models import Notice, NoticeState, Person, ProgramMember
from duecourse.models.database import reading, writing
from duecourse.notifications import ladder
from duecourse.notifications.addressing import mailbox_of, plain
from duecourse.notifications.carrying import PARTS, Said
from duecourse.notifications.filling import insert
from duecourse.notifications.holding import USUAL_WISH, Wish, wishes_of
from duecourse.notifications.ladder import Rung
from duecourse.notifications.mail_days import MailDays
from duecourse.notifications.messages import ChangedContract, Letter, Mailbox, Sender, changes_message
from duecourse.notifications.notice_rows import Row
from duecourse.notifications.other_rows import row_alone, row_in_daily
from duecourse.tracking.boards import items
from duecourse.tracking.subcontractors.packets import Packet, PartState, collecting_contracts, packets

PREFIX = "part-"
"""How the rungs of these reminders begin, so that none is taken for one of a deliverable."""
_AHEAD = timedelta(days=120)
"""How long before the lead's own date an internal date is looked at: a ladder and a review are shorter."""


@dataclass(frozen=True, slots=True)
class _Owed:
    """One reminder of the parts of one program, to one person."""

    packet: Packet
    program: str
    waits_for: list[PartState]
    rung: Rung
    person: Person

    @property
    def key(self) -> str:
        due_at = self.packet.internal.at.astimezone(UTC).isoformat()
        uid = self.packet.item.deliverable.uid
        return "|".join([PREFIX + self.rung.name, uid, self.program, due_at, str(self.person.id)])


def owe_part_reminders(engine: Engine, *, now: datetime, base_url: str, sender: Sender) -> int:
    """Put every reminder of an internal date that is owed at `now` into the outbox; return how many are new.

    Safe at any interruption, and by two at once: the key of a notice is unique.
    """
    with reading(engine) as session:
        found = {one.key: one for one in _owed(session, now=now)}
        query = select(Notice.key).where(col(Notice.key).in_(found), Notice.state != NoticeState.SUPERSEDED)
        lacking = found.keys() - set(session.exec(query)) if found else set()
        if not lacking:
            return 0
        wishes = wishes_of(session, {found[key].person.id or 0 for key in lacking})
        days = MailDays(session, now=now)
        made = [
            _row(
                found[key],
                wishes.get(found[key].person.id or 0, USUAL_WISH),
                days,
                now=now,
                base_url=base_url,
                sender=sender,
            )
            for key in sorted(lacking)
        ]
    rows = [row for row in made if row is not None]
    if not rows:
        return 0
    with writing(engine) as session:
        return insert(session, rows)


def part_keys(session: Session, *, now: datetime) -> set[str]:
    """Return the keys of the reminders of internal dates that are owed at `now`, sent or not."""
    return {one.key for one in _owed(session, now=now)}


def _owed(session: Session, *, now: datetime) -> Iterator[_Owed]:
    members = _members(session)
    if not members:
        return
    collecting = collecting_contracts(session, {contract_id for contract_id, _ in members})
    found = items(session, now=now, contract_ids=collecting, open_only=True) if collecting else []
    near = [one for one in found if one.deliverable.remind and one.deliverable.due_at < now + _AHEAD]
    for packet in packets(session, near, now=now):
        contract_id = packet.item.contract.id
        for program in packet.programs.subcontractors:
            waits_for = [s for s in packet.of(program.id) if s.facts.phase in (PartPhase.MISSING, PartPhase.SENT_BACK)]
            rung = _rung(packet, waits_for, now) if waits_for else None
            for person in members.get((contract_id, program.id), []) if rung else []:
                assert rung is not None
                yield _Owed(packet, program.id, waits_for, rung, person)


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


def _row(one: _Owed, wish: Wish, days: MailDays, *, now: datetime, base_url: str, sender: Sender) -> Row | None:
    """Return the row of a reminder; None for one that its reader, who wants no daily mails, goes without."""
    assert one.person.id is not None
    if wish.stopped and one.rung.offset < 0:
        return None
    deliverable, contract, internal = one.packet.item.deliverable, one.packet.item.contract, one.packet.internal
    at = None
    if not wish.stopped and one.rung.offset != 0:
        at = days.next_for(
            one.person.id,
            wish,
            zone=deliverable.zone,
            calendar=terms_from(contract.notice_terms).calendar,
            before=internal.at if now < internal.at else None,
        )
    to, rung, owed_at = mailbox_of(one.person), PREFIX + one.rung.name, one.rung.at
    link = f"{base_url.rstrip('/')}/parts/{deliverable.uid}/{one.program}"
    if at is None:
        letter = _letter(one, to, link, now=now, sender=sender)
        row = row_alone(one.person.id, to, letter, key=one.key, rung=rung, owed_at=owed_at, now=now, sender=sender)
    else:
        said = _line(one, link, language=to.language, zone=wish.zone or deliverable.zone, now=now)
        row = row_in_daily(
            one.person.id,
            to,
            said,
            key=one.key,
            rung=rung,
            owed_at=owed_at,
            deliver_at=at,
            now=now,
            sender=sender,
        )
    return row | {"due_at": internal.at}


def _letter(one: _Owed, to: Mailbox, link: str, *, now: datetime, sender: Sender) -> Letter:
    deliverable, contract = one.packet.item.deliverable, one.packet.item.contract
    lines = tuple(
        say("%(part)s: %(phase)s", part=state.need.part, phase=state.facts.phase.said) for state in one.waits_for
    )
    told = ChangedContract(contract.number, one.packet.programs.lead.name, link, lines)
    cause = say(
        "%(title)s, %(label)s: by the end of %(day)s",
        title=deliverable.title,
        label=recalled(deliverable.label),
        day=words.day(one.packet.internal.on),
    )
    return changes_message(to, (told,), cause=cause, sender=sender, now=now, of="part_due")


def _line(one: _Owed, link: str, *, language: str, zone: str, now: datetime) -> Said:
    deliverable, contract, internal = one.packet.item.deliverable, one.packet.item.contract, one.packet.internal
    lead, day = one.packet.programs.lead.name, words.day(internal.on)
    asked = words.joined(
        [say("%(part)s (%(phase)s)", part=state.need.part, phase=state.facts.phase.said) for state in one.waits_for]
    )
    if now >= internal.at:
        says = say(
            "Overdue: it was due to %(lead)s by the end of %(day)s. Asked for: %(parts)s.",
            lead=lead,
            day=day,
            parts=asked,
        )
    else:
        says = say("Due to %(lead)s by the end of %(day)s. Asked for: %(parts)s.", lead=lead, day=day, parts=asked)
    return {
        "section": PARTS,
        "title": plain(deliverable.title),
        "label": plain(in_language(recalled(deliverable.label), language)),
        "says": plain(says.in_(language)),
        "channel": "",
        "subject": "",
        "because": "",
        "link": link,
        "contract": plain(f"{contract.number}, {lead}"),
        "on": internal.on.isoformat(),
        "order": internal.at.isoformat(),
        "zone": zone,
    }
