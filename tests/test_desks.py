"""Do the days on each desk add up as they were counted by hand, and is nobody late for the other side's days?"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import lead
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lead import NOW, STATUS, decided, duties, found, hand_in, uid, within
from sqlalchemy import Engine

from duecourse.calendar.business_days import business_calendar
from duecourse.calendar.desks import Handover, Span, days_late, days_on, late_in_all, stays
from duecourse.calendar.lifecycle import Act, Party
from duecourse.models.database import reading
from duecourse.tracking.desks.desk_clock import DeskClock, desk_clock
from duecourse.tracking.extensions.extending import refuse

EASTERN = ZoneInfo("America/New_York")
CONNECTICUT = business_calendar("US-CT", 2021, 2023)


def at(month: int, day: int, hour: int = 12, year: int = 2022) -> datetime:
    return datetime(year, month, day, hour, tzinfo=EASTERN).astimezone(UTC)


@pytest.fixture
def tracked(engine: Engine) -> Engine:
    lead.track(engine)
    return engine


def clock(engine: Engine, now: datetime) -> DeskClock:
    shown = found(engine, uid(engine, STATUS), now)
    with reading(engine) as session:
        made = desk_clock(session, shown, now=now)
    assert made is not None
    return made


def test_a_report_that_went_back_and_forth_is_split_as_counted_on_a_wall_calendar(tracked: Engine) -> None:
    # The quarter ended on September 30, 2022. October 10 was Columbus Day, November 8 election day (offices open),
    # November 11 Veterans Day, November 24 Thanksgiving. Due by the end of October 30.
    status = uid(tracked, STATUS)
    hand_in(tracked, status, at=at(11, 2, 9))
    decided(tracked, status, Act.RETURN, now=at(11, 14, 15), comment="Page 2.", again_on=date(2022, 11, 21))
    hand_in(tracked, status, at=at(11, 23, 10))
    decided(tracked, status, Act.ACCEPT, now=at(11, 29, 11))
    counted = clock(tracked, at(12, 20))
    assert [(str(stay.desk), stay.days, stay.business_days) for stay in counted.stays] == [
        # October 1 to November 2: 32 days; 20 business days in October from the 3rd on, less none but the 10th, and 2.
        ("contractor", 32, 22),
        # November 2 to 14: 3, 4, 7, 8, 9, 10 and 14 were business days.
        ("funder", 12, 7),
        # November 14 to 23: 15 to 18, and 21 to 23.
        ("contractor", 9, 7),
        # November 23 to 29: 25 (Connecticut's offices are open on that Friday), 28 and 29.
        ("funder", 6, 3),
    ]
    assert (counted.contractor, counted.funder, counted.is_running) == ((41, 29), (18, 10), False)
    # Late from October 31 at midnight to November 2 at 9: 3 begun days; and from November 22 to 23 at 10: 2.
    assert counted.days_late == 5


def test_a_report_that_is_not_in_runs_on_the_contractors_desk(tracked: Engine) -> None:
    running = clock(tracked, at(11, 3, 9))
    assert running.is_running
    assert (running.contractor, running.funder, running.days_late) == ((33, 23), (0, 0), 4)
    assert found(tracked, uid(tracked, STATUS), at(11, 3, 9)).days_late(at(11, 3, 9)) == 4


def test_the_days_on_which_a_request_waited_do_not_count_as_late(tracked: Engine) -> None:
    status = uid(tracked, STATUS)
    request = lead.asked(tracked, status, at=at(10, 28))
    waiting = at(11, 3, 9)
    assert found(tracked, status, waiting).days_late(waiting) == 0, "the funder has not decided"
    within(tracked, refuse, request, comment="No.", form_key=lead.key(), now=at(11, 4, 0), by=lead.OEC)
    # October 31 to November 3 lay on the funder's desk; late are November 4 and 5, and the begun 6th.
    assert found(tracked, status, at(11, 6, 9)).days_late(at(11, 6, 9)) == 3
    counted = clock(tracked, at(11, 6, 9))
    assert [(str(stay.desk), stay.days) for stay in counted.stays] == [
        ("contractor", 30),
        ("funder", 4),
        ("contractor", 2),
    ]
    assert counted.days_late == 3


def test_a_submission_on_the_stroke_is_one_day_late_and_one_second_before_it_is_not(tracked: Engine) -> None:
    limit = at(10, 31, 0)
    start = Handover(at(10, 1, 0), Party.CONTRACTOR, limit)
    for sent, late in ((limit, 1), (limit - timedelta(seconds=1), 0)):
        split = stays(
            [start, Handover(sent, Party.FUNDER)], until=at(12, 1), zone="America/New_York", calendar=CONNECTICUT
        )
        assert late_in_all(split) == late


@given(
    st.lists(st.integers(0, 24 * 300), min_size=1, max_size=8, unique=True),
    st.lists(st.tuples(st.integers(0, 24 * 300), st.integers(1, 24 * 30)), max_size=3),
    st.integers(0, 24 * 300),
)
@settings(deadline=None)
def test_both_desks_together_have_all_days(hours: list[int], asks: list[tuple[int, int]], limit: int) -> None:
    begin = at(1, 1, 0)
    moments = [begin + timedelta(hours=hour) for hour in sorted(hours)]
    due, until = begin + timedelta(hours=limit), begin + timedelta(hours=24 * 301)
    hands = [
        Handover(moment, Party.FUNDER if place % 2 else Party.CONTRACTOR, None if place % 2 else due)
        for place, moment in enumerate(moments)
    ]
    waits = [Span(begin + timedelta(hours=ask), begin + timedelta(hours=ask + long)) for ask, long in asks]
    split = stays(hands, waits, until=until, zone="America/New_York", calendar=CONNECTICUT)
    assert [stay.span.start for stay in split[1:]] == [stay.span.end for stay in split[:-1]]
    assert [one.desk for one in split[1:]] == [one.desk.other for one in split[:-1]]
    (contractor, _), (funder, _) = days_on(Party.CONTRACTOR, split), days_on(Party.FUNDER, split)
    local = [moment.astimezone(EASTERN).date() for moment in (moments[0], until)]
    assert contractor + funder == (local[1] - local[0]).days


@given(st.integers(-100, 5000), st.lists(st.tuples(st.integers(0, 500), st.integers(1, 500)), max_size=1))
def test_waiting_never_makes_anything_later(hours: int, asks: list[tuple[int, int]]) -> None:
    due = at(6, 1)
    now = due + timedelta(hours=hours)
    waits = [Span(due + timedelta(hours=ask), due + timedelta(hours=ask + long)) for ask, long in asks]
    assert 0 <= days_late(due, now, waits) <= days_late(due, now)
    assert (days_late(due, now) > 0) == (now >= due)


def test_the_funders_own_duty_has_no_such_clock(tracked: Engine) -> None:
    hand_in(tracked, uid(tracked, STATUS), at=NOW)
    (duty,) = duties(tracked, lead.ANSWER, NOW)
    with reading(tracked) as session:
        assert desk_clock(session, duty, now=NOW + timedelta(days=3)) is None
