"""How is the outbox drained: claimed in batches, sent outside of any transaction, each outcome written at once?"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import Engine
from sqlmodel import Session

from duecourse.calendar import words
from duecourse.errors import NotReady
from duecourse.models import NoticeState
from duecourse.models.database import writing
from duecourse.notifications import outbox
from duecourse.notifications.claiming import Batch, Claimed, claim
from duecourse.notifications.outcomes import Outcome, written
from duecourse.notifications.pausing import Allowed, allowed, go_on, pause
from duecourse.notifications.transport import STOP, Ambiguous, Refused, Transport, Unavailable

LEASE = timedelta(minutes=15)
_MARGIN = timedelta(seconds=60)
"""What must be left of a lease after the longest send, to write down how it ended."""
_ALONE_SECONDS = 30
"""How long the first mail has the mail server for itself; then the others need not wait for it."""
_LOOKS_AGAIN_SECONDS = 5.0
"""How often, while a slow mail is under way, the outbox is looked into for others."""
_STOP_SECONDS = 15
"""How long mails that are under way may take to end once the sender is to stop."""


@dataclass(frozen=True, slots=True)
class Drained:
    """What became of the notices whose turn it was; `unavailable` says why nothing could be sent, when that was so."""

    sent: int = 0
    retried: int = 0
    failed: int = 0
    superseded: int = 0
    unavailable: str = ""

    def __str__(self) -> str:
        said = [
            f"{words.count(self.sent, 'notice')} sent",
            f"{self.retried} to be tried again",
            f"{self.failed} failed",
            f"{self.superseded} no longer owed",
        ]
        return ", ".join(said) + (f". {self.unavailable}" if self.unavailable else "")


async def drain(
    engine: Engine,
    transport: Transport,
    *,
    now: Callable[[], datetime],
    from_address: str,
    lease: timedelta = LEASE,
    batch_size: int = 50,
    at_once: int = 3,
    per_minute: int | None = None,
    return_path: Callable[[Claimed], str] | None = None,
    stopping: threading.Event | None = None,
) -> Drained:
    """Send every notice whose turn it is, and return what became of them; the transport is closed at the end.

    `from_address` is the envelope's, unless `return_path` gives each notice one of its own. `at_once` mails are under
    way at a time: common mail services refuse more than 3 connections of one account. Of `per_minute` mails in one
    minute of the clock the rest waits for the next; what a person waits for does not. When nothing can be sent at
    present, everything claimed goes back as it was, and `unavailable` says why; nobody knocks again before the pause
    is over. Once `stopping` is set nothing more is begun, and what is under way ends, or is put back, within seconds.
    Raises NotReady when the lease does not outlast the longest send by a minute.
    """
    if lease <= transport.send_limit + _MARGIN:
        raise NotReady(
            f"A notice would be lent to a sender for {lease}, but sending one mail may take {transport.send_limit}: it "
            "could be sent twice. Make the lease at least a minute longer than that."
        )
    work = _Drain(
        engine,
        transport,
        now,
        lease,
        per_minute,
        return_path or (lambda _: from_address),
        stopping or threading.Event(),
    )
    try:
        await work.run(batch_size, at_once)
    finally:
        await transport.close()
    return Drained(work.sent, work.retried, work.failed, work.superseded, work.unavailable)


@dataclass(slots=True)
class _Drain:
    engine: Engine
    transport: Transport
    now: Callable[[], datetime]
    lease: timedelta
    per_minute: int | None
    return_path: Callable[[Claimed], str]
    stopping: threading.Event
    sent: int = 0
    retried: int = 0
    failed: int = 0
    superseded: int = 0
    unavailable: str = ""
    pause: timedelta = timedelta(0)
    is_password: bool = False
    was_paused: bool = False
    last_start: float = 0.0
    waiting: deque[Claimed] = field(default_factory=deque)
    under_way: set[asyncio.Task[None]] = field(default_factory=set)

    async def run(self, batch_size: int, at_once: int) -> None:
        """Claim and send until nothing is left to claim."""
        try:
            first = True
            while not self.is_over():
                if not self.waiting and not await self.refill(batch_size):
                    if not self.under_way:
                        return
                    # A slow mail must not keep what becomes due meanwhile.
                    await self.wait(_LOOKS_AGAIN_SECONDS)
                    continue
                if self.waiting:
                    self.begin(self.waiting.popleft())
                if first:
                    # Alone: if the mail server turns us away, it does so once.
                    first = False
                    await self.wait(_ALONE_SECONDS)
                while len(self.under_way) >= at_once and not self.is_over():
                    await self.wait(_LOOKS_AGAIN_SECONDS)
                if self.waiting and self.is_late():
                    self.give_back(list(self.waiting))
                    self.waiting.clear()
            await self.finish()
        finally:
            for task in self.under_way:
                task.cancel()
            # Not awaited: it must happen even while this very task is being cancelled.
            self.give_back(list(self.waiting))

    def is_over(self) -> bool:
        """Whether nothing more is to be begun."""
        return bool(self.unavailable) or self.stopping.is_set()

    def is_late(self) -> bool:
        """Whether a mail that is begun now might outlast its lease."""
        return asyncio.get_running_loop().time() >= self.last_start

    async def refill(self, limit: int) -> bool:
        # Counted on the event loop's clock, which no change of the wall clock moves.
        budget = self.lease - self.transport.send_limit - _MARGIN
        self.last_start = asyncio.get_running_loop().time() + budget.total_seconds()
        batch = await self.write(partial(self.claimed, limit=limit))
        self.superseded += batch.superseded
        self.failed += batch.failed
        self.waiting.extend(batch.notices)
        return bool(batch)

    def claimed(self, session: Session, limit: int) -> Batch:
        now = self.now()
        may: Allowed = allowed(session, now=now, per_minute=self.per_minute)
        self.was_paused = self.was_paused or may.was_paused
        if may.is_paused:
            return Batch((), 0, 0)
        if may.mails is None or may.mails > 0:
            limit = limit if may.mails is None else min(limit, may.mails)
            return claim(session, now=now, limit=limit, lease=self.lease)
        return claim(session, now=now, limit=limit, lease=self.lease, interactive_only=True)

    def begin(self, notice: Claimed) -> None:
        self.under_way.add(asyncio.create_task(self.send(notice)))

    async def wait(self, seconds: float, *, for_all: bool = False) -> None:
        until = asyncio.ALL_COMPLETED if for_all else asyncio.FIRST_COMPLETED
        left = seconds
        while left > 0 and self.under_way:
            # In short steps, so that a word to stop is heard.
            step = min(left, 0.5)
            done, _ = await asyncio.wait(self.under_way, timeout=step, return_when=until)
            left -= step
            self.under_way -= done
            for task in done:
                if not task.cancelled():
                    task.result()
            if (done and not for_all) or (self.stopping.is_set() and not for_all):
                return

    async def finish(self) -> None:
        if self.stopping.is_set():
            await self.wait(_STOP_SECONDS, for_all=True)
            for task in self.under_way:
                task.cancel(STOP)
            await self.wait(5, for_all=True)
        while self.under_way:
            await self.wait(_LOOKS_AGAIN_SECONDS)
            if self.stopping.is_set():
                return await self.finish()

    async def send(self, notice: Claimed) -> None:
        try:
            reply = await self.transport.send(
                notice.message, from_address=self.return_path(notice), to_address=notice.to_address
            )
        except Unavailable as error:
            self.waiting.append(notice)
            self.unavailable, self.pause, self.is_password = str(error), error.pause, error.is_password
            return
        except Refused as error:
            ended = partial(outbox.mark_failed, claimed=notice, now=self.now(), reply=str(error))
            failed = await self.write(ended)
            self.failed += failed
        except Exception as error:
            # One mail that makes the sender stumble must not keep the others; it is given up after 48 hours.
            reply, ambiguous = str(error) or type(error).__name__, isinstance(error, Ambiguous)
            put_back = partial(
                outbox.release_for_retry, claimed=notice, now=self.now(), reply=reply, ambiguous=ambiguous
            )
            state = await self.write(put_back)
            self.retried += state is NoticeState.QUEUED
            self.failed += state is NoticeState.FAILED
        else:
            sent = await self.write(partial(outbox.mark_sent, claimed=notice, now=self.now(), reply=reply))
            self.sent += sent
        if self.was_paused:
            self.was_paused = False
            await self.write(go_on)

    def give_back(self, notices: list[Claimed]) -> None:
        now = self.now()
        with writing(self.engine) as session:
            self.failed += outbox.give_back(
                session, notices, now=now, next_try_at=now + self.pause, reply=self.unavailable
            )
            if self.unavailable:
                outbox.hold_all(session, until=now + self.pause, reply=self.unavailable)
                pause(session, now=now, until=now + self.pause, reply=self.unavailable, is_password=self.is_password)

    async def write(self, change: Callable[[Session], Outcome]) -> Outcome:
        return await written(self.engine, change)
