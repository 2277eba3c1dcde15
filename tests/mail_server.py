"""What does a mail server do to a sender: take, refuse, stall, hang up, or see it die?

A real SMTP server on a socket of 127.0.0.1, in a thread of its own, that follows a script. It keeps every mail that it
took, and every byte that a client sent in clear text.
"""

from __future__ import annotations

import asyncio
import datetime
import os
import signal
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Script:
    """How the server behaves. An answer is a line such as ``550 5.1.1 no such mailbox``; empty means the usual one.

    `recipients` answers single addresses, and `acceptances` one mail after the other, before the rule for all applies.
    """

    greeting: str = ""
    offers_starttls: bool = False
    sign_in: str = ""
    """The answer to AUTH; it is offered when this is set."""
    sender: str = ""
    recipient: str = ""
    recipients: dict[str, str] = field(default_factory=dict)
    data: str = ""
    acceptance: str = ""
    acceptances: list[str] = field(default_factory=list)
    raw_acceptance: bytes = b""
    """Sent instead of an answer to a mail, whatever it is."""
    hangs_up_at: str = ""
    """The command (``MAIL``, ``DATA``), or ``body`` for a mail's last byte, at which the connection ends unanswered."""
    hangs_at: str = ""
    """The command, or ``body``, after which nothing is said any more."""
    kills_at: str = ""
    """The command, ``body`` (before its answer) or ``answered`` (after it), at which the process `victim` is killed."""
    victim: int = 0
    mails_per_connection: int = 0
    """After so many mails the server ends the connection without a word; 0 for never."""


@dataclass
class Taken:
    """A mail that the server took (or, with `answered` False, read to its end without an answer)."""

    sender: str
    recipient: str
    content: bytes
    encrypted: bool
    answered: bool


class MailServer:
    """The running server; `script` may be changed at any time."""

    def __init__(self, script: Script, tls: ssl.SSLContext | None) -> None:
        self.script, self._tls = script, tls
        self.port = 0
        self.stop: Callable[[], object] = lambda: None
        self.mails: list[Taken] = []
        self.in_clear: bytes = b""
        self.connections = 0
        self.sign_ins = 0
        self.commands: list[str] = []

    @property
    def recipients(self) -> list[str]:
        """Who got a mail that was answered for, in order."""
        return [mail.recipient for mail in self.mails if mail.answered]

    async def serve(self, started: Callable[[], None]) -> None:
        """Serve until `stop` is called from another thread."""
        loop, end = asyncio.get_running_loop(), asyncio.Event()
        self.stop = lambda: loop.call_soon_threadsafe(end.set)
        server = await asyncio.start_server(self._session, "127.0.0.1", self.port, limit=2**26)
        self.port = server.sockets[0].getsockname()[1]
        started()
        await end.wait()
        server.close()

    async def _session(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
                await self._talk(reader, writer)
        finally:
            writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        encrypted = False
        sender = recipient = ""
        mails = 0

        async def say(usual: str, scripted: str = "") -> bool:
            writer.write(f"{scripted or usual}\r\n".encode())
            await writer.drain()
            return (scripted or usual)[0] in "23"

        if not await say("220 mail.test ready", self.script.greeting):
            return
        while line := await reader.readline():
            if not encrypted:
                self.in_clear += line
            command = line.decode("ascii", "replace").strip()
            verb = command.partition(" ")[0].upper()
            self.commands.append(verb)
            if await self._ends_at(verb):
                return
            match verb:
                case "EHLO":
                    offers = ["STARTTLS"] if self.script.offers_starttls and not encrypted else []
                    offers += ["AUTH PLAIN LOGIN"] if self.script.sign_in else []
                    lines = ["mail.test", *offers, "SIZE 10000000"]
                    await say("\r\n".join(f"250-{text}" for text in lines[:-1]) + f"\r\n250 {lines[-1]}")
                case "STARTTLS":
                    await say("220 go ahead")
                    assert self._tls is not None
                    await writer.start_tls(self._tls)
                    encrypted = True
                case "AUTH":
                    self.sign_ins += 1
                    await say("235 welcome", self.script.sign_in)
                case "MAIL":
                    sender = command.partition("<")[2].partition(">")[0]
                    await say("250 sender ok", self.script.sender)
                case "RCPT":
                    recipient = command.partition("<")[2].partition(">")[0]
                    await say("250 recipient ok", self.script.recipients.get(recipient, self.script.recipient))
                case "DATA":
                    if not await say("354 go on", self.script.data):
                        continue
                    content = await reader.readuntil(b"\r\n.\r\n")
                    if not encrypted:
                        self.in_clear += content
                    mail = Taken(sender, recipient, content[:-3].replace(b"\r\n..", b"\r\n."), encrypted, False)
                    self.mails.append(mail)
                    if await self._ends_at("body"):
                        return
                    if self.script.raw_acceptance:
                        writer.write(self.script.raw_acceptance)
                        await writer.drain()
                        continue
                    if self.script.kills_at == "answered":
                        # Stopped first, so that it dies before it can make anything of the answer.
                        os.kill(self.script.victim, signal.SIGSTOP)
                    scripted = self.script.acceptances.pop(0) if self.script.acceptances else self.script.acceptance
                    if await say("250 2.0.0 taken", scripted):
                        mail.answered = True
                    else:
                        self.mails.remove(mail)
                    mails += 1
                    if await self._ends_at("answered") or mails == self.script.mails_per_connection:
                        return
                case "QUIT":
                    await say("221 goodbye")
                    return
                case _:
                    await say("250 ok")

    async def _ends_at(self, phase: str) -> bool:
        if self.script.kills_at == phase:
            os.kill(self.script.victim, signal.SIGKILL)
            return True
        if self.script.hangs_at == phase:
            await asyncio.sleep(3600)
        return self.script.hangs_up_at == phase


@contextmanager
def mail_server(script: Script | None = None, *, tls: ssl.SSLContext | None = None) -> Iterator[MailServer]:
    """Run a mail server for the block. `tls` is its certificate, for STARTTLS."""
    server = MailServer(script or Script(), tls)
    started = threading.Event()
    thread = threading.Thread(target=lambda: asyncio.run(server.serve(started.set)), daemon=True)
    thread.start()
    assert started.wait(10), "the mail server did not start"
    try:
        yield server
    finally:
        server.stop()
        thread.join(10)


@dataclass(frozen=True)
class Certificates:
    """A mail server's certificate for ``localhost``, and two clients: one that trusts it, one that does not."""

    server: ssl.SSLContext
    trusting: ssl.SSLContext
    strict: ssl.SSLContext


def certificates(folder: Path) -> Certificates:
    """Make a key and a certificate for localhost, good for an hour, in `folder`."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=5))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, key_file = folder / "certificate.pem", folder / "key.pem"
    pem.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(pem, key_file)
    return Certificates(server, ssl.create_default_context(cafile=str(pem)), ssl.create_default_context())
