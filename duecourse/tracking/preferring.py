"""How does a person say when the mail is to come, on which more days, and who gets it for a while instead?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from duecourse.calendar import words
from duecourse.calendar.words import ZONES
from duecourse.errors import BadInput
from duecourse.language.said import say
from duecourse.models import Person, Preference, Role, RoleName
from duecourse.tracking.audit import record, take_turn
from duecourse.tracking.staff.absences import LONGEST

MOST_OFFSETS = 10
FURTHEST = 90
"""The most days before or after a due date on which a person may ask to be reminded."""
WEEKDAYS = (say("Monday"), say("Tuesday"), say("Wednesday"), say("Thursday"), say("Friday"))


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a person asks for: see `Preference`."""

    mail_hour: int = 7
    zone: str = ""
    nothing_due_on: int | None = None
    more_offsets: tuple[int, ...] = ()
    paused_from: date | None = None
    paused_to: date | None = None
    substitute: Person | None = None


def wanted_by(session: Session, person: Person) -> Wanted:
    """Return what a person asked for, as `prefer` takes it."""
    row = session.get(Preference, person.id) if person.id is not None else None
    if row is None:
        return Wanted()
    substitute = session.get(Person, row.substitute_id) if row.substitute_id else None
    return Wanted(
        row.mail_hour,
        row.zone,
        row.nothing_due_on,
        tuple(row.more_offsets),
        row.paused_from,
        row.paused_to,
        substitute,
    )


def prefer(session: Session, person: Person, wanted: Wanted, *, now: datetime, actor: str) -> Preference:
    """Record how a person wants to be told; the same again changes nothing.

    Raises BadInput for an hour, a zone, a weekday or days that are none; for a pause that is past, longer than a year
    or in the wrong order; and for a pause without a substitute when nobody else would be told.
    """
    assert person.id is not None
    _check(session, person, wanted, now)
    take_turn(session)
    # Held, so that the same form sent twice at once makes one.
    session.exec(select(Person.id).where(Person.id == person.id).with_for_update()).one()
    row = session.get(Preference, person.id) or Preference(person_id=person.id, changed_at=now)
    values = {
        "mail_hour": wanted.mail_hour,
        "zone": wanted.zone,
        "nothing_due_on": wanted.nothing_due_on,
        "more_offsets": sorted(set(wanted.more_offsets)),
        "paused_from": wanted.paused_from,
        "paused_to": wanted.paused_to,
        "substitute_id": wanted.substitute.id if wanted.substitute else None,
        "furthest_before": max((-offset for offset in wanted.more_offsets if offset < 0), default=0),
    }
    changed = {name: value for name, value in values.items() if getattr(row, name) != value}
    if not changed:
        return row
    for name, value in changed.items():
        setattr(row, name, value)
    row.changed_at = now
    session.add(row)
    session.flush()
    detail = {name: value.isoformat() if isinstance(value, date) else value for name, value in changed.items()}
    record(session, "chose how to be told", actor=actor, now=now, detail={"email": person.email, **detail})
    return row


def substitutes_for(session: Session, person_id: int) -> list[Person]:
    """Return who could get the person's mails instead: whoever has a part on the same side of one of the contracts."""
    mine = aliased(Role)
    query = (
        select(mine.name, Role.name, Person)
        .join(Role, col(Role.contract_id) == mine.contract_id)
        .join(Person, col(Person.id) == Role.person_id)
        .where(mine.person_id == person_id, Role.person_id != person_id, col(Person.disabled_at).is_(None))
        .order_by(col(Person.name), col(Person.id))
    )
    found = {
        person.id: person
        for ours, theirs, person in session.exec(query)
        if RoleName(ours).kind == RoleName(theirs).kind
    }
    return list(found.values())


def _check(session: Session, person: Person, wanted: Wanted, now: datetime) -> None:
    if not 0 <= wanted.mail_hour <= 23:
        raise BadInput(say("The hour of the daily mail is a whole hour from 0 to 23."))
    if wanted.zone and wanted.zone not in ZONES:
        raise BadInput(
            say(
                "“%(zone)s” is not a time zone that can be used here. Use one of %(zones)s.",
                zone=wanted.zone,
                zones=", ".join(ZONES),
            )
        )
    if wanted.nothing_due_on is not None and not 0 <= wanted.nothing_due_on < len(WEEKDAYS):
        raise BadInput(
            say("The mail that nothing is due comes on one of %(weekdays)s.", weekdays=words.joined(list(WEEKDAYS)))
        )
    if len(wanted.more_offsets) > MOST_OFFSETS or any(abs(offset) > FURTHEST for offset in wanted.more_offsets):
        raise BadInput(
            say(
                "Ask for %(most_offsets)s more days at most, each within %(furthest)s days of the due date.",
                most_offsets=MOST_OFFSETS,
                furthest=FURTHEST,
            )
        )
    start, end = wanted.paused_from, wanted.paused_to
    if (start is None) != (end is None):
        raise BadInput(say("A pause has a first and a last day: give both, or neither."))
    if start is None or end is None:
        if wanted.substitute is not None:
            raise BadInput(say("A substitute is for a pause: say from which day to which."))
        return
    if end < start:
        raise BadInput(
            say("The last day, %(end)s, lies before the first, %(start)s.", end=words.day(end), start=words.day(start))
        )
    if end - start > LONGEST:
        raise BadInput(say("A pause lasts a year at most. For a longer one, hand the parts over to somebody else."))
    # A day of grace: it is still yesterday somewhere.
    kept = session.get(Preference, person.id)
    if kept is not None and (kept.paused_from, kept.paused_to) == (start, end) and end < now.date():
        # What is past stands as it was entered.
        return
    if end < (now - timedelta(days=1)).date():
        raise BadInput(say("These days are past: a pause is entered for days to come, or while it lasts."))
    _check_somebody_is_told(session, person, wanted.substitute)


def _check_somebody_is_told(session: Session, person: Person, substitute: Person | None) -> None:
    assert person.id is not None
    mine = [(role.contract_id, RoleName(role.name).kind) for role in _roles(session, [person.id])]
    if substitute is not None:
        if substitute.id == person.id or substitute.disabled_at is not None:
            raise BadInput(say("A substitute is somebody else, who is still there."))
        theirs = {(role.contract_id, RoleName(role.name).kind) for role in _roles(session, [substitute.id or 0])}
        lacking = sorted({contract for contract, kind in mine if (contract, kind) not in theirs})
        if not lacking:
            return
        cannot: str = say(
            "%(name)s has no part on your side of %(contracts)s", name=substitute.name, contracts=words.joined(lacking)
        )
    else:
        cannot = ""
    alone = _alone_in(session, person.id, mine)
    uncovered = [contract for contract in alone if not cannot or contract in lacking]
    if uncovered:
        told = say("nobody else would be told about %(contracts)s", contracts=words.joined(uncovered))
        raise BadInput(
            say("%(cannot)s, and %(told)s. Name a substitute who has.", cannot=cannot, told=told)
            if cannot
            else say("Name a substitute: %(told)s.", told=told)
        )


def _alone_in(session: Session, person_id: int, mine: list[tuple[str, str]]) -> list[str]:
    """Return the contracts on whose side of the person nobody else has a part."""
    query = select(Role).join(Person, col(Person.id) == Role.person_id)
    query = query.where(
        col(Role.contract_id).in_({contract for contract, _ in mine}),
        Role.person_id != person_id,
        col(Person.disabled_at).is_(None),
    )
    others = {(role.contract_id, RoleName(role.name).kind) for role in session.exec(query)}
    return sorted({contract for contract, kind in mine if (contract, kind) not in others})


def _roles(session: Session, person_ids: list[int]) -> list[Role]:
    return list(session.exec(select(Role).where(col(Role.person_id).in_(person_ids)).order_by(col(Role.id))))
