"""What follows when a month's enrollment figures are entered or corrected, and is it entered once?"""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime

import pytest
from county import COUNTY, hand_in, track
from sqlalchemy import Engine, delete
from sqlalchemy.exc import DBAPIError
from sqlmodel import col, select

from duecourse.calendar.lifecycle import Party
from duecourse.calendar.standing import Standing, standing
from duecourse.errors import BadInput, Conflict, NotAllowed, NotFound
from duecourse.models import AuditEntry, Deliverable, EnrollmentFigure, EventRow
from duecourse.models.database import reading, writing
from duecourse.tracking.acting import By
from duecourse.tracking.audit import verify
from duecourse.tracking.caseload.enrollment import Entered, Given, enter_figures
from duecourse.tracking.events import record_event

ANA, LEE = By("ana@county.example", Party.CONTRACTOR), By("lee@dcyf.example", Party.FUNDER)
CQI, REVIEW = "wa-caseload-cqi-monthly", "wa-caseload-review"


def on(day: str, hour: int = 18) -> datetime:
    return datetime.fromisoformat(day).replace(hour=hour, tzinfo=UTC)


def enter(engine: Engine, month: str, served: int, active: int, *, at: str, key: str = "", by: By = ANA) -> Entered:
    """Enter the figures of a month for i502, with nobody under the general state fund."""
    given = [Given(served, active, source="i502"), Given(0, 0, source="general state")]
    with writing(engine) as session:
        return enter_figures(
            session,
            COUNTY,
            date.fromisoformat(f"{month}-01"),
            given,
            form_key=key or f"{month}/{served}/{active}/{at}",
            now=on(at),
            by=by,
        )


def asked(engine: Engine, obligation: str = CQI) -> dict[str, Deliverable]:
    """Return what is asked for of an obligation, by label."""
    with reading(engine) as session:
        query = select(Deliverable).where(
            Deliverable.obligation_id == obligation, col(Deliverable.withdrawn_at).is_(None)
        )
        return {row.label: row for row in session.exec(query.order_by(col(Deliverable.due_at)))}


def rows(engine: Engine, query: object) -> list[object]:
    with reading(engine) as session:
        return list(session.exec(query))  # type: ignore[call-overload]


def test_a_month_below_asks_for_the_part_on_improvement_in_its_own_report_only(engine: Engine) -> None:
    track(engine, on("2022-07-01"))
    enter(engine, "2022-10", 46, 44, at="2022-11-03")
    enter(engine, "2022-11", 46, 45, at="2022-12-03")
    part = asked(engine)
    assert list(part) == ["October 2022"]
    assert part["October 2022"].due_on == date(2022, 11, 21), "with the report, whose 20th is a Sunday"
    assert not part["October 2022"].whole_day, "before 8:00 AM"
    assert "Mon Oct 31, 2022" in part["October 2022"].steps[0]


def test_a_month_that_is_not_yet_known_is_not_asked_for(engine: Engine) -> None:
    track(engine, on("2022-07-01"))
    enter(engine, "2022-10", 46, 40, at="2022-11-03")
    assert list(asked(engine)) == ["October 2022"], "nothing is known of November"
    with writing(engine) as session:
        one = [Given(40, 40, source="i502")]
        enter_figures(session, COUNTY, date(2022, 11, 1), one, form_key="half", now=on("2022-12-02"), by=ANA)
    assert list(asked(engine)) == ["October 2022"], "one source of November is missing"


def test_what_somebody_recorded_by_hand_holds_until_figures_say_otherwise(engine: Engine) -> None:
    track(engine, on("2022-07-01"))
    with writing(engine) as session:
        name = "active-enrollment-below-85"
        record_event(session, COUNTY, name, happened_at=on("2022-12-01"), now=on("2022-12-01"), actor="lee")
    assert {"November 2022", "December 2022", "May 2023"} <= set(asked(engine))
    enter(engine, "2022-12", 47, 46, at="2023-01-04")
    assert list(asked(engine)) == ["November 2022"], "December is known to be at 46"
    enter(engine, "2023-02", 47, 44, at="2023-03-04")
    assert list(asked(engine)) == ["November 2022", "February 2023"]


def test_a_part_that_becomes_known_only_after_its_date_cannot_be_late(engine: Engine) -> None:
    track(engine, on("2022-07-01"))
    enter(engine, "2022-11", 46, 44, at="2022-12-10")
    enter(engine, "2022-12", 46, 44, at="2023-03-01")
    part = asked(engine)
    assert standing(part["November 2022"].facts, on("2023-03-01")) is Standing.OVERDUE
    assert standing(part["December 2022"].facts, on("2023-03-01")) is Standing.EXCUSED
    assert "entered Wed Mar 1, 2023" in part["December 2022"].excused
    enter(engine, "2022-12", 46, 43, at="2023-03-09")
    assert "entered Wed Mar 1, 2023" in asked(engine)["December 2022"].excused, "low since the first entry"


def test_a_correction_drops_what_is_open_says_so_in_the_log_and_keeps_what_came_in(engine: Engine) -> None:
    track(engine, on("2022-07-01"))
    enter(engine, "2022-12", 46, 43, at="2023-01-03")
    enter(engine, "2023-01", 46, 43, at="2023-02-03")
    hand_in(engine, asked(engine)["December 2022"].uid, at=on("2023-01-19"))
    enter(engine, "2022-12", 46, 46, at="2023-02-05")
    enter(engine, "2023-01", 46, 46, at="2023-02-06")
    assert list(asked(engine)) == ["December 2022"], "what was submitted is never withdrawn"
    said = [each for each in rows(engine, select(AuditEntry)) if isinstance(each, AuditEntry)]
    assert [each.detail["withdrawn"] for each in said if each.detail.get("withdrawn")] == [[f"{CQI}/2023-01-01"]]
    figures = [each.detail["figures"][0] for each in said if each.action == "corrected enrollment figures"]
    assert figures[0] == {"source": "i502", "served": 46, "active": 46, "was": {"served": 46, "active": 43}}
    with reading(engine) as session:
        verify(session)


def low_quarters(engine: Engine, *months: str, at: str, served: int = 44) -> list[Entered]:
    return [enter(engine, month, served, 45, at=at) for month in months]


def test_the_second_low_quarter_in_a_row_opens_a_review_once_also_across_the_fiscal_year(engine: Engine) -> None:
    track(engine, on("2021-07-01"))
    low_quarters(engine, "2022-04", "2022-05", "2022-06", at="2022-07-05")
    assert rows(engine, select(EventRow)) == []
    last = low_quarters(engine, "2022-07", "2022-08", "2022-09", at="2022-10-06")[-1]
    assert last.opened == ("Quarter 1 of FY23",)
    low_quarters(engine, "2022-10", "2022-11", "2022-12", at="2023-01-09")
    (event,) = rows(engine, select(EventRow))
    assert isinstance(event, EventRow)
    assert (event.name, event.reference, event.happened_at) == (
        "two-low-quarters",
        "Quarter 1 of FY23",
        on("2022-10-06"),
    )
    (review,) = asked(engine, REVIEW).values()
    assert (review.party, review.due_on) == ("funder", date(2022, 11, 5))


def test_a_quarter_that_meets_it_breaks_the_run_and_so_does_one_that_is_not_known(engine: Engine) -> None:
    track(engine, on("2021-07-01"))
    low_quarters(engine, "2021-07", "2021-08", "2021-09", at="2023-06-30")
    enter(engine, "2021-10", 45, 45, at="2023-06-30")
    low_quarters(engine, "2021-11", "2021-12", "2022-01", "2022-02", "2022-03", at="2023-06-30")
    low_quarters(engine, "2022-07", "2022-08", "2022-09", at="2023-06-30")
    assert rows(engine, select(EventRow)) == [], "44 1/3 in the second quarter, nothing known of the fourth"


def test_a_correction_that_lifts_a_quarter_leaves_the_review_and_a_second_fall_opens_no_other(engine: Engine) -> None:
    track(engine, on("2022-07-01"))
    low_quarters(engine, "2022-07", "2022-08", "2022-09", "2022-10", "2022-11", "2022-12", at="2023-01-09")
    enter(engine, "2022-12", 45, 45, at="2023-01-12")
    assert len(rows(engine, select(EventRow))) == 1 and len(asked(engine, REVIEW)) == 1
    enter(engine, "2022-12", 44, 45, at="2023-01-13")
    assert len(rows(engine, select(EventRow))) == 1 and len(asked(engine, REVIEW)) == 1


def test_a_gap_that_is_filled_later_within_a_run_opens_no_second_review(engine: Engine) -> None:
    track(engine, on("2021-07-01"))
    quarters = ("2022-01", "2022-02", "2022-03"), ("2022-07", "2022-08", "2022-09"), ("2022-10", "2022-11", "2022-12")
    for months in quarters:
        low_quarters(engine, *months, at="2023-01-09")
    low_quarters(engine, "2022-04", "2022-05", "2022-06", at="2023-01-10")
    assert [each.reference for each in rows(engine, select(EventRow))] == ["Quarter 2 of FY23"]  # type: ignore[attr-defined]


def test_the_same_form_and_the_same_figures_again_change_nothing(engine: Engine) -> None:
    track(engine, on("2022-07-01"))
    assert enter(engine, "2022-07", 44, 40, at="2022-08-02", key="one").changed == 2
    assert enter(engine, "2022-07", 50, 50, at="2022-08-03", key="one").changed == 0
    assert enter(engine, "2022-07", 44, 40, at="2022-08-04", key="two").changed == 0
    assert enter(engine, "2022-07", 45, 40, at="2022-08-05", key="three").changed == 1
    assert len(rows(engine, select(EnrollmentFigure))) == 3
    with pytest.raises(Conflict, match="something else"):
        enter(engine, "2022-08", 44, 40, at="2022-09-05", key="one")


@pytest.mark.parametrize(
    ("month", "served", "active", "at", "says"),
    [
        ("2022-11", 44, 44, "2022-11-29", "November 2022 is not over"),
        ("2023-07", 44, 44, "2023-08-02", "outside the services, July 2021 to June 2023"),
        ("2021-06", 44, 44, "2022-11-29", "outside the services"),
        ("2022-10", -1, 44, "2022-11-29", "-1 families cannot be right"),
        ("2022-10", 44, 100_001, "2022-11-29", "100001 families cannot be right"),
    ],
)
def test_what_cannot_be_is_refused(engine: Engine, month: str, served: int, active: int, at: str, says: str) -> None:
    track(engine, on("2022-07-01"))
    with pytest.raises(BadInput, match=says):
        enter(engine, month, served, active, at=at)
    assert rows(engine, select(EnrollmentFigure)) == []


def test_the_last_day_of_the_month_is_that_of_the_contracts_own_zone(engine: Engine) -> None:
    track(engine, on("2022-07-01"))
    given = [Given(44, 44, source="i502")]
    for now, may in ((datetime(2022, 11, 30, 7, 30, tzinfo=UTC), False), (datetime(2022, 11, 30, 8, tzinfo=UTC), True)):
        with writing(engine) as session:
            if may:
                assert enter_figures(session, COUNTY, date(2022, 11, 1), given, form_key="x", now=now, by=ANA).changed
                continue
            with pytest.raises(BadInput, match="not over"):
                enter_figures(session, COUNTY, date(2022, 11, 1), given, form_key="x", now=now, by=ANA)


@pytest.mark.parametrize(
    "given",
    [
        [Given(44, 44, source="federal")],
        [Given(44, 44)],
        [Given(44, 44, source="i502"), Given(44, 44, source="i502")],
        [Given(None, 44, source="i502")],
        [],
    ],
)
def test_only_what_the_contract_counts_is_taken(engine: Engine, given: list[Given]) -> None:
    track(engine, on("2022-07-01"))
    with writing(engine) as session, pytest.raises(BadInput):
        enter_figures(session, COUNTY, date(2022, 7, 1), given, form_key="x", now=on("2022-08-02"), by=ANA)


def test_figures_are_the_contractors_word(engine: Engine) -> None:
    track(engine, on("2022-07-01"))
    with pytest.raises(NotAllowed, match="contractor’s staff"):
        enter(engine, "2022-07", 44, 44, at="2022-08-02", by=LEE)
    with writing(engine) as session, pytest.raises(NotFound):
        enter_figures(session, "wa-99", date(2022, 7, 1), [], form_key="x", now=on("2022-08-02"), by=ANA)


def test_figures_are_never_changed_or_removed(engine: Engine) -> None:
    track(engine, on("2022-07-01"))
    enter(engine, "2022-07", 44, 44, at="2022-08-02")
    with pytest.raises(DBAPIError), writing(engine) as session:
        session.execute(delete(EnrollmentFigure))
    assert len(rows(engine, select(EnrollmentFigure))) == 2


def test_two_entries_of_one_form_at_once_make_one(engine: Engine) -> None:
    track(engine, on("2022-07-01"))
    start, done = threading.Barrier(2), list[object]()

    def post() -> None:
        start.wait()
        try:
            done.append(enter(engine, "2022-09", 44, 40, at="2022-10-02", key="one form").changed)
        except Exception as error:
            done.append(error)

    threads = [threading.Thread(target=post) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(str, done)) == ["0", "2"]
    assert len(rows(engine, select(EnrollmentFigure))) == 2
