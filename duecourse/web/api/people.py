"""Who are the people of a contract, and how is one added, replaced for a while, or followed by somebody else?"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field
from sqlmodel import Session
from starlette.responses import Response

from duecourse.calendar.roles import RoleName
from duecourse.errors import NotAllowed, NotFound
from duecourse.models import Absence, ContractRow, Person
from duecourse.models.database import reading
from duecourse.notifications.messages import sender_of
from duecourse.notifications.people_notices import owe_handover_notices
from duecourse.tracking.api_tokens import Scope
from duecourse.tracking.staff.absences import end_absence, record_absence, set_backup
from duecourse.tracking.staff.handing_over import hand_over
from duecourse.tracking.staff.people import add_person, give_role
from duecourse.web.api.caller import Caller, Calling
from duecourse.web.api.fields import ContractId, Day, Email, Name, Number, Sent, Shown
from duecourse.web.api.me import AbsenceSent, AbsenceShown, EndSent
from duecourse.web.api.routing import api_router, for_scope
from duecourse.web.pages.people import person_in
from duecourse.web.people_board import board, check_manages, check_manages_person

router = api_router(tags=["people"])
_SET_UP = for_scope(Scope.SET_UP)

Role = Annotated[RoleName, Field(strict=False)]


class PartShown(Shown):
    """One part of one person."""

    name: str
    email: str
    role: RoleName
    backup: str | None = Field(description="The address of who stands in.")
    absences: list[AbsenceShown]
    is_managed: bool = Field(description="Whether the token’s person looks after who holds this part.")


class People(Shown):
    """The people of a contract, in the order of the parts."""

    items: list[PartShown]


class PersonSent(Sent):
    """A person, who may be new, and the part that is given."""

    name: Name
    email: Email
    role: Role


class BackupSent(Sent):
    """Who stands in for a person in one part; nobody without an address."""

    person: Email
    role: Role
    backup: Email | None = None


class TheirAbsenceSent(AbsenceSent):
    """Who is away, from which day to which, both included."""

    person: Email


class HandOverSent(Sent):
    """Whose parts go to whom: in this contract, in all of them, or in all because the person leaves."""

    person: Email
    successor: Email | None = None
    scope: Literal["contract", "all", "leave"]
    since: Day
    reason: Name


class HandedOver(Shown):
    """How many parts went over in which contracts."""

    contracts: list[str]


@router.get("/contracts/{contract_id}/people", openapi_extra=for_scope(Scope.READ), response_model=People)
def list_people(caller: Calling, contract_id: ContractId) -> Response:
    """List the people of a contract by part, with their backups and absences."""
    caller.visitor.check_sees(contract_id)
    with reading(caller.site.engine) as session:
        return caller.answer(_people(session, caller, contract_id))


@router.post("/contracts/{contract_id}/people", openapi_extra=_SET_UP, response_model=People, status_code=201)
def give_part(caller: Calling, contract_id: ContractId, sent: PersonSent) -> Response:
    """Give a person a part; a person who is not known yet is added."""
    visitor = caller.visitor
    visitor.check_sees(contract_id)
    check_manages(visitor, contract_id, sent.role)
    if sent.email.strip().lower() == visitor.email:
        raise NotAllowed("Nobody gives themselves a part. Ask another liaison or admin of the contract.")

    def act(session: Session) -> People:
        person = add_person(session, name=sent.name, email=sent.email, now=visitor.now, actor=visitor.email)
        give_role(session, person, contract_id, sent.role, now=visitor.now, actor=visitor.email)
        session.flush()
        return _people(session, caller, contract_id)

    return caller.change(sent, act, status=201)


@router.post("/contracts/{contract_id}/people/backups", openapi_extra=_SET_UP, response_model=People)
def name_backup(caller: Calling, contract_id: ContractId, sent: BackupSent) -> Response:
    """Name the backup of one part, or none."""
    visitor = caller.visitor
    visitor.check_sees(contract_id)
    check_manages(visitor, contract_id, sent.role)

    def act(session: Session) -> People:
        person = person_in(session, contract_id, sent.person)
        backup = person_in(session, contract_id, sent.backup) if sent.backup else None
        set_backup(session, contract_id, person, sent.role, backup=backup, now=visitor.now, actor=visitor.email)
        session.flush()
        return _people(session, caller, contract_id)

    return caller.change(sent, act)


@router.post(
    "/contracts/{contract_id}/people/absences", openapi_extra=_SET_UP, response_model=AbsenceShown, status_code=201
)
def enter_absence(caller: Calling, contract_id: ContractId, sent: TheirAbsenceSent) -> Response:
    """Record the days on which somebody is away."""
    visitor = caller.visitor
    visitor.check_sees(contract_id)

    def act(session: Session) -> AbsenceShown:
        person = person_in(session, contract_id, sent.person)
        _check_may(session, caller, contract_id, person)
        made = record_absence(
            session,
            person,
            starts_on=sent.starts_on,
            ends_on=sent.ends_on,
            note=sent.note,
            now=visitor.now,
            actor=visitor.email,
        )
        return AbsenceShown.model_validate(made)

    return caller.change(sent, act, status=201)


@router.post(
    "/contracts/{contract_id}/people/absences/{absence_id}/end", openapi_extra=_SET_UP, response_model=AbsenceShown
)
def shorten_absence(caller: Calling, contract_id: ContractId, absence_id: Number, sent: EndSent) -> Response:
    """Let somebody’s absence end on an earlier day, or cancel it."""
    visitor = caller.visitor
    visitor.check_sees(contract_id)

    def act(session: Session) -> AbsenceShown:
        absence = session.get(Absence, absence_id)
        person = session.get(Person, absence.person_id) if absence is not None else None
        if absence is None or person is None:
            raise NotFound("There is no such absence.")
        _check_may(session, caller, contract_id, person)
        end_absence(session, absence_id, last_day=sent.last_day, now=visitor.now, actor=visitor.email)
        return AbsenceShown.model_validate(absence)

    return caller.change(sent, act)


@router.post("/contracts/{contract_id}/people/hand-over", openapi_extra=_SET_UP, response_model=HandedOver)
def hand_parts_over(caller: Calling, contract_id: ContractId, sent: HandOverSent) -> Response:
    """Move a person’s parts to a successor; who leaves altogether cannot come in again."""
    visitor, settings = caller.visitor, caller.site.settings
    visitor.check_sees(contract_id)
    leaves = sent.scope == "leave"

    def act(session: Session) -> HandedOver:
        person = person_in(session, contract_id, sent.person)
        check_manages_person(session, visitor, contract_id, person)
        if sent.scope != "contract":
            check_manages_person(session, visitor, None, person)
        successor = person_in(session, contract_id, sent.successor) if sent.successor else None
        if successor is not None and successor.id == visitor.person_id and contract_id not in visitor.sets_up_in:
            raise NotAllowed("Nobody takes parts over by themselves. Ask a liaison or an admin of the contract.")
        handed = hand_over(
            session,
            person,
            successor,
            contract_ids=[contract_id] if sent.scope == "contract" else None,
            on=sent.since,
            reason=sent.reason,
            leave=leaves,
            now=visitor.now,
            actor=visitor.email,
        )
        owe_handover_notices(session, handed, now=visitor.now, base_url=settings.address, sender=sender_of(settings))
        return HandedOver(contracts=[contract.id for contract, _ in handed.parts])

    return caller.change(sent, act)


def _check_may(session: Session, caller: Caller, contract_id: str, person: Person) -> None:
    if person.id != caller.visitor.person_id:
        check_manages_person(session, caller.visitor, contract_id, person)


def _people(session: Session, caller: Caller, contract_id: str) -> People:
    contract = session.get(ContractRow, contract_id)
    if contract is None:
        raise NotFound("There is no such contract.")
    lines = board(session, caller.visitor, contract, now=caller.visitor.now).lines
    shown = [
        PartShown(
            name=line.person.name,
            email=line.person.email,
            role=line.role,
            backup=line.backup.email if line.backup else None,
            absences=[AbsenceShown.model_validate(each) for each in line.absences],
            is_managed=line.is_managed,
        )
        for line in lines
    ]
    return People(items=shown)
