"""Do two changes at the same moment never wait for each other?

Every change needs the head of the audit log in the end. Who first holds a row, and then waits for the head, waits for
somebody who has the head and waits for that row: PostgreSQL then breaks one of the two off. SQLite lets one write at a
time.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from types import ModuleType
from typing import Any

import pytest
from parts import PostgresCluster
from plan_scene import ABC, LADDER, OEC, WA, Plan, key, local, track
from sqlalchemy import Engine, event
from sqlalchemy.exc import OperationalError
from sqlmodel import Session, select
from test_bounces import ADDRESS, dsn

from duecourse.calendar.roles import RoleName
from duecourse.models import Absence, ActionPlan, BounceOutcome, ContractRow, Notice, NoticeState, Person, Role
from duecourse.models.database import connect, reading, writing
from duecourse.notifications import bounces, claiming, outbox
from duecourse.notifications.bounces import take_report
from duecourse.notifications.claiming import Claimed, claim
from duecourse.notifications.outbox import give_back, mark_failed
from duecourse.tracking import preferring
from duecourse.tracking.action_plans import plan_entries, plan_opening
from duecourse.tracking.action_plans.plan_opening import open_plan
from duecourse.tracking.action_plans.plan_steps import approve
from duecourse.tracking.audit import take_turn, verify
from duecourse.tracking.preferring import Wanted, prefer
from duecourse.tracking.staff import absences, handing_over
from duecourse.tracking.staff.absences import end_absence, record_absence, set_backup
from duecourse.tracking.staff.handing_over import hand_over
from duecourse.tracking.staff.people import person_by_email

_NOW = local("2022-05-13 09:00", WA)
_MAY = date(2022, 5, 20)


@dataclass(frozen=True)
class Scene:
    """A plan that waits to be approved, a manager with an absence, and mails, on PostgreSQL."""

    engine: Engine
    plan_uid: str
    absence_id: int
    mails: dict[str, Notice]


@pytest.fixture
def scene(postgres_template: str, postgres: PostgresCluster) -> Iterator[Scene]:
    name = postgres.create_database(template=postgres_template)
    engine = connect(postgres.url(name))
    track(engine, WA, now=local("2021-07-01 08:00", WA))
    plan = Plan(engine, WA, LADDER, "2022-05-10 09:00")
    plan.write("Call every referral source", "2022-06-20", "2022-05-11 09:00")
    with writing(engine) as session:
        made = record_absence(session, _max(session), starts_on=_MAY, ends_on=_MAY, now=_NOW, actor="test")
        assert made.id is not None
        mails = _mails(_max(session))
        session.add_all(mails.values())
        session.flush()
        found = Scene(engine, plan.uid, made.id, mails)
        session.expunge_all()
    yield found
    engine.dispose()
    postgres.drop_database(name)


def _mails(person: Person) -> dict[str, Notice]:
    """Return a mail for each thing that may become of one; whoever sent the first so far died."""
    assert person.id is not None
    begun, ends = _NOW - timedelta(hours=49), _NOW + timedelta(minutes=5)
    sent = {"state": NoticeState.SENT, "sent_at": _NOW - timedelta(hours=1)}
    claimed = {"state": NoticeState.CLAIMED, "claim_token": "ours", "lease_until": ends}
    kinds = {"given up": claimed | {"lease_until": begun}, "refused": claimed, "given back": claimed, "sent": sent}
    said = {"subject": "News", "message": b"Subject: News\r\n\r\n", "to_address": person.email, "rung": "news"}
    times = {"owed_at": begun, "queued_at": begun, "next_try_at": begun}
    return {
        kind: Notice(key=kind, person_id=person.id, message_id=f"<{place}@due.example.gov>", **said, **times, **values)
        for place, (kind, values) in enumerate(kinds.items())
    }


def _max(session: Session) -> Person:
    return _person(session, ABC.actor)


def _person(session: Session, email: str) -> Person:
    found = person_by_email(session, email)
    assert found is not None
    return found


def is_away(session: Session, scene: Scene) -> object:
    later = _MAY + timedelta(days=7)
    return record_absence(session, _max(session), starts_on=later, ends_on=later, now=_NOW, actor="test")


def comes_back(session: Session, scene: Scene) -> object:
    return end_absence(session, scene.absence_id, last_day=None, now=_NOW, actor="test")


def names_a_backup(session: Session, scene: Scene) -> object:
    head, role = _person(session, "head@abc.example"), RoleName.PROGRAM_MANAGER
    return set_backup(session, WA, _max(session), role, backup=head, now=_NOW, actor="test")


def chooses(session: Session, scene: Scene) -> object:
    return prefer(session, _max(session), Wanted(mail_hour=9), now=_NOW, actor="test")


def hands_over(session: Session, scene: Scene) -> object:
    successor = _person(session, "head@abc.example")
    said: dict[str, Any] = {"contract_ids": [WA], "on": _NOW.date(), "reason": "A new post.", "leave": False}
    return hand_over(session, _max(session), successor, **said, now=_NOW, actor="test")


def approves(session: Session, scene: Scene) -> object:
    return approve(session, scene.plan_uid, happened_at=_NOW, form_key=key(), now=_NOW, by=OEC)


def opens(session: Session, scene: Scene) -> object:
    return open_plan(session, WA, LADDER, notice_at=_NOW, reason="Late.", form_key=key(), now=_NOW, by=OEC)


def gives_up(session: Session, scene: Scene) -> object:
    return claim(session, now=_NOW, limit=10, lease=timedelta(minutes=10))


def is_refused(session: Session, scene: Scene) -> object:
    assert mark_failed(session, _claimed(scene, "refused"), now=_NOW, reply="550 no such user")
    return None


def is_given_back(session: Session, scene: Scene) -> object:
    away = "The mail server is away."
    assert give_back(session, [_claimed(scene, "given back")], now=_NOW, next_try_at=_NOW, reply=away) == 1
    return None


def comes_in(session: Session, scene: Scene) -> object:
    raw = dsn(scene.engine, "user-unknown", scene.mails["sent"])
    said = {"sha256": hashlib.sha256(raw).hexdigest(), "bounce_address": ADDRESS, "now": _NOW}
    assert take_report(session, raw, **said) == BounceOutcome.UNDELIVERABLE  # type: ignore[arg-type]
    return None


def _claimed(scene: Scene, kind: str) -> Claimed:
    notice, ends = scene.mails[kind], _NOW + timedelta(minutes=5)
    assert notice.id is not None
    return Claimed(notice.id, "ours", ends, None, notice.rung, notice.to_address, b"", 1, notice.queued_at)


# A change, where it takes its turn, and the row that it holds and another change may want.
CHANGES: dict[str, tuple[Callable[[Session, Scene], object], ModuleType, Any]] = {
    "an absence": (is_away, absences, select(Person.id).where(Person.email == ABC.actor)),
    "the end of an absence": (comes_back, absences, select(Absence.id)),
    "a backup": (names_a_backup, absences, select(Role.id).where(Role.name == RoleName.PROGRAM_MANAGER)),
    "a wish": (chooses, preferring, select(Person.id).where(Person.email == ABC.actor)),
    "an act of a plan": (approves, plan_entries, select(ActionPlan.id)),
    "a new plan": (opens, plan_opening, select(ContractRow.id).where(ContractRow.id == WA)),
    "a mail that is given up": (gives_up, claiming, select(Notice.id)),
    "a mail that is refused": (is_refused, outbox, select(Notice.id)),
    "a mail that waited too long": (is_given_back, outbox, select(Notice.id)),
    "a mail that came back": (comes_in, bounces, select(Notice.id)),
    "a handover": (hands_over, handing_over, select(ContractRow.id).where(ContractRow.id == WA)),
}


def raced(scene: Scene, change: Callable[[Session, Scene], object], wanted: Any, *, patience: float) -> list[str]:
    """Let a change hold its row while another has the head and wants that row; return what broke, in words.

    The change waits for the other for `patience` seconds: a moment will do where it never comes so far.
    """
    holds, has_head, broke = threading.Event(), threading.Event(), list[str]()
    changing = threading.get_ident()

    def wait_once(_c: object, _k: object, statement: str, *_: object) -> None:
        locks = "FOR UPDATE" in statement or "FOR NO KEY UPDATE" in statement or statement.startswith("UPDATE notice")
        if threading.get_ident() == changing and locks and "audit_head" not in statement and not holds.is_set():
            holds.set()
            has_head.wait(timeout=patience)

    def another() -> None:
        holds.wait(timeout=60)
        try:
            with writing(scene.engine) as session:
                take_turn(session)
                has_head.set()
                session.exec(wanted.with_for_update()).all()
        except OperationalError as error:
            broke.append(str(error.orig).splitlines()[0])

    event.listen(scene.engine, "after_cursor_execute", wait_once)
    thread = threading.Thread(target=another)
    thread.start()
    try:
        with writing(scene.engine) as session:
            change(session, scene)
    except OperationalError as error:
        broke.append(str(error.orig).splitlines()[0])
    finally:
        thread.join()
        event.remove(scene.engine, "after_cursor_execute", wait_once)
    assert holds.is_set(), "it holds no row"
    return broke


def test_every_change_takes_its_turn_before_it_holds_anything(scene: Scene) -> None:
    for name, (change, _, wanted) in CHANGES.items():
        before = entries(scene.engine)
        # Whoever waits for its turn never comes so far.
        assert raced(scene, change, wanted, patience=0.3) == [], name
        assert entries(scene.engine) > before, name


def test_without_taking_turns_each_waits_for_another(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, (change, module, wanted) in CHANGES.items():
        with monkeypatch.context() as patched:
            patched.setattr(module, "take_turn", lambda _session: None)
            assert raced(scene, change, wanted, patience=60) == ["deadlock detected"], name


def entries(engine: Engine) -> int:
    with reading(engine) as session:
        return verify(session)
