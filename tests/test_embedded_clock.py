"""Does the embedded clock wake the jobs, whatever happens to it, and do several drivers write everything once?"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from parts import REPOSITORY
from sqlalchemy import Engine
from unplanned import context_on, load_unplanned, mails_of, noticed, planned_kinds, planned_rows, slots_of

from duecourse.engine.context import Context
from duecourse.engine.embedded import EmbeddedClock
from duecourse.engine.jobs import JOBS, Job, job_named
from duecourse.engine.run import run_due, run_job
from duecourse.engine.schedules import EveryMinutes
from duecourse.models.database import connect

NOW = datetime(2026, 11, 23, 18, 2, 30, tzinfo=UTC)
SECOND = timedelta(seconds=1)
OUTSIDE = [job.name for job in JOBS if job.is_outside]


@contextmanager
def ticking(context: Context, **options: object) -> Iterator[EmbeddedClock]:
    clock = EmbeddedClock(context, **options)
    clock.start()
    try:
        yield clock
    finally:
        clock.stop()


def wait_until(came: Callable[[], object]) -> None:
    """Wait for less than the longest interval, so that no tick but the one that is asked for can help."""
    until = time.monotonic() + 30
    while not came():
        assert time.monotonic() < until, "it did not come within 30 seconds"
        time.sleep(0.05)


def noting(runs: list[datetime], *, error: Exception | None = None, seconds: float = 0) -> Job:
    """Return a job with a slot every 5 minutes that notes when it ran."""

    def verb(context: Context, now: datetime) -> str:
        runs.append(now)
        time.sleep(seconds)
        if error is not None:
            raise error
        return "noted it"

    return Job("invoices", "Notes that it ran.", EveryMinutes(5), verb)


@pytest.fixture
def context(engine: Engine, tmp_path: Path) -> Context:
    """What the jobs work with, on a database where the shipped contracts are loaded and nothing is planned."""
    load_unplanned(engine, now=NOW)
    return context_on(engine, mails=tmp_path / "mails", showing=NOW)


def test_the_first_tick_comes_at_once_and_does_every_job(context: Context, tmp_path: Path) -> None:
    with ticking(context) as clock:
        wait_until(lambda: clock.last_tick_at and all(slots_of(context.engine, name) for name in OUTSIDE))
    assert set(planned_kinds(context.engine)) == {job.name for job in JOBS if job.divides}
    assert mails_of(context.engine) == len(list((tmp_path / "mails").glob("*.eml"))) > 0
    entries = [entry for job in JOBS for entry in slots_of(context.engine, job.name)]
    assert {(entry.state, entry.engine, entry.attempts) for entry in entries} == {("done", "embedded", 1)}
    assert {entry.job for entry in entries} == {job.name for job in JOBS}


def test_ticks_go_on_and_a_slot_that_is_done_stays_done(context: Context) -> None:
    runs: list[datetime] = []
    with ticking(context, interval=SECOND, jobs=[noting(runs)]) as clock:
        wait_until(lambda: clock.last_tick_at)
        first = clock.last_tick_at
        assert first is not None
        wait_until(lambda: clock.last_tick_at and clock.last_tick_at > first + 2 * SECOND)
    assert len(runs) == 1


def test_a_tick_that_fails_is_followed_by_the_next(context: Context) -> None:
    runs: list[datetime] = []
    with ticking(context, interval=SECOND, jobs=[noting(runs, error=RuntimeError("no"))]):
        wait_until(lambda: len(runs) >= 3)


def test_a_database_that_is_away_for_a_while_stops_no_clock(context: Context) -> None:
    runs: list[datetime] = []
    with context.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE job_slot RENAME TO away")
    with ticking(context, interval=SECOND, jobs=[noting(runs)]) as clock:
        time.sleep(1.5)
        assert clock.last_tick_at is None
        with context.engine.begin() as connection:
            connection.exec_driver_sql("ALTER TABLE away RENAME TO job_slot")
        wait_until(lambda: runs)


def test_a_message_just_queued_need_not_wait_for_the_next_tick(context: Context) -> None:
    runs: list[datetime] = []
    failing = noting(runs, error=RuntimeError("so that each tick runs it"))
    with ticking(context, jobs=[failing]) as clock:
        wait_until(lambda: len(runs) == 1)
        clock.wake()
        wait_until(lambda: len(runs) == 2)


def test_waking_it_during_a_tick_is_not_lost(context: Context) -> None:
    runs: list[datetime] = []
    slow = noting(runs, error=RuntimeError("so that each tick runs it"), seconds=0.5)
    with ticking(context, jobs=[slow]) as clock:
        wait_until(lambda: len(runs) == 1)
        clock.wake()
        wait_until(lambda: len(runs) == 2)


def test_what_somebody_waits_for_is_done_between_its_slots_while_another_job_hangs_outside(context: Context) -> None:
    began, ends, runs = threading.Event(), threading.Event(), list[datetime]()

    def hang(context: Context, now: datetime) -> str:
        began.set()
        ends.wait(60)
        return "came to an end"

    def note(context: Context, now: datetime) -> str:
        runs.append(now)
        return "noted it"

    jobs = [
        Job("incoming-mail", "Hangs.", EveryMinutes(5), hang, is_outside=True),
        Job("webhooks", "Notes that it ran.", EveryMinutes(5), note, is_outside=True, at_each_tick=True),
    ]
    with ticking(context, jobs=jobs) as clock:
        assert began.wait(30)
        wait_until(lambda: runs)
        before = len(runs)
        clock.wake()
        wait_until(lambda: len(runs) > before)
        ends.set()
    # Its slot was done once; the other time it was only woken.
    assert [entry.attempts for entry in slots_of(context.engine, "webhooks")] == [1]


def test_stopping_waits_for_the_tick_under_way(context: Context) -> None:
    runs: list[datetime] = []
    with ticking(context, jobs=[noting(runs, seconds=0.5)]):
        wait_until(lambda: runs)
    assert [entry.state for entry in slots_of(context.engine, "invoices")] == ["done"]


def test_a_machine_clock_set_back_by_a_day_delays_no_tick(context: Context) -> None:
    """To APScheduler that is a timer whose time is a day away; as it comes, it would wait for the whole day."""
    runs: list[datetime] = []
    with ticking(context, interval=SECOND, jobs=[noting(runs, error=RuntimeError("each tick runs it"))]) as clock:
        wait_until(lambda: len(runs) >= 2)
        tomorrow = datetime.now(UTC) + timedelta(days=1)
        clock._scheduler.modify_job("tick", next_run_time=tomorrow)
        ticks = len(runs)
        wait_until(lambda: len(runs) >= ticks + 2)


@pytest.mark.parametrize("interval", [timedelta(0), timedelta(seconds=61)])
def test_a_clock_that_would_tick_too_seldom_is_refused(context: Context, interval: timedelta) -> None:
    with pytest.raises(ValueError, match="at least once a minute"):
        EmbeddedClock(context, interval=interval)


@pytest.fixture
def alone(sqlite_template: Path, tmp_path: Path) -> Iterator[Context]:
    """The same on a database of its own, which no other driver knows."""
    path = shutil.copyfile(sqlite_template, tmp_path / "alone.sqlite")
    engine = connect(f"sqlite:///{path}")
    load_unplanned(engine, now=NOW)
    yield context_on(engine, mails=tmp_path / "alone", showing=NOW)
    engine.dispose()


# What a server beside this one does, in a process of its own: everything that is due, over and over.
ANOTHER_DRIVER = """
import json, sys
from datetime import datetime
from pathlib import Path
from unplanned import context_on
from duecourse.engine.run import Outcome, run_due
from duecourse.models.database import connect
url, mails, showing = sys.argv[1:]
context = context_on(connect(url), mails=Path(mails), showing=datetime.fromisoformat(showing))
print("ready", flush=True)
sys.stdin.readline()
reports = [report for _ in range(20) for report in run_due(context, engine_name="prefect")]
print(json.dumps([report.job for report in reports if report.outcome is Outcome.DONE]))
"""


def another_driver(url: str, mails: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", ANOTHER_DRIVER, url, str(mails), NOW.isoformat()]
    environment = os.environ | {"PYTHONPATH": f"{REPOSITORY}:{REPOSITORY / 'tests'}"}
    return subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def test_several_drivers_at_once_write_what_one_alone_writes_and_do_each_slot_once(
    context: Context, migrated_database_url: str, tmp_path: Path, alone: Context
) -> None:
    mails = tmp_path / "mails"
    with another_driver(migrated_database_url, mails) as first, another_driver(migrated_database_url, mails) as second:
        assert [driver.stdout.readline() for driver in (first, second)] == ["ready\n"] * 2
        with ticking(context, interval=SECOND) as clock:
            done = [json.loads(driver.communicate("go\n", timeout=120)[0]) for driver in (first, second)]
            wait_until(lambda: clock.last_tick_at and all(slots_of(context.engine, name) for name in OUTSIDE))

    # The clock goes on meanwhile: a job may have come to another slot.
    entries = [entry for job in JOBS for entry in slots_of(context.engine, job.name)]
    assert {(entry.state, entry.attempts) for entry in entries} == {("done", 1)}
    assert {entry.job for entry in entries} == {job.name for job in JOBS}
    done_here = [entry.job for entry in entries if entry.engine == "embedded"]
    assert sorted([*done_here, *done[0], *done[1]]) == sorted(entry.job for entry in entries)

    run_due(alone, engine_name="command line")
    assert planned_rows(context.engine) == planned_rows(alone.engine)
    # Whoever had the notices may have been done before the others had planned all; the next slot makes up for it.
    for one in (context, alone):
        for name in ("reminders", "escalation", "digests"):
            run_job(one, job_named(name), at=NOW + timedelta(minutes=30), engine_name="command line")
    assert noticed(context.engine) == noticed(alone.engine)
    assert len(list(mails.glob("*.eml"))) == mails_of(context.engine)
