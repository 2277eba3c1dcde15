"""Does the Prefect server behind ours show every run, and does nothing wait for it?"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest
from parts import REPOSITORY, free_port
from sqlalchemy import Engine
from sqlmodel import select
from unplanned import context_on, load_unplanned, mails_of, noticed, planned_rows, slots_of

from duecourse.engine.embedded import EmbeddedClock, run_here
from duecourse.engine.jobs import JOBS, job_named
from duecourse.engine.prefect_child import PrefectChild
from duecourse.engine.run import run_due
from duecourse.flows.server.runs import RunsUnderPrefect
from duecourse.models import EventRow
from duecourse.models.database import connect, reading, upgrade, writing

pytestmark = [pytest.mark.prefect, pytest.mark.timeout(600)]

NOW = datetime(2026, 11, 22, 18, 2, 30, tzinfo=UTC)
Answer = TypeVar("Answer")


def wait_for(ask: Callable[[], Answer | None], *, seconds: float = 180) -> Answer:
    until = time.monotonic() + seconds
    while (answer := ask()) is None or answer is False:
        assert time.monotonic() < until, f"it did not come within {seconds} seconds"
        time.sleep(0.1)
    return answer


def api(child: PrefectChild) -> httpx.Client:
    user, _, password = child.login.partition(":")
    return httpx.Client(base_url=child.api_url, auth=(user, password), trust_env=False, timeout=30, verify=False)


@pytest.fixture(scope="module")
def child(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrefectChild]:
    """A real child; starting one takes half a minute, and each test leaves it running."""
    child = PrefectChild(folder=tmp_path_factory.mktemp("child"), port=free_port())
    child.start()
    wait_for(lambda: child.is_ready)
    yield child
    child.stop()
    assert child.process_id is None


@pytest.fixture
def own(sqlite_template: Path, tmp_path: Path) -> Iterator[Engine]:
    """The shipped contracts on SQLite, with nothing planned."""
    url = f"sqlite:///{tmp_path / 'own.sqlite'}"
    (tmp_path / "own.sqlite").write_bytes(Path(sqlite_template).read_bytes())
    engine = connect(url)
    load_unplanned(engine, now=NOW)
    yield engine
    engine.dispose()


@contextmanager
def ticking(clock: EmbeddedClock) -> Iterator[EmbeddedClock]:
    clock.start()
    try:
        yield clock
    finally:
        clock.stop()


def test_each_job_is_a_run_on_prefects_pages_with_its_logs_and_its_summary(
    child: PrefectChild, own: Engine, tmp_path: Path
) -> None:
    context = context_on(own, mails=tmp_path / "mails", showing=NOW)
    with ticking(EmbeddedClock(context, runner=RunsUnderPrefect(child))) as clock:
        wait_for(lambda: clock.last_tick_at)
    # What asks a server outside runs beside the others, and is shown later.
    shown = [job for job in JOBS if not job.is_outside]
    entries = [entry for job in shown for entry in slots_of(own, job.name)]
    assert [(entry.state, entry.engine) for entry in entries] == [("done", "embedded")] * len(shown)
    with api(child) as prefect:
        runs = {entry.job: prefect.get(f"/flow_runs/{entry.flow_run}").json() for entry in entries}
        assert {run["state_type"] for run in runs.values()} == {"COMPLETED"}
        assert runs["invoices"]["name"] == "invoices 2026-11-22 12:10 UTC"
        invoices = next(entry for entry in entries if entry.job == "invoices")

        def logged() -> Any:
            wanted = {"flow_run_id": {"any_": [invoices.flow_run]}}
            logs = prefect.post("/logs/filter", json={"logs": wanted}).json()
            return any(invoices.summary in log["message"] for log in logs) or None

        wait_for(logged, seconds=60)
        artifacts = prefect.post("/artifacts/filter", json={}).json()
        assert any(invoices.summary in artifact["data"] for artifact in artifacts)


def test_what_ran_before_prefect_was_ready_is_shown_once_it_is(
    child: PrefectChild, own: Engine, tmp_path: Path
) -> None:
    context = context_on(own, mails=tmp_path / "mails", showing=NOW)
    run_due(context, engine_name="embedded")
    before = planned_rows(own)
    runs = RunsUnderPrefect(child)
    assert runs.show_earlier(context) == len(JOBS)
    assert runs.show_earlier(context) == 0
    assert planned_rows(own) == before
    (entry,) = slots_of(own, "invoices")
    assert entry.attempts == 1
    with api(child) as prefect:
        assert prefect.get(f"/flow_runs/{entry.flow_run}").json()["state_type"] == "COMPLETED"


def test_a_job_that_fails_is_a_failed_run_and_is_tried_again(child: PrefectChild, own: Engine, tmp_path: Path) -> None:
    context = context_on(own, mails=tmp_path / "mails", showing=NOW)
    with own.begin() as connection:
        connection.exec_driver_sql("UPDATE contract SET definition = '{}', definition_sha256 = 'broken'")
    report = RunsUnderPrefect(child)(context, job_named("invoices"), NOW)
    assert report.error is not None and child.is_ready
    (entry,) = slots_of(own, "invoices")
    assert entry.state == "failed"
    with api(child) as prefect:
        assert prefect.get(f"/flow_runs/{entry.flow_run}").json()["state_type"] == "FAILED"


def test_an_event_starts_its_flow_at_once(child: PrefectChild, own: Engine, tmp_path: Path) -> None:
    context = context_on(own, mails=tmp_path / "mails", showing=NOW)
    run_due(context, engine_name="embedded")
    before = planned_rows(own)
    with reading(own) as session:
        known = session.exec(select(EventRow).limit(1)).one()
        contract_id, name = known.contract_id, known.name
    with writing(own) as session:
        session.add(
            EventRow(contract_id=contract_id, name=name, happened_at=NOW, recorded_at=NOW, recorded_by="a person")
        )
    with ticking(EmbeddedClock(context, runner=RunsUnderPrefect(child))) as clock:
        wait_for(lambda: clock.last_tick_at)
    with reading(own) as session:
        assert all(row.announced_at for row in session.exec(select(EventRow)))
    extra = [entry for job in JOBS if job.divides for entry in slots_of(own, job.name) if entry.slot >= NOW]
    assert extra and all(entry.flow_run for entry in extra)
    assert planned_rows(own) != before


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "stopped"])
def test_a_prefect_that_dies_or_hangs_makes_nothing_late(
    child: PrefectChild, own: Engine, tmp_path: Path, how: signal.Signals
) -> None:
    wait_for(lambda: child.is_ready)
    context = context_on(own, mails=tmp_path / "mails", showing=NOW)
    alone = connect(f"sqlite:///{tmp_path / 'alone.sqlite'}")
    upgrade(f"sqlite:///{tmp_path / 'alone.sqlite'}")
    load_unplanned(alone, now=NOW)
    beside = context_on(alone, mails=tmp_path / "alone", showing=NOW)
    before, process = child.restarts, child.process_id
    assert process is not None
    os.kill(process, how)
    # As far as anybody knows it is still ready: the first run finds out.
    with ticking(EmbeddedClock(context, runner=RunsUnderPrefect(child))) as clock:
        wait_for(lambda: clock.last_tick_at, seconds=60)
    run_due(beside, engine_name="command line")
    assert planned_rows(own) == planned_rows(alone)
    assert noticed(own) == noticed(alone) and noticed(own)
    assert len(list((tmp_path / "mails").glob("*.eml"))) == mails_of(own)
    assert {entry.attempts for job in JOBS for entry in slots_of(own, job.name)} == {1}
    if how is signal.SIGSTOP:
        os.kill(process, signal.SIGCONT)
    else:
        wait_for(lambda: child.restarts > before and child.process_id not in (None, process))
    wait_for(lambda: child.is_ready)


def test_it_ends_with_whoever_started_it_even_when_that_is_killed(tmp_path: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path\n"
        "from duecourse.engine.prefect_child import PrefectChild\n"
        f"child = PrefectChild(folder=Path({str(tmp_path)!r}), port={free_port()})\n"
        "child.start()\n"
        "while child.process_id is None: time.sleep(0.05)\n"
        "print(child.process_id, flush=True); time.sleep(600)\n"
    )
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY)}
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, env=environment) as parent:
        assert parent.stdout is not None
        process = int(parent.stdout.readline())
        parent.kill()
    wait_for(lambda: not _lives(process) or None, seconds=30)


def test_it_serves_the_loopback_only_asks_for_a_login_and_speaks_to_nobody_else(child: PrefectChild) -> None:
    assert child.pages_url.startswith("http://127.0.0.1:")
    assert httpx.get(f"{child.api_url}/flows/", trust_env=False).status_code in (401, 405)
    refused = httpx.post(f"{child.api_url}/flow_runs/filter", json={}, trust_env=False)
    assert refused.status_code == 401
    assert (child.folder / "login").stat().st_mode & 0o077 == 0
    process = child.process_id
    assert process is not None
    assert _remote_addresses(process) <= {"127.0.0.1"}


def test_prefects_sqlite_file_has_one_connection(child: PrefectChild) -> None:
    """With more, Prefect locks itself out under load; the address of its file asks for one."""
    program = (
        "import asyncio\n"
        "from prefect.server.database.dependencies import provide_database_interface\n"
        "async def main():\n"
        "    engine = await provide_database_interface().engine()\n"
        "    print(engine.pool.size())\n"
        "asyncio.run(main())\n"
    )
    done = subprocess.run([sys.executable, "-c", program], env=child._environment(os.environ), capture_output=True)
    assert done.stdout.decode().strip() == "1", done.stderr.decode()


def test_without_it_the_jobs_are_the_same(own: Engine, tmp_path: Path) -> None:
    context = context_on(own, mails=tmp_path / "mails", showing=NOW)
    report = run_here(context, job_named("invoices"), NOW)
    assert report.error is None
    (entry,) = slots_of(own, "invoices")
    assert (entry.flow_run, entry.engine) == ("", "embedded")


def _lives(process: int) -> bool:
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except FileNotFoundError:
        return False
    return re.search(r"^State:\s+Z", status, re.M) is None


def _remote_addresses(process: int) -> set[str]:
    inodes = set()
    for handle in Path(f"/proc/{process}/fd").iterdir():
        try:
            match = re.fullmatch(r"socket:\[(\d+)\]", os.readlink(handle))
        except FileNotFoundError:
            continue
        if match:
            inodes.add(match[1])
    found = set()
    for line in Path(f"/proc/{process}/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if fields[9] in inodes and fields[3] == "01":
            address = bytes.fromhex(fields[2].partition(":")[0])
            found.add(".".join(str(part) for part in reversed(address)))
    return found
