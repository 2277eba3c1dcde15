"""What becomes of two people who approve the same plan at the same moment?"""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from plan_scene import LADDER, WA, Plan, key, local, plans, track
from sqlalchemy import Engine
from sqlmodel import Session, select

from duecourse.calendar.lifecycle import Party
from duecourse.errors import Conflict
from duecourse.models import ActionPlan, PlanEntry
from duecourse.models.database import connect, reading, upgrade, writing
from duecourse.tracking.acting import By
from duecourse.tracking.action_plans import plan_steps
from duecourse.tracking.action_plans.plan_entries import Held, held_with
from duecourse.tracking.action_plans.plan_opening import open_plan
from duecourse.tracking.action_plans.plan_steps import approve

_NOW = local("2022-05-13 09:00", WA)


def drafted(engine: Engine) -> Plan:
    track(engine, WA, now=local("2021-07-01 08:00", WA))
    plan = Plan(engine, WA, LADDER, "2022-05-10 09:00")
    plan.write("Call every referral source", "2022-06-20", "2022-05-11 09:00")
    return plan


def race(engine: Engine, what: Callable[[Session, By], object]) -> list[str]:
    """Let two liaisons do the same at once; return what each was told, empty for who succeeded."""
    together, told = threading.Barrier(2), list[str]()

    def one(name: str) -> None:
        together.wait()
        try:
            with writing(engine) as session:
                what(session, By(name, Party.FUNDER))
            told.append("")
        except Conflict as conflict:
            told.append(str(conflict))

    threads = [threading.Thread(target=one, args=(name,)) for name in ("lee@dcyf.example", "kim@dcyf.example")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(told)


def approvals(engine: Engine) -> list[PlanEntry]:
    with reading(engine) as session:
        return list(session.exec(select(PlanEntry).where(PlanEntry.act == "approved")))


def test_of_two_approvals_at_once_one_counts_and_the_other_person_is_told_who_was_first(engine: Engine) -> None:
    plan = drafted(engine)
    told = race(engine, lambda s, by: approve(s, plan.uid, happened_at=_NOW, form_key=key(), now=_NOW, by=by))
    (made,) = approvals(engine)
    assert told[0] == ""
    assert f"in force (approved by {made.actor}, Fri May 13, 2022" in told[1]


def test_without_the_lock_both_approvals_count(
    fresh_postgres_database: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    url = fresh_postgres_database()
    upgrade(url)
    engine = connect(url)
    plan, looked = drafted(engine), threading.Barrier(2)

    def unheld(session: Session, plan_uid: str) -> Held:
        found = held_with(session, session.exec(select(ActionPlan).where(ActionPlan.uid == plan_uid)).one())
        looked.wait()
        return found

    monkeypatch.setattr(plan_steps, "held_plan", unheld)
    told = race(engine, lambda s, by: approve(s, plan.uid, happened_at=_NOW, form_key=key(), now=_NOW, by=by))
    assert (told, len(approvals(engine))) == (["", ""], 2)
    engine.dispose()


def test_two_plans_that_are_opened_at_once_get_two_references(engine: Engine) -> None:
    track(engine, WA, now=local("2021-07-01 08:00", WA))

    def open_one(session: Session, by: By) -> object:
        return open_plan(session, WA, LADDER, notice_at=_NOW, reason="late", form_key=key(), now=_NOW, by=by)

    assert race(engine, open_one) == ["", ""]
    with reading(engine) as session:
        assert sorted(plan.reference for plan in plans(session)) == ["plan-1", "plan-2"]
