"""What do the tests of webhooks start from: a report, its manager's webhook, and a clock that a test moves?"""

from __future__ import annotations

import json
import threading
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from notices import BASE_URL, NOW, SENDER, ready_contract
from rows import add_deliverable
from sqlalchemy import Engine
from sqlmodel import col, select
from webhook_receiver import Receiver

from duecourse.calendar.lifecycle import Act, Party
from duecourse.models import Deliverable, Person, Webhook, WebhookDelivery
from duecourse.models.database import reading, writing
from duecourse.tracking.acting import By
from duecourse.tracking.deciding import set_aside, undo
from duecourse.webhooks.egress import Egress
from duecourse.webhooks.happenings import NAMES
from duecourse.webhooks.owing import owe
from duecourse.webhooks.sending import Post, Sent, send_waiting
from duecourse.webhooks.setting_up import Told, add_webhook

LIAISON = By("lee@dcyf.example", Party.FUNDER)
HOOK = "https://cases.agency.gov/hook"


@dataclass
class Scene:
    """A contract with some reports, its manager, and where messages go; `now` is what a test makes it."""

    engine: Engine
    egress: Egress
    uids: list[str]
    person_id: int
    now: datetime = NOW
    stopping: threading.Event = field(default_factory=threading.Event)

    def later(self, **time: float) -> None:
        """Let time pass."""
        self.now += timedelta(**time)

    def hook(self, address: str = HOOK, *, events: Collection[str] = NAMES) -> Webhook:
        """Add a webhook of the manager."""
        with writing(self.engine) as session:
            person = session.get_one(Person, self.person_id)
            told = Told("case system", HOOK, events)
            made, _ = add_webhook(session, person, told, egress=Egress(), now=self.now, actor=person.email)
            # What a person gives is a full name; the receiver of a test is this machine.
            made.address = address
            session.flush()
            session.refresh(made)
            session.expunge(made)
        return made

    def waive(self, number: int = 0) -> None:
        """Have a report waived, or asked for again when it is waived already."""
        with writing(self.engine) as session:
            row = session.exec(select(Deliverable).where(Deliverable.uid == self.uids[number])).one()
            act = undo if row.set_aside else set_aside
            which = Act.ASK_AGAIN if row.set_aside else Act.WAIVE
            act(session, row.uid, which, reason="agreed by mail with Ana Ruiz", by=LIAISON, now=self.now)

    def owe(self) -> int:
        """Write what is owed."""
        return owe(self.engine, now=self.now, base_url=BASE_URL)

    def send(self) -> Sent:
        """Send what waits."""
        post = Post(self.engine, self.egress, lambda: self.now, BASE_URL, SENDER, self.stopping)
        return send_waiting(post)

    def tell(self) -> Sent:
        """Do both."""
        self.owe()
        return self.send()

    def messages(self) -> list[WebhookDelivery]:
        """Return every message, in the order in which they were written."""
        with reading(self.engine) as session:
            return list(session.exec(select(WebhookDelivery).order_by(col(WebhookDelivery.id))))

    def rows(self, query: Any) -> list[Any]:
        """Return what the database holds."""
        with reading(self.engine) as session:
            return list(session.exec(query))

    def change(self, statement: sa.UpdateBase) -> None:
        """Change something behind the program's back."""
        with writing(self.engine) as session:
            session.execute(statement)


def scene_on(engine: Engine, egress: Egress | None = None, *, reports: int = 2) -> Scene:
    """Return a contract with reports that are due in a month."""
    with writing(engine) as session:
        contract = ready_contract(session)
        due_on = (NOW + timedelta(days=30)).date()
        uids = [add_deliverable(session, contract, due_on=due_on).uid for _ in range(reports)]
        person_id = session.exec(select(Person.id).order_by(col(Person.id))).first()
        assert person_id is not None
    return Scene(engine, egress or Egress(), uids, person_id)


def types(receiver: Receiver) -> list[str]:
    """Return of which events the receiver was told."""
    return [json.loads(body)["type"] for _, body in receiver.got]
