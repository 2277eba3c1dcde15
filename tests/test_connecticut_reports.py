"""Do the example contract's reports have the windows, dates and subject lines that the manual prescribes?"""

from __future__ import annotations

from datetime import date

import pytest

from duecourse.calendar.derivation import Occurrence
from duecourse.calendar.occurrences import occurrences
from duecourse.definitions.reading import find_contract, read_contract

CONTRACT, _ = read_contract(find_contract("ct-21oechvs01abc"), today=date(2026, 11, 22))
STATUS, RATE_CARD, BENCHMARK = "ct-status-report", "ct-rate-card-report", "ct-benchmark-report"


def found(obligation: str, nominal: str) -> Occurrence:
    (only,) = [
        item
        for item in occurrences(CONTRACT)
        if item.obligation.id == obligation and item.moment.nominal_on == date.fromisoformat(nominal)
    ]
    return only


@pytest.mark.parametrize(
    ("obligation", "nominal", "start", "end", "subject"),
    [
        (STATUS, "2021-10-30", "2021-07-01", "2021-09-30", "Quarterly Program Status Report, 7/1/21-9/30/21"),
        (STATUS, "2022-01-30", "2021-10-01", "2021-12-31", "Quarterly Program Status Report, 10/1/21-12/31/21"),
        (RATE_CARD, "2021-10-30", "2021-07-01", "2021-09-30", "Rate Card Report and Billing, 7/1/21-9/30/21"),
        (RATE_CARD, "2022-01-30", "2021-07-01", "2021-12-31", "Rate Card Report and Billing, 7/1/21-12/31/21"),
        (RATE_CARD, "2022-04-30", "2022-01-01", "2022-03-31", "Rate Card Report and Billing, 1/1/22-3/31/22"),
        (RATE_CARD, "2022-07-30", "2022-01-01", "2022-06-30", "Rate Card Report and Billing, 1/1/22-6/30/22"),
        (BENCHMARK, "2021-10-30", "2020-10-01", "2021-09-30", "Benchmark & Demographic Reports, 10/1/20-9/30/21"),
        (BENCHMARK, "2022-01-30", "2021-10-01", "2021-12-31", "Benchmark & Demographic Reports, 10/1/21-12/31/21"),
        (BENCHMARK, "2022-04-30", "2021-10-01", "2022-03-31", "Benchmark & Demographic Reports, 10/1/21-3/31/22"),
        (BENCHMARK, "2022-07-30", "2021-10-01", "2022-06-30", "Benchmark & Demographic Reports, 10/1/21-6/30/22"),
    ],
)
def test_a_quarterly_report_covers_its_window_and_says_it_in_the_subject(
    obligation: str, nominal: str, start: str, end: str, subject: str
) -> None:
    report = found(obligation, nominal)
    assert report.window == (date.fromisoformat(start), date.fromisoformat(end))
    assert report.subject == f"ABC Inc., 21OECHVS01ABC, {subject}"


def test_the_financial_report_goes_through_core_ct_and_has_no_subject() -> None:
    report = found("ct-fiscal-report", "2021-10-30")
    assert (report.subject, report.obligation.channel) == ("", "CORE-CT")


def test_data_entry_stands_on_the_15th_even_on_a_sunday() -> None:
    assert found("ct-ecis-monthly", "2022-05-15").moment.due_at.isoformat() == "2022-05-16T00:00:00-04:00"


@pytest.mark.parametrize(
    ("obligation", "count"),
    [("ct-ecis-monthly", 96), ("ct-acm-check-in", 96), (STATUS, 32), (RATE_CARD, 32), (BENCHMARK, 32)],
)
def test_eight_years_have_every_month_and_every_quarter(obligation: str, count: int) -> None:
    dates = [item.moment.nominal_on for item in occurrences(CONTRACT) if item.obligation.id == obligation]
    assert len(dates) == count
    assert dates == sorted(set(dates))
