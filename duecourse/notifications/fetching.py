"""How are mails fetched from a mailbox, so that none is lost and none is marked as read before it is kept?

IMAP over TLS (RFC 9051). A mail is fetched without marking it, given to whoever keeps it, and marked as seen only after
that has returned: a fetch that dies in between fetches it again, which changes nothing.
"""

from __future__ import annotations

import imaplib
import re
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from duecourse.errors import DuecourseError, NotReady

_TIMEOUT_SECONDS = 60
_SIZE = re.compile(rb"RFC822\.SIZE (\d+)")


@dataclass(frozen=True, slots=True)
class Mailbox:
    """Where mails are fetched from."""

    host: str
    port: int
    user: str
    password: str
    folder: str


@dataclass(frozen=True, slots=True)
class Fetched:
    """How many mails were kept, and of those left in the mailbox why, each in a sentence."""

    kept: int
    left: tuple[str, ...]


def fetch(mailbox: Mailbox, keep: Callable[[bytes], None], *, largest: int) -> Fetched:
    """Give every unseen mail of at most `largest` bytes to `keep`, and mark it as seen once that has returned.

    What `keep` refuses with one of our errors stays unseen, and the next one is fetched; any other error ends the
    fetch. Raises NotReady when the mailbox cannot be reached, or refuses us.
    """
    try:
        client = imaplib.IMAP4_SSL(
            mailbox.host, mailbox.port, ssl_context=ssl.create_default_context(), timeout=_TIMEOUT_SECONDS
        )
        try:
            client.login(mailbox.user, mailbox.password)
            _asked(client.select(f'"{mailbox.folder}"'))
            return _all(client, keep, largest)
        finally:
            with suppress(imaplib.IMAP4.error, OSError):
                client.logout()
    except (imaplib.IMAP4.error, OSError, UnicodeError) as error:
        raise NotReady(
            f"The mailbox {mailbox.folder} of {mailbox.user} on {mailbox.host} could not be read: {error}. "
            "What was not fetched is still there."
        ) from error


def _all(client: imaplib.IMAP4, keep: Callable[[bytes], None], largest: int) -> Fetched:
    (numbers,) = _asked(client.uid("SEARCH", "UNSEEN"))[:1] or [b""]
    kept, left = 0, list[str]()
    for number in (numbers or b"").decode("ascii").split():
        sizes = _SIZE.search(b" ".join(_flat(_asked(client.uid("FETCH", number, "(RFC822.SIZE)")))))
        if sizes is None or int(sizes[1]) > largest:
            left.append(f"Mail {number} is larger than {largest // 1024**2} MB, and stays in the mailbox.")
            continue
        answer = _asked(client.uid("FETCH", number, "(BODY.PEEK[])"))
        raw = next((part[1] for part in answer if isinstance(part, tuple)), None)
        if raw is None:
            # Somebody else removed it in between.
            continue
        try:
            keep(raw)
        except DuecourseError as error:
            left.append(f"Mail {number} stays in the mailbox: {error}")
            continue
        kept += 1
        _asked(client.uid("STORE", number, "+FLAGS.SILENT", r"(\Seen)"))
    return Fetched(kept, tuple(left))


def _asked(answer: tuple[str, list[Any]]) -> list[Any]:
    status, data = answer
    if status != "OK":
        raise imaplib.IMAP4.error(b" ".join(_flat(data)).decode("ascii", "replace") or status)
    return data


def _flat(data: list[Any]) -> list[bytes]:
    return [part for each in data for part in (each if isinstance(each, tuple) else (each,)) if isinstance(part, bytes)]
