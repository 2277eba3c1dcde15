"""How do people come in from a spreadsheet: who, with which part, and who stands in for them?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from sqlmodel import Session, select

from duecourse.calendar.roles import RoleName
from duecourse.calendar.words import joined
from duecourse.models import ContractRow, Person, Role
from duecourse.sheets.lines import Line, read_lines
from duecourse.tracking.importing.carrying_out import Report, carry_out
from duecourse.tracking.importing.choosing import chosen_contract, near
from duecourse.tracking.staff.absences import set_backup
from duecourse.tracking.staff.people import add_person, give_role, is_mailbox, person_by_email

COLUMNS = ("name", "email", "part", "contract", "backup")

Check = Callable[[str, RoleName, str], None]
"""Raises NotAllowed unless whoever imports may give this part, in this contract, to this address."""


def people_lines(
    session: Session,
    content: bytes,
    *,
    contracts: Mapping[str, ContractRow],
    check: Check,
    now: datetime,
    actor: str,
) -> Report:
    """Add the people of a spreadsheet, give them their parts, and then name their backups; return the report.

    Who is there already stays as is, also under another name; an empty backup leaves the one who is named. Raises
    BadInput for a file that cannot be read as a table under `COLUMNS`.
    """

    def give(line: Line) -> str:
        email, role, contract = _who(line, contracts)
        name = line.text("name", at_most=100, required=True)
        if role is None or contract is None or line.troubles:
            return ""
        known = person_by_email(session, email)
        if known is not None and _part(session, contract.id, known, role) is not None:
            named = f", by the name of {known.name}" if known.name != name else ""
            return f"Is {role} of {contract.number} already{named}."
        check(contract.id, role, email)
        person = add_person(session, name=name, email=email, now=now, actor=actor)
        give_role(session, person, contract.id, role, now=now, actor=actor)
        return f"Becomes {role} of {contract.number}."

    def back_up(line: Line) -> str:
        said = line.text("backup", at_most=200).lower()
        if not said:
            return ""
        email, role, contract = _who(line, contracts)
        person, backup = person_by_email(session, email), person_by_email(session, said)
        if person is None or role is None or contract is None:
            return ""
        backup_parts = _parts(session, contract.id, backup) if backup is not None else []
        if backup is None or not backup_parts:
            line.refuse(
                "backup",
                f"Nobody with a part in {contract.number} has the address “{said}”.",
                "Add a line for that person to this file, or leave the cell empty.",
            )
            return ""
        part = _part(session, contract.id, person, role)
        if part is not None and part.backup_id == backup.id:
            return f"{backup.name} is the backup already."
        check(contract.id, role, "")
        set_backup(session, contract.id, person, role, backup=backup, now=now, actor=actor)
        return f"{backup.name} becomes the backup."

    return carry_out(session, content, read_lines(content, COLUMNS), [give, back_up], _about, contracts=contracts)


def _about(line: Line) -> str:
    shown = Line(line.row, line.cells)
    said = [shown.text(column, at_most=200) for column in ("name", "email")]
    return ", ".join(part for part in said if part) or "A line without a name"


def _who(line: Line, contracts: Mapping[str, ContractRow]) -> tuple[str, RoleName | None, ContractRow | None]:
    email = line.text("email", at_most=200, required=True).lower()
    if email and not is_mailbox(email):
        line.refuse("email", f"“{email}” is not one email address.", "Write it as name@agency.gov.")
    said = line.text("part", at_most=100, required=True).lower()
    roles = {str(role): role for role in RoleName}
    if said and said not in roles:
        known = near(said, roles) or list(roles)
        line.refuse("part", f"“{said}” is no part.", f"Write {joined(known).replace(' and ', ' or ')}.")
    return email, roles.get(said), chosen_contract(line, contracts)


def _part(session: Session, contract_id: str, person: Person, role: RoleName) -> Role | None:
    return next((part for part in _parts(session, contract_id, person) if part.name == role), None)


def _parts(session: Session, contract_id: str, person: Person) -> list[Role]:
    query = select(Role).where(Role.contract_id == contract_id, Role.person_id == person.id)
    return list(session.exec(query))
