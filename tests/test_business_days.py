"""Are business days counted right, by an independent count and by dated lists of legal holidays?"""

from __future__ import annotations

from datetime import date, time, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from duecourse.calendar.business_days import BusinessCalendar, Roll, business_calendar
from duecourse.calendar.state_days import Closure, closed_days

# Weekdays on which offices were closed, from the states' published calendars.
CLOSED = {
    ("WA", 2021): "01-01 01-18 02-15 05-31 07-05 09-06 11-11 11-25 11-26 12-24 12-31",
    ("WA", 2022): "01-17 02-21 05-30 06-20 07-04 09-05 11-11 11-24 11-25 12-26",
    ("WA", 2023): "01-02 01-16 02-20 05-29 06-19 07-04 09-04 11-10 11-23 11-24 12-25",
    ("WA", 2027): "01-01 01-18 02-15 05-31 06-18 07-05 09-06 11-11 11-25 11-26 12-24 12-31",
    ("CT", 2021): "01-01 01-18 02-12 02-15 04-02 05-31 07-05 09-06 10-11 11-11 11-25 12-24 12-31",
    ("CT", 2022): "01-17 02-11 02-21 04-15 05-30 07-04 09-05 10-10 11-11 11-24 12-26",
    ("CT", 2023): "01-02 01-16 02-13 02-20 04-07 05-29 06-19 07-04 09-04 10-09 11-10 11-23 12-25",
}

BY_THE_THOUSAND = settings(max_examples=1000, deadline=None)
STATES = st.sampled_from(["US-WA", "US-CT"])
DAYS = st.dates(date(2016, 1, 1), date(2039, 12, 31))


def calendar(code: str) -> BusinessCalendar:
    return business_calendar(code, 2015, 2040)


def numpys(days: BusinessCalendar) -> np.busdaycalendar:
    return np.busdaycalendar(holidays=[np.datetime64(on) for on in days.closures])


@pytest.mark.parametrize(("state", "year"), CLOSED)
def test_offices_are_closed_on_the_weekdays_that_the_law_lists(state: str, year: int) -> None:
    listed = {date.fromisoformat(f"{year}-{day}") for day in CLOSED[state, year].split()}
    first = date(year, 1, 1)
    weekdays = [first + timedelta(days=n) for n in range(366) if (first + timedelta(days=n)).year == year]
    found = {on for on in weekdays if on.weekday() < 5 and not calendar(f"US-{state}").is_business_day(on)}
    assert found == listed


@pytest.mark.parametrize(
    ("code", "on"), [("US-WA", date(2021, 6, 18)), ("US-CT", date(2021, 6, 18)), ("US-CT", date(2022, 6, 20))]
)
def test_juneteenth_is_a_working_day_before_the_states_own_law(code: str, on: date) -> None:
    assert calendar(code).is_business_day(on)


def test_new_years_day_observed_on_december_31_is_found_in_the_year_before() -> None:
    names = {closure.on: closure.name for closure in closed_days("US-WA", 2021, 2021)}
    assert "New Year" in names[date(2021, 12, 31)]


@BY_THE_THOUSAND
@given(STATES, DAYS, st.integers(-250, 250).filter(bool))
def test_offsets_agree_with_numpy(code: str, on: date, count: int) -> None:
    days = calendar(code)
    # numpy wants a business day to start from: before counting forward the last one, before counting back the next one.
    expected = np.busday_offset(
        np.datetime64(on), count, roll="backward" if count > 0 else "forward", busdaycal=numpys(days)
    )
    assert days.add(on, count) == expected.astype(date)


@BY_THE_THOUSAND
@given(STATES, DAYS, st.sampled_from([Roll.FOLLOWING, Roll.PRECEDING, Roll.MODIFIED_FOLLOWING]))
def test_rolls_agree_with_numpy_and_rolling_twice_changes_nothing(code: str, on: date, convention: Roll) -> None:
    days = calendar(code)
    names = {
        Roll.FOLLOWING: "following",
        Roll.PRECEDING: "preceding",
        Roll.MODIFIED_FOLLOWING: "modifiedfollowing",
    }
    expected = np.busday_offset(np.datetime64(on), 0, roll=names[convention], busdaycal=numpys(days)).astype(date)
    assert days.roll(on, convention) == expected
    assert days.roll(expected, convention) == expected


@BY_THE_THOUSAND
@given(DAYS)
def test_an_unadjusted_date_stands(on: date) -> None:
    assert calendar("US-CT").roll(on, Roll.UNADJUSTED) == on


@BY_THE_THOUSAND
@given(STATES, st.integers(2016, 2039), st.integers(1, 12), st.integers(1, 17))
def test_the_nth_business_day_has_n_minus_one_before_it_in_its_month(code: str, year: int, month: int, n: int) -> None:
    days = calendar(code)
    found = days.nth_of_month(year, month, n)
    before = [date(year, month, day) for day in range(1, found.day)]
    assert found.month == month
    assert days.is_business_day(found)
    assert sum(days.is_business_day(on) for on in before) == n - 1


def test_an_announced_closure_makes_a_new_calendar_and_leaves_the_old_one_alone() -> None:
    days = calendar("US-WA")
    storm = Closure(date(2026, 12, 8), "Storm closure", "the governor's announcement")
    closed = business_calendar("US-WA", 2015, 2040, (storm,))
    assert not closed.is_business_day(storm.on)
    assert closed.version != days.version
    assert days.is_business_day(storm.on)


def test_a_half_day_is_a_business_day_and_says_when_offices_close() -> None:
    eve = Closure(date(2026, 12, 24), "Christmas Eve", "the governor's announcement", time(12))
    days = business_calendar("US-WA", 2026, 2026, (eve,))
    assert days.is_business_day(eve.on)
    assert days.half_days[eve.on].closes_at == time(12)


def test_a_joint_calendar_is_closed_when_either_is() -> None:
    both = calendar("US-WA+US-CT")
    lincoln, heritage = date(2027, 2, 12), date(2027, 11, 26)
    assert calendar("US-WA").is_business_day(lincoln)
    assert calendar("US-CT").is_business_day(heritage)
    assert not both.is_business_day(lincoln)
    assert not both.is_business_day(heritage)


def test_the_federal_calendar_keeps_columbus_day_and_not_good_friday() -> None:
    assert not calendar("US").is_business_day(date(2026, 10, 12))
    assert calendar("US").is_business_day(date(2026, 4, 3))


def test_a_date_outside_the_calendar_is_refused_instead_of_counted_wrongly() -> None:
    with pytest.raises(OverflowError, match="covers"):
        business_calendar("US-WA", 2021, 2023).add(date(2010, 1, 4), 5)
