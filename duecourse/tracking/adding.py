"""How does a person who sets up contracts add one that is not tracked yet?"""

from __future__ import annotations

import hashlib
from datetime import datetime

from sqlmodel import Session

from duecourse.calendar.schedule import Contract
from duecourse.errors import Conflict
from duecourse.language.said import say
from duecourse.models import ContractRow, Person, RoleName
from duecourse.tracking.audit import take_turn
from duecourse.tracking.loading import load_contract
from duecourse.tracking.planning import Planned, plan
from duecourse.tracking.staff.people import give_role, roles_of


def add_contract(session: Session, contract: Contract, *, definition: str, person_id: int, now: datetime) -> Planned:
    """Track a contract for the first time, plan it, and make the person a program liaison of it.

    The same form sent twice changes nothing the second time. Raises Conflict when the id is that of another contract:
    a contract that is tracked is amended, and never replaced from here.
    """
    take_turn(session)
    person = session.get_one(Person, person_id)
    known = session.get(ContractRow, contract.id)
    if known is not None:
        is_same = known.definition_sha256 == hashlib.sha256(definition.encode()).hexdigest()
        if is_same and RoleName.PROGRAM_LIAISON in roles_of(session, person_id).get(contract.id, ()):
            return Planned()
        raise Conflict(say("The id %(id)s is taken. Give this contract another id, on the line “id:”.", id=contract.id))
    load_contract(session, contract, definition=definition, now=now, actor=person.email)
    planned = plan(session, now=now, actor=person.email, contract_id=contract.id)
    give_role(session, person, contract.id, RoleName.PROGRAM_LIAISON, now=now, actor=person.email)
    return planned
