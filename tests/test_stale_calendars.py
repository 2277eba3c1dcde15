"""Does whoever reads a calendar that was not fetched since a date moved hear of it, once, and only while it is so?"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from county import COUNTY, WHO, hand_in, track, uid
from mail_server import mail_server
from notices import BASE_URL, SENDER, bundle_all, drained, notices
from rows import add_contract, add_person, add_role
from sqlalchemy import Engine
from sqlmodel import Session, select
from test_bundling import body

from duecourse.models import ContractRow, DailyStop, Feed, Notice, Person, Role, RoleName
from duecourse.models.database import writing
from duecourse.notifications.stale_calendars import owe_stale_calendars
from duecourse.tracking.calendars.feeds import create_feed, revoke_feed
from duecourse.tracking.deciding_dates import move_date

FETCHED = datetime(2022, 2, 28, 17, tzinfo=UTC)
MOVED = FETCHED + timedelta(days=1)
A_DAY_ON = MOVED + timedelta(days=1)
MORNING = datetime(2022, 3, 3, 15, tzinfo=UTC)
"""The next morning at 7 in the Pacific zone."""


@pytest.fixture
def moved(engine: Engine) -> Engine:
    """A database in which a date moved a day after Jo's phone fetched its calendar for the last time."""
    track(engine, FETCHED)
    with writing(engine) as session:
        contract = session.get_one(ContractRow, COUNTY)
        jo = add_person(session, "Jo", email="jo@whatcom.example")
        add_role(session, jo, contract, RoleName.PROGRAM_MANAGER)
        assert jo.id is not None
        feed, _ = create_feed(session, person_id=jo.id, contract_id=None, now=FETCHED, device="Jo’s phone")
        feed.last_fetched_at = FETCHED
        session.add(feed)
    move(engine, date(2022, 3, 28), now=MOVED)
    return engine


def move(engine: Engine, to: date, *, now: datetime) -> None:
    report = uid(engine, "2.08")
    with writing(engine) as session:
        move_date(session, report, on=to, cut_off=None, source="a mail", now=now, actor=WHO)


def owe(engine: Engine, now: datetime) -> int:
    return owe_stale_calendars(engine, now=now, base_url=BASE_URL, sender=SENDER)


def the_feed(session: Session) -> Feed:
    return session.exec(select(Feed)).one()


def fetch(engine: Engine, at: datetime) -> None:
    with writing(engine) as session:
        the_feed(session).last_fetched_at = at


def daily(engine: Engine) -> list[Notice]:
    return [notice for notice in notices(engine) if notice.rung == "daily"]


def test_a_day_after_the_move_it_goes_with_the_next_daily_mail_once(moved: Engine) -> None:
    assert owe(moved, A_DAY_ON - timedelta(seconds=1)) == 0
    assert owe(moved, A_DAY_ON) == 1
    assert owe(moved, A_DAY_ON + timedelta(hours=1)) == 0
    assert bundle_all(moved, MORNING) == 1
    (mail,) = daily(moved)
    text, which = body(mail), "“Jo’s phone”, last fetched Mon Feb 28, 2022, 9:00 AM Pacific"
    assert mail.subject == f"Your calendar shows old dates: {which}"
    assert f"YOUR CALENDAR SHOWS OLD DATES: {which}" in text
    assert "- Monthly Enrollment Report, February 2022: now due by the end of Mon Mar 28, 2022 (Pacific)." in text
    assert f"{BASE_URL}/subscribe" in text
    assert owe(moved, MORNING + timedelta(days=30)) == 0


def test_it_is_told_anew_when_another_date_moves(moved: Engine) -> None:
    owe(moved, A_DAY_ON)
    bundle_all(moved, MORNING)
    move(moved, date(2022, 3, 29), now=MORNING)
    assert owe(moved, MORNING + timedelta(hours=23)) == 0
    assert owe(moved, MORNING + timedelta(hours=24)) == 1


@pytest.mark.parametrize("bundled", [False, True], ids=["waits for the mail", "is in the mail"])
def test_who_fetches_before_the_mail_is_told_nothing(moved: Engine, bundled: bool) -> None:
    owe(moved, A_DAY_ON)
    if bundled:
        assert bundle_all(moved, MORNING) == 1
    fetch(moved, MORNING)
    assert bundle_all(moved, MORNING) == 0
    with mail_server() as server:
        drained(moved, server, now=MORNING)
    assert server.mails == [] and {str(notice.state) for notice in notices(moved)} == {"superseded"}


def test_without_a_fetch_that_mail_goes_out(moved: Engine) -> None:
    """The control of the one before."""
    owe(moved, A_DAY_ON)
    bundle_all(moved, MORNING)
    with mail_server() as server:
        assert drained(moved, server, now=MORNING).sent == 1


@pytest.mark.parametrize("because", ["never fetched", "ended", "no part any more", "another contract’s", "handed in"])
def test_nobody_is_told_of_a_calendar_that_shows_nothing_old(moved: Engine, because: str) -> None:
    with writing(moved) as session:
        feed = the_feed(session)
        match because:
            case "never fetched":
                feed.last_fetched_at = None
            case "ended":
                revoke_feed(session, feed.id or 0, person_id=feed.person_id, now=MOVED)
            case "no part any more":
                session.delete(session.exec(select(Role)).one())
            case "another contract’s":
                feed.contract_id = add_contract(session, "wa-22-0000").id
        session.add(feed)
    if because == "handed in":
        hand_in(moved, uid(moved, "2.08"), at=MOVED)
    assert owe(moved, A_DAY_ON) == 0


def test_who_may_no_longer_come_in_is_told_nothing(moved: Engine) -> None:
    owe(moved, A_DAY_ON)
    with writing(moved) as session:
        session.exec(select(Person)).one().disabled_at = A_DAY_ON
    assert bundle_all(moved, MORNING) == 0
    assert owe(moved, MORNING) == 0


def test_who_wants_no_daily_mails_gets_one_of_its_own(moved: Engine) -> None:
    with writing(moved) as session:
        session.add(DailyStop(person_id=session.exec(select(Person)).one().id or 0, stopped_at=MOVED))
    assert owe(moved, A_DAY_ON) == 1
    (alone,) = notices(moved)
    text = body(alone)
    assert alone.state == "queued" and alone.subject.startswith("Your calendar shows old dates: “Jo’s phone”")
    assert "Dates moved, and your calendar has not fetched them since" in text and "If you no longer use it" in text
    fetch(moved, MORNING)
    with mail_server() as server:
        drained(moved, server, now=MORNING)
    assert server.mails == []
