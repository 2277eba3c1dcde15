"""What does a mailbox do to whoever reads it?

A real IMAP server over TLS on a socket of 127.0.0.1, in a thread of its own, with one folder of mails. It speaks the
commands that a reader needs (RFC 9051), and remembers which mails were marked as seen, and when.
"""

from __future__ import annotations

import re
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Mails:
    """The mails of one folder, by number, and what a reader did with them."""

    held: dict[int, bytes]
    password: str = "open sesame"
    folder: str = "INBOX"
    hangs_up_at: str = ""
    """The command (``FETCH``, ``STORE``) at which the connection ends unanswered."""
    breaks_on: set[int] = field(default_factory=set)
    """The mails in the middle of which the connection ends."""
    drips_at: str = ""
    """The command that is answered with a byte now and then, for ever."""
    seen: set[int] = field(default_factory=set)
    flagged: set[int] = field(default_factory=set)
    commands: list[str] = field(default_factory=list)


@contextmanager
def imap_server(mails: Mails, tls: ssl.SSLContext) -> Iterator[int]:
    """Serve the folder for the block, and return the port."""
    listening = socket.create_server(("127.0.0.1", 0))
    ends = threading.Event()

    def serve() -> None:
        while not ends.is_set():
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            try:
                with tls.wrap_socket(connection, server_side=True) as encrypted:
                    _session(mails, encrypted)
            except (OSError, ValueError):
                pass
            finally:
                connection.close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listening.getsockname()[1]
    finally:
        ends.set()
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join(10)


def _session(mails: Mails, connection: ssl.SSLSocket) -> None:
    file = connection.makefile("rwb")

    def say(line: bytes) -> None:
        file.write(line + b"\r\n")
        file.flush()

    say(b"* OK ready")
    signed_in = False
    while line := file.readline().decode().strip():
        tag, _, command = line.partition(" ")
        verb = command.removeprefix("UID ").split(" ")[0].upper()
        mails.commands.append(command)
        if verb == mails.hangs_up_at:
            return
        while verb == mails.drips_at:
            file.write(b"*")
            file.flush()
            time.sleep(0.05)
        done = f"{tag} OK done".encode()
        if verb == "CAPABILITY":
            say(b"* CAPABILITY IMAP4rev1")
        elif verb == "LOGIN":
            signed_in = f'"{mails.password}"' in command
            done = done if signed_in else f"{tag} NO wrong password".encode()
        elif not signed_in and verb != "LOGOUT":
            done = f"{tag} BAD not signed in".encode()
        elif verb == "SELECT":
            found = f'"{mails.folder}"' in command
            done = done if found else f"{tag} NO no such folder".encode()
            if found:
                say(b"* %d EXISTS" % len(mails.held))
                say(b"* OK [UIDVALIDITY 3857529045] numbers hold")
        elif verb == "SEARCH":
            unseen = [str(number) for number in mails.held if number not in mails.seen]
            say(f"* SEARCH {' '.join(unseen)}".encode())
        elif verb == "FETCH":
            _fetch(mails, command, say)
        elif verb == "STORE":
            number, flags = re.fullmatch(r"UID STORE (\d+) \+FLAGS\.SILENT \((.*)\)", command, re.I).groups()  # type: ignore[union-attr]
            assert flags in (r"\Seen", r"\Seen \Flagged")
            mails.seen.add(int(number))
            if "Flagged" in flags:
                mails.flagged.add(int(number))
        elif verb == "LOGOUT":
            say(b"* BYE")
            say(done)
            return
        say(done)


def _fetch(mails: Mails, command: str, say: object) -> None:
    assert callable(say)
    number, what = re.fullmatch(r"UID FETCH (\d+) \((.*)\)", command, re.I).groups()  # type: ignore[union-attr]
    content = mails.held[int(number)]
    if int(number) in mails.breaks_on:
        raise ConnectionAbortedError
    if what == "RFC822.SIZE":
        say(f"* 1 FETCH (UID {number} RFC822.SIZE {len(content)})".encode())
        return
    if what == "BODY[]":
        # Without PEEK a fetch marks the mail (RFC 9051, 6.4.5).
        mails.seen.add(int(number))
    say(f"* 1 FETCH (UID {number} BODY[] {{{len(content)}}}".encode())
    say(content + b")")
