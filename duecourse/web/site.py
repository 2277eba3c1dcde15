"""What do the pages share: which database, which clock, which settings, and what they remember between requests?"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property, lru_cache
from pathlib import Path as FilePath
from typing import Annotated, Protocol

from fastapi import Depends, Path, Request
from sqlalchemy import Engine

from duecourse.clock import Clock
from duecourse.settings import Settings
from duecourse.tracking.proof.signing import PrivateKey
from duecourse.tracking.proof.signing_keys import server_key
from duecourse.tracking.signing_in import Stay
from duecourse.web.client import Network, client_address
from duecourse.web.shown_once import ShownOnce

_log = logging.getLogger(__name__)


class EmbeddedClock(Protocol):
    """The clock that wakes the jobs inside this process."""

    def start(self) -> None:
        """Start ticking."""

    def stop(self) -> None:
        """Stop ticking, after the tick that is under way."""

    def wake(self) -> None:
        """Tick once more as soon as possible."""

    @property
    def last_tick_at(self) -> datetime | None:
        """When the last tick came to its end without an error."""

    @property
    def trouble(self) -> str:
        """What keeps it from its work, in words; empty when nothing does."""

    @property
    def doubts_the_time(self) -> bool:
        """Whether it does nothing until somebody says that this machine's clock is right."""

    def trust_the_time(self) -> None:
        """Take this machine's clock for right, and go on."""


class LocalPrefect(Protocol):
    """The Prefect server that runs behind this one and shows the jobs' runs."""

    def start(self) -> None:
        """Start it and keep it running, in the background."""

    def stop(self) -> None:
        """End it."""

    @property
    def is_ready(self) -> bool:
        """Whether it answered when it was last asked."""

    @property
    def pages_url(self) -> str:
        """The address of its own pages."""


@dataclass(frozen=True)
class Site:
    """One running web application."""

    engine: Engine
    clock: Clock
    settings: Settings
    started_at: datetime
    embedded: EmbeddedClock | None = None
    prefect: LocalPrefect | None = None
    feed_links: ShownOnce = field(default_factory=lambda: ShownOnce(keep=timedelta(minutes=10)))
    """The addresses of feeds that were just made, so that a form sent twice makes one."""

    @cached_property
    def proxies(self) -> tuple[Network, ...]:
        """The proxies whose word is taken on where a request came from."""
        return self.settings.proxies

    @property
    def stay(self) -> Stay:
        """How long people stay signed in."""
        return Stay(timedelta(hours=self.settings.session_hours), timedelta(minutes=self.settings.session_idle_minutes))

    @property
    def evidence(self) -> FilePath:
        """The folder of evidence files."""
        return self.settings.evidence

    @cached_property
    def signing_key(self) -> PrivateKey:
        """The key with which receipts and audit exports are signed."""
        return server_key(self.settings.data, configured=self.settings.signing_key.get_secret_value())

    def wake(self) -> None:
        """Have what was just put into the outbox sent as soon as possible."""
        if self.embedded is not None:
            self.embedded.wake()

    @property
    def is_secure(self) -> bool:
        """Whether people reach the pages through HTTPS."""
        return self.settings.address.startswith("https://")


def site_of(request: Request) -> Site:
    """Return the application that answers this request."""
    site: Site = request.app.state.site
    return site


def client_of(request: Request) -> str:
    """Return the network address that a request came from; a proxy's word counts when it is one of our own."""
    peer = request.client.host if request.client else ""
    forwarded = ",".join(request.headers.getlist("x-forwarded-for"))
    if not forwarded:
        return peer
    proxies = site_of(request).proxies
    if not proxies:
        _say_once(peer)
    return client_address(peer, forwarded, proxies)


@lru_cache(maxsize=8)
def _say_once(peer: str) -> None:
    if peer in ("127.0.0.1", "::1"):
        _log.warning(
            "A proxy on this machine passes requests on, and its word is not taken: limits count everybody as one. "
            "Set DUECOURSE_TRUSTED_PROXIES=127.0.0.1."
        )


RowId = Annotated[int, Path(ge=1, le=2**31 - 1)]
"""The number of a row in an address; PostgreSQL has no larger ones."""
TheSite = Annotated[Site, Depends(site_of)]
