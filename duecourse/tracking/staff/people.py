"""Who are the people, and which part do they have in which contract?"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection
from datetime import datetime

from sqlmodel import Session, col, select

from duecourse.errors import BadInput, Conflict
from duecourse.language.said import say
from duecourse.models import ContractRow, Person, Preference, Role, RoleName
from duecourse.tracking.audit import record
from duecourse.tracking.changes import mark_changed

# One mailbox, as it is written in an envelope (RFC 5321, 4.1.2), without quoted names and address literals.
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,63}")


def add_person(session: Session, *, name: str, email: str, now: datetime, actor: str) -> Person:
    """Return the person with this email address, added when new. Raises BadInput when it is no single address."""
    address = email.strip().lower()
    if not is_mailbox(address):
        raise BadInput(say("“%(email)s” is not one email address. Write it as name@agency.gov.", email=email))
    known = person_by_email(session, address)
    if known is not None:
        return known
    person = Person(name=name.strip(), email=address, created_at=now)
    session.add(person)
    session.flush()
    record(session, "added a person", actor=actor, now=now, detail={"email": address})
    return person


def person_by_email(session: Session, email: str) -> Person | None:
    """Return the person with this email address, in whatever case it is written."""
    return session.exec(select(Person).where(Person.email == email.strip().lower())).one_or_none()


def give_role(session: Session, person: Person, contract_id: str, role: RoleName, *, now: datetime, actor: str) -> None:
    """Give a person a part in a contract; giving it twice changes nothing.

    Raises Conflict for somebody who has left, and for an auditor who would have another part beside, or the reverse.
    """
    assert person.id is not None
    query = select(Role).where(Role.contract_id == contract_id, Role.person_id == person.id, Role.name == role)
    if session.exec(query).first() is not None:
        return
    if person.disabled_at is not None:
        raise Conflict(say("%(name)s has left. Add somebody who is there.", name=person.name))
    check_independent(session, person, contract_id, {role})
    session.add(Role(contract_id=contract_id, person_id=person.id, name=role))
    session.flush()
    detail = {"email": person.email, "role": str(role)}
    record(session, "gave a person a part", actor=actor, now=now, contract_id=contract_id, detail=detail)
    mark_changed(session, contract_id)


def check_independent(session: Session, person: Person, contract_id: str, more: Collection[RoleName]) -> None:
    """Raise Conflict when a person, with `more` parts, would audit a contract in which the same person has a part."""
    assert person.id is not None
    held = roles_of(session, person.id).get(contract_id, set()) | set(more)
    if RoleName.AUDITOR in held and len(held) > 1:
        raise Conflict(
            say(
                "%(name)s cannot audit %(contract_id)s and have another part in it: an auditor changes nothing.",
                name=person.name,
                contract_id=contract_id,
            )
        )


def is_mailbox(address: str) -> bool:
    """Tell whether this is one email address, as it is written in an envelope."""
    return _ADDRESS.fullmatch(address) is not None


def people_of(session: Session, contract_id: str) -> list[tuple[Person, RoleName]]:
    """Return the people who have a part in a contract and may still come in, by role and name."""
    query = (
        select(Person, Role)
        .join(Role, col(Role.person_id) == Person.id)
        .where(Role.contract_id == contract_id, col(Person.disabled_at).is_(None))
        .order_by(col(Role.name), col(Person.name), col(Role.id))
    )
    return [(person, RoleName(role.name)) for person, role in session.exec(query)]


def roles_of(session: Session, person_id: int) -> dict[str, set[RoleName]]:
    """Return a person's parts, by contract."""
    parts: dict[str, set[RoleName]] = {}
    for role in session.exec(select(Role).where(Role.person_id == person_id).order_by(col(Role.contract_id))):
        parts.setdefault(role.contract_id, set()).add(RoleName(role.name))
    return parts


def parts_and_zone(session: Session, person_id: int) -> tuple[dict[str, set[RoleName]], str]:
    """Return a person's parts, by contract, and the zone in which that person reads times; one statement.

    The zone is the one that the person chose for mails, else that of most of the contracts; empty without a contract.
    """
    query = (
        select(Role.contract_id, Role.name, ContractRow.zone, Preference.zone)
        .join(ContractRow, col(ContractRow.id) == Role.contract_id)
        .outerjoin(Preference, col(Preference.person_id) == Role.person_id)
        .where(Role.person_id == person_id)
        .order_by(col(Role.contract_id))
    )
    parts: dict[str, set[RoleName]] = {}
    zones, chosen = dict[str, str](), ""
    for contract_id, name, zone, preferred in session.exec(query):
        parts.setdefault(contract_id, set()).add(RoleName(name))
        zones[contract_id], chosen = zone, preferred or ""
    often = Counter(zones.values())
    return parts, chosen or max(often, key=lambda zone: (often[zone], zone), default="")
