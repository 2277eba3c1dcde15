"""Is every weekday of fifteen years open or closed as the law says, in Washington, in Connecticut and federally?"""

from __future__ import annotations

import csv
from datetime import date, timedelta

import pytest
import statutes

from duecourse.calendar.business_days import business_calendar
from duecourse.calendar.state_days import known_codes


def table(calendar: str) -> set[date]:
    with statutes.TABLE.open(encoding="utf-8") as file:
        return {date.fromisoformat(row["closed_on"]) for row in csv.DictReader(file) if row["calendar"] == calendar}


@pytest.mark.parametrize("calendar", statutes.LAWS)
def test_every_weekday_of_the_table_is_open_or_closed_as_it_says(calendar: str) -> None:
    days = business_calendar(calendar, statutes.YEARS.start, statutes.YEARS.stop)
    first, last = date(statutes.YEARS.start, 1, 1), date(statutes.YEARS.stop - 1, 12, 31)
    every = (first + timedelta(n) for n in range((last - first).days + 1))
    closed = {on for on in every if on.weekday() < 5 and not days.is_business_day(on)}
    assert closed == table(calendar)


@pytest.mark.parametrize("calendar", statutes.LAWS)
def test_the_table_is_what_the_statutes_say(calendar: str) -> None:
    assert table(calendar) == {on for on, _ in statutes.closed_weekdays(calendar)}


def test_all_states_have_a_calendar() -> None:
    assert len([code for code in known_codes() if code.startswith("US-")]) >= 50
    assert all(business_calendar(code, 2026, 2026).closures for code in known_codes())
