"""Does the scaled form (a Prefect server, two workers, PostgreSQL, shards) do what one process alone does?

And does it go on when one of the workers is killed in the middle of a run?
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from command import duecourse
from deployed import (
    Application,
    OneSlot,
    Run,
    deployment,
    expected,
    logged,
    scheduled_runs,
    start_by_hand,
    start_now,
    wait_for_all,
)
from parts import REPOSITORY, PostgresCluster, free_port
from prefect_server import PrefectServer, Program, lives
from sqlalchemy import Engine, text
from sqlmodel import col, select
from unplanned import (
    context_on,
    load_unplanned,
    mails_of,
    noticed,
    planned_kinds,
    planned_rows,
    settings_of_a_worker,
    slots_of,
)

from duecourse.definitions.reading import find_contract, read_contract
from duecourse.definitions.resolved import contract_from_json
from duecourse.engine.context import Context
from duecourse.engine.embedded import EmbeddedClock
from duecourse.engine.jobs import JOBS, Job, job_named, plan_kind
from duecourse.engine.run import run_due
from duecourse.engine.shards import Shard, shards
from duecourse.models import AuditEntry, Deliverable, EventRow, JobSlot
from duecourse.models.database import connect, reading, writing
from duecourse.tracking.loading import load_contract

pytest_plugins = ["prefect_server"]
pytestmark = [pytest.mark.prefect, pytest.mark.timeout(900)]

COUNT = 2
SHARDED = [f"{job.name}-{shard.number}-of-{shard.of}" for job in JOBS if job.divides for shard in shards(COUNT)]
WHOLE = [job.name for job in JOBS if not job.divides]
KILLED = "invoices-1-of-2"


def load_three_and_one(engine: Engine, *, now: datetime) -> None:
    """Load the shipped contracts, which are all in the first of two shards, and one that is in the second."""
    load_unplanned(engine, now=now)
    _, definition = read_contract(find_contract("demo-county"), today=now.date())
    definition = definition.replace("demo-county", "wa-3")
    with writing(engine) as session:
        load_contract(session, contract_from_json(definition), definition=definition, now=now, actor="test")


@pytest.fixture(scope="module")
def server(prefect_server: PrefectServer, tmp_path_factory: pytest.TempPathFactory) -> PrefectServer:
    """A Prefect server to which everything was deployed in two shards, by our own command.

    What has a run every few minutes begins by hand alone: each run is a process that takes seconds to start.
    """
    deploy(prefect_server, tmp_path_factory.mktemp("deploying"), COUNT)
    for name in WHOLE:
        prefect_server.post(f"/deployments/{deployment(prefect_server, name)['id']}/pause_deployment")
    return prefect_server


@pytest.fixture(scope="module")
def application(
    postgres: PostgresCluster, postgres_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Application]:
    """Four contracts on PostgreSQL, with nothing planned."""
    url = postgres.url(postgres.create_database(template=postgres_template))
    engine = connect(url)
    load_three_and_one(engine, now=datetime.now(UTC))
    yield Application(engine, url, tmp_path_factory.mktemp("application") / "mails")
    engine.dispose()


@pytest.fixture(scope="module")
def workers(server: PrefectServer, application: Application) -> Iterator[list[Program]]:
    """Two workers on the application's database; a test that kills one takes it out of the list."""
    settings = settings_of_a_worker(application.url, application.mails)
    with ExitStack() as stack:
        yield [
            stack.enter_context(server.worker("duecourse", limit=3, environment=settings, name=name))
            for name in ("first", "second")
        ]


@pytest.fixture
def alone(sqlite_template: Path, tmp_path: Path) -> Iterator[Context]:
    """The same contracts on a database of their own, brought up to date by nobody but the test."""
    engine = connect(f"sqlite:///{shutil.copyfile(sqlite_template, tmp_path / 'alone.sqlite')}")
    now = datetime.now(UTC)
    load_three_and_one(engine, now=now)
    yield context_on(engine, mails=tmp_path / "alone", showing=now)
    engine.dispose()


def deploy(server: PrefectServer, folder: Path, count: int) -> str:
    """Run our own command against the server, and return what it said."""
    environment = {name: value for name, value in server.environment.items() if name.startswith("PREFECT_")}
    del environment["PREFECT_API_URL"]
    return duecourse("deploy", "--api", server.url, "--shards", str(count), "--data", str(folder), **environment).stdout


def deployed(server: PrefectServer) -> dict[str, dict[str, Any]]:
    return {each["name"]: each for each in server.post("/deployments/filter")}


def fired_by_events(server: PrefectServer) -> Counter[str]:
    """Return how many automations there are for each event that starts a flow."""
    automations = server.post("/automations/filter")
    return Counter(event for each in automations for event in each["trigger"]["expect"])


def claimed_by(engine: Engine, job: str) -> int | None:
    """Return the process that has claimed a slot of a job just now."""
    query = select(JobSlot).where(JobSlot.job == job, JobSlot.state == "claimed")
    with reading(engine) as session:
        entry = session.exec(query).first()
    found = re.search(r"process (\d+)", entry.owner) if entry else None
    return int(found[1]) if found else None


def test_each_shard_has_its_deployment_its_part_of_the_work_and_its_automation(server: PrefectServer) -> None:
    found = deployed(server)
    assert sorted(found) == sorted([*SHARDED, *WHOLE])
    assert found["invoices-2-of-2"]["parameters"] == {"shard": 2, "of": 2}
    assert found["reminders"]["parameters"] == {}
    assert {each["work_pool_name"] for each in found.values()} == {"duecourse"}
    assert fired_by_events(server) == {f"duecourse.recorded.{job.name}": COUNT for job in JOBS if job.divides}


def test_a_worker_killed_in_the_middle_of_a_run_costs_nothing(
    server: PrefectServer, workers: list[Program], application: Application, alone: Context
) -> None:
    # Whoever holds this lock lets nobody plan: a run stands still after it has claimed its slot.
    engine = application.engine
    with engine.connect() as holding:
        # A run may take longer to begin than an idle transaction is left alone.
        holding.execute(text("SET idle_in_transaction_session_timeout = 0"))
        holding.execute(text("LOCK TABLE deliverable IN SHARE ROW EXCLUSIVE MODE"))
        (run, *_) = scheduled_runs(server, KILLED)
        slot = expected(run)
        start_now(server, run)
        process = server.wait_for("the claim", lambda: claimed_by(engine, "invoices 1/2"), seconds=120)
        (victim,) = [worker for worker in workers if worker.runs(process)]
        victim.kill()
        holding.rollback()
    workers.remove(victim)
    (survivor,) = workers
    survivor.wait_for("the end of the run's process", lambda: not lives(process) or None, seconds=10)

    by_hand = {name: start_by_hand(server, name) for name in SHARDED if name != KILLED}
    wait_for_all(server, survivor, by_hand.values(), seconds=420)
    kinds = planned_kinds(engine)
    assert {name: added_by(engine, f"flow:{name}") for name in kinds} == kinds
    (entry,) = slots_of(engine, "meetings 1/2")
    assert (entry.state, entry.engine, entry.attempts) == ("done", "prefect", 1)
    assert entry.summary in logged(server, by_hand["meetings-1-of-2"])
    run_due(alone, engine_name="command line")
    lacking = set(planned_rows(alone.engine)) - set(planned_rows(engine))
    assert lacking == set(invoices_of_the_first_shard(alone.engine)) != set()
    # Prefect's own record of the run is of no help: nobody is left to tell it.
    assert server.get(f"/flow_runs/{run['id']}")["state_type"] != "COMPLETED"

    # The watchdog of a web process. As long as the lease holds, the slot (it lies ahead) is the dead worker's, which is
    # the control: what nobody takes over is lacking.
    beside = replace(application.context(datetime.now(UTC)), process="the watchdog")
    invoices: Job = replace(job_named("invoices"), schedule=OneSlot(slot))  # type: ignore[arg-type]
    watching = {"jobs": [invoices], "count_of_shards": COUNT, "grace": timedelta(days=-2)}
    tick(beside, **watching)
    assert state_of(engine, "invoices 1/2", slot) == ("claimed", "prefect", 1)
    assert set(planned_rows(engine)) != set(planned_rows(alone.engine))

    let_leases_run_out(engine)
    tick(beside, **watching)
    assert state_of(engine, "invoices 1/2", slot) == ("done", "embedded", 2)
    assert planned_rows(engine) == planned_rows(alone.engine)

    for name in WHOLE:
        wait_for_all(server, survivor, [start_by_hand(server, name)])
    assert noticed(engine) == noticed(alone.engine)
    assert noticed(engine) and application.mails_written() == mails_of(alone.engine)


def test_a_flow_process_killed_under_its_worker_is_a_crash_at_prefect_and_a_lease_here(
    server: PrefectServer, workers: list[Program], application: Application
) -> None:
    engine, worker = application.engine, workers[0]
    with engine.connect() as holding:
        # A run may take longer to begin than an idle transaction is left alone.
        holding.execute(text("SET idle_in_transaction_session_timeout = 0"))
        holding.execute(text("LOCK TABLE event IN ACCESS EXCLUSIVE MODE"))
        (run, *_) = scheduled_runs(server, "records-1-of-2")
        start_now(server, run)
        process = server.wait_for("the claim", lambda: claimed_by(engine, "records 1/2"), seconds=120)
        os.kill(process, signal.SIGKILL)
        holding.rollback()

    def crashed() -> bool | None:
        return server.get(f"/flow_runs/{run['id']}")["state_type"] == "CRASHED" or None

    worker.wait_for("the crash", crashed, seconds=60)
    beside, slot = application.context(datetime.now(UTC)), expected(run)
    records: Job = replace(job_named("records"), schedule=OneSlot(slot))  # type: ignore[arg-type]
    # The control: while its lease holds, nobody takes it over, and what it was to do is lacking.
    tick(beside, jobs=[records], count_of_shards=COUNT, grace=timedelta(days=-2))
    assert state_of(engine, "records 1/2", slot) == ("claimed", "prefect", 1)
    let_leases_run_out(engine)
    tick(beside, jobs=[records], count_of_shards=COUNT, grace=timedelta(days=-2))
    assert state_of(engine, "records 1/2", slot) == ("done", "embedded", 2)


def test_a_run_that_is_asked_for_twice_has_one_effect_with_a_key_and_without(
    server: PrefectServer, workers: list[Program], application: Application
) -> None:
    plan_kind(application.context(datetime.now(UTC)), datetime.now(UTC), flow="records")
    before = planned_rows(application.engine)
    with_key = [start_by_hand(server, "records-1-of-2", idempotency_key="once") for _ in range(2)]
    assert with_key[0]["id"] == with_key[1]["id"]
    # One after the other: a run that waits for another of its deployment is asked about again after half a minute.
    for run in (with_key[0], start_by_hand(server, "records-1-of-2")):
        wait_for_all(server, workers[0], [run])
    assert planned_rows(application.engine) == before


def invoices_of_the_first_shard(engine: Engine) -> list[tuple[str, str, str, datetime]]:
    with reading(engine) as session:
        rows = session.exec(select(Deliverable).where(Deliverable.flow == "invoices"))
        found = [row for row in rows if Shard(1, COUNT).holds(row.contract_id)]
        return [(row.contract_id, row.obligation_id, row.occurrence, row.due_at) for row in found]


def added_by(engine: Engine, actor: str) -> int:
    """Return how many deliverables somebody has planned, by the audit log."""
    query = select(AuditEntry).where(AuditEntry.actor == actor, AuditEntry.action == "planned deliverables")
    with reading(engine) as session:
        return sum(entry.detail["added"] for entry in session.exec(query))


def tick(context: Context, **options: Any) -> None:
    """Let the embedded clock tick once."""
    clock = EmbeddedClock(context, **options)
    clock.start()
    until = time.monotonic() + 60
    while clock.last_tick_at is None:
        assert time.monotonic() < until, "it did not tick"
        time.sleep(0.1)
    clock.stop()


def let_leases_run_out(engine: Engine) -> None:
    """Bring about what the next quarter of an hour does."""
    with engine.begin() as connection:
        connection.execute(text("UPDATE job_slot SET lease_until = claimed_at WHERE state = 'claimed'"))


def state_of(engine: Engine, job: str, slot: datetime) -> tuple[str, str, int]:
    (entry,) = [each for each in slots_of(engine, job) if each.slot == slot]
    return (entry.state, entry.engine, entry.attempts)


# What the embedded clock of a web process does about events, in a process of its own: Prefect reads its settings once.
ANNOUNCING = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from unplanned import context_on
from duecourse.engine.embedded import EmbeddedClock
from duecourse.flows.server.events import AnnouncedToPrefect
from duecourse.models.database import connect
import time
url, mails, api = sys.argv[1:]
context = context_on(connect(url), mails=Path(mails), showing=datetime.now(UTC))
clock = EmbeddedClock(context, jobs=[], announce=AnnouncedToPrefect(api))
clock.start()
while clock.last_tick_at is None:
    time.sleep(0.1)
clock.stop()
"""


def announce(api: str, application: Application) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_API")}
    environment |= {"PYTHONPATH": f"{REPOSITORY}:{REPOSITORY / 'tests'}", "NO_PROXY": "127.0.0.1"}
    command = [sys.executable, "-c", ANNOUNCING, application.url, str(application.mails), api]
    subprocess.run(command, env=environment, check=True, timeout=120)


def events_waiting(engine: Engine) -> int:
    with reading(engine) as session:
        return len(session.exec(select(EventRow).where(col(EventRow.announced_at).is_(None))).all())


def test_an_event_starts_its_flow_on_the_workers_at_once_and_once(
    server: PrefectServer, workers: list[Program], application: Application
) -> None:
    engine, contract = application.engine, "ct-21oechvs01abc"
    plan_kind(application.context(datetime.now(UTC)), datetime.now(UTC), flow="corrective-action")
    before, at = planned_rows(engine), datetime.now(UTC)
    with writing(engine) as session:
        happened_at = at - timedelta(days=3)
        session.add(
            EventRow(
                contract_id=contract,
                name="corrective-action-notice",
                happened_at=happened_at,
                recorded_at=at,
                recorded_by="a liaison",
            )
        )
    # A Prefect server that is away: the event waits, and nothing is lost.
    announce(f"http://127.0.0.1:{free_port()}/api", application)
    assert events_waiting(engine) == 1
    for _ in range(2):
        announce(server.url, application)
        assert events_waiting(engine) == 0

    def runs() -> list[Run] | None:
        names = {"name": {"any_": ["corrective-action-1-of-2", "corrective-action-2-of-2"]}}
        made = server.post("/flow_runs/filter", deployments=names)
        own = [run for run in made if not run["auto_scheduled"] and datetime.fromisoformat(run["created"]) >= at]
        return own if len(own) >= COUNT else None

    started = workers[0].wait_for("the runs of the automation", runs, seconds=60)
    wait_for_all(server, workers[0], started)
    new = set(planned_rows(engine)) - set(before)
    assert {row[0] for row in new} == {contract}
    assert len(runs() or []) == COUNT
    entries = [each for key in ("1/2", "2/2") for each in slots_of(engine, f"corrective-action {key}")]
    assert [(each.state, each.engine) for each in entries if each.claimed_at >= at] == [("done", "prefect")] * COUNT


def test_a_division_that_is_given_up_leaves_nothing_behind(server: PrefectServer, tmp_path: Path) -> None:
    said = deploy(server, tmp_path, 1)
    assert "Removing invoices-2-of-2" in said
    assert sorted(deployed(server)) == sorted(job.name for job in JOBS)
    assert fired_by_events(server) == {f"duecourse.recorded.{job.name}": 1 for job in JOBS if job.divides}


def test_a_prefect_server_that_is_away_is_said_in_words(tmp_path: Path) -> None:
    away = f"http://127.0.0.1:{free_port()}/api"
    said = duecourse("deploy", "--api", away, "--data", str(tmp_path), code=6).stderr
    assert "Prefect refused" in said
    assert "--api" in duecourse("deploy", "--data", str(tmp_path), code=6).stderr
