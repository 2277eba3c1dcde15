"""How are mails fetched from a mailbox, so that none is lost, and none is marked as read before it is kept?

IMAP over TLS (RFC 9051). A mail is fetched without marking it, given to whoever keeps it, and marked as seen only after
that has returned: a fetch that dies in between fetches it again, which changes nothing. Nothing is ever deleted. What
cannot be kept is set aside, and gets a flag by which a person finds it in the mailbox.
"""

from __future__ import annotations

import imaplib
import re
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Protocol

from duecourse.calendar import words
from duecourse.errors import NotReady
from duecourse.notifications.setting_aside import Place
from duecourse.settings import Settings

AT_MOST = 100
"""The mails of one run. The rest waits for the next: a flood must not keep a run from its end."""
LIMIT_SECONDS = 120.0
"""How long one run may take, whatever the mail server does; far less than the lease of a slot."""
_TIMEOUT_SECONDS = 20
_STOP_SECONDS = 5.0
"""How long the mail under way may take to end once the process is to stop."""
_LOOKS_SECONDS = 0.25
_SIZE = re.compile(rb"RFC822\.SIZE (\d+)")


@dataclass(frozen=True, slots=True)
class Mailbox:
    """Where mails are fetched from."""

    host: str
    port: int
    user: str
    password: str
    folder: str

    def __str__(self) -> str:
        return f"{self.folder} of {self.user} on {self.host}"


@dataclass(frozen=True, slots=True)
class Fetched:
    """How many mails were kept, why each other one was set aside, and how many wait for the next run."""

    kept: int
    aside: tuple[str, ...] = ()
    waiting: int = 0

    def __str__(self) -> str:
        said = [f"{words.count(self.kept, 'mail')} kept"]
        if self.aside:
            said.append(f"{words.count(len(self.aside), 'mail')} set aside")
        if self.waiting:
            said.append(f"{words.count(self.waiting, 'mail')} left for the next run")
        return words.joined(said)


class Keeps(Protocol):
    """Whoever keeps the mails that are fetched."""

    def order(self, places: list[Place]) -> list[Place]:
        """Return these mails in the order in which to fetch them."""

    def begin(self, place: Place) -> str:
        """Note that a mail is going to be fetched; return why it is not, when it is set aside."""

    def keep(self, place: Place, raw: bytes) -> str:
        """Keep a mail; return why it was set aside instead, or an empty text."""

    def put_aside(self, place: Place, reason: str) -> str:
        """Set a mail aside, and return why."""

    def forget(self, place: Place) -> None:
        """Forget that a mail was tried."""


def mailbox_of(settings: Settings) -> Mailbox | None:
    """Return the mailbox that the settings name, or None."""
    password = settings.imap_password.get_secret_value()
    if not (settings.imap_host and settings.imap_user and password):
        return None
    return Mailbox(settings.imap_host, settings.imap_port, settings.imap_user, password, settings.imap_folder)


def fetch(
    mailbox: Mailbox,
    keeper: Keeps,
    *,
    largest: int,
    at_most: int = AT_MOST,
    limit_seconds: float = LIMIT_SECONDS,
    stopping: threading.Event | None = None,
) -> Fetched:
    """Give up to `at_most` unseen mails of at most `largest` bytes to `keeper`, and mark each once it is kept.

    Ends after `limit_seconds`, or soon after `stopping` is set. Raises NotReady when the mailbox cannot be reached,
    refuses us, or does not come to an end; what `keeper` raises ends the fetch. What was not fetched is still there.
    """
    stopping = stopping or threading.Event()
    watch = _Watch(limit_seconds, stopping)
    try:
        client = imaplib.IMAP4_SSL(
            mailbox.host, mailbox.port, ssl_context=ssl.create_default_context(), timeout=_TIMEOUT_SECONDS
        )
        with watch.over(client):
            client.login(mailbox.user, mailbox.password)
            _asked(client.select(f'"{mailbox.folder}"'))
            fetched = _all(client, mailbox, keeper, largest, at_most, stopping)
            with suppress(imaplib.IMAP4.error, OSError):
                client.logout()
            return fetched
    except (imaplib.IMAP4.error, OSError, UnicodeError) as error:
        said = f"it did not come to an end within {limit_seconds:.0f} seconds" if watch.has_cut else str(error)
        raise NotReady(
            f"The mailbox {mailbox} could not be read: {said}. What was not fetched is still there."
        ) from error


def _all(
    client: imaplib.IMAP4, mailbox: Mailbox, keeper: Keeps, largest: int, at_most: int, stopping: threading.Event
) -> Fetched:
    validity = _validity(client)
    (found,) = _asked(client.uid("SEARCH", "UNSEEN"))[:1] or [b""]
    numbers = map(int, (found or b"").decode("ascii").split())
    places = keeper.order([Place(str(mailbox), validity, number) for number in numbers])
    kept, looked_at, aside = 0, 0, list[str]()
    for place in places[:at_most]:
        if stopping.is_set():
            break
        looked_at += 1
        reason = keeper.begin(place)
        raw = None
        if not reason and not (reason := _too_large(client, place, keeper, largest)):
            raw = _content(client, place)
            if raw is None:
                # Somebody else removed it in between.
                keeper.forget(place)
                continue
            reason = keeper.keep(place, raw)
        _mark(client, place, r"(\Seen \Flagged)" if reason else r"(\Seen)")
        if reason:
            aside.append(f"Mail {place.number} of {mailbox} was set aside: {reason}")
        else:
            keeper.forget(place)
            kept += 1
    return Fetched(kept, tuple(aside), len(places) - looked_at)


def _validity(client: imaplib.IMAP4) -> int:
    _, said = client.response("UIDVALIDITY")
    return int(said[0]) if said and said[0] else 0


def _too_large(client: imaplib.IMAP4, place: Place, keeper: Keeps, largest: int) -> str:
    answer = _asked(client.uid("FETCH", str(place.number), "(RFC822.SIZE)"))
    sizes = _SIZE.search(b" ".join(_flat(answer)))
    if sizes is None or int(sizes[1]) <= largest:
        return ""
    return keeper.put_aside(place, f"It is larger than {largest // 1024**2} MB.")


def _content(client: imaplib.IMAP4, place: Place) -> bytes | None:
    answer = _asked(client.uid("FETCH", str(place.number), "(BODY.PEEK[])"))
    return next((part[1] for part in answer if isinstance(part, tuple)), None)


def _mark(client: imaplib.IMAP4, place: Place, flags: str) -> None:
    _asked(client.uid("STORE", str(place.number), "+FLAGS.SILENT", flags))


class _Watch:
    """Cuts a connection when its time is over: a time limit of a socket begins anew with every byte that comes."""

    def __init__(self, seconds: float, stopping: threading.Event) -> None:
        self._until = time.monotonic() + seconds
        self._stopping = stopping
        self._is_over = threading.Event()
        self.has_cut = False

    @contextmanager
    def over(self, client: imaplib.IMAP4) -> Iterator[None]:
        """Watch over a connection for the block, and close it at the end."""
        watching = threading.Thread(target=self._watch, args=(client.socket(),), daemon=True)
        watching.start()
        try:
            yield
        finally:
            self._is_over.set()
            watching.join()
            with suppress(OSError):
                client.shutdown()

    def _watch(self, connection: socket.socket) -> None:
        while not self._is_over.wait(_LOOKS_SECONDS):
            if self._stopping.is_set():
                self._until = min(self._until, time.monotonic() + _STOP_SECONDS)
            if time.monotonic() > self._until:
                self.has_cut = True
                with suppress(OSError):
                    # Not the method of ssl, which takes the encryption away from under whoever is reading.
                    socket.socket.shutdown(connection, socket.SHUT_RDWR)
                return


def _asked(answer: tuple[str, list[Any]]) -> list[Any]:
    status, data = answer
    if status != "OK":
        raise imaplib.IMAP4.error(b" ".join(_flat(data)).decode("ascii", "replace") or status)
    return data


def _flat(data: list[Any]) -> list[bytes]:
    return [part for each in data for part in (each if isinstance(each, tuple) else (each,)) if isinstance(part, bytes)]
