"""How does a run of a Prefect flow come to run a job?"""

from __future__ import annotations

import logging
from datetime import datetime

from prefect.context import FlowRunContext

from duecourse.clock import Clock
from duecourse.engine.context import context_from
from duecourse.engine.jobs import job_named
from duecourse.engine.run import run_job, run_slot
from duecourse.models.database import connect
from duecourse.settings import check_ready, load_settings


def run_as_flow(name: str) -> str:
    """Run the job of this name, with the settings of this process, and return what it did in a person's words.

    A run that Prefect scheduled does the slot that it was scheduled for, unless another driver has done it. A run that
    a person started is always done, under its own instant. Needs no Prefect server; raises what the job raised.
    """
    # Prefect shows the logs of a run, but leaves our loggers at Python's default, which keeps to warnings.
    logging.getLogger("duecourse").setLevel(logging.INFO)
    clock = Clock()
    settings = load_settings()
    check_ready(settings)
    engine = connect(settings.database)
    context = context_from(settings, engine=engine, clock=clock)
    try:
        now = clock.now()
        job, scheduled_for = job_named(name), _scheduled_for()
        if scheduled_for is not None:
            # A late run does the newest slot: after a downtime Prefect runs every slot, and one makes up for them all.
            report = run_job(context, job, at=max(scheduled_for, now), engine_name="prefect")
        else:
            report = run_slot(context, job, now, engine_name="prefect")
    finally:
        engine.dispose()
    if report.error is not None:
        raise report.error
    return str(report)


def _scheduled_for() -> datetime | None:
    """Return the slot for which Prefect's scheduler made this run, or None when a person or a program started it."""
    running = FlowRunContext.get()
    flow_run = running.flow_run if running else None
    return flow_run.expected_start_time if flow_run and flow_run.auto_scheduled else None
