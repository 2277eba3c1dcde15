"""Does the link in a daily mail stop exactly the daily mails of one person, once, whoever presses it how often?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email import policy
from email.parser import BytesParser

import pytest
import visits
from notices import BASE_URL, bundle_all, notices, owe_all, ready_report
from sqlalchemy import Engine
from sqlmodel import delete, select
from visits import MANAGER, World

from duecourse.models import AuditEntry, DailyStop, Feed, Notice, Person
from duecourse.models.database import reading, writing
from duecourse.notifications.marks import secret_in
from duecourse.notifications.stopping import stop_daily, stop_link
from duecourse.tracking.staff.people import person_by_email

filled, make_world, world = visits.filled, visits.make_world, visits.world
EARLY, ON_DAY = datetime(2022, 11, 14, 16, tzinfo=UTC), datetime(2022, 11, 15, 15, tzinfo=UTC)


def link(world: World) -> str:
    with reading(world.engine) as session:
        person = person_by_email(session, MANAGER)
        assert person is not None and person.id is not None
    return stop_link(secret_in(world.engine), person.id, "")


def changes(world: World) -> int:
    return len([entry for entry in world.rows(select(AuditEntry)) if entry.action == "stopped daily mails"])


def test_a_press_a_hundred_times_over_is_one_change_and_a_look_is_none(world: World) -> None:
    path = link(world)
    strangers, owner = world.visitor(), world.visitor(MANAGER)
    for visit in (strangers, owner):
        for _ in range(5):
            answer = visit.get(path)
            assert answer.status_code == 200 and "Stop the daily mails</button>" in answer.text
        assert visit.client.head(path).status_code == 200
    assert changes(world) == 0 and world.rows(select(DailyStop)) == []
    one_click = {"List-Unsubscribe": "One-Click"}
    for n in range(100):
        client = (strangers, owner)[n % 2].client
        multipart = {"files": {name: (None, value) for name, value in one_click.items()}}
        answer = client.post(path, **(multipart if n % 3 else {"data": one_click}), follow_redirects=False)
        assert answer.status_code == 200
    assert changes(world) == 1
    assert world.visitor(MANAGER).post("/me/daily").status_code == 303
    assert world.rows(select(DailyStop))[0].resumed_at is not None


def test_without_what_is_kept_of_the_first_press_each_one_is_a_change(world: World) -> None:
    """The control: a server that forgets that the mails are stopped records every press."""
    path, client = link(world), world.visitor().client
    for _ in range(3):
        assert client.post(path, data={"List-Unsubscribe": "One-Click"}).status_code == 200
        with writing(world.engine) as session:
            session.execute(delete(DailyStop))
    assert changes(world) == 3


@pytest.mark.parametrize("token", ["1.aaaaaaaaaaaaaaaaaaaaaaaa", "1.", "1", "٣.x", "9" * 30, "-1.x"])
def test_a_link_that_we_did_not_sign_stops_nothing(world: World, token: str) -> None:
    assert world.visitor().client.post(f"/stop/{token}").status_code == 404
    assert changes(world) == 0


def test_nobody_elses_mails_stop(world: World) -> None:
    path = link(world)
    number, _, mark = path.rpartition("/")[2].partition(".")
    assert world.visitor().client.post(f"/stop/{int(number) + 1}.{mark}").status_code == 404


def stop_first(engine: Engine) -> None:
    with writing(engine) as session:
        person = session.exec(select(Person).order_by(Person.id)).first()  # type: ignore[arg-type]
        assert person is not None
        assert stop_daily(session, person, now=EARLY, actor=person.email)


@pytest.mark.parametrize("stopped", [True, False])
def test_early_reminders_end_and_what_is_due_still_comes(engine: Engine, stopped: bool) -> None:
    """The control: without the stop, the early reminder is owed."""
    ready_report(engine)
    if stopped:
        stop_first(engine)
    assert owe_all(engine, EARLY) == (0 if stopped else 1)
    assert owe_all(engine, ON_DAY) == 1
    assert owe_all(engine, ON_DAY + timedelta(days=4)) >= 1
    mine = [row for row in notices(engine) if row.person_id == 1]
    assert [row.rung for row in mine][-2:] == ["on-day", "after-3"]
    assert [row.state for row in mine][-1] == ("queued" if stopped else "owed")


def test_the_daily_mail_alone_can_be_stopped_at_one_press(engine: Engine) -> None:
    ready_report(engine)
    owe_all(engine, EARLY)
    assert bundle_all(engine, EARLY) == 1
    owe_all(engine, ON_DAY)
    daily = [row for row in notices(engine) if row.rung == "daily"]
    others = [row for row in notices(engine) if row.message and row.rung != "daily"]
    assert len(daily) == 1 and len(others) == 1
    mail, other = parsed(daily[0]), parsed(others[0])
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["List-Unsubscribe"] == f"<{stop_link(secret_in(engine), daily[0].person_id, BASE_URL)}>"
    assert other["List-Unsubscribe"] is None and other["List-Unsubscribe-Post"] is None
    text = other.get_body(("plain",))
    assert text is not None and "no mailing list" in text.get_content()


def parsed(notice: Notice):  # type: ignore[no-untyped-def]
    return BytesParser(policy=policy.default).parsebytes(notice.message)


@pytest.mark.parametrize(("days_ago", "attached"), [(None, True), (6, False), (8, True)])
def test_a_notice_carries_its_deadline_unless_a_feed_was_fetched(
    engine: Engine, days_ago: int | None, attached: bool
) -> None:
    report = ready_report(engine)
    if days_ago is not None:
        at = ON_DAY - timedelta(days=days_ago)
        with writing(engine) as session:
            session.add(Feed(token_sha256="x", person_id=1, created_at=at, last_fetched_at=at))
    owe_all(engine, ON_DAY)
    mail = parsed(next(row for row in notices(engine) if row.rung == "on-day"))
    files = list(mail.iter_attachments())
    assert len(files) == attached
    for file in files:
        assert file.get_content_type() == "text/calendar" and file.get_param("method") == "PUBLISH"
        assert (file["Content-Transfer-Encoding"], file.get_filename()) == ("base64", "deadline.ics")
        content = file.get_payload(decode=True)
        assert b"METHOD:PUBLISH\r\n" in content and b"ATTENDEE" not in content
        assert b"ORGANIZER:mailto:deadlines@due.example.gov" in content
        assert f"UID:d-{report.uid}@due.example.gov".encode() in content
    body = mail.get_body(("plain",)).get_content()
    assert ("a copy that will not change" in " ".join(body.split())) is attached
