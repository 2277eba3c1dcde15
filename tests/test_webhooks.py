"""Is a webhook told all that happens and its person sees, once, and nothing else?"""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
import sqlalchemy as sa
from rows import add_deliverable
from sqlalchemy import Engine
from sqlmodel import col, select
from webhook_scene import HOOK, Scene, scene_on

from duecourse.calendar.lifecycle import LIFECYCLE
from duecourse.errors import BadInput, Conflict, NotFound
from duecourse.models import AuditEntry, ContractRow, Deliverable, DeliveryState, DueChange, Person, Role, Webhook
from duecourse.models.database import writing
from duecourse.tracking.audit import record
from duecourse.webhooks.egress import Egress
from duecourse.webhooks.happenings import HAPPENINGS, MOVED, NAMES, OVERDUE
from duecourse.webhooks.keeping import forget_old
from duecourse.webhooks.owing import KEPT
from duecourse.webhooks.setting_up import (
    MOST_WEBHOOKS,
    Told,
    add_webhook,
    change_webhook,
    pause_webhook,
    ping,
    remove_webhook,
    resume_webhook,
    rotate_secret,
)


@pytest.fixture
def scene(engine: Engine) -> Scene:
    """Two reports that are due in a month, and their manager."""
    return scene_on(engine)


def told(scene: Scene) -> list[str]:
    return [message.event for message in scene.messages()]


def test_every_act_of_the_one_table_is_an_event_and_no_name_comes_twice() -> None:
    assert {row.records for row in LIFECYCLE} <= {each.action for each in HAPPENINGS}
    assert len(set(NAMES)) == len(NAMES) == len(LIFECYCLE) + 7


def test_what_happened_before_is_not_told_and_what_happens_is_told_once(scene: Scene) -> None:
    scene.waive()
    scene.hook()
    assert scene.owe() == 0
    scene.waive()
    scene.waive(1)
    assert (scene.owe(), scene.owe()) == (2, 0)
    assert told(scene) == ["deliverable.asked_for_it_again", "deliverable.waived"]
    scene.waive(1)
    assert scene.owe() == 1


def test_a_message_names_things_and_no_people(scene: Scene) -> None:
    scene.hook()
    scene.waive()
    scene.owe()
    (message,) = scene.messages()
    (entry,) = scene.rows(select(AuditEntry).where(AuditEntry.action == "waived"))
    said, uid = json.loads(message.body), scene.uids[0]
    assert said == {
        "type": "deliverable.waived",
        "timestamp": "2022-11-15T15:00:00Z",
        "data": {
            "contract_id": "wa-22-1174",
            "deliverable": {
                "uid": uid,
                "obligation_id": "monthly-enrollment-report",
                "title": "Monthly Enrollment Report",
                "label": "October 2022",
                "due_at": "2022-12-16T08:00:00Z",
            },
            "sequence": entry.sequence,
            "from": "to do",
            "to": "waived",
            "page": f"https://due.example.gov/deliverables/{uid}",
            "resource": f"https://due.example.gov/api/v1/deliverables/{uid}",
        },
    }
    assert "Ana" not in message.body and "@" not in message.body


def test_the_same_event_has_the_same_id_for_every_webhook_and_another_event_another(scene: Scene) -> None:
    scene.hook()
    scene.hook()
    scene.waive()
    scene.waive()
    scene.owe()
    ids = [message.event_id for message in scene.messages()]
    assert ids[:2] == ids[2:] and len(set(ids)) == 2 and all(each.startswith("msg_") for each in ids)


def test_only_the_chosen_events_of_the_chosen_contracts_are_told(scene: Scene) -> None:
    scene.hook(events=["deliverable.waived"])
    other = scene.hook()
    scene.change(sa.update(Webhook).where(col(Webhook.id) == other.id).values(contract_ids=["another"]))
    scene.waive()
    scene.waive()
    scene.owe()
    assert told(scene) == ["deliverable.waived"]


@pytest.mark.parametrize("way", ["role taken", "disabled", "removed"])
def test_what_the_person_no_longer_sees_is_neither_owed_nor_sent(scene: Scene, way: str) -> None:
    hook = scene.hook()
    scene.waive()
    assert scene.owe() == 1
    match way:
        case "role taken":
            scene.change(sa.delete(Role).where(col(Role.person_id) == scene.person_id))
        case "disabled":
            scene.change(sa.update(Person).where(col(Person.id) == scene.person_id).values(disabled_at=scene.now))
        case "removed":
            with writing(scene.engine) as session:
                remove_webhook(session, scene.person_id, hook.id or 0, now=scene.now, actor="x")
    scene.waive()
    assert (scene.owe(), scene.send().taken, scene.send().failed) == (0, 0, 0)
    (message,) = scene.messages()
    assert (message.state, message.tries) == ("waiting" if way == "disabled" else "unseen", 0)


def test_what_happens_in_a_pause_is_told_afterwards_for_thirty_days_back(scene: Scene) -> None:
    hook = scene.hook()
    ids = (scene.person_id, hook.id or 0)
    with writing(scene.engine) as session:
        pause_webhook(session, *ids, now=scene.now, actor="x")
    scene.waive()
    scene.later(days=2)
    scene.waive(1)
    scene.later(days=29)
    assert scene.owe() == 0
    with writing(scene.engine) as session:
        resume_webhook(session, *ids, now=scene.now, actor="x")
    assert scene.owe() == 1
    assert json.loads(scene.messages()[0].body)["data"]["deliverable"]["uid"] == scene.uids[1]
    actions = [entry.action for entry in scene.rows(select(AuditEntry).order_by(col(AuditEntry.sequence)))]
    assert [each for each in actions if "webhook" in each] == [
        "added a webhook",
        "paused a webhook",
        "resumed a webhook",
    ]


def test_what_becomes_overdue_is_told_once_for_each_due_moment(scene: Scene) -> None:
    with writing(scene.engine) as session:
        contract = session.get_one(ContractRow, "wa-22-1174")
        add_deliverable(session, contract, due_on=scene.now.date() - timedelta(days=3))
    scene.hook()
    # What was overdue before the webhook was added is no news.
    assert scene.owe() == 0
    scene.later(days=31)
    assert (scene.owe(), scene.owe()) == (2, 0)
    assert {(each.event, json.loads(each.body)["timestamp"]) for each in scene.messages()} == {
        (OVERDUE, "2022-12-16T08:00:00Z")
    }
    # Waived and asked for again it is the same overdue; with another date it is another.
    scene.waive()
    scene.waive()
    assert scene.owe() == 2
    moved = sa.update(Deliverable).where(col(Deliverable.uid) == scene.uids[0])
    scene.change(moved.values(due_at=scene.now - timedelta(hours=1), changed_at=scene.now))
    assert (scene.owe(), told(scene).count(OVERDUE)) == (1, 3)
    # It stays known that it was told, however old that is.
    scene.change(sa.text("UPDATE webhook_delivery SET state = 'taken', ended_at = owed_at"))
    scene.later(days=40)
    forget_old(scene.engine, now=scene.now)
    assert set(told(scene)) == {OVERDUE} and scene.owe() == 0


def test_each_date_that_planning_moved_is_told_with_what_it_was(scene: Scene) -> None:
    scene.hook()
    ids = scene.rows(select(Deliverable.id).order_by(col(Deliverable.id)))
    with writing(scene.engine) as session:
        for each in ids:
            row = session.get_one(Deliverable, each)
            values = {"changed_at": scene.now, "changed_by": "flow:x", "cause": "a letter", "steps": ""}
            times = {"nominal_on": row.nominal_on, "due_at": row.due_at, "whole_day": True}
            session.add(DueChange(deliverable_id=each, **values, **times))
            row.due_at += timedelta(days=7)
        values = {"actor": "flow:x", "now": scene.now, "contract_id": "wa-22-1174"}
        record(session, "planned deliverables", **values)
        # Another plan at the same instant tells nothing twice.
        record(session, "planned deliverables", **values)
    assert (scene.owe(), scene.owe(), told(scene)) == (2, 0, [MOVED, MOVED])
    said = json.loads(scene.messages()[0].body)["data"]
    assert (said["due_at_before"], said["deliverable"]["due_at"]) == ("2022-12-16T08:00:00Z", "2022-12-23T08:00:00Z")


def test_old_messages_are_forgotten(scene: Scene) -> None:
    scene.hook()
    scene.waive()
    scene.owe()
    scene.change(sa.text("UPDATE webhook_delivery SET state = 'taken', ended_at = owed_at"))
    forget_old(scene.engine, now=scene.now + KEPT)
    assert len(scene.messages()) == 1
    forget_old(scene.engine, now=scene.now + KEPT + timedelta(seconds=1))
    assert scene.messages() == []
    assert scene.owe() == 0


def test_what_a_webhook_cannot_be_is_said(scene: Scene) -> None:
    def add(**values: object) -> None:
        with writing(scene.engine) as session:
            person = session.get_one(Person, scene.person_id)
            wanted = {"name": "case system", "address": HOOK, "events": [OVERDUE], "contract_ids": []} | values
            add_webhook(session, person, Told(**wanted), egress=Egress(), now=scene.now, actor="x")  # type: ignore[arg-type]

    for wrong in ({"name": " "}, {"name": "x" * 101}, {"events": []}, {"events": ["ping"]}, {"address": "http://a.b"}):
        with pytest.raises(BadInput):
            add(**wrong)
    with pytest.raises(NotFound):
        add(contract_ids=["ct-21oechvs01abc"])
    for _ in range(MOST_WEBHOOKS):
        add()
    with pytest.raises(Conflict, match="Remove one"):
        add()
    scene.change(sa.delete(Role).where(col(Role.person_id) == scene.person_id))
    with pytest.raises(BadInput, match="no part in a contract"):
        add()


def test_a_webhook_is_its_persons_own_and_its_secret_stands_in_no_record(scene: Scene) -> None:
    hook = scene.hook(address=f"{HOOK}?sig=s3cret")
    stranger, mine = scene.person_id + 1, scene.person_id
    with writing(scene.engine) as session:
        _, secret = rotate_secret(session, mine, hook.id or 0, now=scene.now, actor="x")
        wanted = Told("flow", f"{HOOK}?sig=s3cret", [OVERDUE])
        change_webhook(session, mine, hook.id or 0, wanted, egress=Egress(), now=scene.now, actor="x")
    for verb in (rotate_secret, pause_webhook, resume_webhook, remove_webhook):
        with pytest.raises(NotFound), writing(scene.engine) as session:
            verb(session, stranger, hook.id or 0, now=scene.now, actor="x")
    with pytest.raises(NotFound), writing(scene.engine) as session:
        ping(session, stranger, hook.id or 0, key="a key", now=scene.now)
    log = repr([entry.detail for entry in scene.rows(select(AuditEntry))])
    assert HOOK in log and secret not in log and hook.secret not in log and "s3cret" not in log
    with writing(scene.engine) as session:
        remove_webhook(session, mine, hook.id or 0, now=scene.now, actor="x")
    (kept,) = scene.rows(select(Webhook))
    assert (kept.secret, kept.former_secret) == ("", "")


def test_one_test_message_waits_at_a_time_and_a_repeated_form_owes_one(scene: Scene) -> None:
    hook = scene.hook()

    def test(key: str) -> int:
        with writing(scene.engine) as session:
            return ping(session, scene.person_id, hook.id or 0, key=key, now=scene.now).id or 0

    assert test("one") == test("one")
    with pytest.raises(Conflict, match="on its way"):
        test("two")
    assert [each.state for each in scene.messages()] == [DeliveryState.WAITING]
