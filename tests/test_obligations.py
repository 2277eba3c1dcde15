"""Is every duty of the two contracts in its file, with the date that a person finds by hand?

The table was worked out with wall calendars and the two states' lists of legal holidays, not with this program. Each
row is one duty: either a `date`, with one chosen occurrence (after `event` at `at`, and whatever happened `also`), or a
`check`.
"""

from __future__ import annotations

import csv
from datetime import date, datetime
from functools import cache
from pathlib import Path

import pytest
from parts import REPOSITORY

from duecourse.calendar.derivation import Occurrence
from duecourse.calendar.occurrences import occurrences
from duecourse.calendar.schedule import Contract, Event
from duecourse.definitions.coverage import coverage
from duecourse.definitions.reading import find_contract, read_contract, written_out

TABLE = Path(__file__).with_name("expected_obligations.csv")
ROWS = list(csv.DictReader(TABLE.read_text().splitlines()))
DATES = [row for row in ROWS if row["kind"] == "date"]
CHECKS = [row for row in ROWS if row["kind"] == "check"]
COUNTY, LEAD = "wa-22-1174", "ct-21oechvs01abc"


@cache
def contract(name: str) -> Contract:
    return read_contract(find_contract(name), today=date(2026, 11, 22))[0]


def happened(*said: str, reference: str = "") -> list[Event]:
    pairs = [each.split("=") for each in said]
    return [Event(name, datetime.fromisoformat(at), reference) for name, at in pairs]


def found(name: str, obligation: str, *events: str, reference: str = "") -> list[Occurrence]:
    """Return the occurrences of one obligation after these events, each written as name=instant."""
    theirs = happened(*events, reference=reference)
    return [each for each in occurrences(contract(name), theirs) if each.obligation.id == obligation]


def nominal(name: str, obligation: str, *events: str) -> list[str]:
    return [each.moment.nominal_on.isoformat() for each in found(name, obligation, *events)]


@pytest.mark.parametrize("row", DATES, ids=lambda row: row["id"])
def test_a_duty_with_a_date_falls_due_on_the_day_that_was_found_by_hand(row: dict[str, str]) -> None:
    events = ([f"{row['event']}={row['at']}"] if row["event"] else []) + row["also"].split()
    days = [
        (each.moment.nominal_on.isoformat(), each.moment.due_on.isoformat(), each.number)
        for each in found(row["contract"], row["id"], *events)
    ]
    assert days.count((row["nominal_on"], row["due_on"], row["number"])) == 1
    if row["event"] and row["id"] != "wa-data-disposition":
        assert found(row["contract"], row["id"]) == [], "its window is there before the event"


@pytest.mark.parametrize("row", CHECKS, ids=lambda row: row["id"])
def test_a_convention_or_threshold_is_a_check_with_its_clause_and_its_words(row: dict[str, str]) -> None:
    (check,) = [check for check in contract(row["contract"]).checks if check.id == row["id"]]
    assert check.title
    assert check.clause
    assert check.says.endswith(".")


@pytest.mark.parametrize("name", [COUNTY, LEAD])
def test_the_table_and_the_file_hold_the_same_duties(name: str) -> None:
    value = contract(name)
    listed = [row["id"] for row in ROWS if row["contract"] == name]
    written = [each.id for each in value.obligations] + [each.id for each in value.checks]
    assert sorted(listed) == sorted(written)
    assert {row["scope"] for row in ROWS} == {"core", "useful"}


def test_the_page_of_what_is_covered_is_the_one_that_the_files_give() -> None:
    page = coverage((path.name, contract(path.stem)) for path in written_out())
    assert (REPOSITORY / "docs/coverage.md").read_text() == page, "write it anew: duecourse coverage > docs/coverage.md"
    rows = [line.split(" | ") for line in page.splitlines() if line.startswith(("| wa-", "| ct-"))]
    kinds = {row["id"]: {"date": "obligation", "check": "check"}[row["kind"]] for row in ROWS}
    assert {row[0].removeprefix("| "): row[2] for row in rows} == kinds
    assert all(row[3] and row[4].removesuffix(" |") for row in rows if row[2] == "obligation")


@pytest.mark.parametrize("name", [COUNTY, LEAD])
def test_no_two_duties_have_the_same_title(name: str) -> None:
    value = contract(name)
    titles = [each.title for each in value.obligations] + [each.title for each in value.checks]
    assert len(titles) == len(set(titles))


def test_the_three_thresholds_are_those_of_the_contract() -> None:
    limits = {check.id: check.threshold for check in contract(COUNTY).checks if check.threshold}
    assert {id: (limit.percent, limit.capacity, limit.consecutive) for id, limit in limits.items()} == {
        "wa-caseload-85": (85, 52, 1),
        "wa-caseload-two-quarters": (85, 52, 2),
        "wa-award-enrollment-90": (90, 52, 1),
    }


def test_standing_duties_send_no_reminders_and_reports_do() -> None:
    quiet = {each.id for each in contract(COUNTY).obligations if not each.remind}
    assert {"wa-supervision-reflective", "wa-cqi-calls", "wa-visit-dosage", "wa-ipv-screen"} <= quiet
    assert not quiet & {"wa-monthly-enrollment-report", "wa-a19-monthly-invoice", "wa-press-release-5bd", "wa-ta-plan"}


def test_what_concerns_a_family_or_a_member_of_staff_takes_an_opaque_id() -> None:
    for event in ("enrollment", "birth", "family-exit", "third-home-visit", "hire", "positive-screen"):
        assert contract(COUNTY).concerns_participants(event)
    for event in ("corrective-action-notice", "invoice-received", "audit-closed"):
        assert not contract(LEAD).concerns_participants(event)


def test_what_is_planned_may_be_recorded_before_it_happens() -> None:
    both = [contract(COUNTY), contract(LEAD)]
    planned = {event for value in both for event in value.events() if value.is_planned(event)}
    assert {"planned-press-release", "policy-renewal", "monitoring-visit", "fiscal-question-deadline"} <= planned
    assert not planned & {"enrollment", "birth", "corrective-action-notice", "data-request", "missed-visit"}


def test_what_fell_due_before_the_amendment_was_signed_cannot_be_late() -> None:
    excused = {(each.obligation.id, each.moment.due_on) for each in occurrences(contract(COUNTY)) if each.excused}
    assert ("wa-ta-plan", date(2022, 9, 30)) in excused
    assert ("wa-nso-authorization", date(2022, 7, 29)) in excused
    assert max(on for _, on in excused) == date(2022, 11, 21)
    assert ("wa-a19-monthly-invoice", date(2022, 7, 29)) not in excused, "the exhibit of FY22 asks for this one"


def test_a_depression_screen_is_counted_from_the_later_of_birth_and_enrollment() -> None:
    prenatal = ("birth=2022-08-31T03:20-07:00", "enrollment=2022-03-10T10:00-08:00")
    after_birth = ("birth=2022-08-31T03:20-07:00", "enrollment=2022-10-05T10:00-07:00")
    assert nominal(COUNTY, "wa-award-depression-screen", *prenatal) == ["2022-11-30"]
    assert nominal(COUNTY, "wa-award-depression-screen", *after_birth) == ["2023-01-05"]


def test_breastfeeding_status_has_a_window_from_six_months_to_the_eve_of_twelve() -> None:
    (only,) = found(COUNTY, "wa-breastfeeding-status", "birth=2022-03-15T22:10-07:00")
    assert only.window == (date(2022, 9, 15), date(2023, 3, 14))


def test_developmental_screens_fall_due_at_each_age() -> None:
    ages = nominal(COUNTY, "wa-developmental-screen", "birth=2021-08-31T08:00-07:00")
    assert ages == ["2022-06-30", "2023-02-28", "2023-08-31"]


def test_a_family_that_left_owes_nothing_that_would_fall_due_later() -> None:
    family = ("enrollment=2022-01-31T10:00-08:00", "family-exit=2022-07-31T10:00-07:00")
    assert nominal(COUNTY, "wa-insurance-status-6mo", *family) == []
    assert nominal(COUNTY, "wa-ipv-screen", *family) == []
    assert nominal(COUNTY, "wa-participation-consent", *family) == ["2022-01-31"]


@pytest.mark.parametrize(
    ("left", "windows"), [("2022-10-14", 0), ("2022-10-15", 1), ("2022-10-20", 1)], ids=["before", "on", "after"]
)
def test_who_left_before_the_anniversary_does_not_count_for_retention(left: str, windows: int) -> None:
    family = ("enrollment=2021-10-15T10:00-07:00", f"family-exit={left}T12:00-07:00")
    assert len(nominal(COUNTY, "wa-award-retention-12", *family)) == windows


def test_the_exit_of_one_family_ends_nothing_for_another() -> None:
    events = happened("enrollment=2022-01-31T10:00-08:00", reference="C-1") + happened(
        "family-exit=2022-03-01T10:00-08:00", reference="C-2"
    )
    theirs = [each for each in occurrences(contract(COUNTY), events) if each.obligation.id == "wa-ipv-screen"]
    assert [each.moment.nominal_on for each in theirs] == [date(2022, 7, 31)]


def test_improvement_work_goes_with_each_enrollment_report_while_enrollment_is_low() -> None:
    low = ("active-enrollment-below-85=2022-12-20T09:00-08:00", "active-enrollment-recovered=2023-03-20T09:00-07:00")
    # The report of the day on which it began is one of them; that of the day on which it ended is not.
    assert nominal(COUNTY, "wa-caseload-cqi-monthly", *low) == ["2022-12-20", "2023-01-20", "2023-02-20"]
    moved = found(COUNTY, "wa-caseload-cqi-monthly", *low)[-1].moment
    assert moved.due_at.isoformat() == "2023-02-21T08:00:00-08:00"


def test_contact_ends_the_outreach_and_the_exit() -> None:
    resumed = ("missed-visit=2022-03-01T11:00-05:00", "contact-resumed=2022-03-12T11:00-05:00")
    assert nominal(LEAD, "ct-outreach-30-days", *resumed) == []
    assert nominal(LEAD, "ct-exit-no-contact", *resumed) == []


@pytest.mark.parametrize(
    ("missed", "entered"), [("2022-01-16", "2022-02-15"), ("2022-01-17", "2022-03-15"), ("2022-03-01", "2022-04-15")]
)
def test_an_exit_is_entered_by_the_next_15th_from_day_thirty_on(missed: str, entered: str) -> None:
    assert nominal(LEAD, "ct-exit-no-contact", f"missed-visit={missed}T11:00-05:00") == [entered]


def test_a_missed_step_is_due_with_the_next_check_in_and_none_after_the_last() -> None:
    on_the_day = "corrective-action-step-missed=2022-04-30T09:00-04:00"
    the_day_after = "corrective-action-step-missed=2022-05-01T09:00-04:00"
    after_the_last = "corrective-action-step-missed=2028-07-01T09:00-04:00"
    assert nominal(LEAD, "ct-cap-missed-step", on_the_day) == ["2022-04-30"]
    assert nominal(LEAD, "ct-cap-missed-step", the_day_after) == ["2022-05-31"]
    assert nominal(LEAD, "ct-cap-missed-step", after_the_last) == []


def test_records_are_kept_from_the_latest_of_exit_contract_end_and_audit() -> None:
    early, late = "family-exit=2022-03-30T12:00-04:00", "family-exit=2028-11-02T12:00-04:00"
    audit = "audit-closed=2029-02-28T12:00-05:00"
    assert nominal(LEAD, "ct-records-6-years", early) == ["2034-06-30"]
    assert nominal(LEAD, "ct-records-6-years", late) == ["2034-11-02"]
    assert nominal(LEAD, "ct-records-6-years", early, audit) == ["2035-02-28"]


def test_each_year_has_its_budget_before_it_starts() -> None:
    assert nominal(LEAD, "ct-initial-budget") == [f"{year}-06-30" for year in range(2020, 2028)]


def test_what_is_due_with_the_site_visit_follows_it_through_every_year() -> None:
    assert nominal(LEAD, "ct-improvement-plan") == nominal(LEAD, "ct-annual-site-visit")
    assert len(nominal(LEAD, "ct-annual-site-visit")) == 8
