"""Who may come in, and how does somebody sign in for the first time?"""

from __future__ import annotations

import argparse
from dataclasses import replace
from datetime import datetime, timedelta

from sqlmodel import Session

from duecourse.calendar import words
from duecourse.calendar.words import ZONES
from duecourse.cli.given import add_as_of, present
from duecourse.cli.load import ACTOR
from duecourse.cli.opening import add_data, open_database, settings_of
from duecourse.errors import BadInput, NotFound
from duecourse.language.said import say
from duecourse.models import ContractRow, Person, RoleName
from duecourse.models.database import writing
from duecourse.notifications.messages import sender_of
from duecourse.notifications.passkey_notices import owe_passkey_notice
from duecourse.tracking.preferring import prefer, wanted_by
from duecourse.tracking.sign_in.passkeys import reset_passkeys
from duecourse.tracking.signing_in import make_link
from duecourse.tracking.staff.people import add_person as add
from duecourse.tracking.staff.people import give_role, person_by_email
from duecourse.tracking.subcontractors.members import add_member

LINK_LIFETIME = timedelta(days=1)


def add_person(parser: argparse.ArgumentParser) -> None:
    """Describe the command."""
    parser.add_argument("email", metavar="EMAIL")
    parser.add_argument("--name", required=True, metavar="NAME")
    parser.add_argument("--contract", metavar="CONTRACT", help="a contract in which the person has a part")
    parser.add_argument(
        "--role", choices=[str(role) for role in RoleName], default=RoleName.PROGRAM_MANAGER, help="which"
    )
    parser.add_argument(
        "--program", metavar="ID", help="the subcontractor for which the person works: no role, and its own parts alone"
    )
    parser.add_argument("--mail-hour", type=int, metavar="HOUR", help="the local hour, 0 to 23, of the daily mail")
    parser.add_argument("--mail-zone", choices=[*ZONES], help="its time zone; the contract’s without it")
    add_data(parser)
    add_as_of(parser)
    parser.set_defaults(verb=_add_person)


def add_sign_in_link(parser: argparse.ArgumentParser) -> None:
    """Describe the command."""
    parser.add_argument("email", metavar="EMAIL")
    add_data(parser)
    add_as_of(parser)
    parser.set_defaults(verb=_print_link)


def add_reset_passkeys(parser: argparse.ArgumentParser) -> None:
    """Describe the command."""
    parser.add_argument("email", metavar="EMAIL")
    parser.add_argument("--reason", required=True, metavar="TEXT", help="why, and how you know that it is this person")
    add_data(parser)
    add_as_of(parser)
    parser.set_defaults(verb=_reset_passkeys)


def _add_person(given: argparse.Namespace) -> int:
    now = present(given)
    with writing(open_database(settings_of(given))) as session:
        if given.contract and session.get(ContractRow, given.contract) is None:
            raise NotFound(
                f"There is no contract {given.contract} here. Load it first: duecourse load {given.contract}."
            )
        if given.program and not given.contract:
            raise BadInput("--program: say under which contract the program runs, with --contract.")
        person = add(session, name=given.name, email=given.email, now=now, actor=ACTOR)
        if given.program:
            add_member(session, person, given.contract, given.program, now=now, actor=ACTOR)
        elif given.contract:
            give_role(session, person, given.contract, RoleName(given.role), now=now, actor=ACTOR)
        if given.mail_hour is not None or given.mail_zone:
            _prefer(session, person, given, now)
        part = f", {given.program or given.role} of {given.contract}" if given.contract else ""
        print(f"{person.name} <{person.email}>{part}")
    return 0


def _prefer(session: Session, person: Person, given: argparse.Namespace, now: datetime) -> None:
    """Change the hour and the zone of a person's daily mail, and nothing else of what the person chose."""
    present = wanted_by(session, person)
    hour = present.mail_hour if given.mail_hour is None else given.mail_hour
    wanted = replace(present, mail_hour=hour, zone=given.mail_zone or present.zone)
    prefer(session, person, wanted, now=now, actor=ACTOR)


def _print_link(given: argparse.Namespace) -> int:
    settings = settings_of(given)
    now = present(given)
    with writing(open_database(settings)) as session:
        person = person_by_email(session, given.email)
        if person is None or person.id is None:
            raise NotFound(f"Nobody here has the address {given.email}. Add the person first: duecourse person.")
        token = make_link(session, person.id, now=now, lifetime=LINK_LIFETIME)
    print(f"{settings.address}/sign-in/{token}")
    return 0


def _reset_passkeys(given: argparse.Namespace) -> int:
    settings, now = settings_of(given), present(given)
    with writing(open_database(settings)) as session:
        person = person_by_email(session, given.email)
        if person is None:
            raise NotFound(f"Nobody here has the address {given.email}.")
        count = reset_passkeys(session, person, reason=given.reason, now=now, actor=ACTOR)
        said = say(
            "Whoever runs this server reset your passkeys. Register a new one at your next sign-in as %(email)s.",
            email=person.email,
        )
        sender = sender_of(settings)
        owe_passkey_notice(session, person, said, now=now, base_url=settings.address, sender=sender)
        print(f"{words.count(count, 'passkey')} of {person.name} removed, and every session ended.")
    return 0
