"""How does a mail get to the mail server, over a connection that is safe or not at all?

The one door to aiosmtplib. A mail's own phases are told apart here: until its last byte is sent a lost connection is
harmless, from then on it is ambiguous (RFC 5321, 4.5.3.2.6 and 4.2.5).
"""

from __future__ import annotations

import asyncio
import re
import ssl
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

import aiosmtplib
from aiosmtplib.protocol import normalize_message_line_endings

from duecourse.errors import NotReady
from duecourse.notifications.messages import is_address
from duecourse.notifications.smtp_replies import Progress, classified, is_loopback
from duecourse.notifications.transport import STOP, Refused, TryLater, Unavailable

_MAILS_PER_CONNECTION = 100
"""Mail servers limit it; this is below the usual limits."""
_SERVER_AWAY = timedelta(seconds=30)
_TURNED_AWAY = timedelta(minutes=5)
"""A refused sign-in is not tried again sooner: servers lock accounts that knock too often."""
_LEADING_DOT = re.compile(rb"(?m)^\.")


class Security(StrEnum):
    """How the connection is kept from being read."""

    STARTTLS = "starttls"
    """Begins in clear text and is encrypted before anything is said; refused when the server does not offer it."""
    TLS = "tls"
    """Encrypted from the first byte."""
    NONE = "none"
    """Clear text, to a server on this machine only."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How many seconds may pass: for the connection, for each answer, for the answer to the last byte, for one mail."""

    connect: float = 30
    answer: float = 60
    acceptance: float = 600
    whole: float = 660


class SmtpTransport:
    """Sends over SMTP; connections are kept and used again until it is closed."""

    def __init__(
        self,
        host: str,
        port: int,
        *,
        security: Security | str,
        user: str = "",
        password: str = "",
        tls_context: ssl.SSLContext | None = None,
        limits: Limits = Limits(),
    ) -> None:
        """`tls_context` is for a mail server whose certificate an authority of one's own has signed.

        Raises NotReady when mail would cross a network in clear text.
        """
        self._security = Security(security)
        if self._security is Security.NONE and not is_loopback(host):
            raise NotReady(
                f"Mail to {host} would be sent in clear text. Set the mail server's security to starttls or tls; none "
                "is for a mail server on this machine only."
            )
        self._host, self._port = host, port
        self._user, self._password = user, password
        self._tls_context = tls_context
        self._limits = limits
        self._idle: list[_Connection] = []

    @property
    def send_limit(self) -> timedelta:
        """How long one send may take at the very most."""
        return timedelta(seconds=self._limits.whole)

    async def send(self, message: bytes, *, from_address: str, to_address: str) -> str:
        """Send ready bytes to one address, and return the server's answer. Raises NotSent's subclasses."""
        if not is_address(to_address):
            raise Refused(f"This is no email address that mail can be sent to: {to_address!r}")
        progress = Progress()
        try:
            async with asyncio.timeout(self._limits.whole):
                return await self._send(message, from_address, to_address, progress)
        except TimeoutError:
            raise progress.lost(f"No end within {self._limits.whole:.0f} seconds") from None
        except asyncio.CancelledError as cancelled:
            if cancelled.args != (STOP,):
                raise
            raise progress.lost("Stopped") from None

    async def close(self) -> None:
        """Say goodbye on the connections that are kept open."""
        while self._idle:
            client = self._idle.pop().client
            with suppress(aiosmtplib.SMTPException, OSError):
                await client.quit(timeout=5)
            client.close()

    async def _send(self, message: bytes, from_address: str, to_address: str, progress: Progress) -> str:
        while True:
            connection = self._kept() or await self._connected(from_address.partition("@")[2])
            used_before = connection.mails > 0
            try:
                answer = await connection.deliver(message, from_address, to_address, self._limits, progress)
            except _LostBeforeMail:
                # The server had closed a connection that we kept: nothing was said on it.
                if used_before:
                    continue
                raise TryLater("The mail server closed the connection.") from None
            finally:
                if connection.is_usable:
                    self._idle.append(connection)
                else:
                    connection.client.close()
            return answer

    def _kept(self) -> _Connection | None:
        while self._idle:
            connection = self._idle.pop()
            if connection.client.is_connected and connection.mails < _MAILS_PER_CONNECTION:
                return connection
            connection.client.close()
        return None

    async def _connected(self, our_domain: str) -> _Connection:
        client = aiosmtplib.SMTP(
            hostname=self._host,
            port=self._port,
            local_hostname=our_domain,
            timeout=self._limits.answer,
            use_tls=self._security is Security.TLS,
            start_tls=self._security is Security.STARTTLS,
            tls_context=self._tls_context,
        )
        try:
            await client.connect(timeout=self._limits.connect)
            if self._user:
                await _sign_in(client, self._user, self._password)
        except asyncio.CancelledError:
            client.close()
            raise
        except aiosmtplib.SMTPAuthenticationError as error:
            is_password = 500 <= error.code < 600
            reply = f"The mail server refuses our name or password: {_said(error)}"
            raise Unavailable(reply, pause=_TURNED_AWAY, is_password=is_password) from error
        except (aiosmtplib.SMTPConnectError, aiosmtplib.SMTPServerDisconnected, aiosmtplib.SMTPTimeoutError) as error:
            raise Unavailable(f"The mail server cannot be reached: {_said(error)}", pause=_SERVER_AWAY) from error
        except (aiosmtplib.SMTPException, OSError) as error:
            raise Unavailable(f"The mail server turns us away: {_said(error)}", pause=_TURNED_AWAY) from error
        return _Connection(client)


async def _sign_in(client: aiosmtplib.SMTP, user: str, password: str) -> None:
    # In one way alone: the library tries every way that is offered, and each is a wrong password to the server.
    # What was offered before the connection was encrypted counts no more (RFC 3207, 4.2).
    await client.ehlo()
    if not client.supports_extension("auth"):
        raise aiosmtplib.SMTPException("The mail server offers no way to log in")
    ways = {"plain": client.auth_plain, "login": client.auth_login, "cram-md5": client.auth_crammd5}
    for name, way in ways.items():
        if name in client.supported_auth_methods:
            await way(user, password)
            return
    raise aiosmtplib.SMTPException("The mail server offers no way to log in that we know")


class _LostBeforeMail(Exception):
    pass


@dataclass(slots=True)
class _Connection:
    client: aiosmtplib.SMTP
    mails: int = 0
    is_usable: bool = False

    async def deliver(
        self, message: bytes, from_address: str, to_address: str, limits: Limits, progress: Progress
    ) -> str:
        self.is_usable = False
        try:
            await self._envelope(from_address, to_address)
            begun = await self.client.execute_command(b"DATA")
            if begun.code != 354:
                raise classified(begun.code, begun.message)
            answer = await self._content(message, limits, progress)
        except (aiosmtplib.SMTPServerDisconnected, aiosmtplib.SMTPTimeoutError) as error:
            raise progress.lost(_said(error)) from error
        except aiosmtplib.SMTPResponseException as error:
            # An answer that is none: garbage, or one without an end.
            raise progress.lost(_said(error)) from error
        self.mails += 1
        self.is_usable = True
        return f"{answer.code} {answer.message}"

    async def _envelope(self, from_address: str, to_address: str) -> None:
        try:
            await self.client.mail(from_address)
        except aiosmtplib.SMTPServerDisconnected as error:
            raise _LostBeforeMail from error
        except aiosmtplib.SMTPSenderRefused as error:
            refusal = classified(error.code, error.message)
            if isinstance(refusal, Refused):
                # Not this mail's fault: whatever we send comes from this address.
                reply = f"The mail server does not take mail from {from_address}: {refusal}"
                raise Unavailable(reply, pause=_TURNED_AWAY) from error
            raise refusal from error
        try:
            await self.client.rcpt(to_address)
        except aiosmtplib.SMTPRecipientRefused as error:
            refusal = classified(error.code, error.message)
            with suppress(aiosmtplib.SMTPException, OSError):
                await self.client.rset()
                self.mails += 1
                self.is_usable = True
            raise refusal from error

    async def _content(self, message: bytes, limits: Limits, progress: Progress) -> aiosmtplib.SMTPResponse:
        protocol = self.client.protocol
        if protocol is None:
            raise aiosmtplib.SMTPServerDisconnected("The connection was lost")
        stuffed = _LEADING_DOT.sub(b"..", normalize_message_line_endings(message))
        protocol.write(stuffed + b".\r\n")
        progress.last_byte_sent = True
        answer = await protocol.read_response(timeout=limits.acceptance)
        if not 200 <= answer.code < 300:
            raise classified(answer.code, answer.message)
        return answer


def _said(error: Exception) -> str:
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return f"{error.code} {error.message}"
    return str(error) or type(error).__name__
