"""How is one date moved by whoever may do so, and a closure announced, over all the contracts it touches?"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time

from sqlmodel import Session, select

from duecourse.calendar import words
from duecourse.calendar.due import Moved
from duecourse.calendar.state_days import Closure, known_codes
from duecourse.errors import BadInput, Conflict, NotFound
from duecourse.language.recalling import recalled
from duecourse.language.said import say
from duecourse.models import AnnouncedClosure, Deliverable, Ruling, RulingKind
from duecourse.tracking.acting import locked
from duecourse.tracking.audit import record
from duecourse.tracking.in_force import in_force
from duecourse.tracking.own_words import offices_closed
from duecourse.tracking.planning import apply
from duecourse.tracking.rehearsing import Rehearsal, rehearsed


def move_date(
    session: Session,
    deliverable_uid: str,
    *,
    on: date,
    cut_off: time | None,
    source: str,
    now: datetime,
    actor: str,
    dry_run: bool = False,
) -> Rehearsal:
    """Move one open deliverable to another date, by a named source; return what changed, or would with `dry_run`.

    Raises Conflict when it is in already: what was submitted stays as it was decided.
    """
    row = _read(session, deliverable_uid) if dry_run else locked(session, deliverable_uid)
    if row.submitted_at is not None and row.returned_at is None:
        raise Conflict(
            say(
                "%(title)s, %(label)s, is in already: its date stays as it was decided.",
                title=row.title,
                label=recalled(row.label),
            )
        )
    if not source.strip():
        raise BadInput(
            say("Say which document or message moves the date, such as the contract manager's mail of May 3.")
        )
    ruling = Ruling(
        contract_id=row.contract_id,
        obligation_id=row.obligation_id,
        occurrence=row.occurrence,
        kind=RulingKind.MOVED,
        on=on,
        cut_off=f"{cut_off:%H:%M}" if cut_off else "",
        source=source.strip(),
        decided_by=actor,
        decided_at=now,
    )
    held = in_force(session, contract_ids=[row.contract_id])[row.contract_id]
    moved = {**held.contract.moved, (row.obligation_id, row.occurrence): Moved(on, cut_off, ruling.source, actor)}
    proposed = replace(held, contract=replace(held.contract, moved=moved))
    rehearsal = rehearsed(session, row.contract_id, proposed, now=now)
    if dry_run:
        return rehearsal
    session.add(ruling)
    detail = {"deliverable": row.uid, "on": on.isoformat(), "cut_off": ruling.cut_off, "source": ruling.source}
    record(
        session,
        "moved a date",
        actor=actor,
        now=now,
        contract_id=row.contract_id,
        deliverable_id=row.id,
        detail=detail,
    )
    apply(session, row.contract_id, rehearsal.changes, now=now, actor=actor, cause=ruling.source)
    return rehearsal


def _read(session: Session, deliverable_uid: str) -> Deliverable:
    row = session.exec(select(Deliverable).where(Deliverable.uid == deliverable_uid)).one_or_none()
    if row is None:
        raise NotFound(say("There is no such deliverable."))
    return row


def announce_closure(
    session: Session,
    calendar: str,
    closure: Closure,
    *,
    now: datetime,
    actor: str,
    dry_run: bool = False,
) -> list[Rehearsal]:
    """Close the offices of a calendar on a day, or from an hour of it; return what changed in each contract, or would.

    Some dates move forward, some back, most stay. Submitted deliverables keep their dates; one that came in late
    because offices were closed is no longer late, and says why. Raises BadInput for a calendar that is not known,
    Conflict when the same day was announced before.
    """
    if calendar not in known_codes():
        raise BadInput(
            say(
                "There is no calendar “%(calendar)s”. Write it as US-WA for a state, or US for the federal offices.",
                calendar=calendar,
            )
        )
    if not closure.source.strip() or not closure.name.strip():
        raise BadInput(say("Name the closure and the announcement it rests on."))
    known = session.exec(
        select(AnnouncedClosure).where(AnnouncedClosure.calendar == calendar, AnnouncedClosure.on == closure.on)
    ).first()
    if known is not None:
        raise Conflict(
            say(
                "%(calendar)s is already closed on %(on)s: %(name)s (%(source)s).",
                calendar=calendar,
                on=words.day(closure.on),
                name=known.name,
                source=known.source,
            )
        )
    found = []
    for contract_id, held in in_force(session).items():
        if calendar not in held.contract.calendar.split("+"):
            continue
        closed = replace(held.contract, closures=(*held.contract.closures, closure))
        found.append(rehearsed(session, contract_id, replace(held, contract=closed), now=now))
    if dry_run:
        return found
    session.add(
        AnnouncedClosure(
            calendar=calendar,
            on=closure.on,
            name=closure.name.strip(),
            source=closure.source.strip(),
            closes_at=f"{closure.closes_at:%H:%M}" if closure.closes_at else "",
            announced_by=actor,
            announced_at=now,
        )
    )
    detail = {"calendar": calendar, "on": closure.on.isoformat(), "name": closure.name, "source": closure.source}
    record(session, "announced a closure", actor=actor, now=now, detail=detail)
    cause = offices_closed(closure.on, closure.name, closure.source)
    for rehearsal in found:
        apply(session, rehearsal.contract_id, rehearsal.changes, now=now, actor=actor, cause=cause)
    return found
