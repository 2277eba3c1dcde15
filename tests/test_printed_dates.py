"""Does every row that the county's exhibit prints come out with its date, and with its due moment where that moves?

The tables below were typed from the exhibit; the due moments were found by hand with a wall calendar and the list of
Washington's legal holidays.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import pytest

from duecourse.calendar.derivation import Occurrence
from duecourse.calendar.occurrences import occurrences
from duecourse.definitions.reading import find_contract, read_contract

ENROLLMENT = "wa-monthly-enrollment-report"
INVOICE = "wa-a19-monthly-invoice"
PROGRESS = "wa-quarterly-progress-report"
CONSENT = "wa-consent-list-monthly"
PACIFIC = ZoneInfo("America/Los_Angeles")

# obligation, line number, the date that the exhibit prints, and the morning to which it moves (None: it stands).
FY22 = [
    ("wa-confidentiality-annual", "1.00", "2021-07-30", None),
    (ENROLLMENT, "2.01", "2021-08-20", None),
    (ENROLLMENT, "2.02", "2021-09-20", None),
    (ENROLLMENT, "2.03", "2021-10-20", None),
    (ENROLLMENT, "2.04", "2021-11-20", "2021-11-22"),
    (ENROLLMENT, "2.05", "2021-12-20", None),
    (ENROLLMENT, "2.06", "2022-01-20", None),
    (ENROLLMENT, "2.07", "2022-02-20", "2022-02-22"),
    (ENROLLMENT, "2.08", "2022-03-20", "2022-03-21"),
    (ENROLLMENT, "2.09", "2022-04-20", None),
    (ENROLLMENT, "2.10", "2022-05-20", None),
    (ENROLLMENT, "2.11", "2022-06-20", "2022-06-21"),
    (ENROLLMENT, "2.12", "2022-07-20", None),
    ("wa-self-reflection-tool", "3.00", "2021-07-20", None),
    (INVOICE, "4.01", "2021-08-30", None),
    (INVOICE, "4.02", "2021-09-30", None),
    (INVOICE, "4.03", "2021-10-30", "2021-11-01"),
    (INVOICE, "4.04", "2021-11-30", None),
    (INVOICE, "4.05", "2021-12-30", None),
    (INVOICE, "4.06", "2022-01-30", "2022-01-31"),
    (INVOICE, "4.07", "2022-02-28", None),
    (INVOICE, "4.08", "2022-03-30", None),
    (INVOICE, "4.09", "2022-04-30", "2022-05-02"),
    (INVOICE, "4.10", "2022-05-30", "2022-05-31"),
    (INVOICE, "4.11", "2022-06-30", None),
    (PROGRESS, "5.01", "2021-10-20", None),
    (PROGRESS, "5.02", "2022-01-20", None),
    (PROGRESS, "5.03", "2022-04-20", None),
    (PROGRESS, "5.04", "2022-07-20", None),
    ("wa-pre-contract-questionnaire", "6.00", "2022-05-16", None),
    ("wa-data-disposition", "8.00", "2022-07-20", None),
]

FY23 = [
    (PROGRESS, "3.01", "2022-10-20", None),
    (PROGRESS, "3.02", "2023-01-20", None),
    (PROGRESS, "3.03", "2023-04-20", None),
    (PROGRESS, "3.04", "2023-07-20", None),
    ("wa-pre-contract-questionnaire", "4.00", "2023-05-16", None),
    ("wa-confidentiality-annual", "6.00", "2022-07-29", None),
    ("wa-data-disposition", "7.00", "2023-07-20", None),
]

# FY23 prints one line and a rule for these: twelve dates each.
FY23_ENROLLMENT = [
    ("2022-08-20", "2022-08-22"),
    ("2022-09-20", None),
    ("2022-10-20", None),
    ("2022-11-20", "2022-11-21"),
    ("2022-12-20", None),
    ("2023-01-20", None),
    ("2023-02-20", "2023-02-21"),
    ("2023-03-20", None),
    ("2023-04-20", None),
    ("2023-05-20", "2023-05-22"),
    ("2023-06-20", None),
    ("2023-07-20", None),
]
FY23_CONSENT = [
    "2022-08-08",
    "2022-09-09",
    "2022-10-10",
    "2022-11-08",
    "2022-12-08",
    "2023-01-10",
    "2023-02-08",
    "2023-03-08",
    "2023-04-10",
    "2023-05-08",
    "2023-06-08",
    "2023-07-11",
]
FY23_INVOICE = [
    ("2022-08-30", None),
    ("2022-09-30", None),
    ("2022-10-30", "2022-10-31"),
    ("2022-11-30", None),
    ("2022-12-30", None),
    ("2023-01-30", None),
    ("2023-02-28", None),
    ("2023-03-30", None),
    ("2023-04-30", "2023-05-01"),
    ("2023-05-30", None),
    ("2023-06-30", None),
    ("2023-07-30", "2023-07-31"),
]

ROWS = [
    *FY22,
    *FY23,
    *((ENROLLMENT, "2.00", nominal, moved) for nominal, moved in FY23_ENROLLMENT),
    *((CONSENT, "1.00", nominal, None) for nominal in FY23_CONSENT),
    *((INVOICE, "", nominal, moved) for nominal, moved in FY23_INVOICE),
    ("wa-model-standing-letter", "", "2023-01-20", None),
]


@cache
def county() -> dict[tuple[str, str, date], Occurrence]:
    contract, _ = read_contract(find_contract("wa-22-1174"), today=date(2026, 11, 22))
    found = occurrences(contract)
    return {(item.obligation.id, item.number, item.moment.nominal_on): item for item in found}


@pytest.mark.parametrize(("obligation", "number", "nominal", "moved_to"), ROWS)
def test_a_printed_row_comes_out_with_its_date_and_its_due_moment(
    obligation: str, number: str, nominal: str, moved_to: str | None
) -> None:
    moment = county()[obligation, number, date.fromisoformat(nominal)].moment
    if moved_to is None:
        following = date.fromisoformat(nominal) + timedelta(days=1)
        assert moment.due_at == datetime.combine(following, time(0), PACIFIC)
    else:
        on = date.fromisoformat(moved_to)
        assert moment.due_at == datetime.combine(on, time(8), PACIFIC)


def test_nothing_else_comes_out_of_the_obligations_that_the_exhibit_lists() -> None:
    last_invoice_of_fy22 = {(INVOICE, "4.12", date(2022, 7, 30))}
    asked = {(obligation, number, date.fromisoformat(nominal)) for obligation, number, nominal, _ in ROWS}
    listed = {obligation for obligation, *_ in asked}
    assert {row for row in county() if row[0] in listed} == asked | last_invoice_of_fy22


def test_whatever_else_comes_out_has_no_line_number_of_the_exhibit() -> None:
    listed = {obligation for obligation, *_ in ROWS}
    assert {number for obligation, number, _ in county() if obligation not in listed} == {""}


def test_sunday_before_presidents_day_moves_to_tuesday_at_eight_and_says_why() -> None:
    moment = county()[ENROLLMENT, "2.07", date(2022, 2, 20)].moment
    assert moment.due_at.isoformat() == "2022-02-22T08:00:00-08:00"
    assert moment.phrase() == "before 8:00 AM Pacific on Tue Feb 22, 2022"
    assert any("Sunday" in step and "Presidents' Day" in step and "14.d(5)(b)" in step for step in moment.steps)


def test_the_last_invoice_of_a_year_never_rolls_past_the_last_day_for_deliverables() -> None:
    # July 30, 2022 was a Saturday and the contract then ended on Sunday the 31st; Monday would have been too late.
    moment = county()[INVOICE, "4.12", date(2022, 7, 30)].moment
    assert moment.due_at.isoformat() == "2022-07-30T00:00:00-07:00"
    assert moment.due_on == date(2022, 7, 29)
    assert any("no roll may pass" in step for step in moment.steps)
