"""How does a job that the embedded clock wakes become a run on Prefect's pages, without ever waiting for Prefect?"""

from __future__ import annotations

import importlib
import logging
import os
from datetime import datetime, timedelta
from typing import Any

from duecourse.engine import ledger
from duecourse.engine.context import Context
from duecourse.engine.embedded import run_here
from duecourse.engine.jobs import JOBS, Job
from duecourse.engine.prefect_child import PrefectChild
from duecourse.engine.run import RunReport

_log = logging.getLogger(__name__)

_AT_MOST = 5.0
"""Seconds that one request to the local Prefect server may take; then the job runs without it."""
_SHOWN = timedelta(days=2)
"""How long ago a run may have ended to be recorded once Prefect is back; a daily job has one within it."""


class RunsUnderPrefect:
    """Runs each job as a flow while the local Prefect server answers, and plainly while it does not.

    Prefect is told of a run; it decides nothing. A server that dies in the middle costs the record of one run.
    """

    def __init__(self, server: PrefectChild) -> None:
        self._server = server

    def __call__(self, context: Context, job: Job, slot: datetime) -> RunReport:
        """Run a job for a slot and the context's shard, and return what came of it."""
        if not self._server.is_ready:
            return run_here(context, job, slot)
        from duecourse.flows.entry import HandedOver

        handed = HandedOver(context, slot)
        try:
            self._as_flow(job, handed)
        except Exception as error:
            if handed.report is None or handed.report.error is not error:
                _log.warning("Prefect could not record a run of %s: %s", job.name, error)
                self._server.doubt()
        # What a flow run did is in our own ledger, whatever Prefect heard of it.
        return handed.report or run_here(context, job, slot)

    def show_earlier(self, context: Context) -> int:
        """Record the newest run of each job that was done while Prefect was away, and return how many that were.

        Prefect gets a flow run that says who did the slot, when, and what came of it; the slot is not done again.
        """
        if not self._server.is_ready:
            return 0
        newest = {each.job: each for each in ledger.unshown(context.engine, since=context.clock.now() - _SHOWN)}
        from duecourse.flows.entry import HandedOver

        shown = 0
        for job in JOBS:
            entry = newest.get(job.name)
            if entry is None:
                continue
            handed = HandedOver(context, entry.slot)
            try:
                self._as_flow(job, handed)
            except Exception as error:
                _log.warning("Prefect could not record an earlier run of %s: %s", job.name, error)
                self._server.doubt()
                break
            ledger.show(context.engine, job.name, entry.slot, flow_run=handed.flow_run)
            shown += 1
        return shown

    def _as_flow(self, job: Job, handed: Any) -> None:
        # Prefect reads its settings from the environment when it is first imported.
        for name, value in self._server.client_settings.items():
            os.environ.setdefault(name, value)
        from prefect.settings import (
            PREFECT_API_AUTH_STRING,
            PREFECT_API_REQUEST_TIMEOUT,
            PREFECT_API_URL,
            PREFECT_CLIENT_MAX_RETRIES,
            PREFECT_FLOWS_HEARTBEAT_FREQUENCY,
            temporary_settings,
        )

        from duecourse.flows.entry import handed_over

        flow = flow_of(job.name)
        own = {
            PREFECT_API_URL: self._server.api_url,
            PREFECT_API_AUTH_STRING: self._server.login,
            PREFECT_API_REQUEST_TIMEOUT: _AT_MOST,
            PREFECT_CLIENT_MAX_RETRIES: 0,
            # A heartbeat's thread would be waited for, a second for each run.
            PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None,
        }
        with temporary_settings(own):
            token = handed_over.set(handed)
            try:
                flow.with_options(retries=0, flow_run_name=f"{job.name} {handed.slot:%Y-%m-%d %H:%M} UTC")()
            finally:
                handed_over.reset(token)


def flow_of(name: str) -> Any:
    """Return the Prefect flow that runs the job of this name."""
    function = name.replace("-", "_")
    return getattr(importlib.import_module(f"duecourse.flows.{function}"), function)
