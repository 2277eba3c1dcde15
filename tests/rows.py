"""Which contracts, people and deliverables does a test need in its tables?

Each factory adds one row with sensible values, flushes it so that it has its id, and returns it; name what matters
to the test. What is not named is made up: names and addresses are numbered, so that two rows never collide.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from typing import Any, TypeVar

from sqlmodel import Session

from duecourse.calendar.due import instant_at
from duecourse.models import ContractRow, Deliverable, Person, Role, RoleName

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
_numbers = count(1)
Row = TypeVar("Row")


def add_contract(session: Session, id: str = "wa-22-1174", **values: Any) -> ContractRow:
    """Add a contract of Washington's home visiting program, from July 2021 to June 2023, in Pacific time."""
    row = ContractRow(
        **{
            "id": id,
            "number": id.upper(),
            "name": "Home Visiting Services Account",
            "funder": "Department of Children, Youth, and Families",
            "contractor": "Whatcom County",
            "zone": "America/Los_Angeles",
            "start_on": date(2021, 7, 1),
            "end_on": date(2023, 6, 30),
            "definition": "{}",
            "definition_sha256": "",
            "loaded_at": LONG_AGO,
            "notices_from": LONG_AGO,
            **values,
        }
    )
    return _added(session, row)


def add_deliverable(
    session: Session,
    contract: ContractRow,
    *,
    due_on: date = date(2022, 11, 15),
    cut_off: time | None = None,
    **values: Any,
) -> Deliverable:
    """Add a monthly report that is due by the end of `due_on`, or before `cut_off` (local time) on that day."""
    local = (due_on + timedelta(days=1), time(0)) if cut_off is None else (due_on, cut_off)
    row = Deliverable(
        **{
            "contract_id": contract.id,
            "obligation_id": "monthly-enrollment-report",
            "occurrence": f"occurrence-{next(_numbers)}",
            "flow": "monthly-enrollment",
            "number": "4",
            "title": "Monthly Enrollment Report",
            "label": "October 2022",
            "clause": "Exhibit D, line 4",
            "owed_by": contract.contractor,
            "owed_to": contract.funder,
            "channel": "email to the program liaison",
            "subject": "",
            "nominal_on": due_on,
            "due_on": due_on,
            "due_at": instant_at(*local, contract.zone),
            "whole_day": cut_off is None,
            "zone": contract.zone,
            "steps": ["Rule: the 15th of the month after (Exhibit D, line 4)."],
            "calendar_version": "test",
            "safe_on": due_on - timedelta(days=1),
            "planned_at": LONG_AGO,
            "changed_at": LONG_AGO,
            **values,
        }
    )
    return _added(session, row)


def add_person(session: Session, name: str = "", *, email: str = "", **values: Any) -> Person:
    """Add a person without any role."""
    number = next(_numbers)
    row = Person(
        **{
            "name": name or f"Person {number}",
            "email": email or f"person-{number}@example.org",
            "created_at": LONG_AGO,
            **values,
        }
    )
    return _added(session, row)


def add_role(session: Session, person: Person, contract: ContractRow, role: RoleName) -> Role:
    """Give a person a part in a contract."""
    assert person.id is not None
    return _added(session, Role(contract_id=contract.id, person_id=person.id, name=role))


def add_person_with_role(
    session: Session, contract: ContractRow, role: RoleName = RoleName.PROGRAM_MANAGER, **values: Any
) -> Person:
    """Add a person who has one part in `contract`."""
    person = add_person(session, **values)
    add_role(session, person, contract, role)
    return person


def _added(session: Session, row: Row) -> Row:
    session.add(row)
    session.flush()
    return row
