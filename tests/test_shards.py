"""Do the shards together do the whole work, each contract in one of them, and who does what nobody did?"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from feed_scene import statements_of
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine
from unplanned import context_on, load_unplanned, planned_kinds, planned_rows, slots_of

from duecourse.clock import Clock
from duecourse.definitions.reading import find_contract, read_contract
from duecourse.definitions.resolved import contract_from_json
from duecourse.engine import ledger
from duecourse.engine.context import Context
from duecourse.engine.jobs import JOBS, job_named, plan_kind
from duecourse.engine.run import LEASE, Outcome, due, run_due, run_slot
from duecourse.engine.shards import MOST, WHOLE, Shard, shards
from duecourse.errors import BadInput
from duecourse.models.database import connect, writing
from duecourse.tracking.loading import load_contract

NOW = datetime(2026, 11, 22, 18, 2, 30, tzinfo=UTC)
IDS = st.lists(st.text(min_size=1, max_size=40).filter(str.isprintable), unique=True, max_size=60)
COUNTS = st.integers(1, MOST)
PLANNING = [job for job in JOBS if job.divides]


@given(ids=IDS, count=COUNTS)
def test_each_contract_is_in_exactly_one_shard(ids: list[str], count: int) -> None:
    parts = [shard.among(ids) for shard in shards(count)]
    assert sorted(each for part in parts for each in part) == sorted(ids)


@given(ids=IDS, count=COUNTS, data=st.data())
def test_a_contracts_shard_depends_on_no_other_contract(ids: list[str], count: int, data: st.DataObject) -> None:
    some = data.draw(st.lists(st.sampled_from(ids), unique=True)) if ids else []
    for shard in shards(count):
        assert shard.among(some) == [each for each in some if each in shard.among(ids)]


def test_a_contract_stays_in_its_shard_in_every_process_and_version() -> None:
    """Were it Python's own hash, each process would divide the contracts in its own way."""
    ids = ["wa-22-1174", "ct-21oechvs01abc", "demo-county", "été"]
    found = {each: next(shard.number for shard in shards(4) if shard.holds(each)) for each in ids}
    assert found == {"wa-22-1174": 1, "ct-21oechvs01abc": 3, "demo-county": 1, "été": 3}


def test_a_thousand_contracts_are_divided_about_evenly() -> None:
    ids = [f"wa-{number}" for number in range(1000)]
    assert all(200 <= len(shard.among(ids)) <= 300 for shard in shards(4))


@pytest.mark.parametrize(("number", "of"), [(0, 1), (3, 2), (1, 0), (1, MOST + 1), (-1, 4)])
def test_a_shard_that_cannot_be_is_refused(number: int, of: int) -> None:
    with pytest.raises(BadInput, match="There is no shard"):
        Shard(number, of)
    with pytest.raises(BadInput, match="There is no shard"):
        shards(0)


def test_the_whole_is_a_job_by_its_own_name_and_each_shard_has_a_name_in_the_ledger() -> None:
    assert WHOLE.key("invoices") == "invoices"
    assert [shard.key("invoices") for shard in shards(2)] == ["invoices 1/2", "invoices 2/2"]
    assert [each.is_whole for each in (WHOLE, *shards(2))] == [True, False, False]


@pytest.fixture
def context(engine: Engine, tmp_path: Path) -> Context:
    """What the jobs work with, on a database where the shipped contracts are loaded and nothing is planned."""
    load_unplanned(engine, now=NOW)
    return context_on(engine, mails=tmp_path / "mails", showing=NOW)


def done_in_shards(context: Context, count: int, *, only: int = 0) -> None:
    for each in due(context, jobs=PLANNING, count_of_shards=count):
        if only in (0, each.shard.number):
            run_slot(replace(context, shard=each.shard), each.job, each.slot, engine_name="prefect")


@pytest.mark.parametrize("count", [3, 7])
def test_the_shards_together_plan_what_one_run_plans(
    context: Context, count: int, sqlite_template: Path, tmp_path: Path
) -> None:
    (tmp_path / "alone.sqlite").write_bytes(sqlite_template.read_bytes())
    alone = connect(f"sqlite:///{tmp_path / 'alone.sqlite'}")
    load_unplanned(alone, now=NOW)
    run_due(context_on(alone, mails=tmp_path / "alone", showing=NOW), engine_name="command line")
    done_in_shards(context, count)
    assert planned_rows(context.engine) == planned_rows(alone)
    alone.dispose()


def test_a_shard_plans_its_own_contracts_and_no_other(context: Context) -> None:
    done_in_shards(context, 4, only=1)
    assert {contract for contract, *_ in planned_rows(context.engine)} == {"wa-22-1174", "demo-county"}
    done_in_shards(context, 4, only=3)
    assert len({contract for contract, *_ in planned_rows(context.engine)}) == 3


def test_each_shard_has_its_own_line_in_the_ledger_and_is_done_once(context: Context) -> None:
    done_in_shards(context, 2)
    done_in_shards(context, 2)
    for number in (1, 2):
        (entry,) = slots_of(context.engine, f"invoices {number}/2")
        assert (entry.state, entry.attempts) == ("done", 1)
    assert slots_of(context.engine, "invoices") == []
    assert due(context, jobs=PLANNING, count_of_shards=2) == []


def test_only_what_divides_is_due_in_shards(context: Context) -> None:
    found = due(context, count_of_shards=3)
    counts = {job.name: sum(each.job is job for each in found) for job in JOBS}
    assert counts == {job.name: 3 if job.divides else 1 for job in JOBS}


@pytest.mark.parametrize(("seconds", "taken"), [(119, False), (120, True)])
def test_a_slot_is_left_to_the_workers_for_the_grace_and_no_longer(context: Context, seconds: int, taken: bool) -> None:
    reminders, grace = job_named("reminders"), timedelta(minutes=2)
    slot = reminders.schedule.slot_for(NOW)
    at = replace(context, clock=Clock.showing(slot + timedelta(seconds=seconds)))
    found = due(at, jobs=[reminders], grace=grace)
    assert [each.slot for each in found] == ([slot] if taken else [])


def test_after_the_grace_only_what_nobody_has_done_is_taken(context: Context) -> None:
    invoices, meetings = job_named("invoices"), job_named("meetings")
    slot = invoices.schedule.slot_for(NOW)
    run_slot(replace(context, shard=Shard(1, 2)), invoices, slot, engine_name="prefect")
    held = {"owner": "a worker", "lease": LEASE, "now": NOW, "engine_name": "prefect"}
    assert ledger.claim(context.engine, "meetings 1/2", meetings.schedule.slot_for(NOW), **held)
    found = due(context, jobs=[invoices, meetings], count_of_shards=2, grace=timedelta(minutes=2))
    assert [each.shard.key(each.job.name) for each in found] == ["invoices 2/2", "meetings 1/2", "meetings 2/2"]
    # A worker has claimed that one: it is asked for, and left to it until its lease runs out.
    outcomes = [
        run_slot(replace(context, shard=each.shard), each.job, each.slot, engine_name="embedded").outcome
        for each in found
    ]
    assert outcomes == [Outcome.DONE, Outcome.UNDER_WAY, Outcome.DONE]
    assert set(planned_kinds(context.engine)) == {"invoices"}


@pytest.mark.parametrize("shard", [WHOLE, Shard(2, 2)], ids=["the whole", "one of two"])
def test_planning_takes_as_many_statements_for_fifty_contracts_as_for_five(engine: Engine, shard: Shard) -> None:
    """A run that finds nothing to change, which nearly all do: it reads each table once."""
    asked: list[int] = []
    _, text = read_contract(find_contract("wa-22-1174"), today=NOW.date())
    for numbers in (range(5), range(5, 50)):
        with writing(engine) as session:
            for number in numbers:
                definition = text.replace("wa-22-1174", f"wa-{number}")
                load_contract(session, contract_from_json(definition), definition=definition, now=NOW, actor="test")
        at = replace(context_on(engine, mails=Path("unused"), showing=NOW), shard=shard)
        plan_kind(at, NOW, flow="invoices")
        with statements_of(engine) as sent:
            assert plan_kind(at, NOW, flow="invoices") == "nothing to change"
        asked.append(len(sent))
    assert len(shard.among(f"wa-{number}" for number in range(50))) > 20
    assert asked[0] == asked[1] <= 8
