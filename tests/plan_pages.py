"""What do the tests of plan pages start from: the world of the pages, with a liaison in Connecticut, and a plan?"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import count
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import select
from visits import CT, LIAISON, NOW, STRANGER, WA, World

from duecourse.calendar.lifecycle import Party
from duecourse.models import Deliverable, RoleName
from duecourse.models.database import reading, writing
from duecourse.tracking.acting import By
from duecourse.tracking.action_plans.plan_opening import open_plan
from duecourse.tracking.action_plans.plan_steps import approve, write_step
from duecourse.tracking.action_plans.plan_story import Story, story
from duecourse.tracking.action_plans.plans import reach_stage
from duecourse.tracking.staff.people import give_role, person_by_email
from duecourse.tracking.submitting import Sent, submit

OEC, ABC = By(LIAISON, Party.FUNDER), By(STRANGER, Party.CONTRACTOR)
_EASTERN = ZoneInfo("America/New_York")
_keys = count(1)


def key() -> str:
    """Return a form key that was never used, as a form of our pages has one."""
    return str(UUID(int=next(_keys)))


def add_liaison(world: World) -> None:
    """Let the liaison of Washington's contract be one of Connecticut's as well."""
    with writing(world.engine) as session:
        person = person_by_email(session, LIAISON)
        assert person is not None
        give_role(session, person, CT, RoleName.PROGRAM_LIAISON, now=NOW, actor="test")


def at(said: str) -> datetime:
    """Return an instant of Eastern time: ``2022-09-01 09:00``."""
    return datetime.fromisoformat(said).replace(tzinfo=_EASTERN)


def open_cap(world: World, *, notice: str = "2022-09-01 09:00", approved: str = "") -> str:
    """Open a plan in Connecticut, approved with three steps if a time is given, and return its uid.

    The first step is due on September 30, the second on October 31, the third on December 16, 2022.
    """
    with writing(world.engine) as session:
        plan = open_plan(
            session,
            CT,
            "corrective-action-plan",
            notice_at=at(notice),
            reason="Visits of June and July are not in ECIS.",
            form_key=key(),
            now=NOW,
            by=OEC,
        )
        if approved:
            reach_stage(session, plan.uid, "draft", happened_at=at(notice), form_key=key(), now=NOW, by=OEC)
            for title, due_on in (
                ("Name who enters the data", date(2022, 9, 30)),
                ("Enter the missing visits", date(2022, 10, 31)),
                ("Check a month’s data with the liaison", date(2022, 12, 16)),
            ):
                values = {"title": title, "due_on": due_on, "form_key": key(), "now": NOW, "by": ABC}
                write_step(session, plan.uid, who="program manager", **values)  # type: ignore[arg-type]
            reach_stage(session, plan.uid, "meeting", happened_at=at(notice), form_key=key(), now=NOW, by=OEC)
            approve(session, plan.uid, happened_at=at(approved), form_key=key(), now=NOW, by=OEC)
        return plan.uid


def told(world: World, uid: str) -> Story:
    """Return where a plan stands."""
    with reading(world.engine) as session:
        found = story(session, uid, now=world.clock.now(), contract_ids=[CT])
        session.expunge_all()
        return found


LADDER_FIELDS = {
    "process": "implementation-improvement",
    "happened_on": "2022-11-29",
    "stage": "assistance",
    "title": "Call every referral source",
    "who": "program manager",
    "due_on": "2022-12-20",
    "text": "agreed by mail",
    "month": "",
}
"""What the forms of a ladder's page say."""


def ladder_for(world: World, rule: str) -> str:
    """Open a plan on Washington's ladder that is ready for a rule of the pages, and return its uid.

    Its one step was due on November 15, 2022; it is done where the plan is to end.
    """
    act = rule.rsplit("/", 1)[-1]
    with writing(world.engine) as session:
        plan = open_plan(
            session,
            WA,
            "implementation-improvement",
            notice_at=NOW - timedelta(days=60),
            reason="Two quarters in a row below 85 percent.",
            form_key=key(),
            now=NOW,
            by=OEC,
        )
        if act in ("approve", "amend", "missed", "progress", "complete"):
            values = {"title": "Call them", "who": "manager", "due_on": date(2022, 11, 15), "form_key": key()}
            write_step(session, plan.uid, now=NOW, by=ABC, **values)  # type: ignore[arg-type]
        if act in ("amend", "missed", "progress", "complete"):
            approve(session, plan.uid, happened_at=NOW - timedelta(days=40), form_key=key(), now=NOW, by=OEC)
        if act == "complete":
            rows = session.exec(select(Deliverable).where(Deliverable.obligation_id == "wa-improvement-step"))
            sent = Sent(NOW - timedelta(days=30), "Ana Ruiz", "email")
            submit(session, rows.one().uid, sent, form_key=key(), now=NOW, by=ABC)
        return plan.uid
