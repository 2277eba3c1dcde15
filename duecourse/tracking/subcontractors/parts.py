"""How does a part come in from a program, and how does the lead accept it or send it back? How is each undone?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, select

from duecourse.calendar import words
from duecourse.calendar.collecting import COMBINED, Need, needs
from duecourse.calendar.part_lifecycle import RECORDS, START, PartAct, PartFacts
from duecourse.errors import BadInput, Conflict, NotAllowed, NotFound
from duecourse.language.said import say
from duecourse.models import ContractRow, Deliverable, PartEntry
from duecourse.tracking.acting import locked
from duecourse.tracking.audit import record
from duecourse.tracking.stored_definitions import contract_of
from duecourse.tracking.subcontractors.part_entries import PartKey, entries_of, facts_of, in_effect
from duecourse.tracking.submitting import StoredFile


@dataclass(frozen=True, slots=True)
class Hand:
    """Who acts on a part: an email address, and the subcontractor's program that the person works for.

    Without a program it is somebody of the lead contractor.
    """

    actor: str
    program: str = ""


@dataclass(frozen=True, slots=True)
class HandedIn:
    """When the lead received a part, as the person who enters it states, and with which file.

    `is_same` says of a combined part that it is the same as that of the one program, so that there is no file.
    """

    at: datetime
    file: StoredFile | None = None
    note: str = ""
    is_same: bool = False


def hand_in(
    session: Session, key: PartKey, handed: HandedIn, *, hand: Hand, form_key: str | None, now: datetime
) -> PartEntry:
    """Record that a part was received, from its program itself or by the lead on its behalf.

    The same `form_key` again returns the same entry. Raises Conflict when the part is in and was not sent back, or the
    report is not asked for; BadInput when it is said to have come in the future.
    """
    row = locked(session, key.deliverable_uid)
    need = _need(session, row, key, hand)
    earlier = _same_form(session, form_key, row, key, PartAct.HAND_IN)
    if earlier is not None:
        return earlier
    facts = _checked(session, row, need, PartAct.HAND_IN)
    if row.withdrawn_at is not None or row.set_aside:
        raise Conflict(
            say("%(title)s, %(label)s, is not asked for, and takes no parts.", title=row.title, label=row.label)
        )
    if handed.at > now:
        raise BadInput(say("It cannot have come in the future. Give the day and time at which it came."))
    # Forms give the time to the minute: a part may come in again in the very minute in which it was sent back.
    back_at = facts.sent_back_at or handed.at
    if handed.at < back_at.replace(second=0, microsecond=0):
        raise BadInput(say("It was sent back later than that. Give the day and time at which the corrected one came."))
    if handed.is_same and (key.program != COMBINED or _has_subcontractors(session, row)):
        raise BadInput(say("Only where there is one program alone is the combined report the same as its own."))
    file = handed.file
    return _enter(
        session,
        row,
        PartEntry(
            deliverable_id=row.id or 0,
            program=key.program,
            part=key.part,
            act=PartAct.HAND_IN,
            happened_at=max(handed.at, back_at),
            recorded_at=now,
            actor=hand.actor,
            by_lead=not hand.program,
            note=handed.note,
            is_same=handed.is_same,
            file_sha256=file.sha256 if file else "",
            file_name=file.name if file else "",
            file_type=file.media_type if file else "",
            file_size=file.size if file else 0,
            form_key=form_key,
        ),
    )


def accept_part(session: Session, key: PartKey, *, hand: Hand, form_key: str | None, now: datetime) -> PartEntry:
    """Record that the lead accepted a subcontractor's part. Raises Conflict when none waits for it."""
    return _decide(session, key, PartAct.ACCEPT, note="", hand=hand, form_key=form_key, now=now)


def send_part_back(
    session: Session, key: PartKey, *, note: str, hand: Hand, form_key: str | None, now: datetime
) -> PartEntry:
    """Record that the lead sent a subcontractor's part back to be corrected.

    Raises Conflict when none waits for a decision, BadInput without a word what is to be corrected.
    """
    return _decide(session, key, PartAct.SEND_BACK, note=note, hand=hand, form_key=form_key, now=now)


def take_back(
    session: Session, key: PartKey, *, note: str, hand: Hand, form_key: str | None, now: datetime
) -> PartEntry:
    """Undo the latest act on a part; both stay in its history. A subcontractor undoes only what came in from it.

    Raises Conflict when there is nothing to undo, NotAllowed when it is the lead's to undo, BadInput without a reason.
    """
    row = locked(session, key.deliverable_uid)
    need = _need(session, row, key, hand)
    earlier = _same_form(session, form_key, row, key, PartAct.TAKE_BACK)
    if earlier is not None:
        return earlier
    _checked(session, row, need, PartAct.TAKE_BACK)
    undone = in_effect(entries_of(session, row.id or 0, key))[-1]
    if hand.program and (undone.by_lead or undone.act != PartAct.HAND_IN):
        raise NotAllowed(say("The lead contractor recorded this, and only the lead can take it back."))
    if not note.strip():
        raise BadInput(say("Give a reason: whoever reads this later needs to know why it was taken back."))
    return _enter(session, row, _entry(row, key, PartAct.TAKE_BACK, note, hand, form_key, now, undoes=undone))


def _decide(
    session: Session, key: PartKey, act: PartAct, *, note: str, hand: Hand, form_key: str | None, now: datetime
) -> PartEntry:
    row = locked(session, key.deliverable_uid)
    need = _need(session, row, key, hand)
    if hand.program:
        raise NotAllowed(say("Only the lead contractor can accept a part or send it back."))
    earlier = _same_form(session, form_key, row, key, act)
    if earlier is not None:
        return earlier
    if not need.from_subcontractor:
        raise Conflict(say("%(words)s is the lead’s own, and needs nobody’s acceptance.", words=need.words))
    _checked(session, row, need, act)
    if act is PartAct.SEND_BACK and not note.strip():
        raise BadInput(say("Say what has to be corrected: the program that gets it back needs to know."))
    return _enter(session, row, _entry(row, key, act, note, hand, form_key, now))


def _entry(
    row: Deliverable,
    key: PartKey,
    act: PartAct,
    note: str,
    hand: Hand,
    form_key: str | None,
    now: datetime,
    undoes: PartEntry | None = None,
) -> PartEntry:
    return PartEntry(
        deliverable_id=row.id or 0,
        program=key.program,
        part=key.part,
        act=act,
        happened_at=now,
        recorded_at=now,
        actor=hand.actor,
        by_lead=not hand.program,
        note=note.strip(),
        undoes_id=undoes.id if undoes else None,
        form_key=form_key,
    )


def _enter(session: Session, row: Deliverable, entry: PartEntry) -> PartEntry:
    session.add(entry)
    session.flush()
    said = {"deliverable": row.uid, "program": entry.program, "part": entry.part}
    said |= {"file": entry.file_sha256} if entry.file_sha256 else {}
    said |= {"note": entry.note} if entry.note else {}
    # Under the contract and not the deliverable, whose record of changes the funder reads: what passes between the
    # lead and its subcontractors is theirs.
    record(
        session,
        RECORDS[PartAct(entry.act)],
        actor=entry.actor,
        now=entry.recorded_at,
        contract_id=row.contract_id,
        detail=said,
    )
    return entry


def _need(session: Session, row: Deliverable, key: PartKey, hand: Hand) -> Need:
    # Another program's part and one that does not exist look alike.
    if hand.program and hand.program != key.program:
        raise NotFound(say("There is no such part."))
    contract = contract_of(session.get_one(ContractRow, row.contract_id))
    obligation = next((each for each in contract.obligations if each.id == row.obligation_id), None)
    if contract.programs is not None and obligation is not None and obligation.collected is not None:
        for need in needs(contract.programs, obligation.collected):
            if (need.program, need.part) == (key.program, key.part):
                return need
    raise NotFound(say("There is no such part."))


def _has_subcontractors(session: Session, row: Deliverable) -> bool:
    programs = contract_of(session.get_one(ContractRow, row.contract_id)).programs
    return programs is not None and bool(programs.subcontractors)


def _checked(session: Session, row: Deliverable, need: Need, act: PartAct) -> PartFacts:
    entries = entries_of(session, row.id or 0, PartKey(row.uid, need.program, need.part))
    facts = facts_of(entries)
    if facts.phase in START[act]:
        return facts
    if not entries:
        raise Conflict(say("%(words)s has not come in yet. Nothing was changed.", words=need.words))
    # Two people act at once: the one who comes second is told what the first one did.
    last = entries[-1]
    at = words.instant(last.recorded_at, row.zone)
    raise Conflict(
        say(
            "%(words)s is “%(phase)s” already (%(records)s, by %(actor)s, %(at)s). Nothing was changed.",
            words=need.words,
            phase=facts.phase.said,
            records=RECORDS[PartAct(last.act)],
            actor=last.actor,
            at=at,
        )
    )


def _same_form(
    session: Session, form_key: str | None, row: Deliverable, key: PartKey, act: PartAct
) -> PartEntry | None:
    if form_key is None:
        return None
    earlier = session.exec(select(PartEntry).where(PartEntry.form_key == form_key)).one_or_none()
    if earlier is not None and (earlier.deliverable_id, earlier.program, earlier.part, earlier.act) != (
        row.id,
        key.program,
        key.part,
        act,
    ):
        raise Conflict(say("This form was sent before, for something else. What was recorded then stands."))
    return earlier
