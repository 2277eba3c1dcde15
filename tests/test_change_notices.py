"""Does everybody whom a change concerns get one mail that says what moved, from when to when, and why?"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes, policy

from county import COUNTY, WHO, track, uid
from rows import add_person, add_role
from sqlalchemy import Engine
from sqlmodel import select

from duecourse.models import ContractRow, Notice, NoticeState, RoleName
from duecourse.models.database import reading, writing
from duecourse.notifications.change_notices import owe_change_notices
from duecourse.notifications.claiming import claim
from duecourse.notifications.failures import requeue
from duecourse.notifications.messages import Sender
from duecourse.tracking.deciding_dates import move_date
from duecourse.web.told import failed_in, is_failure_of

NOW = datetime(2022, 3, 1, 17, tzinfo=UTC)
SENDER = Sender("due@agency.example", "agency.example")


def move_and_tell(engine: Engine, *, dry_run: bool = False) -> int:
    report = uid(engine, "2.08")
    with writing(engine) as session:
        rehearsal = move_date(
            session, report, on=date(2022, 3, 28), cut_off=None, source="a mail", now=NOW, actor=WHO, dry_run=dry_run
        )
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


def test_each_person_gets_one_mail_however_many_parts_they_have(engine: Engine) -> None:
    people(engine)
    assert move_and_tell(engine) == 2
    with reading(engine) as session:
        notices = session.exec(select(Notice).order_by(Notice.to_address)).all()
    assert [notice.to_address for notice in notices] == ["jo@whatcom.example", "lee@dcyf.example"]
    mail = message_from_bytes(notices[0].message, policy=policy.default)
    text = " ".join(mail.get_body(("plain",)).get_content().split())  # type: ignore[union-attr]
    assert mail["Subject"] == "A date changed: a mail"
    assert "Moved: Monthly Enrollment Report, February 2022, now due by the end of Mon Mar" in text
    assert "It was due before 8:00 AM Pacific on Mon Mar 21, 2022" in text
    assert f"https://due.example/contracts/{COUNTY}" in text
    assert mail["Auto-Submitted"] == "auto-generated"


def test_it_is_claimed_and_sent_like_any_other_notice_even_days_later(engine: Engine) -> None:
    people(engine)
    move_and_tell(engine)
    with writing(engine) as session:
        batch = claim(session, now=datetime(2022, 3, 2, tzinfo=UTC), limit=10, lease=timedelta(minutes=15))
    assert [claimed.rung for claimed in batch.notices] == ["dates-changed"] * 2
    assert batch.superseded == 0


def test_nobody_is_told_of_a_change_that_changes_nothing(engine: Engine) -> None:
    people(engine)
    move_and_tell(engine)
    assert move_and_tell(engine) == 0


def test_one_that_fails_is_shown_to_the_liaisons_of_its_reader_and_can_be_sent_again(engine: Engine) -> None:
    people(engine)
    move_and_tell(engine)
    with writing(engine) as session:
        failed = session.exec(select(Notice).where(Notice.to_address == "jo@whatcom.example")).one()
        failed.state, failed.reply = NoticeState.FAILED, "550 no such mailbox"
        assert failed.id is not None
        number = failed.id
    with reading(engine) as session:
        assert [unsent.notice.id for unsent in failed_in(session, [COUNTY])] == [number]
        assert failed_in(session, ["another"]) == []
        assert is_failure_of(session, number, [COUNTY])
        assert not is_failure_of(session, number, ["another"])
    with writing(engine) as session:
        requeue(session, number, now=NOW, actor=WHO, base_url="https://due.example", sender=SENDER)
    with writing(engine) as session:
        batch = claim(session, now=NOW, limit=10, lease=timedelta(minutes=15))
    assert number in {claimed.id for claimed in batch.notices}
