"""Who is away when, and who is told in that person's place?"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, timedelta

from sqlmodel import Session, col, select

from duecourse.calendar import words
from duecourse.calendar.reaching import Days
from duecourse.calendar.roles import RoleName
from duecourse.errors import BadInput, Conflict, NotFound
from duecourse.language.said import say
from duecourse.models import Absence, Person, Role
from duecourse.tracking.audit import record, take_turn
from duecourse.tracking.changes import mark_changed
from duecourse.tracking.staff.people import roles_of

LONGEST = timedelta(days=366)
"""The longest absence. Who stays away longer hands over."""


def set_backup(
    session: Session,
    contract_id: str,
    person: Person,
    role: RoleName,
    *,
    backup: Person | None,
    now: datetime,
    actor: str,
) -> None:
    """Name the person who is told in place of `person` in one part, or nobody with None.

    Raises NotFound when the person has no such part; BadInput for a backup who is the same person, who has left, or who
    has no part on the same side of the contract: nobody is sent links to pages that the person may not open.
    """
    take_turn(session)
    query = select(Role).where(Role.contract_id == contract_id, Role.person_id == person.id, Role.name == role)
    part = session.exec(query.with_for_update()).one_or_none()
    if part is None:
        raise NotFound(
            say("%(name)s is no %(role)s of %(contract_id)s.", name=person.name, role=role, contract_id=contract_id)
        )
    if backup is not None:
        _check_backup(session, contract_id, person, role, backup)
    new = backup.id if backup is not None else None
    if part.backup_id == new:
        return
    part.backup_id = new
    session.add(part)
    session.flush()
    detail = {"email": person.email, "role": str(role), "backup": backup.email if backup is not None else None}
    record(session, "named a backup", actor=actor, now=now, contract_id=contract_id, detail=detail)
    mark_changed(session, contract_id)


def record_absence(
    session: Session, person: Person, *, starts_on: date, ends_on: date, note: str = "", now: datetime, actor: str
) -> Absence:
    """Record the days on which a person is away, both included; the same days twice are recorded once.

    Raises BadInput for days in the wrong order, wholly past, or more than a year long; Conflict for one who has left.
    """
    if ends_on < starts_on:
        raise BadInput(
            say(
                "The last day, %(ends_on)s, lies before the first, %(starts_on)s.",
                ends_on=words.day(ends_on),
                starts_on=words.day(starts_on),
            )
        )
    if ends_on - starts_on > LONGEST:
        raise BadInput(say("An absence lasts a year at most. For a longer one, hand the parts over to somebody else."))
    # A day of grace: it is still yesterday somewhere.
    if ends_on < (now - timedelta(days=1)).date():
        raise BadInput(say("These days are past: an absence is entered for days to come, or while it lasts."))
    if person.disabled_at is not None or person.id is None:
        raise Conflict(say("%(name)s has left, and needs no absence.", name=person.name))
    same = select(Absence).where(
        Absence.person_id == person.id,
        Absence.starts_on == starts_on,
        Absence.ends_on == ends_on,
        col(Absence.cancelled_at).is_(None),
    )
    take_turn(session)
    # Held, so that the same form sent twice at once makes one.
    session.exec(select(Person.id).where(Person.id == person.id).with_for_update()).one()
    known = session.exec(same).first()
    if known is not None:
        return known
    absence = Absence(
        person_id=person.id, starts_on=starts_on, ends_on=ends_on, note=note.strip(), entered_by=actor, entered_at=now
    )
    session.add(absence)
    session.flush()
    _record(session, "entered an absence", absence, person, now=now, actor=actor)
    return absence


def end_absence(session: Session, absence_id: int, *, last_day: date | None, now: datetime, actor: str) -> Absence:
    """Let an absence end on an earlier day, or not take place at all with None.

    Raises NotFound; Conflict when it was cancelled; BadInput for a last day outside of it.
    """
    take_turn(session)
    absence = session.exec(select(Absence).where(Absence.id == absence_id).with_for_update()).one_or_none()
    person = session.get(Person, absence.person_id) if absence is not None else None
    if absence is None or person is None:
        raise NotFound(say("There is no such absence."))
    if absence.cancelled_at is not None:
        raise Conflict(say("This absence was cancelled before."))
    if last_day is None:
        absence.cancelled_at, action = now, "cancelled an absence"
    elif absence.starts_on <= last_day <= absence.ends_on:
        absence.ends_on, action = last_day, "ended an absence early"
    else:
        start, end = words.day(absence.starts_on), words.day(absence.ends_on)
        raise BadInput(
            say(
                "The absence lasts from %(start)s to %(end)s. It can end on one of these days, or be cancelled.",
                start=start,
                end=end,
            )
        )
    session.add(absence)
    session.flush()
    _record(session, action, absence, person, now=now, actor=actor)
    return absence


def absences_of(session: Session, person_ids: Collection[int], *, since: date) -> dict[int, list[Absence]]:
    """Return the absences of these people that end on `since` or later, by person and first day."""
    query = select(Absence).where(
        col(Absence.person_id).in_(person_ids), col(Absence.cancelled_at).is_(None), col(Absence.ends_on) >= since
    )
    found: dict[int, list[Absence]] = {}
    for absence in session.exec(query.order_by(col(Absence.starts_on), col(Absence.id))):
        found.setdefault(absence.person_id, []).append(absence)
    return found


def days_of(absences: dict[int, list[Absence]]) -> dict[int, set[Days]]:
    """Return these absences as the rule of who is told in whose place takes them."""
    return {person: {Days(one.starts_on, one.ends_on) for one in found} for person, found in absences.items()}


def _check_backup(session: Session, contract_id: str, person: Person, role: RoleName, backup: Person) -> None:
    assert backup.id is not None
    if backup.id == person.id:
        raise BadInput(say("Nobody is the backup of the same person. Choose somebody else."))
    if backup.disabled_at is not None:
        raise BadInput(say("%(name)s has left. Choose somebody who is there.", name=backup.name))
    kinds = {held.kind for held in roles_of(session, backup.id).get(contract_id, ())}
    if role.kind not in kinds:
        raise BadInput(
            say(
                "%(name)s has no part on that side of %(contract_id)s. Give %(name)s one first.",
                name=backup.name,
                contract_id=contract_id,
            )
        )


def _record(session: Session, action: str, absence: Absence, person: Person, *, now: datetime, actor: str) -> None:
    detail = {
        "email": person.email,
        "from": absence.starts_on.isoformat(),
        "to": absence.ends_on.isoformat(),
        "note": absence.note,
    }
    assert person.id is not None
    # One entry for each contract that it concerns, so that each contract's record is whole.
    for contract_id in roles_of(session, person.id) or [None]:
        record(session, action, actor=actor, now=now, contract_id=contract_id, detail=detail)
