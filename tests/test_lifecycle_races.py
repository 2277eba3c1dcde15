"""When two act on one deliverable at once, does one win, and is the other told? Does one form have one effect?

Each race is run with its protection off as well, and has to show: otherwise the test would prove nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from county import COUNTY, changed, track, uid
from parts import PostgresCluster
from sqlalchemy import Engine, event
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlmodel import Session, select

from duecourse.calendar.lifecycle import Act, Party
from duecourse.errors import Conflict
from duecourse.models import AuditEntry, Deliverable, LifecycleEntry, Submission
from duecourse.models.database import connect, reading, writing
from duecourse.tracking import acting, deciding, planning, submitting
from duecourse.tracking.acting import By, entries_of, replayed
from duecourse.tracking.audit import verify
from duecourse.tracking.deciding import decide, set_aside, undo
from duecourse.tracking.loading import load_contract
from duecourse.tracking.planning import plan
from duecourse.tracking.submitting import Sent, submit

NOW = datetime(2022, 11, 30, 17, tzinfo=UTC)
REPORT = "2.07"
ANA, CLEO = By("ana@county.example", Party.CONTRACTOR), By("cleo@county.example", Party.CONTRACTOR)
LEE, KIM = By("lee@dcyf.example", Party.FUNDER), By("kim@dcyf.example", Party.FUNDER)

Call = Callable[[Session, str, str], object]
Opening = Callable[[Engine], AbstractContextManager[Session]]


def submits(by: By) -> Call:
    sent = Sent(NOW - timedelta(hours=1), "Jo Whitfield", "PSRS")
    return lambda session, report, key: submit(session, report, sent, form_key=key, now=NOW, by=by)


def does(act: Act, by: By) -> Call:
    if act in (Act.ACCEPT, Act.RETURN):
        return lambda session, report, key: decide(
            session, report, act, comment="Page 2.", form_key=key, now=NOW, by=by
        )
    verb = undo if act.is_undo else set_aside
    return lambda session, report, key: verb(session, report, act, reason="Agreed.", form_key=key, now=NOW, by=by)


# What was done before, and what two people then do at once.
RACES: dict[str, tuple[list[Call], Call, Call]] = {
    "two decide": ([submits(ANA)], does(Act.ACCEPT, LEE), does(Act.RETURN, KIM)),
    "two submit": ([], submits(ANA), submits(CLEO)),
    "one submits, one waives": ([], submits(ANA), does(Act.WAIVE, LEE)),
    "one takes it back, one accepts": ([submits(ANA)], does(Act.UNDO_SUBMISSION, ANA), does(Act.ACCEPT, LEE)),
    "two undo": (
        [submits(ANA), does(Act.ACCEPT, LEE)],
        does(Act.UNDO_ACCEPTANCE, LEE),
        does(Act.UNDO_ACCEPTANCE, KIM),
    ),
    "two ask again": ([does(Act.CANCEL, LEE)], does(Act.ASK_AGAIN, LEE), does(Act.ASK_AGAIN, KIM)),
}


@pytest.fixture
def county(engine: Engine) -> Engine:
    track(engine, NOW - timedelta(days=400))
    return engine


@pytest.fixture
def on_postgres(postgres_template: str, postgres: PostgresCluster) -> Iterator[Engine]:
    """The same on PostgreSQL alone: SQLite lets one write at a time."""
    name = postgres.create_database(template=postgres_template)
    engine = connect(postgres.url(name))
    track(engine, NOW - timedelta(days=400))
    yield engine
    engine.dispose()
    postgres.drop_database(name)


class Meeting:
    """Where two meet who have both found that they may act; whoever is alone there goes on after `patience` seconds.

    Where a lock keeps the second away, a moment will do; where both come, however slowly, nobody waits in vain.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, patience: float) -> None:
        self._both, self._patience = threading.Barrier(2), patience
        for module in (submitting, deciding):
            monkeypatch.setattr(module, "check_may", self._check_and_wait)

    def _check_and_wait(self, *args: object, **given: object) -> object:
        rule = acting.check_may(*args, **given)  # type: ignore[arg-type]
        with suppress(threading.BrokenBarrierError):
            self._both.wait(timeout=self._patience)
        return rule


@contextmanager
def unprotected(engine: Engine) -> Iterator[Session]:
    """Open a session that writes, without taking SQLite's write lock at its start."""
    with Session(engine) as session, session.begin():
        yield session


def take_locks_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let PostgreSQL read the row without holding it."""

    def read(session: Session, report: str) -> Deliverable:
        return session.exec(select(Deliverable).where(Deliverable.uid == report)).one()

    for module in (submitting, deciding):
        monkeypatch.setattr(module, "locked", read)


def outcomes(engine: Engine, calls: list[tuple[Call, str, str]], opening: Opening = writing) -> list[str]:
    """Make all calls at once, each in a transaction of its own; return “done” or what each was told."""

    def one(given: tuple[Call, str, str]) -> str:
        call, report, key = given
        try:
            with opening(engine) as session:
                call(session, report, key)
        except Conflict as error:
            return f"told: {error}"
        except (IntegrityError, OperationalError) as error:
            return f"broke: {type(error).__name__}"
        return "done"

    with ThreadPoolExecutor(len(calls)) as pool:
        return sorted(pool.map(one, calls))


def settle(engine: Engine, steps: list[Call]) -> str:
    report = uid(engine, REPORT)
    for number, step in enumerate(steps):
        with writing(engine) as session:
            step(session, report, f"before {number}")
    return report


def effects(engine: Engine) -> int:
    """Return how many acts were recorded, after checking that row, entries and audit log tell one story."""
    with reading(engine) as session:
        row = session.exec(select(Deliverable).where(Deliverable.number == REPORT)).one()
        entries = entries_of(session, row.id or 0)
        facts, held = replayed(entries, due_at=row.due_at), row.facts
        assert (held.phase, held.submitted_at, held.accepted_at) == (facts.phase, facts.submitted_at, facts.accepted_at)
        for before, after in pairwise(entries):
            assert before.to == after.start
        assert len(session.exec(select(Submission)).all()) == len([e for e in entries if e.act == Act.SUBMIT])
        log = session.exec(select(AuditEntry).where(AuditEntry.deliverable_id == row.id)).all()
        assert len(log) == len(entries)
        verify(session)
        return len(entries)


@pytest.mark.parametrize("race", RACES)
def test_of_two_who_act_at_once_one_wins_and_the_other_is_told_what_happened(
    county: Engine, monkeypatch: pytest.MonkeyPatch, race: str
) -> None:
    steps, one, other = RACES[race]
    report = settle(county, steps)
    Meeting(monkeypatch, patience=0.5)
    done, told = outcomes(county, [(one, report, "one"), (other, report, "other")])
    assert done == "done"
    assert told.startswith("told: Monthly Enrollment Report, January 2022, is now “") and "@" in told
    assert effects(county) == len(steps) + 1


@pytest.mark.parametrize("race", RACES)
def test_without_its_lock_each_race_is_lost(county: Engine, monkeypatch: pytest.MonkeyPatch, race: str) -> None:
    steps, one, other = RACES[race]
    report = settle(county, steps)
    Meeting(monkeypatch, patience=60)
    take_locks_away(monkeypatch)
    came = outcomes(county, [(one, report, "one"), (other, report, "other")], unprotected)
    # PostgreSQL lets both through, or stops the second by a constraint; SQLite breaks off the second.
    assert [said.partition(",")[0] for said in came] != ["done", "told: Monthly Enrollment Report"]


ONE_FORM: dict[str, tuple[list[Call], Call]] = {
    "submit": ([], submits(ANA)),
    "accept": ([submits(ANA)], does(Act.ACCEPT, LEE)),
    "return": ([submits(ANA)], does(Act.RETURN, LEE)),
    "waive": ([], does(Act.WAIVE, LEE)),
    "undo": ([submits(ANA)], does(Act.UNDO_SUBMISSION, ANA)),
}


@pytest.mark.parametrize("form", ONE_FORM)
def test_one_form_sent_many_times_at_once_has_one_effect_and_is_answered_each_time(county: Engine, form: str) -> None:
    steps, call = ONE_FORM[form]
    report = settle(county, steps)
    assert outcomes(county, [(call, report, "the same")] * 8) == ["done"] * 8
    assert effects(county) == len(steps) + 1


@pytest.mark.parametrize("form", ONE_FORM)
def test_without_its_key_a_form_sent_twice_is_not_answered_the_same(
    county: Engine, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    steps, call = ONE_FORM[form]
    report = settle(county, steps)
    for module in (submitting, deciding):
        monkeypatch.setattr(module, "same_form", lambda *_: None)
    assert outcomes(county, [(call, report, "the same")] * 4) != ["done"] * 4


def test_one_key_for_two_deliverables_at_once_counts_for_one_and_the_other_is_told(
    county: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = uid(county, "2.07"), uid(county, "2.08")
    Meeting(monkeypatch, patience=0.5)
    waives = does(Act.WAIVE, LEE)
    done, told = outcomes(county, [(waives, first, "one key"), (waives, second, "one key")])
    assert (done, told.partition(",")[0]) == ("done", "told: This form was sent before")
    with reading(county) as session:
        assert len(session.exec(select(LifecycleEntry)).all()) == 1
        verify(session)


def test_what_comes_in_while_a_plan_would_withdraw_it_stays(county: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    # SQLite lets one write at a time: there the plan was first, and whoever submits is told.
    stays = ["planned", "submitted"] if county.dialect.name == "postgresql" else ["planned", "told", "withdrawn"]
    patience = 60 if county.dialect.name == "postgresql" else 0.5
    assert raced_with_a_plan(county, monkeypatch, in_one=False, patience=patience) == stays


def test_without_its_lock_a_plan_withdraws_what_came_in(on_postgres: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning, "_still", lambda _session, changes: changes)
    came = raced_with_a_plan(on_postgres, monkeypatch, in_one=False, patience=60)
    assert came == ["planned", "submitted", "withdrawn"]


def test_an_amendment_and_a_submission_at_once_do_not_wait_for_each_other(
    county: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    came = raced_with_a_plan(county, monkeypatch, in_one=True, patience=0.5)
    assert came == ["planned", "told", "withdrawn"]


def test_without_taking_turns_an_amendment_and_a_submission_wait_for_each_other(
    on_postgres: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (acting, planning):
        monkeypatch.setattr(module, "take_turn", lambda _session: None)
    came = raced_with_a_plan(on_postgres, monkeypatch, in_one=True, patience=60)
    assert "broke: deadlock detected" in came


def raced_with_a_plan(engine: Engine, monkeypatch: pytest.MonkeyPatch, *, in_one: bool, patience: float) -> list[str]:
    """Submit what a plan is about to withdraw, after the plan looked at it; return in words what became of both.

    The plan runs in one transaction with the change of the definition, as amendments do, or in one of its own. It waits
    for what is submitted for `patience` seconds: a moment will do where that waits for the plan.
    """
    report, lee = uid(engine, "3.00"), "lee@dcyf.example"
    contract, text = changed(('"FY22":"3.00"', ""), ('"dates":{"FY22":"2021-07-20"}', '"dates":{}'))
    compared, came_in = threading.Event(), threading.Event()
    really, came, submitting_from = planning.compare, list[str](), threading.get_ident()

    def compare_and_wait(*args: object, **given: object) -> object:
        changes = really(*args, **given)  # type: ignore[arg-type]
        compared.set()
        came_in.wait(timeout=patience)
        return changes

    def holds_the_row(_c: object, _k: object, statement: str, *_: object) -> None:
        # Two that wait for each other never come to their ends: here what is submitted has come so far.
        holds = statement.endswith("FOR UPDATE") and "audit_head" not in statement
        if in_one and holds and threading.get_ident() == submitting_from:
            came_in.set()

    @contextmanager
    def told(otherwise: str) -> Iterator[None]:
        try:
            yield
            came.append(otherwise)
        except Conflict as error:
            assert "no longer asked for" in str(error)
            came.append("told")
        except OperationalError as error:
            came.append(f"broke: {str(error.orig).splitlines()[0]}")

    def plans() -> None:
        with told("planned"), writing(engine) as session:
            if in_one:
                load_contract(session, contract, definition=text, now=NOW, actor=lee)
            plan(session, now=NOW, actor=lee, contract_id=COUNTY)

    if not in_one:
        with writing(engine) as session:
            load_contract(session, contract, definition=text, now=NOW, actor=lee)
    monkeypatch.setattr(planning, "compare", compare_and_wait)
    event.listen(engine, "after_cursor_execute", holds_the_row)
    thread = threading.Thread(target=plans)
    thread.start()
    assert compared.wait(timeout=60)
    with told("submitted"), writing(engine) as session:
        submits(ANA)(session, report, "one")
    came_in.set()
    thread.join()
    event.remove(engine, "after_cursor_execute", holds_the_row)
    with reading(engine) as session:
        row = session.exec(select(Deliverable).where(Deliverable.uid == report)).one()
        verify(session)
        return sorted([*came, *(["withdrawn"] if row.withdrawn_at is not None else [])])
