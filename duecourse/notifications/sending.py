"""How is the outbox drained: claimed in batches, sent outside of any transaction, each outcome written at once?"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError
from sqlmodel import Session

from duecourse.calendar import words
from duecourse.errors import NotReady
from duecourse.models import NoticeState
from duecourse.models.database import writing
from duecourse.notifications import outbox
from duecourse.notifications.claiming import Batch, Claimed, claim
from duecourse.notifications.transport import Ambiguous, Refused, Transport, Unavailable

LEASE = timedelta(minutes=15)
_MARGIN = timedelta(seconds=60)
"""What must be left of a lease after the longest send, to write down how it ended."""
_WRITE_TRIES = 4

Outcome = TypeVar("Outcome")


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
) -> Drained:
    """Send every notice whose turn it is, and return what became of them; the transport is closed at the end.

    `from_address` is the envelope's. `at_once` mails are under way at a time: common mail services refuse more than 3
    connections of one account. When nothing can be sent at present, everything claimed goes back as it was, and
    `unavailable` says why. Raises NotReady when the lease does not outlast the longest send by a minute.
    """
    if lease <= transport.send_limit + _MARGIN:
        raise NotReady(
            f"A notice would be lent to a sender for {lease}, but sending one mail may take {transport.send_limit}: it "
            "could be sent twice. Make the lease at least a minute longer than that."
        )
    work = _Drain(engine, transport, now, from_address, lease)
    try:
        while not work.unavailable and (batch := await work.claimed(batch_size)):
            await work.send_all(batch, at_once)
    finally:
        await transport.close()
    return Drained(work.sent, work.retried, work.failed, work.superseded, work.unavailable)


class _Drain:
    def __init__(
        self, engine: Engine, transport: Transport, now: Callable[[], datetime], from_address: str, lease: timedelta
    ) -> None:
        self.engine, self.transport, self.now, self.from_address, self.lease = (
            engine,
            transport,
            now,
            from_address,
            lease,
        )
        self.sent = self.retried = self.failed = self.superseded = 0
        self.unavailable = ""
        self.knocked = False
        self.pause = timedelta(0)
        self.last_start = 0.0

    async def claimed(self, limit: int) -> Batch:
        # Counted on the event loop's clock, which no change of the wall clock moves.
        budget = self.lease - self.transport.send_limit - _MARGIN
        self.last_start = asyncio.get_running_loop().time() + budget.total_seconds()
        batch = await self.write(lambda session: claim(session, now=self.now(), limit=limit, lease=self.lease))
        self.superseded += batch.superseded
        self.failed += batch.failed
        return batch

    async def send_all(self, batch: Batch, at_once: int) -> None:
        waiting = deque(batch.notices)
        try:
            if not self.knocked and waiting:
                # Alone: if the mail server turns us away, it does so once.
                self.knocked = True
                await self.send_next(waiting)
                if self.is_late():
                    return
            async with asyncio.TaskGroup() as group:
                for _ in range(min(at_once, len(waiting))):
                    group.create_task(self.send_in_turn(waiting))
        except* Exception as errors:
            raise errors.exceptions[0] from None
        finally:
            # Not awaited: it must happen even while this very task is being cancelled.
            self.give_back(list(waiting))

    async def send_in_turn(self, waiting: deque[Claimed]) -> None:
        # The first at once, whatever the time: every batch must get on.
        while waiting and not self.unavailable:
            await self.send_next(waiting)
            if self.is_late():
                return

    def is_late(self) -> bool:
        """Whether a mail that is begun now might outlast its lease."""
        return asyncio.get_running_loop().time() >= self.last_start

    async def send_next(self, waiting: deque[Claimed]) -> None:
        notice = waiting.popleft()
        try:
            await self.send(notice)
        except Unavailable as error:
            waiting.append(notice)
            self.unavailable, self.pause = str(error), error.pause

    async def send(self, notice: Claimed) -> None:
        try:
            reply = await self.transport.send(
                notice.message, from_address=self.from_address, to_address=notice.to_address
            )
        except Unavailable:
            raise
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

    def give_back(self, notices: list[Claimed]) -> None:
        now = self.now()
        with writing(self.engine) as session:
            self.failed += outbox.give_back(
                session, notices, now=now, next_try_at=now + self.pause, reply=self.unavailable
            )
            if self.unavailable:
                outbox.hold_all(session, until=now + self.pause, reply=self.unavailable)

    async def write(self, change: Callable[[Session], Outcome]) -> Outcome:
        for tried in range(_WRITE_TRIES):
            try:
                return await asyncio.to_thread(self._written, change)
            except OperationalError:
                # A mail was sent: that the database is busy for a while must not send it twice.
                if tried + 1 == _WRITE_TRIES:
                    raise
                await asyncio.sleep(1)
        raise AssertionError("unreachable")

    def _written(self, change: Callable[[Session], Outcome]) -> Outcome:
        with writing(self.engine) as session:
            return change(session)
