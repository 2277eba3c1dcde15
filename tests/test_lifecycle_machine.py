"""Do the real verbs, on a real database, do what a person would reckon, in whatever order things happen?"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import ClassVar
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from _pytest.outcomes import Failed
from county import COUNTY, found, track, uid
from hypothesis import HealthCheck, Phase, Verbosity, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from lifecycle_model import ASIDE, OPEN, OWNER, RETURNED, UNDOES, Model
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from duecourse.calendar.due import instant_at
from duecourse.calendar.lifecycle import LIFECYCLE, Act, Party
from duecourse.errors import BadInput, Conflict, NotAllowed
from duecourse.models import AuditEntry, Deliverable, LifecycleEntry, Submission
from duecourse.models.database import connect, reading, writing
from duecourse.tracking import acting, as_of, deciding, submitting
from duecourse.tracking.acting import By
from duecourse.tracking.audit import verify
from duecourse.tracking.boards import history
from duecourse.tracking.deciding import decide, set_aside, undo
from duecourse.tracking.deciding_dates import move_date
from duecourse.tracking.planning import plan
from duecourse.tracking.submitting import Sent, submit

REPORT, ZONE = "2.07", "America/Los_Angeles"
START = datetime(2022, 2, 20, 17, tzinfo=UTC)
SIDES = {Party.CONTRACTOR: "ana@county.example", Party.FUNDER: "lee@dcyf.example"}
RECORDS = {str(row.act): row.records for row in LIFECYCLE}
hours = st.sampled_from([0, 1, 26, 24 * 9])


class Lifecycle(RuleBasedStateMachine):
    """Everything that two sides can do with one report, over some weeks, held against the model."""

    engine: Engine
    done: ClassVar[set[str]]

    @initialize()
    def begin(self) -> None:
        self.now = START
        self.uid = uid(self.engine, REPORT)
        self.model = Model(found(self.engine, self.uid, START).deliverable.due_at)
        self.calls: list[tuple[str, Callable[[Session], int | None], int | None]] = []
        self.answers: list[tuple[datetime, str, str]] = []
        self.keys = 0

    @precondition(lambda self: self.model.allows("submit"))
    @rule(act=st.sampled_from([Act.SUBMIT, Act.REPORT_NOTHING]), back=hours, wait=hours)
    def comes_in(self, act: Act, back: int, wait: int) -> None:
        self._act(act, wait=wait, back=back)

    @precondition(lambda self: self.model.allows("accept"))
    @rule(wait=hours)
    def is_accepted(self, wait: int) -> None:
        self._act(Act.ACCEPT, wait=wait)

    @precondition(lambda self: self.model.allows("return"))
    @rule(days=st.integers(0, 20), wait=hours)
    def is_returned(self, days: int, wait: int) -> None:
        self._act(Act.RETURN, wait=wait, days=days)

    @precondition(lambda self: self.model.allows("waive"))
    @rule(act=st.sampled_from([Act(act) for act in ASIDE]), wait=hours)
    def is_set_aside(self, act: Act, wait: int) -> None:
        self._act(act, wait=wait)

    @precondition(lambda self: len(self.model.layers) > 1)
    @rule(wait=hours)
    def is_taken_back(self, wait: int) -> None:
        self._act(Act(next(act for act in UNDOES if self.model.allows(act))), wait=wait)

    @rule(act=st.sampled_from(Act), right=st.booleans())
    def somebody_tries_anything(self, act: Act, right: bool) -> None:
        self._act(act, right=right)

    @precondition(lambda self: self.calls)
    @rule(data=st.data())
    def sends_a_form_again(self, data: st.DataObject) -> None:
        act, call, made = data.draw(st.sampled_from(self.calls))
        with writing(self.engine) as session:
            assert call(session) == made, act

    @rule(days=st.integers(-25, 10), wait=hours)
    def moves_the_date(self, days: int, wait: int) -> None:
        self._pass(wait)
        on = date(2022, 3, 1) + timedelta(days)
        try:
            with writing(self.engine) as session:
                move_date(
                    session, self.uid, on=on, cut_off=time(8), source="a mail", now=self.now, actor=SIDES[Party.FUNDER]
                )
        except Conflict:
            assert self.model.top.state not in (OPEN, RETURNED, *ASIDE.values())
        else:
            assert self.model.top.state in (OPEN, RETURNED, *ASIDE.values())
            self.model.due_at = instant_at(on, time(8), ZONE)

    @rule()
    def is_planned_again_and_a_form_comes_without_its_reason(self) -> None:
        with writing(self.engine) as session:
            plan(session, now=self.now, actor="test", contract_id=COUNTY)
        act = next(act for act in (*ASIDE, *UNDOES, "return") if self.model.allows(act))
        words = {"comment": " "} if act == "return" else {"reason": " "}
        verb = decide if act == "return" else set_aside if act in ASIDE else undo
        with pytest.raises(BadInput, match=r"Give a reason|Say what has to be"), writing(self.engine) as session:
            verb(session, self.uid, Act(act), now=self.now, by=By("operator"), **words)

    @invariant()
    def it_stands_as_reckoned(self) -> None:
        item = found(self.engine, self.uid, self.now)
        assert item.standing == self.model.standing(self.now)
        assert item.facts.limit == self.model.limit
        with reading(self.engine) as session:
            versions = history(session, item.deliverable.id or 0, now=self.now)[::-1]
        assert [(v.submission.submitted_at, v.submission.due_at) for v in versions] == self.model.versions
        holding = [v.submission.version for v in versions if v.taken_back is None]
        assert (holding[-1] if holding else 0) == self.model.top.version

    @invariant()
    def each_effect_is_recorded_once(self) -> None:
        with reading(self.engine) as session:
            deliverable = session.exec(select(Deliverable).where(Deliverable.uid == self.uid)).one()
            acts = select(LifecycleEntry).where(LifecycleEntry.deliverable_id == deliverable.id)
            entries = session.exec(acts.order_by(col(LifecycleEntry.id))).all()
            log = select(AuditEntry.action).where(AuditEntry.deliverable_id == deliverable.id)
            said = [a for a in session.exec(log.order_by(col(AuditEntry.sequence))) if a in RECORDS.values()]
            kept = session.exec(select(Submission).where(Submission.deliverable_id == deliverable.id)).all()
        assert said == [RECORDS[entry.act] for entry in entries]
        assert (len(entries), len(kept)) == (self.model.effects, len(self.model.versions))

    def teardown(self) -> None:
        if not hasattr(self, "model"):
            return
        self._pass(0)
        for then, standing, phrase in self.answers:
            item = found(self.engine, self.uid, then)
            assert (item.standing, item.phrase) == (standing, phrase), then
        with reading(self.engine) as session:
            verify(session)

    def _act(self, act: Act, *, wait: int = 0, right: bool = True, back: int = 0, days: int = 9) -> None:
        self._pass(wait)
        owner = Party(OWNER.get(act, "funder"))
        side = owner if right else owner.other
        key, now, by = self._key(), self.now, By(SIDES[side], side)
        sent = Sent(now - timedelta(hours=back), "Jo", "PSRS", note="None left.", is_nil=act is Act.REPORT_NOTHING)
        again_on = now.astimezone(ZoneInfo(ZONE)).date() + timedelta(days) if act is Act.RETURN else None
        again_by = instant_at(again_on + timedelta(1), time(0), ZONE) if again_on else None

        def call(session: Session) -> int | None:
            if act in (Act.SUBMIT, Act.REPORT_NOTHING):
                return submit(session, self.uid, sent, form_key=key, now=now, by=by).id
            if act in (Act.ACCEPT, Act.RETURN):
                words = {"comment": "Page 2.", "again_on": again_on, "form_key": key}
                return decide(session, self.uid, act, now=now, by=by, **words).id
            verb = set_aside if act in ASIDE else undo
            return verb(session, self.uid, act, reason="Agreed.", form_key=key, now=now, by=by).id

        if side is not owner:
            with pytest.raises(NotAllowed), writing(self.engine) as session:
                call(session)
        elif not self.model.allows(act):
            with pytest.raises(Conflict) as refusal, writing(self.engine) as session:
                call(session)
            assert self.model.last is None or self.model.last in str(refusal.value)
        else:
            with writing(self.engine) as session:
                made = call(session)
            self.calls.append((act, call, made))
            self.model.do(act, sent_at=sent.submitted_at, again_by=again_by)
            self.model.last = f"{RECORDS[act]}, by {by.actor}"
            self.done.add(act)

    def _pass(self, hours: int) -> None:
        item = found(self.engine, self.uid, self.now)
        self.answers.append((self.now, item.standing, item.phrase))
        # An act at this very instant would belong to the answer as well.
        self.now += timedelta(hours=hours, seconds=1)

    def _key(self) -> str:
        self.keys += 1
        return f"key-{self.keys}"


@pytest.fixture(scope="module")
def tracked(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file that tracks the county's contract, for copying."""
    path = tmp_path_factory.mktemp("tracked") / "duecourse.sqlite"
    shutil.copyfile(sqlite_template, path)
    engine = connect(f"sqlite:///{path}")
    track(engine, START - timedelta(days=60))
    engine.dispose()
    return path


@pytest.fixture
def machine(tracked: Path, tmp_path: Path) -> type[Lifecycle]:
    """The machine, each of whose lives begins with a fresh copy of the database."""

    class Copied(Lifecycle):
        done: ClassVar[set[str]] = set()

        def __init__(self) -> None:
            super().__init__()
            path = tmp_path / f"{uuid4()}.sqlite"
            shutil.copyfile(tracked, path)
            self.engine = connect(f"sqlite:///{path}")

        def teardown(self) -> None:
            try:
                super().teardown()
            finally:
                self.engine.dispose()

    return Copied


LIVES = settings(
    max_examples=24,
    stateful_step_count=24,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)


def test_whatever_two_sides_do_the_verbs_come_to_what_a_person_would_reckon(
    machine: type[Lifecycle],
) -> None:
    run_state_machine_as_test(machine, settings=LIVES)
    assert machine.done == set(Act), "some act was never done"


def _keys_are_forgotten(patch: pytest.MonkeyPatch) -> None:
    for module in (submitting, deciding):
        patch.setattr(module, "same_form", lambda *_: None)


def _undoing_is_forgotten(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(acting, "in_effect", lambda entries: [entry for entry in entries if entry.undoes_id is None])


def _past_days_show_todays_date(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(as_of, "_dates", lambda *_: {})


def _past_days_know_what_came_later(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(as_of, "_then", lambda row, *_: as_of._today(row))


def _a_return_opens_no_window(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(deciding, "_window", lambda *_: None)


def _everything_is_the_funders(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(acting, "Party", lambda _: Party.FUNDER)


@pytest.mark.parametrize(
    "fault",
    [
        _keys_are_forgotten,
        _undoing_is_forgotten,
        _past_days_show_todays_date,
        _past_days_know_what_came_later,
        _a_return_opens_no_window,
        _everything_is_the_funders,
    ],
)
def test_the_machine_notices_a_fault(
    machine: type[Lifecycle], fault: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    fault(monkeypatch)
    quick = settings(LIVES, phases=[Phase.generate], report_multiple_bugs=False, verbosity=Verbosity.quiet)
    with pytest.raises((AssertionError, Failed, Conflict, NotAllowed, IntegrityError)):
        run_state_machine_as_test(machine, settings=quick)
