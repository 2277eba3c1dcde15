"""How does a run of a Prefect flow come to run a job?"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import datetime

from prefect.artifacts import create_markdown_artifact
from prefect.context import FlowRunContext
from prefect.logging.handlers import APILogHandler

from duecourse.clock import Clock
from duecourse.engine.context import Context, context_from
from duecourse.engine.jobs import job_named
from duecourse.engine.run import RunReport, run_job, run_slot
from duecourse.engine.shards import Shard
from duecourse.models.database import connect
from duecourse.settings import check_ready, load_settings

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class HandedOver:
    """What the embedded clock hands to a flow that it runs in its own process, and the report that it gets back."""

    context: Context
    slot: datetime
    report: RunReport | None = None
    flow_run: str = ""


handed_over: ContextVar[HandedOver | None] = ContextVar("handed_over", default=None)
"""Set while the embedded clock runs a flow; None in a worker."""


def run_as_flow(name: str, *, shard: int = 1, of: int = 1) -> str:
    """Run the job of this name, with the settings of this process, and return what it did in a person's words.

    `shard` of `of` limits it to a part of the contracts. A run that Prefect scheduled does the slot that it was
    scheduled for, unless another driver has done it. A run that a person or an event started is always done, under its
    own instant. Needs no Prefect server; raises what the job raised.
    """
    with _logs_shown():
        return _run(name, shard, of)


def _run(name: str, shard: int, of: int) -> str:
    handed = handed_over.get()
    if handed is not None:
        handed.flow_run = _flow_run_id()
        handed.report = run_slot(
            handed.context, job_named(name), handed.slot, engine_name="embedded", flow_run=handed.flow_run
        )
        return _told(name, handed.report)
    clock = Clock()
    settings = load_settings()
    check_ready(settings)
    engine = connect(settings.database)
    context = replace(context_from(settings, engine=engine, clock=clock), shard=Shard(shard, of))
    try:
        return _told(name, _run_in_worker(name, context, clock.now()))
    finally:
        engine.dispose()


@contextmanager
def _logs_shown() -> Iterator[None]:
    # Prefect shows the logs of a run, but leaves our loggers at Python's default, which keeps to warnings. A worker is
    # told of our loggers by its environment; in a server's own process they are the run's only while it lasts.
    ours = logging.getLogger("duecourse")
    ours.setLevel(logging.INFO)
    if FlowRunContext.get() is None or any(isinstance(each, APILogHandler) for each in ours.handlers):
        yield
        return
    handler = APILogHandler()
    ours.addHandler(handler)
    try:
        yield
    finally:
        ours.removeHandler(handler)


def _run_in_worker(name: str, context: Context, now: datetime) -> RunReport:
    job, scheduled_for, flow_run = job_named(name), _scheduled_for(), _flow_run_id()
    if scheduled_for is None:
        return run_slot(context, job, now, engine_name="prefect", flow_run=flow_run)
    # A late run does the newest slot: after a downtime Prefect runs every slot, and one makes up for them all.
    return run_job(context, job, at=max(scheduled_for, now), engine_name="prefect", flow_run=flow_run)


def _told(name: str, report: RunReport) -> str:
    if FlowRunContext.get() is not None:
        try:
            create_markdown_artifact(f"{report}\n", key=name, description=f"What the last run of {name} did")
        except Exception as error:
            # The summary is in our ledger; a page of Prefect that lacks it is no reason to fail.
            _log.warning("Prefect did not take the summary: %s", error)
    if report.error is not None:
        raise report.error
    return str(report)


def _flow_run_id() -> str:
    running = FlowRunContext.get()
    return str(running.flow_run.id) if running and running.flow_run else ""


def _scheduled_for() -> datetime | None:
    """Return the slot for which Prefect's scheduler made this run, or None when a person or a program started it."""
    running = FlowRunContext.get()
    flow_run = running.flow_run if running else None
    return flow_run.expected_start_time if flow_run and flow_run.auto_scheduled else None
