"""Do due moments keep their promises over many years, two zones and both changes of the clocks?"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from duecourse.calendar.business_days import Roll, business_calendar
from duecourse.calendar.due import ClosedDayRule, due_moment, due_phrase, instant_at, last_day_before
from duecourse.calendar.periods import Covers, Every, add_months, periods_in
from duecourse.calendar.rules import DayOfMonth, ShortMonth

ZONES = st.sampled_from([("US-WA", "America/Los_Angeles"), ("US-CT", "America/New_York")])
DAYS = st.dates(date(2016, 1, 1), date(2039, 12, 1))
BY_THE_THOUSAND = settings(max_examples=1000, deadline=None)
EIGHT = ClosedDayRule(Roll.FOLLOWING, time(8), "Section 1")


@BY_THE_THOUSAND
@given(ZONES, DAYS)
def test_an_open_day_counts_whole_and_a_closed_one_moves_to_eight_on_the_next_open_day(
    place: tuple[str, str], on: date
) -> None:
    code, zone = place
    days = business_calendar(code, 2015, 2040)
    moment = due_moment(on, days, closed_day=EIGHT, zone=zone, rule="Rule.")
    local = moment.due_at.astimezone(ZoneInfo(zone))
    if days.is_business_day(on):
        assert (moment.due_on, local.date(), local.time()) == (on, on + timedelta(days=1), time(0))
    else:
        assert (local.date(), local.time()) == (moment.due_on, time(8))
        assert moment.due_on > on
        assert days.is_business_day(moment.due_on)
        assert not any(days.is_business_day(on + timedelta(days=n)) for n in range((moment.due_on - on).days))


@BY_THE_THOUSAND
@given(ZONES, DAYS, DAYS)
def test_a_later_date_is_never_due_earlier(place: tuple[str, str], one: date, other: date) -> None:
    code, zone = place
    days = business_calendar(code, 2015, 2040)
    first, second = (
        due_moment(on, days, closed_day=EIGHT, zone=zone, rule="Rule.").due_at for on in sorted((one, other))
    )
    assert first <= second or first.date() == second.date()


@BY_THE_THOUSAND
@given(ZONES, DAYS, st.integers(0, 10))
def test_no_roll_passes_the_limit(place: tuple[str, str], on: date, days_to_limit: int) -> None:
    code, zone = place
    limit = on + timedelta(days=days_to_limit)
    days = business_calendar(code, 2015, 2040)
    moment = due_moment(on, days, closed_day=EIGHT, zone=zone, rule="Rule.", never_after=limit)
    assert moment.due_on <= limit
    assert days.is_business_day(moment.due_on)


@BY_THE_THOUSAND
@given(ZONES, DAYS, st.times())
@example(("US-WA", "America/Los_Angeles"), date(2038, 3, 14), time(2, 0, fold=1))
def test_a_wall_clock_time_is_one_instant_and_the_first_after_a_gap(place: tuple[str, str], on: date, at: time) -> None:
    _, zone = place
    found = instant_at(on, at.replace(microsecond=0), zone)
    local = found.astimezone(UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    wall = datetime.combine(on, at.replace(microsecond=0))
    assert local >= wall
    assert local == wall or (local.time() == time(3) and wall.time().hour == 2)


@pytest.mark.parametrize(
    ("zone", "on", "at", "utc"),
    [
        ("America/Los_Angeles", date(2027, 3, 14), time(2, 30), "2027-03-14T10:00:00+00:00"),
        ("America/New_York", date(2027, 3, 14), time(2, 30), "2027-03-14T07:00:00+00:00"),
        ("America/Los_Angeles", date(2027, 11, 7), time(1, 30), "2027-11-07T08:30:00+00:00"),
        ("America/New_York", date(2027, 11, 7), time(1, 30), "2027-11-07T05:30:00+00:00"),
    ],
)
def test_the_hours_at_which_clocks_change_are_defined(zone: str, on: date, at: time, utc: str) -> None:
    assert instant_at(on, at, zone).astimezone(UTC).isoformat() == utc


@BY_THE_THOUSAND
@given(st.integers(29, 31), st.dates(date(2015, 1, 1), date(2040, 1, 1)), st.sampled_from(list(ShortMonth)))
def test_a_day_that_a_month_does_not_have_neither_vanishes_nor_drifts(day: int, start: date, short: ShortMonth) -> None:
    days = business_calendar("US-WA", 2015, 2042)
    first = start.replace(day=1)
    rule = DayOfMonth(day, 1, short)
    periods = list(periods_in(Every.MONTH, first, add_months(first, 24) - timedelta(days=1), fiscal_year_starts=7))
    dates = [rule.nominal_on(period, days) for period in periods]
    assert [(on.year, on.month) for on in dates] == [
        (month.year, month.month) for month in (add_months(period.start, 1) for period in periods)
    ]
    assert all(on.day == day for on in dates if (add_months(on.replace(day=1), 1) - timedelta(days=1)).day >= day)


@BY_THE_THOUSAND
@given(st.integers(1, 12), st.dates(date(2015, 1, 1), date(2040, 1, 1)), st.integers(0, 60))
def test_looking_at_a_part_counts_the_same_periods_as_looking_at_the_whole(
    starts: int, first: date, months: int
) -> None:
    first = add_months(first.replace(day=1), (starts - first.month) % 12)
    last = add_months(first, 60) - timedelta(days=1)
    whole = list(periods_in(Every.QUARTER, first, last, fiscal_year_starts=starts))
    later = add_months(first, months - months % 3)
    assert list(periods_in(Every.QUARTER, later, last, fiscal_year_starts=starts)) == [
        period for period in whole if period.start >= later
    ]


@pytest.mark.parametrize(
    ("end", "since_october", "half_year"),
    [
        ("2021-09-30", "2020-10-01", "2021-07-01"),
        ("2021-12-31", "2021-10-01", "2021-07-01"),
        ("2022-03-31", "2021-10-01", "2022-01-01"),
        ("2022-06-30", "2021-10-01", "2022-01-01"),
    ],
)
def test_cumulative_windows_reach_back_to_their_start(end: str, since_october: str, half_year: str) -> None:
    last = date.fromisoformat(end)
    (quarter,) = periods_in(Every.QUARTER, add_months(last.replace(day=1), -2), last, fiscal_year_starts=7)
    assert quarter.window(Covers.SINCE_OCTOBER) == (date.fromisoformat(since_october), last)
    assert quarter.window(Covers.HALF_YEAR_TO_DATE) == (date.fromisoformat(half_year), last)


@BY_THE_THOUSAND
@given(ZONES, DAYS)
def test_the_last_day_before_a_midnight_is_the_day_that_ends_with_it(place: tuple[str, str], on: date) -> None:
    _, zone = place
    midnight = instant_at(on + timedelta(days=1), time(0), zone)
    assert last_day_before(midnight, zone) == on
    assert due_phrase(midnight, zone=zone, whole_day=True).startswith(f"by the end of {on:%a %b}")
