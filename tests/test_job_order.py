"""Do reminders, escalation and the daily mails come out the same, in whichever order their jobs run?"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import permutations
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import Engine, event, update
from sqlmodel import col, select
from unplanned import context_on, load_unplanned, noticed

from duecourse.engine import notice_jobs
from duecourse.engine.context import Context
from duecourse.engine.jobs import JOBS, job_named
from duecourse.engine.run import Outcome, run_due, run_slot
from duecourse.models import Deliverable, Notice, NoticeState, Person, Role, RoleName
from duecourse.models.database import connect, reading, writing
from duecourse.tracking.staff.people import give_role

NOW = datetime(2026, 11, 23, 18, 2, 30, tzinfo=UTC)
NAMES = ("reminders", "escalation", "digests")
TODAY, YESTERDAY = datetime(2026, 11, 24, 8, tzinfo=UTC), datetime(2026, 11, 23, 8, tzinfo=UTC)


def prepare(engine: Engine) -> None:
    """Plan the shipped contracts; one report is due today, one became overdue today, others long ago.

    The manager is a liaison, too, and so told by both jobs.
    """
    load_unplanned(engine, now=NOW)
    planning = [job for job in JOBS if job.divides]
    run_due(context_on(engine, mails=Path("unused"), showing=NOW), engine_name="command line", jobs=planning)
    with engine.begin() as connection:
        of_the_sample = select(Deliverable.id).where(Deliverable.contract_id == "demo-county", Deliverable.remind)
        near = of_the_sample.where(col(Deliverable.due_at) > NOW).order_by(col(Deliverable.due_at), col(Deliverable.id))
        for id, due_at in zip(connection.execute(near.limit(2)).scalars().all(), (TODAY, YESTERDAY), strict=True):
            due = {"due_on": due_at.date() - timedelta(days=1), "due_at": due_at}
            connection.execute(update(Deliverable).where(col(Deliverable.id) == id).values(**due))
    with writing(engine) as session:
        query = select(Person).join(Role).where(Role.name == RoleName.PROGRAM_MANAGER)
        manager = session.exec(query.where(Role.contract_id == "demo-county")).one()
        give_role(session, manager, "demo-county", RoleName.PROGRAM_LIAISON, now=NOW, actor="test")


@pytest.fixture(scope="module")
def planned(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file in which everything is planned and nothing is told."""
    path = Path(shutil.copyfile(sqlite_template, tmp_path_factory.mktemp("planned") / "planned.sqlite"))
    engine = connect(f"sqlite:///{path}")
    prepare(engine)
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    return path


@pytest.fixture
def fresh(planned: Path, tmp_path: Path) -> Iterator[Callable[[], Context]]:
    """Makes what the jobs work with, on a copy of its own each time."""
    engines: list[Engine] = []

    def make() -> Context:
        number = len(engines)
        engines.append(connect(f"sqlite:///{shutil.copyfile(planned, tmp_path / f'{number}.sqlite')}"))
        return context_on(engines[-1], mails=tmp_path / f"mails-{number}", showing=NOW)

    yield make
    for engine in engines:
        engine.dispose()


def run(context: Context, names: tuple[str, ...], *, at: datetime = NOW) -> None:
    for name in names:
        assert run_slot(context, job_named(name), at, engine_name="command line").outcome is Outcome.DONE


def told(engine: Engine) -> list[tuple[Any, ...]]:
    """Return every notice with what became of it, and the key of the mail that carries it."""
    with reading(engine) as session:
        notices = {notice.id: notice for notice in session.exec(select(Notice))}
    carriers = {id: notice.key for id, notice in notices.items()}
    return sorted(
        (notice.key, notice.state, notice.to_address, notice.subject, carriers.get(notice.carrier_id, ""))
        for notice in notices.values()
    )


def test_in_each_order_the_same_is_told_in_the_same_mails(fresh: Callable[[], Context]) -> None:
    found = {}
    for names in permutations(NAMES):
        context = fresh()
        run(context, names)
        found[names] = told(context.engine)
    expected = found[NAMES]
    assert {rung for *_, rung, _ in noticed(context.engine)} >= {"on-day", "after-3", "after-10"}
    assert {state for _, state, *_ in expected} == {NoticeState.SENT}
    assert [names for names, one in found.items() if one != expected] == []


def test_without_what_the_daily_mails_write_themselves_the_order_would_matter(
    fresh: Callable[[], Context], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: daily mails that rely on the other jobs leave until tomorrow what is written after them."""
    owe_in_chunks = notice_jobs.owe_in_chunks

    def of_another_job_alone(*args: Any, **options: Any) -> int:
        return owe_in_chunks(*args, **options) if options.get("of") else 0

    monkeypatch.setattr(notice_jobs, "owe_in_chunks", of_another_job_alone)
    context = fresh()
    run(context, ("reminders", "digests", "escalation"))
    run(context, NAMES, at=NOW + timedelta(minutes=5))
    assert NoticeState.OWED in {state for _, state, *_ in told(context.engine)}


def test_reminders_and_escalation_divide_what_is_owed_and_neither_writes_what_is_the_others(
    fresh: Callable[[], Context],
) -> None:
    one, other, both = fresh(), fresh(), fresh()
    run(one, ("reminders",))
    run(other, ("escalation",))
    run(both, ("reminders", "escalation"))
    reminders, escalation = set(noticed(one.engine)), set(noticed(other.engine))
    assert reminders and escalation and not reminders & escalation
    assert reminders | escalation == set(noticed(both.engine))
    assert not any(is_copy for *_, is_copy in reminders)
    # What is due today goes with the reminders, alone and at once.
    assert [state for key, state, *_ in told(one.engine) if "|on-day|" in key] == [NoticeState.SENT]


def test_three_jobs_at_the_same_moment_write_each_notice_once(
    engine: Engine, fresh: Callable[[], Context], tmp_path: Path
) -> None:
    prepare(engine)
    context = context_on(engine, mails=tmp_path / "mails", showing=NOW)
    start = Barrier(len(NAMES))

    def work(name: str) -> None:
        start.wait(timeout=30)
        run(context, (name,))

    with ThreadPoolExecutor(len(NAMES)) as pool:
        list(pool.map(work, NAMES))
    alone = fresh()
    run(alone, NAMES)
    later = NOW + timedelta(minutes=5)
    for each in (context, alone):
        run(each, NAMES, at=later)
    assert noticed(engine) == noticed(alone.engine)
    assert len(list((tmp_path / "mails").glob("*.eml"))) == sum(not carrier for *_, carrier in told(engine))


def test_a_second_run_of_each_writes_nothing(fresh: Callable[[], Context]) -> None:
    context = fresh()
    run(context, NAMES)
    before, written = told(context.engine), []
    event.listen(
        context.engine,
        "before_cursor_execute",
        lambda _c, _k, statement, *_: written.append(statement) if "INTO notice" in statement else None,
    )
    run(context, NAMES, at=NOW + timedelta(minutes=5))
    assert (told(context.engine), written) == (before, [])
