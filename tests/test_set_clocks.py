"""What happens when somebody sets the clock of a machine on which a server runs?

The rows F51 and F52 of the faults, first with a clock that the test sets, then with a real server under libfaketime.
"""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from parts import REPOSITORY, PostgresCluster, fake_time_library, free_port
from unplanned import context_on, load_unplanned, noticed

from duecourse.engine.context import Context
from duecourse.engine.embedded import EmbeddedClock
from duecourse.engine.jobs import Job
from duecourse.engine.run import run_due
from duecourse.engine.schedules import EveryMinutes
from duecourse.engine.steadiness import JUMP, Steadiness, said, seconds_since_start
from duecourse.models.database import connect, writing
from duecourse.tracking.audit import record, verify

NOW = datetime(2026, 11, 22, 18, 2, 30, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SECOND = timedelta(seconds=1)


class Settable:
    """A clock that runs at the world's pace, until somebody sets it."""

    def __init__(self, shows: datetime) -> None:
        self.shift = shows - datetime.now(UTC)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.shift


@pytest.fixture
def clock() -> Settable:
    return Settable(NOW)


def fill(url: str, folder: Path) -> None:
    """Plan the shipped contracts, and owe every reminder that is owed by now."""
    engine = connect(url)
    load_unplanned(engine, now=NOW)
    run_due(context_on(engine, mails=folder / "mails", showing=NOW), engine_name="command line")
    engine.dispose()


@pytest.fixture(scope="module")
def sqlite_file(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Such a database, for copying."""
    path = Path(shutil.copyfile(sqlite_template, tmp_path_factory.mktemp("filled") / "filled.sqlite"))
    fill(f"sqlite:///{path}", path.parent)
    with closing(sqlite3.connect(path)) as connection:
        # What was written last may lie in a log beside the file.
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path


@pytest.fixture(scope="module")
def postgres_database(
    postgres: PostgresCluster, postgres_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The name of the same on PostgreSQL, for copying."""
    name = postgres.create_database(template=postgres_template)
    fill(postgres.url(name), tmp_path_factory.mktemp("filled"))
    yield name
    postgres.drop_database(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def context(request: pytest.FixtureRequest, tmp_path: Path, clock: Settable) -> Iterator[Context]:
    """What the jobs work with, on a database where all is planned and owed: once on SQLite, once on PostgreSQL."""
    with ExitStack() as stack:
        if request.param == "sqlite":
            path = shutil.copyfile(request.getfixturevalue("sqlite_file"), tmp_path / "copy.sqlite")
            engine = connect(f"sqlite:///{path}")
        else:
            cluster: PostgresCluster = request.getfixturevalue("postgres")
            name = cluster.create_database(template=request.getfixturevalue("postgres_database"))
            stack.callback(cluster.drop_database, name)
            engine = connect(cluster.url(name))
        stack.callback(engine.dispose)
        yield replace(context_on(engine, mails=tmp_path / "mails", showing=NOW), clock=clock)  # type: ignore[arg-type]


@contextmanager
def ticking(context: Context, **options: Any) -> Iterator[EmbeddedClock]:
    clock = EmbeddedClock(context, interval=SECOND, **options)
    clock.start()
    try:
        yield clock
    finally:
        clock.stop()


def wait_until(came: Callable[[], object], *, seconds: float = 30) -> None:
    until = time.monotonic() + seconds
    while not came():
        assert time.monotonic() < until, f"it did not come within {seconds} seconds"
        time.sleep(0.05)


def ticks_again(ticking: EmbeddedClock) -> None:
    """Wait for a tick that begins after this call."""
    before = ticking.last_tick_at
    wait_until(lambda: ticking.last_tick_at != before)
    before = ticking.last_tick_at
    wait_until(lambda: ticking.last_tick_at != before)


@pytest.mark.parametrize("by", [7 * DAY, DAY, -HOUR, -DAY], ids=str)
def test_nothing_is_sent_on_a_clock_that_was_set_until_it_is_set_right(
    context: Context, clock: Settable, by: timedelta
) -> None:
    before = noticed(context.engine)
    with ticking(context, elapsed=time.monotonic) as server:
        wait_until(lambda: server.last_tick_at)
        clock.shift += by
        wait_until(lambda: server.trouble)
        assert server.doubts_the_time
        assert f"clock was set {said(by)}. Nothing is planned or sent until" in server.trouble
        time.sleep(2)
        assert noticed(context.engine) == before
        clock.shift -= by
        wait_until(lambda: not server.trouble)
        ticks_again(server)
    assert noticed(context.engine) == before


@pytest.mark.parametrize(("doubts", "is_run"), [(True, False), (False, True)])
def test_a_clock_that_is_set_in_the_midst_of_a_tick_ends_it(
    context: Context, clock: Settable, doubts: bool, is_run: bool
) -> None:
    """With its control: a tick that does not look again runs the jobs that are left on the wrong clock."""
    ran: list[str] = []

    def set_the_clock(_: Context, __: datetime) -> str:
        ran.append("first")
        clock.shift += 7 * DAY
        return "Set the clock."

    def go_on(_: Context, __: datetime) -> str:
        ran.append("second")
        return "Went on."

    jobs = [Job(name, "Test.", EveryMinutes(60), verb) for name, verb in [("a", set_the_clock), ("b", go_on)]]
    with ticking(context, jobs=jobs, elapsed=time.monotonic if doubts else None) as server:
        wait_until(lambda: server.trouble if doubts else "second" in ran)
    assert ("second" in ran) == is_run


def test_without_the_doubt_a_clock_set_forward_reminds_of_what_is_not_yet_near(
    context: Context, clock: Settable
) -> None:
    """The control: the same clock, and a server that believes it."""
    before = noticed(context.engine)
    with ticking(context) as server:
        wait_until(lambda: server.last_tick_at)
        clock.shift += 7 * DAY
        ticks_again(server)
    assert len(noticed(context.engine)) > len(before)


def test_once_a_person_says_that_the_time_is_right_the_jobs_go_on(context: Context, clock: Settable) -> None:
    """As after a virtual machine that stood still for a week."""
    before = noticed(context.engine)
    with ticking(context, elapsed=time.monotonic) as server:
        wait_until(lambda: server.last_tick_at)
        clock.shift += 7 * DAY
        wait_until(lambda: server.doubts_the_time)
        server.trust_the_time()
        wait_until(lambda: not server.trouble)
        ticks_again(server)
    assert len(noticed(context.engine)) > len(before)


@pytest.mark.parametrize("by", [HOUR, DAY], ids=str)
def test_a_clock_set_back_repeats_nothing_and_keeps_the_audit_log_in_order(
    context: Context, clock: Settable, by: timedelta, tmp_path: Path
) -> None:
    """Also without the doubt: unique keys keep a notice single, and numbers, not times, order the log."""
    before = noticed(context.engine)
    mails = len(list((tmp_path / "mails").glob("*.eml")))
    clock.shift -= by
    with ticking(context) as server:
        wait_until(lambda: server.last_tick_at)
        ticks_again(server)
    run_due(context_on(context.engine, mails=tmp_path / "mails", showing=clock.now()), engine_name="command line")
    assert noticed(context.engine) == before
    assert len(list((tmp_path / "mails").glob("*.eml"))) == mails
    with writing(context.engine) as session:
        entries = verify(session)
        record(session, "looked at the clock", actor="test", now=clock.now())
        assert verify(session) == entries + 1


@given(st.lists(st.floats(-299, 299), max_size=50))
def test_small_corrections_are_no_jump_however_many_there_are(corrections: list[float]) -> None:
    shown, elapsed = NOW, 0.0
    steady = Steadiness(lambda: shown, lambda: elapsed)
    for seconds in corrections:
        shown, elapsed = shown + timedelta(seconds=600 + seconds), elapsed + 600
        assert steady.jump() == timedelta(0)


@given(st.floats(JUMP.total_seconds(), 1e8), st.sampled_from([1, -1]))
def test_a_jump_is_found_and_stays_found(seconds: float, way: int) -> None:
    shown, elapsed = NOW, 0.0
    steady = Steadiness(lambda: shown, lambda: elapsed)
    by = timedelta(seconds=seconds * way)
    shown += by
    for _ in range(3):
        assert abs(steady.jump() - by) < timedelta(milliseconds=1)
        shown, elapsed = shown + timedelta(seconds=60), elapsed + 60
    shown -= by
    assert steady.jump() == timedelta(0)


def test_jumps_are_said_in_words() -> None:
    assert said(DAY) == "forward by 1 day"
    assert said(-(HOUR + timedelta(minutes=5))) == "back by 1 hour and 5 minutes"
    assert said(2 * DAY + 3 * HOUR + timedelta(minutes=1)) == "forward by 2 days, 3 hours and 1 minute"


def test_the_seconds_since_the_start_go_on_at_the_worlds_pace() -> None:
    # Between two readings of each the machine may do something else: the one that is asked last and first took longer.
    began, before = time.monotonic(), seconds_since_start()
    begun = time.monotonic()
    time.sleep(0.2)
    ends, after = time.monotonic(), seconds_since_start()
    assert ends - begun - 0.05 < after - before < time.monotonic() - began + 0.05


@contextmanager
def a_server_under(fake: Path, folder: Path) -> Iterator[str]:
    """Run the real server, its clock shifted by what stands in `fake`; the clock that nobody sets stays true."""
    port = free_port()
    environment = {
        **os.environ,
        "LD_PRELOAD": str(fake_time_library()),
        "FAKETIME_TIMESTAMP_FILE": str(fake),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "PYTHONPATH": str(REPOSITORY),
    }
    options = ["--demo", "--no-prefect", "--data", str(folder), "--port", str(port)]
    command = [sys.executable, "-m", "duecourse", "serve", *options]
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as server:
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(timeout=60)


def ready(address: str) -> dict[str, Any]:
    try:
        found: dict[str, Any] = httpx.get(f"{address}/readyz", trust_env=False, verify=False).json()
        return found
    except httpx.TransportError:
        return {"ready": False, "problems": []}


def counted(folder: Path, query: str) -> int:
    """Return what a query counts in the database of a server that runs; 0 before there is one."""
    if not (folder / "duecourse.db").exists():
        return 0
    with closing(sqlite3.connect(f"file:{folder / 'duecourse.db'}?mode=ro", uri=True)) as connection:
        return int(connection.execute(query).fetchone()[0])


@pytest.mark.timeout(900)
def test_a_real_server_whose_clock_is_set_says_so_within_a_minute_and_owes_nothing_more(tmp_path: Path) -> None:
    fake, folder = tmp_path / "shift", tmp_path / "data"
    fake.write_text("+0\n")
    jobs = "('reminders', 'escalation', 'digests')"
    scans = f"SELECT count(DISTINCT job) FROM job_slot WHERE job IN {jobs} AND state = 'done'"
    owed = "SELECT count(*) FROM notice"
    with a_server_under(fake, folder) as address:
        wait_until(lambda: ready(address)["ready"] and counted(folder, scans) == 3, seconds=300)
        before = counted(folder, owed)
        fake.write_text("+14d\n")
        wait_until(lambda: ready(address)["problems"], seconds=60)
        (problem,) = ready(address)["problems"]
        assert "clock was set forward by 14 days" in problem
        assert counted(folder, owed) == before
        fake.write_text("+0\n")
        wait_until(lambda: ready(address)["ready"], seconds=60)
        assert counted(folder, owed) == before
    # The control: a server that is started on the wrong clock has nothing to compare it with, and believes it.
    fake.write_text("+14d\n")
    with a_server_under(fake, folder):
        wait_until(lambda: counted(folder, owed) > before, seconds=300)
