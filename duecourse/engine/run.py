"""How is a job run for a slot: exactly once, with a word on what came of it?"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from uuid import uuid4

from duecourse.calendar import words
from duecourse.engine import ledger
from duecourse.engine.context import Context
from duecourse.engine.jobs import JOBS, Job
from duecourse.engine.ledger import SlotState
from duecourse.engine.shards import Shard, shards_for
from duecourse.models import JobSlot

LEASE = timedelta(minutes=15)
"""How long a run may take before its slot is taken over. A planning run over 100,000 deliverables takes seconds."""

_log = logging.getLogger(__name__)


class Outcome(StrEnum):
    """What became of a run."""

    DONE = "done"
    DONE_BEFORE = "done before"
    """Somebody had done the slot already; nothing was run."""
    UNDER_WAY = "under way"
    """Somebody else is doing the slot, or what it waits for; nothing was run."""
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class RunReport:
    """What a run did, or why it did nothing, in a person's words; `error` is set when it failed."""

    job: str
    slot: datetime
    outcome: Outcome
    summary: str
    error: Exception | None = None

    def __str__(self) -> str:
        return f"{self.job} for {_said(self.slot)}: {self.summary}"


def run_job(context: Context, job: Job, *, at: datetime, engine_name: str, flow_run: str = "") -> RunReport:
    """Run `job` for the slot to which `at` (aware) belongs, unless that was done or is under way.

    `engine_name` says what woke it: ``embedded``, ``prefect`` or ``command line``. A job that fails is reported, not
    raised; a ledger that cannot be reached raises SQLAlchemy's error.
    """
    return run_slot(context, job, job.schedule.slot_for(at), engine_name=engine_name, flow_run=flow_run)


@dataclass(frozen=True, slots=True)
class Due:
    """A job whose newest slot has not been done for a shard."""

    job: Job
    slot: datetime
    shard: Shard


def due(
    context: Context, *, jobs: Iterable[Job] = JOBS, count_of_shards: int = 1, grace: timedelta = timedelta(0)
) -> list[Due]:
    """Return what is due: each job's newest slot, unless it was done, or began less than `grace` ago.

    A slot that failed is due again, but for jobs that ask a server outside: those wait for their next slot.

    One run makes up for all the slots that were missed before it, since every job brings things up to the present.
    """
    now = context.clock.now()
    found = [
        Due(job, job.schedule.slot_for(now), shard)
        for job in jobs
        for shard in shards_for(divides=job.divides, count=count_of_shards)
    ]
    known = ledger.entries(context.engine, [(each.shard.key(each.job.name), each.slot) for each in found])
    return [
        each
        for each in found
        if each.slot + grace <= now and not _is_done(each.job, known.get((each.shard.key(each.job.name), each.slot)))
    ]


def run_due(context: Context, *, engine_name: str, jobs: Iterable[Job] = JOBS) -> list[RunReport]:
    """Run every job whose newest slot has not been done, and return what came of each that was tried."""
    return [
        run_slot(replace(context, shard=each.shard), each.job, each.slot, engine_name=engine_name)
        for each in due(context, jobs=jobs)
    ]


def run_slot(context: Context, job: Job, slot: datetime, *, engine_name: str, flow_run: str = "") -> RunReport:
    """Run `job` for `slot` (aware) and the context's shard, unless that was done or is under way.

    Whatever the slot, the job does what is to be done now. The present instant is nobody else's slot, so that a person
    who asks for a run gets one.
    """
    owner = f"{context.process} {uuid4().hex[:8]}"
    now, key = context.clock.now(), context.shard.key(job.name)
    if job.after_planning and _is_planning_under_way(context, now):
        return RunReport(key, slot, Outcome.UNDER_WAY, "waits until everything is planned")
    taken = ledger.claim(
        context.engine,
        key,
        slot,
        owner=owner,
        lease=LEASE,
        now=now,
        engine_name=engine_name,
        flow_run=flow_run,
    )
    if not taken:
        return _not_run(context, key, slot)
    try:
        summary = job.verb(context, now)
    except Exception as error:
        # The first line says it; a database's error goes on with the whole statement.
        reason = f"failed: {str(error).partition(chr(10))[0] or type(error).__name__}"
        _log.exception("%s failed.", job.name)
        ledger.fail(context.engine, key, slot, owner=owner, now=context.clock.now(), summary=reason)
        return RunReport(key, slot, Outcome.FAILED, reason, error)
    if not ledger.finish(context.engine, key, slot, owner=owner, now=context.clock.now(), summary=summary):
        # Harmless: what a job writes is unique, so whoever took over found it written.
        summary += f" (it took longer than {words.count(LEASE // timedelta(minutes=1), 'minute')}, and was done again)"
    report = RunReport(key, slot, Outcome.DONE, summary)
    _log.info("%s", report)
    return report


def _is_planning_under_way(context: Context, now: datetime) -> bool:
    planning = {job.name for job in JOBS if job.divides}
    # A shard's key begins with the name of the job.
    return any(each.job.partition(" ")[0] in planning for each in ledger.under_way(context.engine, now=now))


def _is_done(job: Job, entry: JobSlot | None) -> bool:
    if entry is None:
        return False
    # A server that refused our password must not be asked again every few seconds.
    return entry.state == SlotState.DONE or (job.is_outside and entry.state == SlotState.FAILED)


def _said(instant: datetime) -> str:
    return f"{instant.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _not_run(context: Context, key: str, slot: datetime) -> RunReport:
    entry = ledger.entries(context.engine, [(key, slot)])[key, slot]
    if entry.state == SlotState.DONE and entry.finished_at is not None:
        summary = f"already done by {entry.owner} ({entry.engine}), {_said(entry.finished_at)}: {entry.summary}"
        return RunReport(key, slot, Outcome.DONE_BEFORE, summary)
    return RunReport(key, slot, Outcome.UNDER_WAY, f"being done by {entry.owner} ({entry.engine})")
