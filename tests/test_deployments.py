"""Do the deployments run under a real Prefect server and worker, on their schedules, and beside the embedded clock?"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from deployed import Application, OneSlot, Run, expected, scheduled_runs, start_now, wait_for_all
from parts import PostgresCluster
from unplanned import (
    context_on,
    load_unplanned,
    mails_of,
    noticed,
    planned_rows,
    settings_of_a_worker,
    slots_of,
)

from duecourse.clock import Clock
from duecourse.engine.context import Context
from duecourse.engine.embedded import EmbeddedClock
from duecourse.engine.jobs import JOBS, job_named
from duecourse.engine.run import run_due, run_job
from duecourse.models.database import connect

if TYPE_CHECKING:
    from prefect_server import PrefectServer, Program

pytest_plugins = ["prefect_server"]
pytestmark = [pytest.mark.prefect, pytest.mark.timeout(1200)]

NAMES = [job.name for job in JOBS]
RACED = ["invoices", "meetings", "records", "reminders", "escalation", "digests", "verification"]
"""Whose runs the worker begins beside the embedded clock; what starts each deployment once is test_scaled_form."""


@pytest.fixture(scope="module")
def application(
    postgres: PostgresCluster, postgres_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Application]:
    """The shipped contracts on PostgreSQL, with nothing planned."""
    url = postgres.url(postgres.create_database(template=postgres_template))
    engine = connect(url)
    load_unplanned(engine, now=datetime.now(UTC))
    yield Application(engine, url, tmp_path_factory.mktemp("application") / "mails")
    engine.dispose()


@pytest.fixture
def alone(sqlite_template: Path, tmp_path: Path) -> Iterator[Context]:
    """The same on a database of its own, brought up to date by nobody but the test."""
    engine = connect(f"sqlite:///{shutil.copyfile(sqlite_template, tmp_path / 'alone.sqlite')}")
    now = datetime.now(UTC)
    load_unplanned(engine, now=now)
    yield context_on(engine, mails=tmp_path / "alone", showing=now)
    engine.dispose()


@pytest.fixture(scope="module")
def server(prefect_server: PrefectServer) -> PrefectServer:
    """A Prefect server to which everything was deployed, the way that `prefect.yaml` says."""
    prefect_server.prefect("work-pool", "create", "duecourse", "--type", "process", "--overwrite")
    prefect_server.prefect("deploy", "--all")
    return prefect_server


@pytest.fixture(scope="module")
def worker(server: PrefectServer, application: Application) -> Iterator[Program]:
    """A worker on the application's database."""
    settings = settings_of_a_worker(application.url, application.mails)
    with server.worker("duecourse", limit=2, environment=settings) as worker:
        yield worker


def far_off(server: PrefectServer, name: str) -> Run | None:
    """Return a scheduled run that does not begin by itself while the test is about to start it."""
    soon = datetime.now(UTC) + timedelta(minutes=4)
    return next((run for run in scheduled_runs(server, name) if expected(run) > soon), None)


@pytest.mark.parametrize("job", JOBS, ids=lambda job: job.name)
def test_prefect_schedules_runs_of_each_deployment_at_the_slots_of_its_job(server: PrefectServer, job: Any) -> None:
    """With another SQLAlchemy the server runs and says nothing, but never schedules a run."""

    def made() -> list[Run] | None:
        runs = scheduled_runs(server, job.name)
        return runs if len(runs) >= 3 else None

    runs = server.wait_for("three scheduled runs", made, seconds=180)
    starts = [expected(run) for run in runs]
    assert [job.schedule.slot_for(start) for start in starts] == starts


def test_the_worker_and_the_embedded_clock_together_do_each_slot_once_and_write_what_one_alone_writes(
    server: PrefectServer, worker: Program, application: Application, alone: Context
) -> None:
    application.forget_what_was_planned()
    runs = {name: server.wait_for(name, lambda name=name: far_off(server, name), seconds=180) for name in NAMES}  # type: ignore[misc]
    slots = {name: expected(run) for name, run in runs.items()}
    raced = {name: runs[name] for name in RACED}
    for run in raced.values():
        start_now(server, run)

    def begun() -> bool | None:
        # Of these slots: the worker also does what comes up meanwhile.
        return any(entry.slot == slots[name] for name in RACED for entry in slots_of(application.engine, name)) or None

    worker.wait_for("the first run", begun, seconds=300)

    # The runs' slots lie ahead, for the daily jobs up to a day. The embedded clock does these very slots, on the real
    # time: on a clock set a day ahead, the leases of the worker's runs would look as if they had run out.
    beside = application.context(datetime.now(UTC))
    jobs = [replace(job, schedule=OneSlot(slots[job.name])) for job in JOBS]  # type: ignore[arg-type]
    clock = EmbeddedClock(beside, interval=timedelta(seconds=1), jobs=jobs, grace=timedelta(days=-2))
    clock.start()
    with ExitStack() as stack:
        stack.callback(clock.stop)
        wait_for_all(server, worker, raced.values(), seconds=700)

    entries = {(entry.job, entry.slot): entry for name in NAMES for entry in slots_of(application.engine, name)}
    claimed = [entries[slot] for slot in slots.items()]
    assert [(entry.state, entry.attempts) for entry in claimed] == [("done", 1)] * len(JOBS)
    assert {entry.engine for entry in claimed} == {"embedded", "prefect"}

    run_due(alone, engine_name="command line")
    assert planned_rows(application.engine) == planned_rows(alone.engine)
    # Whoever had the notices may have been done before all was planned; a later slot makes up for it.
    later = slots["reminders"] + timedelta(hours=1)
    for context in (application.context(later), alone):
        at = replace(context, clock=Clock.showing(later))
        for name in ("reminders", "escalation", "digests"):
            run_job(at, job_named(name), at=later, engine_name="command line")
    assert noticed(application.engine) == noticed(alone.engine)
    assert application.mails_written() == mails_of(alone.engine)
