"""What do the tests of plans start from: a tracked contract with its people, and the verbs in few words?"""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Engine
from sqlmodel import Session, select

from duecourse.calendar.lifecycle import Party
from duecourse.definitions.reading import find_contract, read_contract
from duecourse.models import ActionPlan, Deliverable, RoleName
from duecourse.models.database import reading, writing
from duecourse.notifications.change_notices import owe_change_notices
from duecourse.notifications.messages import Sender
from duecourse.notifications.plan_notices import owe_missed_step
from duecourse.tracking.acting import By
from duecourse.tracking.action_plans.plan_opening import open_plan
from duecourse.tracking.action_plans.plan_steps import approve, drop_step, open_amendment, write_step
from duecourse.tracking.action_plans.plan_story import Story, story
from duecourse.tracking.action_plans.plan_undo import undo_last
from duecourse.tracking.action_plans.plans import complete, note_progress, reach_stage, record_missed_step
from duecourse.tracking.loading import load_contract
from duecourse.tracking.planning import plan
from duecourse.tracking.staff.people import add_person, give_role
from duecourse.tracking.submitting import Sent, submit

CT, WA = "ct-21oechvs01abc", "wa-22-1174"
CAP, LADDER = "corrective-action-plan", "implementation-improvement"
SENDER = Sender("deadlines@due.example.gov", "due.example.gov")
BASE_URL = "https://due.example.gov"
OEC, ABC = By("lia@oec.example", Party.FUNDER), By("max@abc.example", Party.CONTRACTOR)
_ZONES = {CT: ZoneInfo("America/New_York"), WA: ZoneInfo("America/Los_Angeles")}
_keys = count(1)


def key() -> str:
    """Return a form key that was never used."""
    return f"form-{next(_keys)}"


def local(said: str, contract_id: str = CT) -> datetime:
    """Return the instant of a local wall clock time: ``2022-02-01 09:00``."""
    return datetime.fromisoformat(said).replace(tzinfo=_ZONES[contract_id]).astimezone(UTC)


def track(engine: Engine, contract_id: str, *, now: datetime) -> None:
    """Track a contract with a program manager, a leader and a liaison."""
    contract, definition = read_contract(find_contract(contract_id), today=now.date())
    with writing(engine) as session:
        load_contract(session, contract, definition=definition, now=now, actor="test")
        for name, email, role in (
            ("Max Moor", ABC.actor, RoleName.PROGRAM_MANAGER),
            ("Ines Head", "head@abc.example", RoleName.LEADERSHIP),
            ("Lia Oak", OEC.actor, RoleName.PROGRAM_LIAISON),
        ):
            person = add_person(session, name=name, email=email, now=now, actor="test")
            give_role(session, person, contract_id, role, now=now, actor="test")
        plan(session, now=now, actor="test")


class Plan:
    """One plan, and everything that is done with it at the instant at which it is said to happen."""

    def __init__(self, engine: Engine, contract_id: str, process: str, opened: str, **more: Any) -> None:
        self.engine, self.contract_id = engine, contract_id
        at = local(opened, contract_id)
        with writing(engine) as session:
            made = open_plan(
                session,
                contract_id,
                process,
                **{"notice_at": at, "reason": "Reports are late.", "form_key": key(), "now": at, "by": OEC} | more,
            )
            self.uid, self.reference = made.uid, made.reference

    def at(self, said: str) -> datetime:
        """Return the instant of a wall clock time of the contract."""
        return local(said, self.contract_id)

    def reach(self, stage: str, said: str, **more: Any) -> None:
        """Reach a stage."""
        with writing(self.engine) as session:
            values = {"happened_at": self.at(said), "form_key": key(), "now": self.at(said), "by": OEC} | more
            reach_stage(session, self.uid, stage, **values)

    def write(self, title: str, due_on: str, said: str, **more: Any) -> int:
        """Write a step, and return its number."""
        with writing(self.engine) as session:
            values = {"who": "the program manager", "form_key": key(), "now": self.at(said), "by": ABC} | more
            entry = write_step(session, self.uid, title=title, due_on=date.fromisoformat(due_on), **values)
            assert entry.step is not None
            return entry.step

    def drop(self, number: int, said: str, **more: Any) -> None:
        """Leave a step out."""
        with writing(self.engine) as session:
            values = {"reason": "not needed", "form_key": key(), "now": self.at(said), "by": OEC} | more
            drop_step(session, self.uid, number, **values)

    def approve(self, said: str, **more: Any) -> None:
        """Approve the version that is being drafted, and tell whose dates changed."""
        with writing(self.engine) as session:
            values = {"happened_at": self.at(said), "form_key": key(), "now": self.at(said), "by": OEC} | more
            _, rehearsal = approve(session, self.uid, **values)
            owe_change_notices(
                session, [rehearsal], cause="approved", now=self.at(said), base_url=BASE_URL, sender=SENDER
            )

    def amend(self, said: str, **more: Any) -> None:
        """Open an amendment."""
        with writing(self.engine) as session:
            values = {"reason": "It went well.", "form_key": key(), "now": self.at(said), "by": OEC} | more
            open_amendment(session, self.uid, **values)

    def miss(self, number: int, said: str, **more: Any) -> int:
        """Record a missed step, and return how many people are told."""
        with writing(self.engine) as session:
            values = {"happened_at": self.at(said), "text": "", "form_key": key(), "now": self.at(said), "by": OEC}
            entry = record_missed_step(session, self.uid, number, **values | more)
            return owe_missed_step(session, entry, now=self.at(said), base_url=BASE_URL, sender=SENDER)

    def note(self, text: str, said: str, **more: Any) -> None:
        """Note the progress."""
        with writing(self.engine) as session:
            values = {"happened_at": self.at(said), "form_key": key(), "now": self.at(said), "by": OEC} | more
            note_progress(session, self.uid, text=text, **values)

    def complete(self, said: str, **more: Any) -> None:
        """End the plan."""
        with writing(self.engine) as session:
            values = {"happened_at": self.at(said), "text": "All is done.", "form_key": key(), "now": self.at(said)}
            complete(session, self.uid, **values | {"by": OEC} | more)

    def undo(self, said: str, **more: Any) -> None:
        """Undo the last entry."""
        with writing(self.engine) as session:
            values = {"seen": None, "reason": "a mistake", "form_key": key(), "now": self.at(said), "by": OEC} | more
            undo_last(session, self.uid, **values)

    def do(self, deliverable_uid: str, said: str, by: By = ABC) -> None:
        """Mark a deliverable as done on its own page."""
        with writing(self.engine) as session:
            sent = Sent(self.at(said), by.actor, "email")
            submit(session, deliverable_uid, sent, form_key=key(), now=self.at(said), by=by)

    def story(self, said: str) -> Story:
        """Return where the plan stands."""
        with reading(self.engine) as session:
            found = story(session, self.uid, now=self.at(said), contract_ids=[self.contract_id])
            session.expunge_all()
            return found

    def due(self, obligation: str, said: str) -> list[str]:
        """Return the dates of the plan's deliverables of an obligation that are asked for."""
        with reading(self.engine) as session:
            rows = session.exec(select(Deliverable).where(Deliverable.contract_id == self.contract_id)).all()
        mine = [row for row in rows if row.obligation_id == obligation and f"#{self.reference}" in row.occurrence]
        return sorted(row.due_on.isoformat() for row in mine if row.withdrawn_at is None)


def plans(session: Session) -> list[ActionPlan]:
    """Return every plan."""
    return list(session.exec(select(ActionPlan)))
