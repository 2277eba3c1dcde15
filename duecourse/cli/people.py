"""Who has which part, who stands in for whom, who is away, and who follows whom?"""

from __future__ import annotations

import argparse
from datetime import timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from duecourse.calendar import words
from duecourse.calendar.reaching import away_until
from duecourse.calendar.roles import RoleName
from duecourse.cli.given import add_as_of, day, present
from duecourse.cli.load import ACTOR
from duecourse.cli.opening import add_data, open_database, settings_of
from duecourse.errors import NotFound
from duecourse.models import ContractRow, Person, Role
from duecourse.models.database import reading, writing
from duecourse.notifications.messages import sender_of
from duecourse.notifications.people_notices import owe_handover_notices
from duecourse.tracking.staff.absences import absences_of, days_of, record_absence
from duecourse.tracking.staff.absences import set_backup as name_backup
from duecourse.tracking.staff.handing_over import hand_over
from duecourse.tracking.staff.people import person_by_email


def add_people(parser: argparse.ArgumentParser) -> None:
    """Describe the command that lists people."""
    parser.add_argument("contract", metavar="CONTRACT", nargs="?", help="one contract's id; all otherwise")
    add_data(parser)
    add_as_of(parser)
    parser.set_defaults(verb=_list)


def add_set_backup(parser: argparse.ArgumentParser) -> None:
    """Describe the command that names a backup."""
    parser.add_argument("email", metavar="EMAIL")
    parser.add_argument("backup", metavar="BACKUP", nargs="?", help="the backup's address; nobody when it is left out")
    parser.add_argument("--contract", required=True, metavar="CONTRACT")
    parser.add_argument("--role", choices=[str(role) for role in RoleName], default=RoleName.PROGRAM_MANAGER)
    add_data(parser)
    add_as_of(parser)
    parser.set_defaults(verb=_set_backup)


def add_absence(parser: argparse.ArgumentParser) -> None:
    """Describe the command that records an absence."""
    parser.add_argument("email", metavar="EMAIL")
    parser.add_argument("--from", dest="start", required=True, metavar="DATE", help="the first day away")
    parser.add_argument("--to", dest="end", required=True, metavar="DATE", help="the last day away")
    parser.add_argument("--note", default="", metavar="TEXT")
    add_data(parser)
    add_as_of(parser)
    parser.set_defaults(verb=_absence)


def add_hand_over(parser: argparse.ArgumentParser) -> None:
    """Describe the command that hands parts over."""
    parser.add_argument("email", metavar="EMAIL", help="who hands over")
    parser.add_argument("successor", metavar="SUCCESSOR", nargs="?", help="to whom; nobody when others hold the parts")
    parser.add_argument("--contract", action="append", metavar="CONTRACT", help="which; all when it is left out")
    parser.add_argument("--since", metavar="DATE", help="the day from which it holds; today when it is left out")
    parser.add_argument("--reason", required=True, metavar="TEXT")
    parser.add_argument("--leave", action="store_true", help="the person leaves altogether and cannot come in again")
    add_data(parser)
    add_as_of(parser)
    parser.set_defaults(verb=_hand_over)


def _list(given: argparse.Namespace) -> int:
    now = present(given)
    with reading(open_database(settings_of(given))) as session:
        if given.contract and session.get(ContractRow, given.contract) is None:
            raise NotFound(f"There is no contract {given.contract} here.")
        query = (
            select(ContractRow, Role, Person)
            .join(Role, col(Role.contract_id) == ContractRow.id)
            .join(Person, col(Person.id) == Role.person_id)
            .where(col(Person.disabled_at).is_(None))
            .order_by(col(ContractRow.id), col(Role.name), col(Person.name), col(Role.id))
        )
        if given.contract:
            query = query.where(ContractRow.id == given.contract)
        rows = list(session.exec(query))
        names = {person.id: person.name for _, _, person in rows}
        days = days_of(absences_of(session, [id for id in names if id], since=(now - timedelta(days=1)).date()))
        for contract, role, person in rows:
            backup = f", backup {names.get(role.backup_id, 'unknown')}" if role.backup_id else ""
            until = away_until(days, now.astimezone(ZoneInfo(contract.zone)).date()).get(role.person_id)
            away = f", away until {words.day(until)}" if until else ""
            print(f"{contract.id}: {role.name}, {person.name} <{person.email}>{backup}{away}")
    return 0


def _set_backup(given: argparse.Namespace) -> int:
    now = present(given)
    with writing(open_database(settings_of(given))) as session:
        person = _known(session, given.email)
        backup = _known(session, given.backup) if given.backup else None
        name_backup(session, given.contract, person, RoleName(given.role), backup=backup, now=now, actor=ACTOR)
        print(f"Backup of {person.name}, {given.role} of {given.contract}: {backup.name if backup else 'nobody'}")
    return 0


def _absence(given: argparse.Namespace) -> int:
    now = present(given)
    start, end = day(given.start, "--from"), day(given.end, "--to")
    with writing(open_database(settings_of(given))) as session:
        person = _known(session, given.email)
        record_absence(session, person, starts_on=start, ends_on=end, note=given.note, now=now, actor=ACTOR)
        print(f"{person.name} is away from {words.day(start)} to {words.day(end)}.")
    return 0


def _hand_over(given: argparse.Namespace) -> int:
    now, settings = present(given), settings_of(given)
    with writing(open_database(settings)) as session:
        handed = hand_over(
            session,
            _known(session, given.email),
            _known(session, given.successor) if given.successor else None,
            contract_ids=given.contract,
            on=day(given.since, "--since") if given.since else now.date(),
            reason=given.reason,
            leave=given.leave,
            now=now,
            actor=ACTOR,
        )
        sender = sender_of(settings)
        owe_handover_notices(session, handed, now=now, base_url=settings.address, sender=sender)
        to = handed.successor.name if handed.successor is not None else "nobody"
        for contract, roles in handed.parts:
            print(f"{contract.id}: {words.joined([str(role) for role in roles])}, from {handed.person.name} to {to}")
        if given.leave:
            print(f"{handed.person.name} cannot come in any more.")
    return 0


def _known(session: Session, email: str) -> Person:
    person = person_by_email(session, email)
    if person is None:
        raise NotFound(f"Nobody here has the address {email}. Add the person first: duecourse person.")
    return person
