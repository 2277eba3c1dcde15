"""Is a slot of a job done exactly once, whoever claims it and whoever dies?"""

from __future__ import annotations

import multiprocessing
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import chain

import pytest
from sqlalchemy import Engine, event, true

from duecourse.engine import ledger
from duecourse.engine.ledger import SlotState, claim, entries, fail, finish
from duecourse.models import JobSlot
from duecourse.models.database import connect

SLOT = datetime(2022, 11, 21, 12, 0, tzinfo=UTC)
NOW = SLOT + timedelta(seconds=3)
LEASE = timedelta(minutes=15)
SLOTS = [SLOT + timedelta(minutes=5 * n) for n in range(25)]
PROCESSES, THREADS = 3, 3


def claimed(engine: Engine, owner: str, *, slot: datetime = SLOT, now: datetime = NOW) -> bool:
    return claim(engine, "invoices", slot, owner=owner, lease=LEASE, now=now, engine_name="embedded")


def entry(engine: Engine) -> JobSlot:
    return entries(engine, [("invoices", SLOT)])["invoices", SLOT]


def executed_by_one_thread(engine: Engine, owner: str) -> list[datetime]:
    """Claim every slot, and return those that this thread did."""
    done = []
    for slot in SLOTS:
        if claimed(engine, owner, slot=slot):
            done.append(slot)
            finish(engine, "invoices", slot, owner=owner, now=NOW, summary="did it")
    return done


def executed_by_one_process(url: str, name: str, guarded: bool) -> list[datetime]:
    """Claim every slot from several threads at once, with the guard of the claim or without it."""
    if not guarded:
        ledger.may_be_taken = lambda now: true()
    engine = connect(url)
    if engine.dialect.name == "sqlite":
        # Nine who write without a pause starve each other on a busy machine; patience is not what is tried here.
        event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA busy_timeout=120000"))
    with ThreadPoolExecutor(THREADS) as pool:
        runs = pool.map(lambda thread: executed_by_one_thread(engine, f"{name}.{thread}"), range(THREADS))
        return list(chain.from_iterable(runs))


def executions(url: str, *, guarded: bool) -> Counter[datetime]:
    """How often was each slot done, by all the threads of all the processes?"""
    with ProcessPoolExecutor(PROCESSES, mp_context=multiprocessing.get_context("spawn")) as pool:
        runs = [pool.submit(executed_by_one_process, url, f"process {n}", guarded) for n in range(PROCESSES)]
        return Counter(chain.from_iterable(run.result() for run in runs))


def test_many_threads_of_many_processes_do_each_slot_exactly_once(migrated_database_url: str) -> None:
    assert executions(migrated_database_url, guarded=True) == dict.fromkeys(SLOTS, 1)


def test_without_the_guard_the_same_crowd_does_slots_twice(migrated_database_url: str) -> None:
    """The control: were the claim no guard, the test above would see it."""
    assert executions(migrated_database_url, guarded=False) == dict.fromkeys(SLOTS, PROCESSES * THREADS)


def test_a_claimed_slot_belongs_to_its_owner_until_the_lease_runs_out(engine: Engine) -> None:
    assert claimed(engine, "first")
    assert not claimed(engine, "second", now=NOW + LEASE)
    assert claimed(engine, "second", now=NOW + LEASE + timedelta(seconds=1))
    assert (entry(engine).owner, entry(engine).attempts) == ("second", 2)


def test_a_finished_slot_is_never_done_again(engine: Engine) -> None:
    assert claimed(engine, "first")
    assert finish(engine, "invoices", SLOT, owner="first", now=NOW, summary="added 12 deliverables")
    assert not claimed(engine, "second", now=NOW + timedelta(days=365))
    assert (entry(engine).state, entry(engine).summary) == (SlotState.DONE, "added 12 deliverables")


def test_a_failed_slot_is_free_at_once(engine: Engine) -> None:
    assert claimed(engine, "first")
    assert fail(engine, "invoices", SLOT, owner="first", now=NOW, summary="the database was away")
    assert (entry(engine).state, entry(engine).summary) == (SlotState.FAILED, "the database was away")
    assert claimed(engine, "second")


@pytest.mark.parametrize("close", [finish, fail])
def test_who_was_taken_over_changes_nothing_when_it_comes_back(engine: Engine, close: Callable[..., bool]) -> None:
    later = NOW + LEASE + timedelta(seconds=1)
    assert claimed(engine, "zombie")
    assert claimed(engine, "second", now=later)
    assert not close(engine, "invoices", SLOT, owner="zombie", now=later, summary="late")
    assert (entry(engine).state, entry(engine).owner, entry(engine).summary) == (SlotState.CLAIMED, "second", "")
    assert finish(engine, "invoices", SLOT, owner="second", now=later, summary="did it")
    assert not close(engine, "invoices", SLOT, owner="zombie", now=later, summary="late")
    assert (entry(engine).state, entry(engine).summary) == (SlotState.DONE, "did it")


def test_jobs_and_slots_do_not_stand_in_each_others_way(engine: Engine) -> None:
    assert claimed(engine, "first")
    assert claimed(engine, "second", slot=SLOT + timedelta(minutes=5))
    assert claim(engine, "reminders", SLOT, owner="third", lease=LEASE, now=NOW, engine_name="prefect")
    assert entries(engine, [("invoices", SLOT), ("data-entry", SLOT)]).keys() == {("invoices", SLOT)}
