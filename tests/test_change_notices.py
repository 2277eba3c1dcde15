"""Does everybody whom a change concerns hear once, in the daily mail, what moved, from when to when, and why?"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from county import COUNTY, WHO, track, uid
from mail_server import Script, mail_server
from notices import bundle_all, drained, notices
from rows import add_person, add_role
from sqlalchemy import Engine
from sqlmodel import col, select
from test_bundling import body

from duecourse.models import ContractRow, DailyStop, Notice, Person, Preference, RoleName
from duecourse.models.database import reading, writing
from duecourse.notifications.change_notices import owe_change_notices
from duecourse.notifications.failures import requeue
from duecourse.notifications.messages import Sender
from duecourse.notifications.people_notices import owe_handover_notices
from duecourse.tracking.deciding_dates import move_date
from duecourse.tracking.staff.handing_over import HandedOver
from duecourse.web.told import failed_in, is_failure_of

NOW = datetime(2022, 3, 1, 17, tzinfo=UTC)
SENDER = Sender("due@agency.example", "agency.example")


MORNING = datetime(2022, 3, 2, 15, tzinfo=UTC)
"""The next morning at 7 in the Pacific zone."""


def move_and_tell(engine: Engine, *, to: date = date(2022, 3, 28)) -> int:
    report = uid(engine, "2.08")
    with writing(engine) as session:
        rehearsal = move_date(session, report, on=to, cut_off=None, source="a mail", now=NOW, actor=WHO)
        return owe_change_notices(
            session, [rehearsal], cause="a mail", now=NOW, base_url="https://due.example", sender=SENDER
        )


def people(engine: Engine) -> None:
    track(engine, NOW)
    with writing(engine) as session:
        contract = session.get(ContractRow, COUNTY)
        assert contract is not None
        jo = add_person(session, "Jo", email="jo@whatcom.example")
        add_role(session, jo, contract, RoleName.PROGRAM_MANAGER)
        add_role(session, jo, contract, RoleName.FISCAL_STAFF)
        add_role(session, add_person(session, "Lee", email="lee@dcyf.example"), contract, RoleName.PROGRAM_LIAISON)
        gone = add_person(session, "Gone", email="gone@dcyf.example", disabled_at=NOW)
        add_role(session, gone, contract, RoleName.FISCAL_LIAISON)


def mails(engine: Engine) -> list[Notice]:
    with reading(engine) as session:
        return list(session.exec(select(Notice).where(Notice.rung == "daily").order_by(col(Notice.to_address))))


def test_each_person_hears_of_it_once_in_the_next_daily_mail_however_many_parts_they_have(engine: Engine) -> None:
    people(engine)
    assert move_and_tell(engine) == 2
    assert [notice.to_address for notice in notices(engine)] == ["jo@whatcom.example", "lee@dcyf.example"]
    # It happened at 9 in the morning, after the hour of that day's mail.
    assert bundle_all(engine, NOW + timedelta(hours=1)) == 0
    assert bundle_all(engine, MORNING) == 2
    jo, _ = mails(engine)
    text = body(jo)
    assert jo.subject == "A date changed: a mail"
    assert "DATES CHANGED: a mail" in text
    assert "- Moved: Monthly Enrollment Report, February 2022, now due by the end of Mon Mar" in text
    assert "It was due before 8:00 AM Pacific on Mon Mar 21, 2022" in text
    assert f"https://due.example/contracts/{COUNTY}" in text


def test_it_is_claimed_and_sent_like_any_other_notice_even_days_later(engine: Engine) -> None:
    people(engine)
    move_and_tell(engine)
    bundle_all(engine, MORNING)
    with mail_server() as server:
        assert drained(engine, server, now=MORNING + timedelta(days=3)).sent == 2
    assert {str(notice.state) for notice in notices(engine)} == {"sent"}


def test_what_would_be_due_before_the_next_mail_is_told_at_once(engine: Engine) -> None:
    people(engine)
    assert move_and_tell(engine, to=NOW.date()) == 2
    assert {(str(notice.state), notice.subject) for notice in notices(engine)} == {("queued", "A date changed: a mail")}


def test_who_pauses_reads_of_it_afterwards_and_who_wants_no_daily_mail_at_once(engine: Engine) -> None:
    people(engine)
    with writing(engine) as session:
        found = {row.email: row.id or 0 for row in session.exec(select(Person))}
        pause = {"paused_from": NOW.date(), "paused_to": date(2022, 3, 15), "changed_at": NOW}
        session.add(Preference(person_id=found["jo@whatcom.example"], **pause))
        session.add(DailyStop(person_id=found["lee@dcyf.example"], stopped_at=NOW))
    move_and_tell(engine)
    states = {notice.to_address: (str(notice.state), notice.deliver_at) for notice in notices(engine)}
    assert states == {
        "jo@whatcom.example": ("owed", datetime(2022, 3, 16, 14, tzinfo=UTC)),
        "lee@dcyf.example": ("queued", None),
    }


@pytest.mark.parametrize("bundled", [False, True], ids=["waits for the mail", "is in the mail"])
def test_who_left_before_the_mail_is_not_told_and_the_successor_is(engine: Engine, bundled: bool) -> None:
    people(engine)
    move_and_tell(engine)
    if bundled:
        bundle_all(engine, MORNING)
    with writing(engine) as session:
        both = select(Person).where(Person.email.in_(["jo@whatcom.example", "lee@dcyf.example"]))
        jo, lee = session.exec(both.order_by(col(Person.email))).all()
        contract = session.get_one(ContractRow, COUNTY)
        handed = HandedOver(jo, lee, ((contract, (RoleName.PROGRAM_MANAGER,)),), MORNING.date(), "left", True)
        jo.disabled_at = MORNING
        session.add(jo)
        owe_handover_notices(session, handed, now=MORNING, base_url="https://due.example", sender=SENDER)
    bundle_all(engine, MORNING)
    bundle_all(engine, MORNING + timedelta(days=1))
    with mail_server() as server:
        drained(engine, server, now=MORNING + timedelta(days=1))
    told = [mail.recipient for mail in server.mails if b"February 2022, now due" in mail.content]
    assert told and set(told) == {"lee@dcyf.example"}


def test_nobody_is_told_of_a_change_that_changes_nothing(engine: Engine) -> None:
    people(engine)
    move_and_tell(engine)
    assert move_and_tell(engine) == 0


def test_one_that_fails_is_shown_to_the_liaisons_of_its_reader_and_can_be_sent_again(engine: Engine) -> None:
    people(engine)
    move_and_tell(engine)
    bundle_all(engine, MORNING)
    with mail_server(Script(recipients={"jo@whatcom.example": "550 no such mailbox"})) as server:
        drained(engine, server, now=MORNING)
    number = mails(engine)[0].id
    with reading(engine) as session:
        assert [unsent.notice.id for unsent in failed_in(session, [COUNTY])] == [number]
        assert failed_in(session, ["another"]) == []
        assert number is not None and is_failure_of(session, number, [COUNTY])
        assert not is_failure_of(session, number, ["another"])
    with writing(engine) as session:
        requeue(session, number, now=MORNING, actor=WHO, base_url="https://due.example", sender=SENDER)
    with mail_server() as server:
        drained(engine, server, now=MORNING)
    assert server.recipients == ["jo@whatcom.example"]
    assert b"February 2022" in server.mails[0].content
