"""How does a mail come in: piped by a mail server, from a file, or fetched from a mailbox?

The exit codes are those that mail servers understand (sysexits.h): 0 for taken, 75 for “try again later”, 65 for a mail
that can never be taken. Whatever goes wrong on our side is 75, so that no mail is lost by it.
"""

from __future__ import annotations

import argparse
import sys
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlmodel import Session

from duecourse.calendar import words
from duecourse.cli.given import add_as_of, clock
from duecourse.cli.opening import add_data, open_database, settings_of
from duecourse.clock import Clock
from duecourse.errors import BadInput, NotReady
from duecourse.models import BounceOutcome, MailKind
from duecourse.models.database import writing
from duecourse.notifications.bounces import take_report
from duecourse.notifications.fetching import Mailbox, fetch
from duecourse.notifications.messages import sender_of
from duecourse.notifications.reachability import check_reachability
from duecourse.notifications.undelivered import owe_undelivered
from duecourse.settings import Settings
from duecourse.tracking.files import MAX_FILE_SIZE
from duecourse.tracking.mail.receiving import Taken, receive

EX_DATAERR, EX_TEMPFAIL = 65, 75


def add_receive(parser: argparse.ArgumentParser) -> None:
    """Describe the command."""
    where = parser.add_mutually_exclusive_group()
    where.add_argument("file", nargs="?", default="-", metavar="FILE", help="one raw mail; standard input otherwise")
    where.add_argument("--imap", action="store_true", help="fetch the unseen mails of the mailbox in the settings")
    add_data(parser)
    add_as_of(parser)
    parser.set_defaults(verb=_receive)


def _receive(given: argparse.Namespace) -> int:
    try:
        settings, shown = settings_of(given), clock(given)
        if given.imap:
            return _fetched(settings, shown)
        raw = _read(given.file)
        if len(raw) > MAX_FILE_SIZE:
            return _refused(f"the mail has more than {MAX_FILE_SIZE // 1024**2} MB, and was not kept")
        try:
            print(_keep(open_database(settings), settings, shown, raw))
        except BadInput as error:
            return _refused(str(error))
    except (NotReady, DBAPIError, OSError, MemoryError) as error:
        print(f"duecourse: {_first_line(error)} Try again later.", file=sys.stderr)
        return EX_TEMPFAIL
    return 0


def _keep(engine: Engine, settings: Settings, shown: Clock, raw: bytes) -> str:
    for is_last in (False, True):
        try:
            with writing(engine) as session:
                taken = receive(session, raw, folder=settings.evidence, now=shown.now())
                if taken.mail.kind == MailKind.DELIVERY_REPORT:
                    said = _followed(session, raw, taken, settings, shown.now())
                    return f"Kept: delivery report, {said}." if taken.is_new else "Kept before."
                matched = "matched to a report" if taken.mail.matched_id else "not matched to one report"
                return f"Kept: {taken.mail.kind}, {matched}." if taken.is_new else "Kept before."
        except IntegrityError:
            # The same mail was piped twice at the same moment; the second look finds the first.
            if is_last:
                raise
    raise AssertionError("unreachable")


def _followed(session: Session, raw: bytes, taken: Taken, settings: Settings, now: datetime) -> str:
    address, sender = settings.bounce_address, sender_of(settings)
    outcome = take_report(session, raw, sha256=taken.mail.sha256, bounce_address=address, now=now)
    if taken.is_new and outcome in (BounceOutcome.UNDELIVERABLE, BounceOutcome.NOT_DELIVERED):
        owe_undelivered(session, now=now, base_url=settings.address, sender=sender)
        check_reachability(session, now=now, base_url=settings.address, sender=sender)
    return str(outcome)


def _fetched(settings: Settings, shown: Clock) -> int:
    if not (settings.imap_host and settings.imap_user and settings.imap_password.get_secret_value()):
        raise NotReady("No mailbox is set. Set DUECOURSE_IMAP_HOST, DUECOURSE_IMAP_USER and DUECOURSE_IMAP_PASSWORD.")
    engine = open_database(settings)
    mailbox = Mailbox(
        settings.imap_host,
        settings.imap_port,
        settings.imap_user,
        settings.imap_password.get_secret_value(),
        settings.imap_folder,
    )

    def keep(raw: bytes) -> None:
        _keep(engine, settings, shown, raw)

    done = fetch(mailbox, keep, largest=MAX_FILE_SIZE)
    print(f"{words.count(done.kept, 'mail')} kept.")
    for reason in done.left:
        print(f"duecourse: {reason}", file=sys.stderr)
    return EX_DATAERR if done.left else 0


def _read(file: str) -> bytes:
    if file != "-":
        with Path(file).open("rb") as opened:
            return opened.read(MAX_FILE_SIZE + 1)
    raw = sys.stdin.buffer.read(MAX_FILE_SIZE + 1)
    while sys.stdin.buffer.read(1024 * 1024):
        # Read to the end: a mail server whose pipe breaks off takes that for our failure, and tries for days.
        pass
    return raw


def _refused(says: str) -> int:
    print(f"duecourse: {says}", file=sys.stderr)
    return EX_DATAERR


def _first_line(error: BaseException) -> str:
    said = str(error).partition("\n")[0].rstrip(". ")
    return f"{said or type(error).__name__}."
