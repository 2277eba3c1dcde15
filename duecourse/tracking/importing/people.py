"""How do people come in from a spreadsheet: who, with which part, and who stands in for them?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from sqlmodel import Session, select

from duecourse.calendar.roles import RoleName
from duecourse.language.said import say
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
            is_there = say("Is %(role)s of %(number)s already", role=role.said, number=contract.number)
            if known.name == name:
                return say("%(there)s.", there=is_there)
            return say("%(there)s, by the name of %(name)s.", there=is_there, name=known.name)
        check(contract.id, role, email)
        person = add_person(session, name=name, email=email, now=now, actor=actor)
        give_role(session, person, contract.id, role, now=now, actor=actor)
        return say("Becomes %(role)s of %(number)s.", role=role.said, number=contract.number)

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
                say("Nobody with a part in %(number)s has the address “%(said)s”.", number=contract.number, said=said),
                say("Add a line for that person to this file, or leave the cell empty."),
            )
            return ""
        part = _part(session, contract.id, person, role)
        if part is not None and part.backup_id == backup.id:
            return say("%(name)s is the backup already.", name=backup.name)
        check(contract.id, role, "")
        set_backup(session, contract.id, person, role, backup=backup, now=now, actor=actor)
        return say("%(name)s becomes the backup.", name=backup.name)

    return carry_out(session, content, read_lines(content, COLUMNS), [give, back_up], _about, contracts=contracts)


def _about(line: Line) -> str:
    shown = Line(line.row, line.cells)
    said = [shown.text(column, at_most=200) for column in ("name", "email")]
    return ", ".join(part for part in said if part) or say("A line without a name")


def _who(line: Line, contracts: Mapping[str, ContractRow]) -> tuple[str, RoleName | None, ContractRow | None]:
    email = line.text("email", at_most=200, required=True).lower()
    if email and not is_mailbox(email):
        line.refuse(
            "email", say("“%(email)s” is not one email address.", email=email), say("Write it as name@agency.gov.")
        )
    said = line.text("part", at_most=100, required=True).lower()
    roles = {str(role): role for role in RoleName}
    if said and said not in roles:
        known = near(said, roles) or list(roles)
        line.refuse(
            "part",
            say("“%(said)s” is no part.", said=said),
            say("Write one of these: %(names)s.", names=", ".join(known)),
        )
    return email, roles.get(said), chosen_contract(line, contracts)


def _part(session: Session, contract_id: str, person: Person, role: RoleName) -> Role | None:
    return next((part for part in _parts(session, contract_id, person) if part.name == role), None)


def _parts(session: Session, contract_id: str, person: Person) -> list[Role]:
    query = select(Role).where(Role.contract_id == contract_id, Role.person_id == person.id)
    return list(session.exec(query))
