"""Does mail go out from here, and if not, what does the mail server say?"""

from __future__ import annotations

import argparse
import asyncio
from uuid import uuid4

from duecourse.cli.given import add_as_of, clock
from duecourse.cli.opening import add_data, settings_of
from duecourse.engine.context import open_transport
from duecourse.errors import BadInput, NotReady
from duecourse.notifications.messages import Mailbox, is_address, letter, message_id, sender_of
from duecourse.notifications.transport import Ambiguous, NotSent, Refused, Transport, Unavailable
from duecourse.settings import check_ready


def add_mail(parser: argparse.ArgumentParser) -> None:
    """Describe the command."""
    parser.add_argument("act", choices=["test"], help="send one mail through the mail server of the settings")
    parser.add_argument("address", metavar="ADDRESS", help="to whom")
    parser.add_argument("--demo", action="store_true", default=None, help="the data folder is a demonstration's")
    add_data(parser)
    add_as_of(parser)
    parser.set_defaults(verb=_test)


def _test(given: argparse.Namespace) -> int:
    settings, shown = settings_of(given, demo=given.demo), clock(given)
    check_ready(settings)
    if not is_address(given.address):
        raise BadInput(f"“{given.address}” is no email address. Give one, such as lee@agency.gov.")
    sender = sender_of(settings)
    to = Mailbox("", given.address)
    values: dict[str, object] = {"address": settings.address}
    written = letter("test", values, to=[to], cc=[], sender=sender, now=shown.now())
    where = str(settings.mails or f"{settings.smtp_host}, port {settings.smtp_port}, {settings.smtp_security}")
    print(f"Mail server: {where}")
    print(f"From {sender.address} to {given.address}")
    raw = written.with_id(message_id(uuid4(), sender))
    print(f"It was taken: {asyncio.run(_sent(open_transport(settings, shown), raw, sender.address, given.address))}")
    return 0


async def _sent(transport: Transport, raw: bytes, from_address: str, to_address: str) -> str:
    try:
        return await transport.send(raw, from_address=from_address, to_address=to_address)
    except NotSent as error:
        raise NotReady(f"{_meaning(error)} {error}") from error
    finally:
        await transport.close()


def _meaning(error: NotSent) -> str:
    match error:
        case Unavailable(is_password=True):
            return "The name or the password is wrong: correct DUECOURSE_SMTP_USER and DUECOURSE_SMTP_PASSWORD."
        case Unavailable():
            return "No mail can be sent: check the host, the port, the security and the sender."
        case Refused():
            return "The mail server works, and refuses this address for good:"
        case Ambiguous():
            return "It may have been taken or not; no answer came:"
        case _:
            return "The mail server works, and did not take the mail now:"
