"""Who works for which subcontractor's program?"""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session, col, select

from duecourse.calendar import words
from duecourse.errors import BadInput, NotFound
from duecourse.language.said import say
from duecourse.models import ContractRow, Person, ProgramMember
from duecourse.tracking.audit import record
from duecourse.tracking.stored_definitions import contract_of


def add_member(
    session: Session, person: Person, contract_id: str, program: str, *, now: datetime, actor: str
) -> ProgramMember:
    """Let a person see and hand in the parts of one subcontractor's program, and nothing else; twice changes nothing.

    Raises NotFound when there is no such contract, BadInput when no subcontractor of it has this id.
    """
    assert person.id is not None
    row = session.get(ContractRow, contract_id)
    if row is None:
        raise NotFound(say("There is no such contract."))
    programs = contract_of(row).programs
    if programs is None or not programs.is_subcontractor(program):
        known = words.joined([each.id for each in programs.subcontractors]) if programs else ""
        raise BadInput(
            words.following(
                say(
                    "No subcontractor of %(contract)s has the id “%(program)s”.", contract=contract_id, program=program
                ),
                say("Its subcontractors are %(known)s.", known=known)
                if known
                else say("Its contract file names none."),
            )
        )
    query = select(ProgramMember).where(
        ProgramMember.contract_id == contract_id,
        ProgramMember.program == program,
        ProgramMember.person_id == person.id,
    )
    known_member = session.exec(query).one_or_none()
    if known_member is not None:
        return known_member
    member = ProgramMember(contract_id=contract_id, program=program, person_id=person.id)
    session.add(member)
    session.flush()
    detail = {"email": person.email, "program": program}
    record(
        session, "gave a person a subcontractor's part", actor=actor, now=now, contract_id=contract_id, detail=detail
    )
    return member


def programs_of(session: Session, person_id: int) -> frozenset[tuple[str, str]]:
    """Return the contract and the program of each subcontractor that a person works for."""
    query = select(ProgramMember).where(ProgramMember.person_id == person_id)
    return frozenset((member.contract_id, member.program) for member in session.exec(query))


def members_of(session: Session, contract_id: str) -> list[tuple[Person, str]]:
    """Return the people of a contract's subcontractors who may still come in, with their programs' ids."""
    query = (
        select(Person, ProgramMember)
        .join(ProgramMember, col(ProgramMember.person_id) == Person.id)
        .where(ProgramMember.contract_id == contract_id, col(Person.disabled_at).is_(None))
        .order_by(col(ProgramMember.program), col(Person.name), col(Person.id))
    )
    return [(person, member.program) for person, member in session.exec(query)]
