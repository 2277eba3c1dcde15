"""How does a mail come in: piped by a mail server, from a file, or fetched from a mailbox?

The exit codes are those that mail servers understand (sysexits.h): 0 for taken, 75 for “try again later”, 65 for a mail
that can never be taken. Whatever goes wrong on our side is 75, so that no mail is lost by it.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from duecourse.cli.given import add_as_of, clock
from duecourse.cli.opening import add_data, open_database, settings_of
from duecourse.clock import Clock
from duecourse.errors import BadInput, NotReady
from duecourse.notifications.fetching import fetch, mailbox_of
from duecourse.notifications.incoming import Incoming, Keeper
from duecourse.notifications.messages import sender_of
from duecourse.settings import Settings
from duecourse.tracking.files import MAX_FILE_SIZE

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
            print(_incoming(settings, shown).take(raw))
        except BadInput as error:
            return _refused(str(error))
    except (NotReady, DBAPIError, OSError, MemoryError) as error:
        print(f"duecourse: {_first_line(error)} Try again later.", file=sys.stderr)
        return EX_TEMPFAIL
    return 0


def _fetched(settings: Settings, shown: Clock) -> int:
    mailbox = mailbox_of(settings)
    if mailbox is None:
        raise NotReady("No mailbox is set. Set DUECOURSE_IMAP_HOST, DUECOURSE_IMAP_USER and DUECOURSE_IMAP_PASSWORD.")
    done = fetch(mailbox, Keeper(_incoming(settings, shown)), largest=MAX_FILE_SIZE)
    print(f"{done}.")
    for reason in done.aside:
        print(f"duecourse: {reason}", file=sys.stderr)
    return EX_DATAERR if done.aside else 0


def _incoming(settings: Settings, shown: Clock) -> Incoming:
    return Incoming(
        open_database(settings),
        settings.evidence,
        settings.bounce_address,
        settings.address,
        sender_of(settings),
        shown.now,
    )


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
