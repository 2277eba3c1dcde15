"""What do the pages share: which database, which clock, which settings, and what they remember between requests?"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path as FilePath
from typing import Annotated, Protocol

from fastapi import Depends, Path, Request
from sqlalchemy import Engine

from duecourse.clock import Clock
from duecourse.settings import Settings
from duecourse.tracking.proof.signing import PrivateKey
from duecourse.tracking.proof.signing_keys import server_key
from duecourse.web.rate import SlidingWindow
from duecourse.web.shown_once import ShownOnce


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
    asks_by_client: SlidingWindow = field(default_factory=lambda: SlidingWindow(30, per=timedelta(minutes=10)))
    """Sign-in links asked for from one network address."""
    asks_by_mailbox: SlidingWindow = field(default_factory=lambda: SlidingWindow(3, per=timedelta(minutes=10)))
    """Sign-in links asked for one mailbox; the last one sent works as long as this window, so nobody is locked out."""
    misses_by_client: SlidingWindow = field(default_factory=lambda: SlidingWindow(10, per=timedelta(minutes=10)))
    """Sign-in links from one network address that did not work."""

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
    """Return the network address that a request came from.

    A proxy's word for it counts only as far as the server that reads the socket was told to trust that proxy.
    """
    return request.client.host if request.client else ""


RowId = Annotated[int, Path(ge=1, le=2**31 - 1)]
"""The number of a row in an address; PostgreSQL has no larger ones."""
TheSite = Annotated[Site, Depends(site_of)]
