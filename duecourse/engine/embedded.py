"""What wakes the jobs where there is no Prefect server?

APScheduler's clock in a thread of this process. It remembers nothing: at every tick the ledger says what is to be done.
So a crash, a long sleep, a clock that was set, or a second server beside this one lose nothing and do nothing twice.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.job import Job as Timer
from apscheduler.jobstores.memory import MemoryJobStore
from apscheduler.schedulers.background import BackgroundScheduler

from duecourse.engine import triggers
from duecourse.engine.context import Context
from duecourse.engine.jobs import JOBS, Job
from duecourse.engine.notice_jobs import send_what_waits
from duecourse.engine.run import RunReport, due, run_slot
from duecourse.engine.steadiness import Steadiness, said
from duecourse.engine.triggers import Started
from duecourse.language.said import say

LONGEST_INTERVAL = timedelta(seconds=60)

Runner = Callable[[Context, Job, datetime], RunReport]
"""Runs a job for a slot and the context's shard, and says what came of it."""

_log = logging.getLogger(__name__)


def run_here(context: Context, job: Job, slot: datetime) -> RunReport:
    """Run a job in this process, without Prefect."""
    return run_slot(context, job, slot, engine_name="embedded")


class EmbeddedClock:
    """Wakes the jobs from a thread of its own, one tick at a time.

    A tick runs every job whose newest slot has not been done, and sends what waits in the outbox; each job that asks a
    server outside has a thread and ticks of its own, so that nobody waits for that server. `runner` runs the others.
    Where workers of Prefect do the slots, this clock takes what nobody has done within `grace`. What a recorded event
    starts is run here, or left to whom `announce` tells; what may wait comes `afterwards`. With the seconds that have
    `elapsed` by a clock that nobody sets, it does nothing while the other one may be wrong. Raises ValueError for an
    `interval` of more than a minute: that is how late a reminder may be.
    """

    def __init__(
        self,
        context: Context,
        *,
        interval: timedelta = LONGEST_INTERVAL,
        jobs: Collection[Job] = JOBS,
        runner: Runner = run_here,
        count_of_shards: int = 1,
        grace: timedelta = timedelta(0),
        announce: Callable[[Started], None] | None = None,
        afterwards: Callable[[Context], object] | None = None,
        elapsed: Callable[[], float] | None = None,
    ) -> None:
        if not timedelta(0) < interval <= LONGEST_INTERVAL:
            raise ValueError(f"the embedded clock ticks at least once a minute, not every {interval}")
        self._context = context
        self._interval = interval
        self._jobs = tuple(job for job in jobs if not job.is_outside)
        self._outside = tuple(job for job in jobs if job.is_outside)
        self._runner = runner
        self._count_of_shards = count_of_shards
        self._grace = grace
        self._announce = announce
        self._afterwards = afterwards
        self._last_tick_at: datetime | None = None
        self._trouble = ""
        self._steadiness = Steadiness(context.clock.now, elapsed) if elapsed else None
        self._was_set = timedelta(0)
        self._scheduler = BackgroundScheduler(
            jobstores={"default": _SteadyTimers(interval)},
            executors={name: ThreadPoolExecutor(1) for name in ("default", *(job.name for job in self._outside))},
            # APScheduler would skip a tick that is a second late, and make up for every one that was missed.
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
            timezone=UTC,
        )

    def start(self) -> None:
        """Start ticking; the first tick, which makes up for a downtime, comes at once."""
        self._scheduler.start()
        seconds = self._interval.total_seconds()
        self._scheduler.add_job(self._tick, "interval", seconds=seconds, id="tick")
        for job in self._outside:
            tick = partial(self._tick_outside, job)
            self._scheduler.add_job(tick, "interval", seconds=seconds, id=f"outside {job.name}", executor=job.name)
            self._at_once(job)
        self.wake()

    def wake(self) -> None:
        """Tick once more as soon as possible, so that a message just queued goes out now."""
        # Two: the tick under way may have looked into the outbox already, and a third would find nothing more.
        self._scheduler.add_job(self._tick, id="wake", replace_existing=True, max_instances=2)
        for job in self._outside:
            if job.at_each_tick:
                self._at_once(job)

    def stop(self) -> None:
        """Stop ticking, after the tick that is under way; its mails end, or are put back, within seconds."""
        self._context.stopping.set()
        self._scheduler.shutdown(wait=True)

    @property
    def last_tick_at(self) -> datetime | None:
        """When the last tick came to its end without an error, by the context's clock."""
        return self._last_tick_at

    @property
    def trouble(self) -> str:
        """What keeps it from its work, in words; empty when the last tick came to its end without an error."""
        # Looked at anew: on a clock that was just set, the last tick seems to lie far back.
        return _was_set_by(jump) if (jump := self._jump()) else self._trouble

    @property
    def doubts_the_time(self) -> bool:
        """Whether it does nothing because this machine's clock was set, until somebody says that it is right."""
        return bool(self._jump())

    def trust_the_time(self) -> None:
        """Take this machine's clock for right, as a person says that it is, and go on."""
        if self._steadiness is not None:
            self._steadiness.trust()
        self.wake()

    def _tick(self) -> None:
        try:
            if self._clock_was_set():
                return
            self._start_what_events_start()
            for each in due(self._context, jobs=self._jobs, count_of_shards=self._count_of_shards, grace=self._grace):
                # A tick may be long, and the clock is set in the midst of it.
                if self._clock_was_set():
                    return
                self._runner(replace(self._context, shard=each.shard), each.job, each.slot)
            if self._clock_was_set():
                return
            send_what_waits(self._context)
            self._last_tick_at, self._trouble = self._context.clock.now(), ""
            if self._afterwards is not None:
                self._afterwards(self._context)
        except Exception:
            failed_at = f"{self._context.clock.now():%Y-%m-%d %H:%M:%S} UTC"
            self._trouble = say("The scan for what is due failed at %(at)s; the server's log says why.", at=failed_at)
            _log.exception("This tick failed; the next one comes within %s.", self._interval)

    def _at_once(self, job: Job) -> None:
        tick = partial(self._tick_outside, job)
        named = f"outside {job.name} at once"
        self._scheduler.add_job(tick, id=named, replace_existing=True, max_instances=2, executor=job.name)

    def _tick_outside(self, job: Job) -> None:
        if self._jump():
            return
        try:
            # Without Prefect, of which no two runs are begun at once; it is shown the run later.
            found = due(self._context, jobs=[job], grace=self._grace)
            for each in found:
                run_here(replace(self._context, shard=each.shard), each.job, each.slot)
            if not found and job.at_each_tick:
                job.verb(self._context, self._context.clock.now())
        except Exception:
            _log.exception("This tick failed; the next one comes within %s.", self._interval)

    def _jump(self) -> timedelta:
        return self._steadiness.jump() if self._steadiness else timedelta(0)

    def _clock_was_set(self) -> bool:
        jump = self._jump()
        if jump and not self._was_set:
            _log.error("%s", _was_set_by(jump))
        self._was_set = jump
        return bool(jump)

    def _start_what_events_start(self) -> None:
        now = self._context.clock.now()
        waiting = triggers.waiting(self._context.engine, now=now)
        try:
            if self._announce is not None:
                for started in waiting:
                    self._announce(started)
            else:
                # One run of a flow sees every event there is.
                wanted = {name for started in waiting for name in started.jobs}
                for job in self._jobs:
                    if job.name in wanted:
                        self._runner(self._context, job, now)
        except Exception:
            # Their windows were planned when they were recorded; reminders wait for nothing.
            _log.exception("The flows of an event could not be started; this is tried again.")
            return
        triggers.announced(self._context.engine, waiting, now=now)


def _was_set_by(jump: timedelta) -> str:
    return say(
        "This machine's clock was set %(how_far)s. Nothing is planned or sent until it is set right again, "
        "or a liaison says that it is right, or the server is started again.",
        how_far=said(jump),
    )


class _SteadyTimers(MemoryJobStore):  # type: ignore[misc]
    """Timers that keep ticking when the machine's clock is set back: APScheduler would wait until it caught up."""

    def __init__(self, interval: timedelta) -> None:
        super().__init__()
        self._interval = interval

    def get_due_jobs(self, now: datetime) -> list[Timer]:
        """Return the timers that are due at `now`, or further away than any of them can be."""
        for timer in self.get_all_jobs():
            if timer.next_run_time > now + self._interval:
                timer.modify(next_run_time=now)
        due: list[Timer] = super().get_due_jobs(now)
        return due
