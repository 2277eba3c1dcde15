"""Which programs are told what happens to a person's deliverables?"""

from __future__ import annotations

import argparse
from datetime import datetime
from uuid import uuid4

from sqlmodel import Session

from duecourse.cli.given import add_as_of, clock, present
from duecourse.cli.load import ACTOR
from duecourse.cli.opening import add_data, open_database, settings_of
from duecourse.engine.context import context_from
from duecourse.engine.outside_jobs import post_of
from duecourse.errors import BadInput, NotFound
from duecourse.models import Person, WebhookDelivery
from duecourse.models.database import reading, writing
from duecourse.settings import Settings
from duecourse.tracking.staff.people import person_by_email
from duecourse.webhooks.addresses import shown_address
from duecourse.webhooks.egress import egress_of
from duecourse.webhooks.happenings import NAMES
from duecourse.webhooks.sending import send_for
from duecourse.webhooks.setting_up import (
    Told,
    pause_webhook,
    ping,
    remove_webhook,
    resume_webhook,
    rotate_secret,
    webhooks_of,
)
from duecourse.webhooks.setting_up import (
    add_webhook as add_one,
)
from duecourse.webhooks.words import hook_said, result_said

_ONE = {"pause": pause_webhook, "resume": resume_webhook, "remove": remove_webhook}
_ACTS = ("list", "add", "rotate", *_ONE, "ping")


def add_webhook(parser: argparse.ArgumentParser) -> None:
    """Describe the command."""
    parser.add_argument("act", choices=_ACTS, help="what to do; add and rotate print the secret, this once")
    parser.add_argument("email", metavar="EMAIL", help="the person whose webhooks these are")
    parser.add_argument("number", type=int, nargs="?", metavar="NUMBER", help="the webhook’s number, as list prints it")
    parser.add_argument("--name", default="", metavar="NAME", help="which program is told")
    parser.add_argument("--address", default="", metavar="URL", help="where it is told, beginning with https://")
    parser.add_argument("--event", action="append", choices=NAMES, metavar="EVENT", help="of what; all without")
    parser.add_argument("--contract", action="append", metavar="ID", help="of which contract; all without")
    add_data(parser)
    add_as_of(parser)
    parser.set_defaults(verb=_webhook)


def _webhook(given: argparse.Namespace) -> int:
    settings, now = settings_of(given), present(given)
    if given.act not in ("list", "add") and given.number is None:
        raise BadInput(f"Say which webhook: duecourse webhook {given.act} EMAIL NUMBER. “list” prints the numbers.")
    engine = open_database(settings)
    if given.act == "list":
        with reading(engine) as session:
            _list(session, given)
    elif given.act == "ping":
        with writing(engine) as session:
            message_id = ping(session, _known(session, given), given.number, key=str(uuid4()), now=now).id
        send_for(post_of(context_from(settings, engine=engine, clock=clock(given))), given.number)
        with reading(engine) as session:
            print(result_said(session.get_one(WebhookDelivery, message_id)))
    else:
        with writing(engine) as session:
            _change(session, given, settings, now)
    return 0


def _change(session: Session, given: argparse.Namespace, settings: Settings, now: datetime) -> None:
    person_id = _known(session, given)
    if given.act == "add":
        told = Told(given.name, given.address, given.event or NAMES, given.contract or [])
        person, egress = session.get_one(Person, person_id), egress_of(settings)
        print(add_one(session, person, told, egress=egress, now=now, actor=ACTOR)[1])
    elif given.act == "rotate":
        print(rotate_secret(session, person_id, given.number, now=now, actor=ACTOR)[1])
    else:
        _ONE[given.act](session, person_id, given.number, now=now, actor=ACTOR)


def _list(session: Session, given: argparse.Namespace) -> None:
    for hook in webhooks_of(session, _known(session, given)):
        of = ", ".join(hook.contract_ids) or "all contracts"
        print(
            f"{hook.id}: {hook.name}, {shown_address(hook.address)}, {len(hook.events)} events, {of}. {hook_said(hook)}"
        )


def _known(session: Session, given: argparse.Namespace) -> int:
    person = person_by_email(session, given.email)
    if person is None or person.id is None:
        raise NotFound(f"Nobody here has the address {given.email}. Add the person first: duecourse person.")
    return person.id
