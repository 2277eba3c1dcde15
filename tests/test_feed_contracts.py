"""Does a feed show what the shipped contracts ask for, and what became of it, when the real verbs change it?"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from feed_entries import DOMAIN
from feed_scene import BASE_URL
from ical.calendar_stream import IcsCalendarStream
from icalendar import Calendar, Event
from sqlalchemy import Engine
from sqlmodel import Session, col, select

from duecourse.calendar.lifecycle import Act
from duecourse.definitions.reading import read_contract, shipped_contracts
from duecourse.definitions.resolved import contract_from_json
from duecourse.models import Deliverable, RoleName
from duecourse.models.database import reading, writing
from duecourse.tracking.acting import By
from duecourse.tracking.calendars.feed_serving import served
from duecourse.tracking.calendars.feeds import create_feed
from duecourse.tracking.deciding import decide
from duecourse.tracking.loading import load_contract
from duecourse.tracking.planning import plan
from duecourse.tracking.staff.people import add_person, give_role
from duecourse.tracking.submitting import Sent, submit

ACTOR = "manager@example.org"
TODAY = date(2026, 11, 22)
LOADED = datetime(2021, 7, 1, 12, tzinfo=UTC)


def tracked(session: Session, path: Path) -> str:
    """Track a shipped contract and return the token of its program manager's feed."""
    contract, definition = read_contract(path, today=TODAY)
    load_contract(session, contract, definition=definition, now=LOADED, actor=ACTOR)
    plan(session, now=LOADED, actor=ACTOR)
    person = add_person(session, name="Manager", email=ACTOR, now=LOADED, actor=ACTOR)
    give_role(session, person, contract.id, RoleName.PROGRAM_MANAGER, now=LOADED, actor=ACTOR)
    assert person.id is not None
    return create_feed(session, person_id=person.id, contract_id=contract.id, now=LOADED)[1]


def events(engine: Engine, token: str, *, now: datetime) -> dict[str, Event]:
    body = served(engine, token, now=now, base_url=BASE_URL, domain=DOMAIN).body
    found = {str(event["UID"]): event for event in Calendar.from_ical(body).walk("VEVENT")}
    return {uid.removeprefix("d-").removesuffix(f"@{DOMAIN}"): event for uid, event in found.items() if uid[:2] == "d-"}


@pytest.mark.parametrize("path", shipped_contracts(), ids=lambda path: path.stem)
def test_every_deadline_of_a_shipped_contract_is_at_its_due_moment(engine: Engine, path: Path) -> None:
    with writing(engine) as session:
        token = tracked(session, path)
        rows = session.exec(select(Deliverable).order_by(col(Deliverable.due_at))).all()
        wanted = {row.uid: row.due_on + timedelta(days=1) if row.whole_day else row.due_at for row in rows}
        first = rows[0].due_at
    shown = events(engine, token, now=first - timedelta(days=1))
    assert {uid: event["DTEND"].dt for uid, event in shown.items()} == wanted
    assert len(shown) > 10
    body = served(engine, token, now=first - timedelta(days=1), base_url=BASE_URL, domain=DOMAIN).body
    by_home_assistant = IcsCalendarStream.calendar_from_ics(body.decode()).events
    assert {
        event.uid.split("@")[0].removeprefix("d-"): event.end for event in by_home_assistant if event.uid[:2] == "d-"
    } == wanted


def test_a_changed_cut_off_moves_the_deadlines_that_it_touches_and_no_others(engine: Engine) -> None:
    path = next(path for path in shipped_contracts() if path.stem == "wa-22-1174")
    now = datetime(2022, 2, 1, 18, tzinfo=UTC)
    with writing(engine) as session:
        token = tracked(session, path)
    before = events(engine, token, now=now)
    with writing(engine) as session:
        _, definition = read_contract(path, today=TODAY)
        changed = json.loads(definition)
        assert "08:00" in str(changed["contract"]["when_closed"])
        changed["contract"]["when_closed"]["cut_off"] = "09:00"
        text = json.dumps(changed)
        load_contract(session, contract_from_json(text), definition=text, now=now, actor=ACTOR)
        assert plan(session, now=now, actor=ACTOR).moved > 0
    after = events(engine, token, now=now + timedelta(hours=1))
    assert set(after) == set(before)
    for uid, event in after.items():
        was = before[uid]
        if isinstance(event["DTEND"].dt, datetime):
            assert event["DTEND"].dt == was["DTEND"].dt + timedelta(hours=1)
            assert event["SEQUENCE"] == was["SEQUENCE"] + 1
            assert event["LAST-MODIFIED"].dt == event["DTSTAMP"].dt == now
            assert str(event["SUMMARY"]).startswith("DUE before 9:00 AM PT: ")
        else:
            assert (event["DTSTART"].dt, event["SEQUENCE"]) == (was["DTSTART"].dt, was["SEQUENCE"])
            # A day that the last day of an exhibit brought back has the cut-off in its steps all the same.
            if event["DESCRIPTION"] == was["DESCRIPTION"]:
                assert event.to_ical() == was.to_ical()


def test_a_submission_and_the_decisions_on_it_show_in_the_feed(engine: Engine) -> None:
    path = next(path for path in shipped_contracts() if path.stem == "wa-22-1174")
    now = datetime(2022, 2, 1, 18, tzinfo=UTC)
    with writing(engine) as session:
        token = tracked(session, path)
    with reading(engine) as session:
        due_next = select(Deliverable).where(col(Deliverable.due_at) > now).order_by(col(Deliverable.due_at))
        uid = session.exec(due_next).all()[0].uid

    def shown() -> tuple[str, str, datetime]:
        event = events(engine, token, now=now + timedelta(hours=5))[uid]
        said = str(event["DESCRIPTION"]).split("\n")[1]
        return str(event["SUMMARY"]).split(":")[0].split(" ")[0], said, event["LAST-MODIFIED"].dt

    assert shown()[0] == "DUE"
    first, second, third, fourth = (now + timedelta(hours=n) for n in range(1, 5))
    sent = Sent(submitted_at=first, submitted_by="Manager", channel="PSRS")
    with writing(engine) as session:
        submit(session, uid, sent, form_key="1", now=first, by=By(ACTOR))
    assert shown() == ("DONE", "Submitted. The funder has not accepted it yet.", first)
    with writing(engine) as session:
        decide(session, uid, Act.RETURN, comment="Page 2 is missing.", now=second, by=By(ACTOR))
    assert shown() == ("DUE", "Returned with comments: correct it and submit it again.", second)
    with writing(engine) as session:
        submit(session, uid, Sent(third, "Manager", "PSRS"), form_key="2", now=third, by=By(ACTOR))
        decide(session, uid, Act.ACCEPT, now=fourth, by=By(ACTOR))
    assert shown() == ("DONE", "Submitted and accepted.", fourth)
