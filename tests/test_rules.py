"""Does each rule agree with a computation that shares nothing with it?

Business days are counted by numpy, months by dateutil, thresholds in whole numbers; only the table of closures is the
same, and other tests hold that against the law. Two zones, 2015 to 2040, leap days included.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from functools import lru_cache
from itertools import groupby, pairwise
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from dateutil.relativedelta import relativedelta
from hypothesis import example, given, settings
from hypothesis import strategies as st

from duecourse.calendar.anchored_rules import (
    FromContract,
    FromDeliverable,
    PrintedDates,
    WithDeliverable,
    WithNextDeliverable,
)
from duecourse.calendar.business_days import BusinessCalendar, Roll, business_calendar
from duecourse.calendar.derivation import Occurrence
from duecourse.calendar.due import ClosedDayRule
from duecourse.calendar.event_rules import (
    AroundAnniversary,
    DayOfMonthAfterEvent,
    FromEvent,
    MonthsFromEvent,
    RepeatedFromEvent,
)
from duecourse.calendar.occurrences import occurrences
from duecourse.calendar.offsets import Direction, Offset, Unit
from duecourse.calendar.periods import Covers, Every, TermEnd, Window, periods_in
from duecourse.calendar.rules import DayOfMonth, FromPeriod, LastDayOfMonth, NthBusinessDay, ShortMonth
from duecourse.calendar.schedule import AfterHours, Contract, Event, EventDay, Exhibit, Line, Obligation
from duecourse.calendar.thresholds import Threshold

PLACES = st.sampled_from([("US-WA", "America/Los_Angeles"), ("US-CT", "America/New_York")])
MONTHS_FIRST = st.dates(date(2015, 1, 1), date(2037, 12, 31)).map(lambda on: on.replace(day=1))
DAYS = st.dates(date(2016, 1, 1), date(2039, 12, 31))
OFFSETS = st.one_of(
    st.builds(Offset, st.integers(0, 250), st.just(Unit.BUSINESS_DAYS), st.sampled_from(Direction), st.booleans()),
    st.builds(Offset, st.integers(0, 400), st.just(Unit.CALENDAR_DAYS), st.sampled_from(Direction), st.booleans()),
    st.builds(Offset, st.integers(0, 30), st.just(Unit.MONTHS), st.sampled_from(Direction), st.booleans()),
)
NOON = time(12)
BY_THE_THOUSAND = settings(max_examples=1000, deadline=None)
STANDS = ClosedDayRule(Roll.UNADJUSTED)
EIGHT = ClosedDayRule(Roll.FOLLOWING, time(8), "Section 1")


# The other computation.


def calendar(code: str) -> BusinessCalendar:
    return business_calendar(code, 2013, 2045)


@lru_cache
def numpys(code: str) -> np.busdaycalendar:
    return np.busdaycalendar(holidays=[np.datetime64(on) for on in calendar(code).closures])


def open_days_from(code: str, on: date, count: int) -> date:
    """Return the day so many business days after (or before) a day, which is day 0 whether open or closed."""
    if count == 0:
        return on
    roll = "backward" if count > 0 else "forward"
    return np.busday_offset(np.datetime64(on), count, roll=roll, busdaycal=numpys(code)).astype(date)


def rolled(code: str, on: date, roll: str) -> date:
    return np.busday_offset(np.datetime64(on), 0, roll=roll, busdaycal=numpys(code)).astype(date)


def months_from(on: date, months: int) -> date:
    return on + relativedelta(months=months)


def counted(code: str, offset: Offset, on: date) -> date:
    count = offset.count * (1 if offset.direction == "after" else -1)
    if offset.unit == "business-days":
        found = open_days_from(code, on, count)
    else:
        found = on + (relativedelta(months=count) if offset.unit == "months" else relativedelta(days=count))
    return found - relativedelta(days=1) if offset.strictly_before else found


def ends_of_periods(every: Every, first: date, last: date, starts: int) -> list[tuple[date, date]]:
    """Return the first and last day of each period that overlaps a stretch, cut to it."""
    length = {"month": 1, "quarter": 3, "half-year": 6, "year": 12}[every.value]
    edges = [date(first.year - 1, starts, 1) + relativedelta(months=length * n) for n in range(400 // length)]
    pairs = [(one, other - relativedelta(days=1)) for one, other in pairwise(edges)]
    return [(max(one, first), min(other, last)) for one, other in pairs if one <= last and other >= first]


# Rules that name a date for each period.


@BY_THE_THOUSAND
@given(
    st.sampled_from([Every.MONTH, Every.QUARTER, Every.HALF_YEAR, Every.YEAR]),
    MONTHS_FIRST,
    st.integers(1, 40),
    st.integers(1, 12),
)
def test_periods_lie_side_by_side_as_a_count_from_the_fiscal_year_has_them(
    every: Every, first: date, months: int, starts: int
) -> None:
    last = months_from(first, months) - timedelta(days=1)
    found = [(period.start, period.end) for period in periods_in(every, first, last, fiscal_year_starts=starts)]
    assert found == ends_of_periods(every, first, last, starts)


@BY_THE_THOUSAND
@given(PLACES, MONTHS_FIRST, st.integers(1, 31), st.integers(0, 3), st.sampled_from(ShortMonth))
@example(("US-WA", ""), date(2024, 1, 1), 29, 1, ShortMonth.LAST_DAY)
@example(("US-WA", ""), date(2023, 1, 1), 29, 1, ShortMonth.LAST_BUSINESS_DAY)
def test_a_day_of_the_month_after_the_period(
    place: tuple[str, str], first: date, day: int, months_after: int, short: ShortMonth
) -> None:
    code, _ = place
    (period,) = periods_in(Every.MONTH, first, first + relativedelta(day=31), fiscal_year_starts=7)
    expected = first + relativedelta(months=months_after, day=day)
    if expected.day != day and short is ShortMonth.LAST_BUSINESS_DAY:
        expected = rolled(code, expected, "backward")
    assert DayOfMonth(day, months_after, short).nominal_on(period, calendar(code)) == expected


@BY_THE_THOUSAND
@given(PLACES, MONTHS_FIRST, st.integers(0, 3), st.booleans())
def test_the_last_day_or_business_day_of_a_month(
    place: tuple[str, str], first: date, months_after: int, business_day: bool
) -> None:
    code, _ = place
    (period,) = periods_in(Every.MONTH, first, first + relativedelta(day=31), fiscal_year_starts=7)
    last = first + relativedelta(months=months_after, day=31)
    expected = rolled(code, last, "backward") if business_day else last
    assert LastDayOfMonth(months_after, business_day).nominal_on(period, calendar(code)) == expected


@BY_THE_THOUSAND
@given(PLACES, MONTHS_FIRST, st.integers(1, 17), st.integers(0, 3))
def test_the_nth_business_day_of_a_month(place: tuple[str, str], first: date, n: int, months_after: int) -> None:
    code, _ = place
    (period,) = periods_in(Every.MONTH, first, first + relativedelta(day=31), fiscal_year_starts=7)
    start = months_from(first, months_after)
    expected = np.busday_offset(np.datetime64(start), n - 1, roll="forward", busdaycal=numpys(code)).astype(date)
    assert NthBusinessDay(n, months_after).nominal_on(period, calendar(code)) == expected
    assert (expected.year, expected.month) == (start.year, start.month), "no month has fewer business days"


@BY_THE_THOUSAND
@given(PLACES, DAYS, OFFSETS)
@example(("US-WA", ""), date(2024, 2, 29), Offset(12, Unit.MONTHS))
@example(("US-WA", ""), date(2023, 2, 28), Offset(12, Unit.MONTHS))
@example(("US-CT", ""), date(2021, 8, 31), Offset(18, Unit.MONTHS))
@example(("US-CT", ""), date(2024, 8, 31), Offset(6, Unit.MONTHS, Direction.BEFORE))
def test_an_offset_in_days_business_days_or_months(place: tuple[str, str], on: date, offset: Offset) -> None:
    code, _ = place
    found = offset.apply(on, calendar(code))
    assert found == counted(code, offset, on)
    far = offset.reach(on)
    assert min(on, far) <= found + timedelta(days=offset.strictly_before)
    assert found <= max(on, far)


@BY_THE_THOUSAND
@given(PLACES, MONTHS_FIRST, OFFSETS, st.sampled_from(TermEnd))
def test_an_offset_from_either_end_of_a_quarter(
    place: tuple[str, str], first: date, offset: Offset, anchor: TermEnd
) -> None:
    code, _ = place
    quarters = periods_in(Every.QUARTER, first, months_from(first, 6) - timedelta(days=1), fiscal_year_starts=7)
    for quarter in quarters:
        edge = quarter.start if anchor == "start" else quarter.end
        assert FromPeriod(offset, anchor).nominal_on(quarter, calendar(code)) == counted(code, offset, edge)


@BY_THE_THOUSAND
@given(PLACES, DAYS, OFFSETS, OFFSETS)
def test_a_longer_offset_in_the_same_unit_is_never_earlier(
    place: tuple[str, str], on: date, one: Offset, other: Offset
) -> None:
    code, _ = place
    short, long = sorted((one.count, other.count))
    apart = [Offset(count, one.unit).apply(on, calendar(code)) for count in (short, long)]
    assert apart == sorted(apart)


# Rules that count from the contract, from another deliverable, or from an event.


def duty(
    rule: Any, every: Every, lines: tuple[Line, ...], id: str = "duty", closed: ClosedDayRule = STANDS
) -> Obligation:
    return Obligation(
        id, id.title(), "invoices", "Section 2", "one", "other", "mail", every, rule, Covers.PERIOD, closed, lines
    )


def term(
    place: tuple[str, str], first: date, months: int, *duties: Callable[[tuple[Line, ...]], Obligation]
) -> Contract:
    """Return a contract with one exhibit from the first of a month on, and the duties that it asks for."""
    code, zone = place
    last = months_from(first, months) - timedelta(days=1)
    lines = (Line(Exhibit("A", first, last)),)
    names = ("term", "T-1", "A term", "A funder", "A contractor")
    return Contract(*names, first, last, zone, code, 7, "", tuple(make(lines) for make in duties))


def single(contract: Contract, *events: Event) -> list[Occurrence]:
    return [each for each in occurrences(contract, events) if each.obligation.id == "duty"]


def nominal(contract: Contract, *events: Event) -> list[date]:
    return [each.moment.nominal_on for each in single(contract, *events)]


def at(on: date, zone: str, name: str, reference: str = "") -> Event:
    return Event(name, datetime.combine(on, NOON, ZoneInfo(zone)), reference)


def after(rule: Any) -> Callable[[tuple[Line, ...]], Obligation]:
    return lambda lines: duty(rule, Every.EVENT, lines)


def reports(lines: tuple[Line, ...]) -> Obligation:
    return duty(DayOfMonth(20), Every.MONTH, lines, id="report", closed=EIGHT)


def dates_of_reports(contract: Contract) -> list[date]:
    months = (contract.end.year - contract.start.year) * 12 + contract.end.month - contract.start.month + 1
    return [contract.start + relativedelta(months=n, day=20) for n in range(1, months + 1)]


TERMS = st.tuples(PLACES, st.dates(date(2016, 1, 1), date(2036, 1, 1)).map(lambda on: on.replace(day=1)))
INSTANTS = st.datetimes(datetime(2016, 1, 1), datetime(2036, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@BY_THE_THOUSAND
@given(TERMS, INSTANTS, OFFSETS)
def test_a_window_counts_from_the_local_day_of_its_event(
    where: tuple[tuple[str, str], date], instant: datetime, offset: Offset
) -> None:
    place, first = where
    contract = term(place, first, 24, after(FromEvent("hire", offset)))
    day_0 = instant.astimezone(ZoneInfo(place[1])).date()
    assert nominal(contract, Event("hire", instant)) == [counted(place[0], offset, day_0)]


@BY_THE_THOUSAND
@given(PLACES, INSTANTS)
def test_an_event_after_hours_counts_on_the_next_business_day_where_the_contract_says_so(
    place: tuple[str, str], instant: datetime
) -> None:
    code, zone = place
    contract = term(place, date(2020, 7, 1), 24)
    setting = EventDay(AfterHours.NEXT_BUSINESS_DAY, time(17))
    local = instant.astimezone(ZoneInfo(zone))
    in_hours = local.time() < time(17) and rolled(code, local.date(), "forward") == local.date()
    expected = local.date() if in_hours else open_days_from(code, local.date(), 1)
    assert replace(contract, event_day=setting).day_of(Event("notice", instant)) == expected
    assert contract.day_of(Event("notice", instant)) == local.date()


@BY_THE_THOUSAND
@given(TERMS, st.integers(-300, 900), st.integers(-300, 900), st.booleans(), st.booleans(), OFFSETS)
def test_a_window_counts_from_the_latest_of_several_days(
    where: tuple[tuple[str, str], date], one: int, other: int, same: bool, until_the_end: bool, offset: Offset
) -> None:
    place, first = where
    rule = FromEvent("exit", offset, not_before=("audit",), not_before_contract_end=until_the_end)
    contract = term(place, first, 24, after(rule))
    left, audited = first + timedelta(days=one), first + timedelta(days=other)
    events = (at(left, place[1], "exit", "C-1"), at(audited, place[1], "audit", "" if same else "C-2"))
    day_0 = max([left] + [audited] * same + [contract.end] * until_the_end)
    assert nominal(contract, *events) == [counted(place[0], offset, day_0)]


@BY_THE_THOUSAND
@given(TERMS, st.integers(0, 300), st.integers(-200, 600), st.booleans(), OFFSETS)
def test_an_ending_event_ends_what_falls_due_from_its_day_on_for_its_own_reference_only(
    where: tuple[tuple[str, str], date], started: int, later: int, same: bool, offset: Offset
) -> None:
    place, first = where
    contract = term(place, first, 24, after(FromEvent("enrollment", offset, until="exit")))
    on = first + timedelta(days=started)
    ended = on + timedelta(days=later)
    events = (at(on, place[1], "enrollment", "C-1"), at(ended, place[1], "exit", "C-1" if same else "C-2"))
    due = counted(place[0], offset, on)
    assert nominal(contract, *events) == ([] if same and due >= ended >= on else [due])


@BY_THE_THOUSAND
@given(TERMS, st.integers(0, 700), st.lists(st.integers(1, 60), min_size=1, max_size=6, unique=True))
def test_several_months_after_an_event_are_each_counted_from_it(
    where: tuple[tuple[str, str], date], started: int, months: list[int]
) -> None:
    place, first = where
    on = first + timedelta(days=started)
    contract = term(place, first, 24, after(MonthsFromEvent("birth", tuple(sorted(months)))))
    assert nominal(contract, at(on, place[1], "birth")) == [months_from(on, n) for n in sorted(months)]


@BY_THE_THOUSAND
@given(TERMS, st.integers(0, 700), st.integers(1, 13), st.one_of(st.none(), st.integers(0, 700)))
def test_a_repeat_is_counted_from_the_event_until_it_or_the_contract_ends(
    where: tuple[tuple[str, str], date], started: int, step: int, later: int | None
) -> None:
    place, first = where
    contract = term(place, first, 24, after(RepeatedFromEvent("approved", step, "completed")))
    on = first + timedelta(days=started)
    events = [at(on, place[1], "approved")]
    stop = contract.end + timedelta(days=1)
    if later is not None:
        stop = min(stop, on + timedelta(days=later))
        events.append(at(on + timedelta(days=later), place[1], "completed"))
    all_dates = [months_from(on, step * n) for n in range(1, 60)]
    assert nominal(contract, *events) == [due for due in all_dates if due < stop]


@BY_THE_THOUSAND
@given(TERMS, st.integers(0, 700), st.integers(1, 24), st.integers(0, 60), st.integers(0, 60), st.integers(0, 800))
def test_a_window_around_an_anniversary_has_both_its_ends(
    where: tuple[tuple[str, str], date], started: int, months: int, before: int, behind: int, left: int
) -> None:
    place, first = where
    contract = term(place, first, 24, after(AroundAnniversary("enrollment", months, before, behind, "exit")))
    on = first + timedelta(days=started)
    anniversary = months_from(on, months)
    events = (at(on, place[1], "enrollment", "C-1"), at(on + timedelta(days=left), place[1], "exit", "C-1"))
    window = Window(anniversary - timedelta(days=before), anniversary + timedelta(days=behind))
    expected = [] if on + timedelta(days=left) < anniversary else [window]
    found = single(contract, *events)
    assert [each.window for each in found] == expected
    assert [each.moment.nominal_on for each in found] == [window.end for window in expected]


@BY_THE_THOUSAND
@given(TERMS, st.integers(0, 700), OFFSETS, st.integers(1, 31))
def test_the_next_such_day_of_a_month_is_found_by_walking(
    where: tuple[tuple[str, str], date], started: int, offset: Offset, day: int
) -> None:
    place, first = where
    contract = term(place, first, 24, after(DayOfMonthAfterEvent("missed", offset, day)))
    on = first + timedelta(days=started)
    walked = counted(place[0], offset, on)
    while walked.day != day and not (walked.day < day and (walked + timedelta(days=1)).day == 1):
        walked += timedelta(days=1)
    assert nominal(contract, at(on, place[1], "missed")) == [walked]


@BY_THE_THOUSAND
@given(TERMS, st.integers(3, 24))
def test_what_goes_with_another_deliverable_has_its_due_moment(
    where: tuple[tuple[str, str], date], months: int
) -> None:
    place, first = where
    contract = term(place, first, months, reports, lambda lines: duty(WithDeliverable("report"), Every.MONTH, lines))
    due = []
    for on in dates_of_reports(contract):
        moved = rolled(place[0], on, "forward")
        last = (on + timedelta(days=1), time(0)) if moved == on else (moved, time(8))
        due.append(datetime.combine(*last, ZoneInfo(place[1])))
    assert [each.moment.due_at for each in single(contract)] == due


@BY_THE_THOUSAND
@given(TERMS, st.integers(0, 500), st.one_of(st.none(), st.integers(0, 400)))
def test_what_goes_with_reports_while_something_goes_on_begins_and_ends_with_it(
    where: tuple[tuple[str, str], date], started: int, later: int | None
) -> None:
    place, first = where
    rule = WithDeliverable("report", event="low", until="recovered")
    contract = term(place, first, 12, reports, lambda lines: duty(rule, Every.MONTH, lines))
    low = first + timedelta(days=started)
    events = [at(low, place[1], "low")]
    stop = date.max
    if later is not None:
        stop = low + timedelta(days=later)
        events.append(at(stop, place[1], "recovered"))
    assert nominal(contract, *events) == [on for on in dates_of_reports(contract) if low <= on < stop]
    assert nominal(contract) == []


@BY_THE_THOUSAND
@given(TERMS, st.integers(0, 500))
def test_the_next_deliverable_after_an_event_is_the_first_not_before_its_day(
    where: tuple[tuple[str, str], date], started: int
) -> None:
    place, first = where
    contract = term(place, first, 12, reports, after(WithNextDeliverable("report", "missed")))
    on = first + timedelta(days=started)
    coming = [due for due in dates_of_reports(contract) if due >= on]
    assert nominal(contract, at(on, place[1], "missed")) == coming[:1]


@BY_THE_THOUSAND
@given(TERMS, OFFSETS)
def test_an_offset_from_each_deliverable_starts_at_its_nominal_date(
    where: tuple[tuple[str, str], date], offset: Offset
) -> None:
    place, first = where
    rule = FromDeliverable("report", offset)
    contract = term(place, first, 6, reports, lambda lines: duty(rule, Every.MONTH, lines))
    assert nominal(contract) == sorted(counted(place[0], offset, on) for on in dates_of_reports(contract))


@BY_THE_THOUSAND
@given(TERMS, st.integers(1, 30), st.sampled_from(TermEnd), st.booleans(), OFFSETS)
def test_an_offset_from_the_first_or_last_day_of_the_term(
    where: tuple[tuple[str, str], date], months: int, anchor: TermEnd, whole: bool, offset: Offset
) -> None:
    place, first = where
    contract = term(place, first, months, lambda lines: duty(FromContract(anchor, offset, whole), Every.ONCE, lines))
    edge = first if anchor == "start" else months_from(first, months) - timedelta(days=1)
    assert nominal(contract) == [counted(place[0], offset, edge)]


@BY_THE_THOUSAND
@given(TERMS, st.integers(0, 700), st.integers(-100, 800))
def test_a_printed_date_gives_way_to_an_event_that_comes_first(
    where: tuple[tuple[str, str], date], printed: int, closed: int
) -> None:
    place, first = where
    on, closure = first + timedelta(days=printed), first + timedelta(days=closed)
    contract = term(place, first, 24, lambda lines: duty(PrintedDates({"A": on}, "closure"), Every.ONCE, lines))
    expected = closure if first <= closure < on else on
    assert nominal(contract, at(closure, place[1], "closure")) == [expected]
    assert nominal(contract) == [on]


@pytest.mark.parametrize(
    ("months", "due"), [(12, "2025-02-28"), (24, "2026-02-28"), (48, "2028-02-29"), (6, "2024-08-29")]
)
def test_a_leap_day_has_its_anniversary_on_the_last_day_of_february(months: int, due: str) -> None:
    place = ("US-WA", "America/Los_Angeles")
    contract = term(place, date(2024, 1, 1), 12, after(MonthsFromEvent("birth", (months,))))
    assert nominal(contract, at(date(2024, 2, 29), place[1], "birth")) == [date.fromisoformat(due)]


# Thresholds.

FIGURES = st.lists(st.tuples(*[st.integers(0, 80)] * 3), max_size=12)


@BY_THE_THOUSAND
@given(st.integers(1, 100), st.integers(1, 200), st.integers(1, 4), FIGURES)
@example(85, 52, 2, [(44, 44, 44), (44, 44, 45), (44, 44, 44), (44, 44, 44), (0, 0, 0)])
def test_a_threshold_compares_unrounded_and_counts_runs(
    percent: int, capacity: int, consecutive: int, quarters: list[tuple[int, int, int]]
) -> None:
    threshold = Threshold(percent, capacity, consecutive, "A review follows.")
    windows = [Window(date(2020 + n, 7, 1), date(2020 + n, 9, 30)) for n in range(len(quarters))]
    means = [threshold.mean(window, figures) for window, figures in zip(windows, quarters, strict=True)]
    # In whole numbers, so that nothing can be rounded: sum / 3 >= percent / 100 * capacity.
    meets = [sum(figures) * 100 >= percent * capacity * 3 for figures in quarters]
    assert [mean.meets for mean in means] == meets
    assert [mean.value for mean in means] == [Fraction(a + b + c, 3) for a, b, c in quarters]
    runs = [list(run) for met, run in groupby(range(len(quarters)), key=meets.__getitem__) if not met]
    complete = [windows[run[consecutive - 1]] for run in runs if len(run) >= consecutive]
    assert [mean.quarter for mean in threshold.followed_by(means)] == complete


@pytest.mark.parametrize("count", [0, 2, 4])
def test_a_quarter_has_three_figures(count: int) -> None:
    with pytest.raises(ValueError, match="three monthly figures"):
        Threshold(85, 52, 1, "").mean(Window(date(2022, 7, 1), date(2022, 9, 30)), [44] * count)
