"""Does each flow say what it does, do its own job only, and need no Prefect server for it?"""

from __future__ import annotations

import asyncio
import importlib
import inspect
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml
from parts import REPOSITORY
from prefect.server.schemas.schedules import CronSchedule
from sqlalchemy import Engine
from unplanned import load_unplanned, planned_kinds, planned_rows, settings_of_a_worker, slots_of

from duecourse.calendar import words
from duecourse.definitions.grammar import FlowName
from duecourse.definitions.reading import read_contract, shipped_contracts
from duecourse.engine.jobs import JOBS, Job, job_named
from duecourse.engine.shards import Shard
from duecourse.errors import NotReady

NOW = datetime(2026, 11, 22, 18, tzinfo=UTC)
NAMES = [job.name for job in JOBS]
PLANNING = [job.name for job in JOBS if job.divides]
DEPLOYMENTS = {row["name"]: row for row in yaml.safe_load((REPOSITORY / "prefect.yaml").read_text())["deployments"]}


def flow_named(name: str) -> Any:
    """Return the flow, found the way that Prefect finds it: by the entrypoint of its deployment."""
    module, _, function = DEPLOYMENTS[name]["entrypoint"].rpartition(".")
    return getattr(importlib.import_module(module), function)


def said(name: str) -> str:
    """Return the docstring of a flow with its line ends taken out."""
    return " ".join((inspect.getdoc(flow_named(name).fn) or "").split())


@pytest.fixture
def unplanned(engine: Engine, migrated_database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """A database with the shipped contracts and nothing planned, which is also the one that the settings name."""
    load_unplanned(engine, now=NOW)
    for name, value in settings_of_a_worker(migrated_database_url, tmp_path / "mails").items():
        monkeypatch.setenv(name, value)
    return engine


def test_there_is_a_flow_and_a_job_for_every_kind_of_schedule_that_a_contract_may_name() -> None:
    assert sorted(get_args(FlowName)) == sorted(PLANNING)
    files = {path.stem for path in (REPOSITORY / "duecourse" / "flows").glob("*.py")} - {"__init__", "entry"}
    assert {name.replace("-", "_") for name in NAMES} == files
    assert {flow_named(name).name for name in NAMES} == set(NAMES)


def test_each_flow_is_deployed_once_on_the_schedule_of_its_job() -> None:
    assert sorted(DEPLOYMENTS) == sorted(NAMES)
    for job in JOBS:
        (schedule,) = DEPLOYMENTS[job.name]["schedules"]
        assert (schedule["cron"], schedule["timezone"]) == (job.schedule.cron, job.schedule.timezone)
        assert DEPLOYMENTS[job.name]["concurrency_limit"] == {"limit": 1, "collision_strategy": "ENQUEUE"}
        assert DEPLOYMENTS[job.name]["work_pool"]["name"] == "duecourse"


@pytest.mark.parametrize("job", JOBS, ids=lambda job: job.name)
def test_prefect_starts_each_job_exactly_at_its_slots_through_a_year_and_both_changes_of_the_clocks(job: Job) -> None:
    (row,) = DEPLOYMENTS[job.name]["schedules"]
    schedule = CronSchedule(cron=row["cron"], timezone=row["timezone"])
    for start in (datetime(2026, 11, 1, tzinfo=UTC), datetime(2027, 3, 14, tzinfo=UTC)):
        starts = asyncio.run(schedule.get_dates(400, start=start))
        assert len(starts) == 400
        assert [job.schedule.slot_for(at) for at in starts] == starts
        a_moment_before = [job.schedule.slot_for(at - timedelta(microseconds=1)) for at in starts[1:]]
        assert a_moment_before == starts[:-1]


@pytest.mark.parametrize("name", NAMES)
def test_each_flow_says_its_schedule_what_it_reads_and_writes_and_that_it_may_repeat(name: str) -> None:
    words = said(name)
    assert f"Schedule: {job_named(name).schedule.words()}." in words
    assert all(part in words for part in ("Reads ", "Writes ", "May run again at any time"))


@pytest.mark.parametrize("path", shipped_contracts(), ids=lambda path: path.stem)
def test_each_obligation_of_a_shipped_contract_is_named_by_its_flow(path: Path) -> None:
    contract, _ = read_contract(path, today=NOW.date())
    unnamed = [o.id for o in contract.obligations if o.title not in said(o.flow)]
    assert unnamed == []


@pytest.mark.parametrize("name", PLANNING)
def test_a_planning_flow_plans_its_own_kind_only(name: str, unplanned: Engine) -> None:
    summary = flow_named(name).fn()
    kinds = planned_kinds(unplanned)
    assert set(kinds) == {name}
    assert f"added {words.count(kinds[name], 'deliverable')}" in summary


@pytest.mark.parametrize("name", PLANNING)
def test_a_planning_flow_takes_a_shard_and_plans_its_contracts_only(name: str, unplanned: Engine) -> None:
    found = []
    for number in (1, 2, 3):
        flow_named(name).fn(shard=number, of=3)
        found.append({row[0] for row in planned_rows(unplanned)})
        assert all(Shard(number, 3).holds(each) for each in found[-1].difference(*found[:-1]))
    assert found[-1]
    assert [entry.state for n in (1, 2, 3) for entry in slots_of(unplanned, f"{name} {n}/3")] == ["done"] * 3


def test_a_run_that_a_person_starts_is_done_each_time_and_changes_nothing_the_second_time(unplanned: Engine) -> None:
    flow = flow_named("invoices")
    flow.fn()
    once = planned_rows(unplanned)
    assert "nothing to change" in flow.fn()
    assert planned_rows(unplanned) == once
    assert [(entry.state, entry.engine) for entry in slots_of(unplanned, "invoices")] == [("done", "prefect")] * 2


def test_a_flow_whose_job_fails_fails_as_well(unplanned: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    with unplanned.begin() as connection:
        connection.exec_driver_sql("UPDATE contract SET definition = '{}', definition_sha256 = 'broken'")
    with pytest.raises(Exception, match=r"."):
        flow_named("invoices").fn()
    (entry,) = slots_of(unplanned, "invoices")
    assert entry.state == "failed"
    assert entry.summary.startswith("failed: ")


def test_a_flow_without_settings_says_what_is_missing() -> None:
    with pytest.raises(NotReady, match="DUECOURSE_MAIL_FROM"):
        flow_named("invoices").fn()


@pytest.mark.parametrize("module", ["duecourse.engine.embedded", "duecourse.engine.run"])
def test_the_engine_loads_nothing_of_prefect(module: str) -> None:
    """Importing Prefect costs seconds of every start of the server."""
    program = f"import sys, {module}; sys.exit('prefect' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], cwd=REPOSITORY).returncode == 0
