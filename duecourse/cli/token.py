"""With which tokens do programs act for a person?"""

from __future__ import annotations

import argparse
from datetime import datetime, timedelta

from sqlmodel import Session

from duecourse.calendar import words
from duecourse.cli.given import add_as_of, present
from duecourse.cli.load import ACTOR
from duecourse.cli.opening import add_data, open_database, settings_of
from duecourse.errors import BadInput, NotFound
from duecourse.models import Person
from duecourse.models.database import reading, writing
from duecourse.tracking.api_tokens import LIFETIME, Scope, make_token, tokens_of
from duecourse.tracking.staff.people import person_by_email
from duecourse.webhooks.addresses import shown_address
from duecourse.webhooks.token_ending import end_token

_UTC = "%Y-%m-%d %H:%M UTC"


def add_token(parser: argparse.ArgumentParser) -> None:
    """Describe the command."""
    parser.add_argument("email", metavar="EMAIL", help="the person for whom a program acts")
    parser.add_argument("--name", metavar="NAME", help="make a token, for the program of this name")
    parser.add_argument(
        "--scope", action="append", choices=[str(scope) for scope in Scope], help="what the token is for; read without"
    )
    parser.add_argument("--days", type=int, default=LIFETIME.days, metavar="DAYS", help="how long it works")
    parser.add_argument("--revoke", type=int, metavar="NUMBER", help="end the token with this number")
    add_data(parser)
    add_as_of(parser)
    parser.set_defaults(verb=_token)


def _token(given: argparse.Namespace) -> int:
    now = present(given)
    if given.name and given.revoke:
        raise BadInput("Either --name makes a token or --revoke ends one. Give one of the two.")
    engine = open_database(settings_of(given))
    if given.name:
        with writing(engine) as session:
            print(_make(session, given, now))
    elif given.revoke:
        with writing(engine) as session:
            person_id = _known(session, given.email).id or 0
            paused = end_token(session, given.revoke, person_id=person_id, now=now, actor=ACTOR)
            for hook in paused:
                print(
                    f"Paused webhook {hook.id}, {hook.name}, {shown_address(hook.address)}: its address came with it."
                )
            if paused:
                print("If an address is right: duecourse webhook resume EMAIL NUMBER. Else: duecourse webhook remove.")
    else:
        with reading(engine) as session:
            _list(session, given, now)
    return 0


def _make(session: Session, given: argparse.Namespace, now: datetime) -> str:
    scopes = [Scope(name) for name in given.scope or [Scope.READ]]
    lifetime = timedelta(days=max(0, min(given.days, 10_000)))
    person = _known(session, given.email)
    return make_token(session, person, name=given.name, scopes=scopes, lifetime=lifetime, now=now, actor=ACTOR)[1]


def _list(session: Session, given: argparse.Namespace, now: datetime) -> None:
    for token in tokens_of(session, _known(session, given.email).id or 0):
        ends = "ran out" if token.expires_at <= now else "runs out"
        used = f"last used {token.last_used_at:{_UTC}}" if token.last_used_at else "not used yet"
        print(f"{token.id}: {token.name}, {words.joined(token.scopes)}, {ends} {token.expires_at:{_UTC}}, {used}")


def _known(session: Session, email: str) -> Person:
    person = person_by_email(session, email)
    if person is None:
        raise NotFound(f"Nobody here has the address {email}. Add the person first: duecourse person.")
    return person
