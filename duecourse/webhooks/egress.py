"""How is a message posted to an address that a person named, and nowhere else? The one door to httpcore.

The name is looked up here, every address that is not public is left out, and the connection is made to one of those
that were looked at: a name that means another address a moment later wins nothing. The certificate is checked for the
name. No redirect is followed, no proxy of the environment is used, and the whole exchange has one time limit.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Any

import httpcore
import httpx

from duecourse.notifications.public_addresses import is_public
from duecourse.settings import Settings

SECONDS = 7.0
"""How long a whole exchange may take: looking up, connecting, sending, and reading the answer."""
LARGEST_ANSWER = 100 * 1024
"""How many bytes of an answer are read; what comes after is not waited for."""
PORTS = frozenset({443, 8443})


class Trouble(StrEnum):
    """Why there was no answer."""

    NOT_PUBLIC = "not public"
    UNKNOWN = "unknown name"
    WRONG_PORT = "wrong port"
    NO_CONNECTION = "no connection"
    NO_CERTIFICATE = "wrong certificate"
    NO_ANSWER = "no answer in time"
    BROKEN = "broken"


# Apart from the loop's own threads: a name server that does not answer would hold up the end of a loop.
_RESOLVERS = ThreadPoolExecutor(8, thread_name_prefix="webhook-names")


@dataclass(frozen=True, slots=True)
class Egress:
    """Where messages may go: to public addresses, and to the networks `inside` the house that the settings name."""

    inside: tuple[IPv4Network | IPv6Network, ...] = ()
    ports: frozenset[int] = PORTS
    seconds: float = SECONDS
    trust: ssl.SSLContext | None = None
    """The certificates that are trusted; None for those that httpx trusts (SSL_CERT_FILE adds others)."""

    def may_reach(self, host: str) -> bool:
        """Tell whether a connection to this IP address may be made."""
        if is_public(host):
            return True
        try:
            address: Any = ip_address(host)
        except ValueError:
            return False
        address = getattr(address, "ipv4_mapped", None) or address
        return any(address in network for network in self.inside)


def egress_of(settings: Settings) -> Egress:
    """Return where messages may go by the settings."""
    return Egress(inside=settings.webhooks_inside)


@dataclass(frozen=True, slots=True)
class Exchange:
    """What came of one try: the status of the answer, or why there was none, and how long it took."""

    status: int | None
    trouble: Trouble | None
    milliseconds: int

    @property
    def is_taken(self) -> bool:
        """Whether the receiver took the message."""
        return self.status is not None and 200 <= self.status < 300


class _Refused(Exception):
    """A connection that is not made."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble)
        self.trouble = trouble


def post(address: str, body: bytes, headers: dict[str, str], egress: Egress) -> Exchange:
    """Post a message to an https address, and return what came of it; never raises for what is outside."""
    began = time.monotonic()
    status: int | None = None
    trouble: Trouble | None = None
    try:
        status = asyncio.run(_within(address, body, headers, egress))
    except _Refused as refused:
        trouble = refused.trouble
    except (TimeoutError, httpcore.TimeoutException):
        trouble = Trouble.NO_ANSWER
    except httpcore.ConnectError as error:
        trouble = Trouble.NO_CERTIFICATE if _is_about_tls(error) else Trouble.NO_CONNECTION
    except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.UnsupportedProtocol, OSError, ValueError):
        trouble = Trouble.BROKEN
    return Exchange(status, trouble, round((time.monotonic() - began) * 1000))


async def _within(address: str, body: bytes, headers: dict[str, str], egress: Egress) -> int:
    async with (
        asyncio.timeout(egress.seconds),
        _pool(egress) as pool,
        pool.stream("POST", address, headers=list(headers.items()), content=body) as answer,
    ):
        size = 0
        async for chunk in answer.aiter_stream():
            size += len(chunk)
            if size > LARGEST_ANSWER:
                break
        return answer.status


def _pool(egress: Egress) -> httpcore.AsyncConnectionPool:
    trust = egress.trust or _usual_trust()
    return httpcore.AsyncConnectionPool(ssl_context=trust, network_backend=_Guarded(egress), http2=False, retries=0)


@cache
def _usual_trust() -> ssl.SSLContext:
    return httpx.create_ssl_context()


class _Guarded(httpcore.AsyncNetworkBackend):
    """Connects to addresses that may be reached, whatever their name is said to mean a moment later."""

    def __init__(self, egress: Egress) -> None:
        self._egress = egress
        self._backend = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Look the name up, and connect to the first of its addresses that may be reached and answers."""
        if port not in self._egress.ports:
            raise _Refused(Trouble.WRONG_PORT)
        found = [each for each in await _looked_up(host, port) if self._egress.may_reach(each)]
        if not found:
            raise _Refused(Trouble.NOT_PUBLIC)
        failed: Exception | None = None
        for each in found:
            try:
                return await self._backend.connect_tcp(each, port, timeout, local_address, socket_options)
            except httpcore.ConnectError as error:
                failed = error
        assert failed is not None
        raise failed

    async def connect_unix_socket(self, *_: Any, **__: Any) -> httpcore.AsyncNetworkStream:
        """Refuse: no address that a person gives leads into this machine."""
        raise _Refused(Trouble.NOT_PUBLIC)

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await self._backend.sleep(seconds)


async def _looked_up(host: str, port: int) -> list[str]:
    loop = asyncio.get_running_loop()
    try:
        found = await loop.run_in_executor(_RESOLVERS, _look_up, host, port)
    except (OSError, UnicodeError):
        raise _Refused(Trouble.UNKNOWN) from None
    return list(dict.fromkeys(found))


def _look_up(host: str, port: int) -> list[str]:
    return [str(row[4][0]) for row in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def _is_about_tls(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLError):
            return True
        error = error.__cause__ or error.__context__
    return False
