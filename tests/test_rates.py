"""Are on-time rates what a person counts by hand, without what cannot be late or was not to come in?"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import pytest
from county import COUNTY, WHO, hand_in, track
from sqlalchemy import Engine
from sqlmodel import select

from duecourse.calendar.lifecycle import Act
from duecourse.models import Deliverable
from duecourse.models.database import reading, writing
from duecourse.tracking.acting import By
from duecourse.tracking.boards import items
from duecourse.tracking.deciding import decide, set_aside, undo
from duecourse.tracking.rates import CameIn, Outcome, Rate, RateRow, on_time_rates, quarter_name, rate_rows
from duecourse.tracking.submitting import Sent, submit

NOW = datetime(2022, 12, 15, 20, tzinfo=UTC)
DUE = datetime(2022, 10, 21, 7, tzinfo=UTC)
BEFORE, AT, AFTER = DUE - timedelta(seconds=1), DUE, DUE + timedelta(days=3)
WINDOW = DUE + timedelta(days=20)


def row(*versions: CameIn, title: str = "Report", due_on: date = date(2022, 10, 20), **more: object) -> RateRow:
    return RateRow("report", title, due_on, DUE, versions, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("counted", "outcome"),
    [
        (row(CameIn(BEFORE, DUE)), Outcome.ON_TIME),
        (row(CameIn(AT, DUE)), Outcome.LATE),
        (row(), Outcome.MISSING),
        # Version 1 is held against the date that holds now: it was moved to a later day, which explains it.
        (row(CameIn(BEFORE, DUE - timedelta(days=5))), Outcome.ON_TIME),
        # A correction is held against the window that the return opened, not against the first date.
        (row(CameIn(BEFORE, DUE), CameIn(AFTER, WINDOW)), Outcome.ON_TIME),
        (row(CameIn(BEFORE, DUE), CameIn(WINDOW, WINDOW)), Outcome.LATE),
        # A correction in time does not make up for a first version that was late.
        (row(CameIn(AFTER, DUE), CameIn(WINDOW - timedelta(days=1), WINDOW)), Outcome.LATE),
        # A correction that was asked for and is past its day.
        (row(CameIn(BEFORE, DUE), is_overdue=True), Outcome.MISSING),
        # What came in after the instant that is looked at has not come in yet.
        (row(CameIn(NOW + timedelta(days=1), DUE)), Outcome.MISSING),
        (row(CameIn(BEFORE, DUE), counts=False), None),
    ],
)
def test_what_became_of_a_deliverable(counted: RateRow, outcome: Outcome | None) -> None:
    assert counted.outcome(NOW) is outcome


def test_what_is_not_due_yet_does_not_count_even_when_it_is_in() -> None:
    assert row(CameIn(BEFORE, DUE)).outcome(DUE - timedelta(hours=1)) is None
    assert row(CameIn(BEFORE, DUE)).outcome(DUE) is Outcome.ON_TIME


def test_rates_by_quarter_are_what_one_counts_by_hand() -> None:
    early, late = CameIn(BEFORE, DUE), CameIn(AFTER, DUE)
    rows = [
        row(early, due_on=date(2022, 7, 1)),
        row(late, due_on=date(2022, 9, 30)),
        row(early, due_on=date(2022, 10, 1)),
        row(early, due_on=date(2022, 12, 31)),
        row(due_on=date(2022, 12, 31)),
        row(late, due_on=date(2022, 6, 30)),
        row(late, due_on=date(2022, 10, 15), counts=False),
        row(late, title="Another", due_on=date(2022, 10, 15)),
    ]
    rates = on_time_rates(rows, now=NOW, fiscal_year_starts=7, quarterly=True)
    assert [(r.title, quarter_name(r, 7), r.on_time, r.late, r.missing) for r in rates] == [
        ("Another", "Q2 of FY23 (Oct–Dec 2022)", 0, 1, 0),
        ("Report", "Q4 of FY22 (Apr–Jun 2022)", 0, 1, 0),
        ("Report", "Q1 of FY23 (Jul–Sep 2022)", 1, 1, 0),
        ("Report", "Q2 of FY23 (Oct–Dec 2022)", 2, 0, 1),
    ]
    by_year = on_time_rates(rows, now=NOW, fiscal_year_starts=7)
    assert [(r.title, r.fiscal_year, r.on_time, r.due) for r in by_year] == [
        ("Another", 2023, 0, 1),
        ("Report", 2022, 0, 1),
        ("Report", 2023, 3, 5),
    ]
    # A fiscal year that is the calendar year.
    assert {(r.quarter, r.due) for r in on_time_rates(rows, now=NOW, fiscal_year_starts=1, quarterly=True)} == {
        (2, 1), (3, 2), (4, 1), (4, 3),
    }  # fmt: skip


def counted(engine: Engine, uid: str, *, now: datetime = NOW) -> Outcome | None:
    """Return what became of a stored deliverable by `now`."""
    with reading(engine) as session:
        found = items(session, now=now, contract_ids=[COUNTY])
        (own,) = rate_rows(session, [item for item in found if item.deliverable.uid == uid], now=now)
    return own.outcome(now)


def first_report(engine: Engine) -> Deliverable:
    """Return a monthly report that was due long before `NOW`."""
    track(engine, datetime(2021, 7, 1, tzinfo=UTC))
    with reading(engine) as session:
        query = select(Deliverable).where(Deliverable.obligation_id == "wa-monthly-enrollment-report")
        return session.exec(query.order_by(Deliverable.due_at)).first()


def test_a_version_that_was_taken_back_does_not_count(engine: Engine) -> None:
    report = first_report(engine)
    hand_in(engine, report.uid, at=report.due_at + timedelta(days=1))
    assert counted(engine, report.uid) is Outcome.LATE
    after = report.due_at + timedelta(days=2)
    with writing(engine) as session:
        undo(session, report.uid, Act.UNDO_SUBMISSION, reason="the wrong report", by=By(WHO), now=after)
    assert counted(engine, report.uid) is Outcome.MISSING
    with writing(engine) as session:
        sent = Sent(report.due_at - timedelta(hours=1), "Jo Whitfield", "PSRS")
        submit(session, report.uid, sent, form_key="again", now=after, by=By(WHO))
    assert counted(engine, report.uid) is Outcome.ON_TIME


def test_a_correction_counts_by_its_own_window_and_missing_when_that_has_passed(engine: Engine) -> None:
    report = first_report(engine)
    hand_in(engine, report.uid, at=report.due_at - timedelta(days=1))
    returned_at = report.due_at + timedelta(days=3)
    with writing(engine) as session:
        entry = decide(session, report.uid, Act.RETURN, comment="Page 2.", now=returned_at, by=By(WHO))
        window = entry.again_by
    assert window is not None
    assert counted(engine, report.uid, now=window - timedelta(seconds=1)) is Outcome.ON_TIME
    assert counted(engine, report.uid, now=window) is Outcome.MISSING
    with writing(engine) as session:
        sent = Sent(window - timedelta(seconds=1), "Jo Whitfield", "PSRS")
        submit(session, report.uid, sent, form_key="corrected", now=window, by=By(WHO))
    assert counted(engine, report.uid) is Outcome.ON_TIME


@pytest.mark.parametrize("aside", [Act.WAIVE, Act.MARK_NOT_APPLICABLE, Act.CANCEL])
def test_what_the_funder_set_aside_is_left_out(engine: Engine, aside: Act) -> None:
    report = first_report(engine)
    assert counted(engine, report.uid) is Outcome.MISSING
    with writing(engine) as session:
        set_aside(session, report.uid, aside, reason="agreed", by=By(WHO), now=NOW - timedelta(days=1))
    assert counted(engine, report.uid) is None


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
        rows = rate_rows(session, items(session, now=NOW, contract_ids=[COUNTY]), now=NOW)
    kind = "wa-monthly-enrollment-report"
    found = {
        rate.fiscal_year: rate
        for rate in on_time_rates(rows, now=NOW, fiscal_year_starts=7)
        if rate.obligation_id == kind
    }
    # Due in FY22: the reports for July 2021 to May 2022. Six came in on time, two late, three not at all.
    assert found[2022] == Rate("Monthly Enrollment Report", 2022, 6, 2, 3, obligation_id=kind)
    assert found[2022].share == Fraction(6, 11)
    # Due in FY23 by December 15: the one for June 2022. Those for July to October are excused, signed too late.
    assert found[2023] == Rate("Monthly Enrollment Report", 2023, 0, 0, 1, obligation_id=kind)
