"""What can a person do about a notice that failed?"""

from __future__ import annotations

from datetime import datetime, timedelta
from email import message_from_bytes, policy

import pytest
from mail_server import Script, mail_server
from notices import (
    BASE_URL,
    NOW,
    SENDER,
    change,
    drained,
    later,
    notices,
    owe_all,
    ready_report,
    returned_report,
    states,
)
from sqlalchemy import Engine, text
from sqlmodel import col, select

from duecourse.errors import Conflict, NotFound
from duecourse.models import AuditEntry, Deliverable
from duecourse.models.database import reading, writing
from duecourse.notifications.failures import failed_notices, requeue

REFUSE_ALL = Script(recipient="550 5.1.1 no such mailbox")


def failed_report(engine: Engine, *, managers: int = 1, returned: bool = False) -> Deliverable:
    report = (returned_report if returned else ready_report)(engine, managers=managers)
    owe_all(engine)
    with mail_server(REFUSE_ALL) as server:
        drained(engine, server)
    return report


def queue_again(engine: Engine, notice_id: int = 1, *, now: datetime = NOW) -> None:
    with writing(engine) as session:
        requeue(session, notice_id, now=now, actor="liaison@dcyf.example.gov", base_url=BASE_URL, sender=SENDER)


def test_a_failed_notice_goes_to_the_corrected_address_as_the_same_mail(engine: Engine) -> None:
    failed_report(engine)
    (before,) = notices(engine)
    with writing(engine) as session:
        session.execute(
            text("UPDATE person SET email = 'right@example.org' WHERE email = :old"), {"old": before.to_address}
        )
    queue_again(engine, now=later(minutes=30))
    with mail_server() as server:
        assert drained(engine, server, now=later(minutes=30)).sent == 1
    (after,) = notices(engine)
    assert server.recipients == [after.to_address] == ["right@example.org"]
    mail = message_from_bytes(server.mails[0].content, policy=policy.default)
    assert mail["To"].addresses[0].addr_spec == "right@example.org"
    assert mail["Message-ID"] == before.message_id == after.message_id
    with reading(engine) as session:
        entries = session.exec(select(AuditEntry).order_by(col(AuditEntry.sequence))).all()
        assert [entry.action for entry in entries] == ["could not send a notice", "queued a notice again"]
        assert entries[1].actor == "liaison@dcyf.example.gov"
        assert failed_notices(session) == []


def test_a_notice_that_is_queued_again_has_another_two_days(engine: Engine) -> None:
    failed_report(engine, returned=True)
    again = later(days=3)
    queue_again(engine, now=again)
    with mail_server(Script(recipient="450 later")) as server:
        assert drained(engine, server, now=again).retried == 1
    assert states(engine) == ["queued"]


@pytest.mark.parametrize(
    "facts",
    [
        {"submitted_at": NOW},
        {"withdrawn_at": NOW},
        {"due_at": datetime.fromisoformat("2022-11-20T08:00:00+00:00")},
    ],
)
def test_what_is_no_longer_owed_is_not_sent_again(engine: Engine, facts: dict[str, datetime]) -> None:
    report = failed_report(engine)
    change(engine, report, **facts)
    with pytest.raises(Conflict, match="no longer owed"):
        queue_again(engine, now=later(minutes=1))
    assert states(engine) == ["failed"]


def test_an_overtaken_rung_is_not_sent_again(engine: Engine) -> None:
    failed_report(engine)
    with pytest.raises(Conflict, match="a later reminder took its place"):
        queue_again(engine, now=later(days=1))


def test_only_a_failed_notice_is_sent_again(engine: Engine) -> None:
    ready_report(engine)
    owe_all(engine)
    with pytest.raises(Conflict, match="queued"):
        queue_again(engine)
    with pytest.raises(NotFound):
        queue_again(engine, 4711)


def test_an_address_that_is_still_none_must_be_corrected_first(engine: Engine) -> None:
    failed_report(engine)
    with writing(engine) as session:
        session.execute(
            text("UPDATE person SET email = 'nobody' WHERE email = :old"), {"old": notices(engine)[0].to_address}
        )
    with pytest.raises(Conflict, match="Correct that first"):
        queue_again(engine)


def test_the_newest_failures_come_first(engine: Engine) -> None:
    failed_report(engine, managers=3)
    with reading(engine) as session:
        listed = failed_notices(session)
        assert [notice.id for notice, _, _ in listed] == [3, 2, 1]
        assert len(failed_notices(session, limit=2)) == 2
    assert timedelta(0) <= listed[0][0].queued_at - NOW
