"""Are on-time rates what a person counts by hand, without what cannot be late?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction

from county import COUNTY, hand_in, track
from sqlalchemy import Engine
from sqlmodel import select

from duecourse.models import Deliverable
from duecourse.models.database import reading
from duecourse.tracking.boards import items
from duecourse.tracking.rates import Rate, on_time_rates

NOW = datetime(2022, 12, 15, 20, tzinfo=UTC)


def test_rates_are_counted_by_report_and_year_without_excused_and_future_items(engine: Engine) -> None:
    track(engine, datetime(2021, 7, 1, tzinfo=UTC))
    with reading(engine) as session:
        enrollment = session.exec(
            select(Deliverable)
            .where(Deliverable.obligation_id == "wa-monthly-enrollment-report")
            .order_by(Deliverable.due_at)
        ).all()
    for age, report in enumerate(enrollment[:8]):
        hand_in(engine, report.uid, at=report.due_at + timedelta(days=1 if age in (2, 5) else -1))
    with reading(engine) as session:
        rates = on_time_rates(items(session, now=NOW, contract_ids=[COUNTY]), now=NOW, fiscal_year_starts=7)
    found = {rate.fiscal_year: rate for rate in rates if rate.title == "Monthly Enrollment Report"}
    # Due in FY22: the reports for July 2021 to May 2022. Six came in on time, two late, three not at all.
    assert found[2022] == Rate("Monthly Enrollment Report", 2022, 6, 2, 3)
    assert found[2022].share == Fraction(6, 11)
    # Due in FY23 by December 15: the one for June 2022. Those for July to October are excused, signed too late.
    assert found[2023] == Rate("Monthly Enrollment Report", 2023, 0, 0, 1)
