"""Is a subcontractor reminded of its internal date, once for each rung, and of nothing that it has handed in?"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import packets
import pytest
from mail_server import mail_server
from notices import bundle_all, drained, notices
from packets import BILLING, RATE_CARD, RIVERBEND, act, report
from sqlalchemy import Engine
from sqlmodel import col, select
from test_bundling import body

from duecourse.calendar.part_lifecycle import PartAct
from duecourse.models import Deliverable, Notice
from duecourse.models.database import reading
from duecourse.notifications.messages import Sender
from duecourse.notifications.part_reminders import owe_part_reminders

NOW = datetime(2022, 11, 30, 17, tzinfo=UTC)
# 6 in the morning in New York on Monday, January 16, 2023: a week before the internal date.
WEEK_BEFORE = datetime(2023, 1, 16, 11, tzinfo=UTC)
SENDER = Sender("deadlines@agency.example", "agency.example")


@pytest.fixture
def lead(engine: Engine) -> Engine:
    packets.track_lead(engine, NOW)
    packets.add_subcontractors(engine, NOW)
    return engine


def rate_card(engine: Engine) -> Deliverable:
    return report(engine, "ct-rate-card-report", date(2023, 1, 30))


def owe(engine: Engine, now: datetime) -> int:
    return owe_part_reminders(engine, now=now, base_url="https://deadlines.example", sender=SENDER)


def told(engine: Engine, email: str = RIVERBEND) -> list[tuple[str, str]]:
    query = select(Notice).where(Notice.to_address == email, col(Notice.subject).contains("Rate Card"))
    with reading(engine) as session:
        return [(notice.rung, notice.subject) for notice in session.exec(query.order_by(col(Notice.id)))]


def test_a_rung_is_owed_once_to_each_subcontractor_from_its_own_morning_on(lead: Engine) -> None:
    owe(lead, WEEK_BEFORE - timedelta(seconds=1))
    assert [rung for rung, _ in told(lead)] == ["part-before-14"]
    assert owe(lead, WEEK_BEFORE) > 0
    assert owe(lead, WEEK_BEFORE + timedelta(hours=1)) == 0
    assert told(lead)[-1] == ("part-before-7", "Rate Card Report and Billing, Quarter 2 of FY23 (Oct–Dec 2022)")
    assert len(told(lead, packets.NORTHSIDE)) == 2


def test_what_is_due_to_the_lead_goes_with_the_daily_mail_and_on_its_own_day_alone(lead: Engine) -> None:
    monday, seven = WEEK_BEFORE + timedelta(days=7), timedelta(hours=1)
    owe(lead, WEEK_BEFORE)
    assert bundle_all(lead, WEEK_BEFORE + timedelta(minutes=59)) == 0
    # January 16 is a holiday.
    assert bundle_all(lead, WEEK_BEFORE + seven) == 0
    assert bundle_all(lead, WEEK_BEFORE + timedelta(days=1) + seven) == 2
    (mail,) = [each for each in notices(lead) if each.rung == "daily" and each.to_address == RIVERBEND]
    text = body(mail)
    assert "DUE FROM YOUR PROGRAM TO THE LEAD CONTRACTOR - " in text and "- Rate Card Report and Billing" in text
    assert "Due to ABC Inc. by the end of Mon Jan 23, 2023. Asked for: Rate Card (not received)" in text
    assert "/riverbend" in text and "Northside" not in text and "/deliverables/" not in text
    owe(lead, monday)
    due_today = [each for each in notices(lead) if each.rung == "part-on-day" and each.to_address == RIVERBEND]
    (alone,) = [each for each in due_today if "Rate Card" in each.subject]
    says = "Due to the lead: Rate Card Report and Billing, Quarter 2 of FY23 (Oct–Dec 2022): "
    assert alone.state == "queued" and alone.subject == says + "by the end of Mon Jan 23, 2023"


@pytest.mark.parametrize("at_bundling", [True, False])
def test_a_part_that_came_in_meanwhile_is_not_in_the_mail(lead: Engine, at_bundling: bool) -> None:
    row, tuesday = rate_card(lead), WEEK_BEFORE + timedelta(days=1, hours=1)
    owe(lead, WEEK_BEFORE)
    if not at_bundling:
        assert bundle_all(lead, tuesday) == 2
    for part in (RATE_CARD, BILLING):
        act(lead, row, PartAct.HAND_IN, now=tuesday, part=part)
    bundle_all(lead, tuesday)
    with mail_server() as server:
        drained(lead, server, now=tuesday)
    assert [mail.recipient for mail in server.mails if b"Rate Card" in mail.content] == [packets.NORTHSIDE]


def test_nobody_is_mailed_about_a_duty_of_which_the_lead_is_not_reminded_either(lead: Engine) -> None:
    # The enrollment of every subcontractor in December goes to the lead by Friday, December 23.
    owe(lead, datetime(2022, 12, 22, 17, tzinfo=UTC))
    with reading(lead) as session:
        subjects = session.exec(select(Notice.subject)).all()
    assert subjects
    assert not [subject for subject in subjects if "Enrollment" in subject]


def test_who_has_handed_in_everything_is_not_reminded(lead: Engine) -> None:
    row = rate_card(lead)
    act(lead, row, PartAct.HAND_IN, now=NOW, part=RATE_CARD)
    act(lead, row, PartAct.HAND_IN, now=NOW, part=BILLING)
    owe(lead, WEEK_BEFORE)
    assert told(lead) == []
    assert len(told(lead, packets.NORTHSIDE)) == 1


def test_what_was_sent_back_is_asked_for_again_from_the_next_rung_on(lead: Engine) -> None:
    row = rate_card(lead)
    for part in (RATE_CARD, BILLING):
        act(lead, row, PartAct.HAND_IN, now=NOW, part=part)
        act(lead, row, PartAct.SEND_BACK, now=WEEK_BEFORE, part=part, note="Page 2 is missing.")
    owe(lead, WEEK_BEFORE + timedelta(hours=1))
    assert told(lead) == []
    owe(lead, WEEK_BEFORE + timedelta(days=6))
    assert [rung for rung, _ in told(lead)] == ["part-before-1"]


def test_a_reminder_is_about_no_deliverable_and_names_only_the_programs_own_page(lead: Engine) -> None:
    owe(lead, WEEK_BEFORE)
    mine = [notice for notice in notices(lead) if notice.to_address == RIVERBEND]
    assert mine and {notice.deliverable_id for notice in mine} == {None}
    assert {notice.said["link"].rpartition("/")[2] for notice in mine if notice.said} == {"riverbend"}
