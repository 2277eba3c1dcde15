"""What would each fault of clocks, calendars and schedules do if nobody guarded against it?

The rules are tested with them; here the usual, naive way is seen to go wrong where ours does not.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from importlib.metadata import version
from zoneinfo import ZoneInfo

import holidays
import pytest
from apscheduler.triggers.cron import CronTrigger
from hypothesis import given
from hypothesis import strategies as st
from mail_server import mail_server
from notices import bundle_all, drained, owe_all, ready_contract
from parts import REPOSITORY
from rows import add_deliverable
from sqlalchemy import Column, DateTime, Engine, Integer, MetaData, Table, create_engine, insert, select

from duecourse.calendar.business_days import business_calendar
from duecourse.calendar.due import instant_at
from duecourse.calendar.periods import Covers, Every, add_months, periods_in
from duecourse.calendar.rules import DayOfMonth, ShortMonth
from duecourse.engine.schedules import DailyAt
from duecourse.models.columns import UTCDateTime
from duecourse.models.database import writing

ZONES = ("America/Los_Angeles", "America/New_York")
SPRING, AUTUMN = date(2027, 3, 14), date(2027, 11, 7)


@pytest.mark.parametrize("zone", ZONES)
def test_half_past_two_on_the_day_that_has_none_is_the_first_instant_after_the_gap_and_not_half_an_hour_later(
    zone: str,
) -> None:
    ours = instant_at(SPRING, time(2, 30), zone).astimezone(UTC)
    assert ours.astimezone(ZoneInfo(zone)).time() == time(3)
    assert (ours - timedelta(seconds=1)).astimezone(ZoneInfo(zone)).time() == time(1, 59, 59)
    # The control: Python reads a time that there is not as one after the gap by as much.
    naive = datetime.combine(SPRING, time(2, 30), ZoneInfo(zone)).astimezone(UTC)
    assert naive - ours == timedelta(minutes=30)


@pytest.mark.parametrize("zone", ZONES)
def test_half_past_one_on_the_day_that_has_it_twice_comes_once_and_twice_with_a_plain_crontab_line(zone: str) -> None:
    local = ZoneInfo(zone)
    assert instant_at(AUTUMN, time(1, 30), zone).utcoffset() == datetime(2027, 11, 7, tzinfo=local).utcoffset()
    plain = CronTrigger(hour=1, minute=30, timezone=zone)
    before, fired = datetime(2027, 11, 6, 12, tzinfo=local), list[datetime]()
    while (at := plain.get_next_fire_time(fired[-1] if fired else None, before)).date() <= AUTUMN:
        fired.append(at)
        before = (at.astimezone(UTC) + timedelta(seconds=1)).astimezone(local)
    assert [at.time() for at in fired] == [time(1, 30)] * 2
    # No job of ours is allowed there; one at four has a slot on each day.
    with pytest.raises(ValueError, match="twice or never"):
        DailyAt(time(1, 30), zone)
    ours = DailyAt(time(4), zone)
    minutes = (datetime(2027, 11, 7, 5, tzinfo=UTC) + timedelta(minutes=n) for n in range(24 * 60))
    assert len({ours.slot_for(at) for at in minutes if at.astimezone(local).date() == AUTUMN}) == 2


@given(st.sampled_from(ZONES), st.dates(date(2024, 1, 1), date(2032, 12, 30)), st.times())
def test_the_same_time_on_the_next_day_is_not_a_day_later_when_the_clocks_change(zone: str, on: date, at: time) -> None:
    local = ZoneInfo(zone)
    one, other = (instant_at(day, at, zone) for day in (on, on + timedelta(days=1)))
    elapsed = other.astimezone(UTC) - one.astimezone(UTC)
    changes = [datetime.combine(day, time(12), local).utcoffset() for day in (on - timedelta(days=1), on)]
    later = [datetime.combine(day, time(12), local).utcoffset() for day in (on, on + timedelta(days=1))]
    if changes[0] == changes[1] and later[0] == later[1]:
        assert elapsed == timedelta(days=1)
    assert timedelta(hours=23) <= elapsed <= timedelta(hours=25)


@pytest.mark.parametrize(("on", "hours"), [(SPRING, 23), (AUTUMN, 25), (date(2027, 6, 1), 24)])
def test_a_day_by_the_wall_clock_and_a_day_of_24_hours_are_two_things(on: date, hours: int) -> None:
    for zone in ZONES:
        noon_before = instant_at(on - timedelta(days=1), time(12), zone)
        by_the_clock = instant_at(on, time(12), zone)
        assert by_the_clock.astimezone(UTC) - noon_before.astimezone(UTC) == timedelta(hours=hours)
        # The control: a day added to an aware time keeps the wall clock, and is taken for 24 hours.
        assert (noon_before + timedelta(days=1)) - noon_before == timedelta(days=1)
        after_24_hours = (noon_before.astimezone(UTC) + timedelta(hours=24)).astimezone(ZoneInfo(zone))
        assert (after_24_hours.hour == 12) is (hours == 24)


def test_sqlite_forgets_the_zone_of_an_instant_unless_it_is_stored_in_utc() -> None:
    plain, ours = (
        Table(name, MetaData(), Column("id", Integer, primary_key=True), Column("at", kind))
        for name, kind in (
            ("plain", DateTime(timezone=True)),
            ("ours", UTCDateTime()),
        )
    )
    five = datetime(2027, 7, 1, 17, tzinfo=ZoneInfo("America/New_York"))
    with create_engine("sqlite://").begin() as connection:
        found = {}
        for table in (plain, ours):
            table.create(connection)
            connection.execute(insert(table).values(at=five))
            found[table.name] = connection.execute(select(table.c.at)).scalar_one()
        # The control: a naive 5 PM, which is nobody's instant.
        assert found["plain"] == datetime(2027, 7, 1, 17)  # noqa: DTZ001
        assert found["ours"] == five and found["ours"].tzinfo is UTC
        with pytest.raises(Exception, match="needs a time zone"):
            connection.execute(insert(ours).values(at=datetime(2027, 7, 1, 17)))  # noqa: DTZ001


@pytest.mark.parametrize("year", range(2024, 2033))
def test_each_year_has_its_twelve_months_four_quarters_and_one_anniversary(year: int) -> None:
    days = business_calendar("US-WA", 2022, 2036)
    first, last = date(year, 1, 1), date(year, 12, 31)
    months = [DayOfMonth(31, 0, ShortMonth.LAST_DAY).nominal_on(one, days) for one in whole(Every.MONTH, first, last)]
    assert [on.month for on in months] == list(range(1, 13))
    assert all((on + timedelta(days=1)).day == 1 for on in months)
    assert len(whole(Every.QUARTER, first, last)) == 4
    leap = date(2024, 2, 29)
    assert add_months(leap, 12 * (year - 2024)) == date(year, 2, 29 if year % 4 == 0 else 28)
    # The control: a crontab line for the 31st passes over the months that have none, one for February 29 the years.
    assert len(fires(CronTrigger(day=31, timezone="UTC"), year)) == 7
    assert len(fires(CronTrigger(month=2, day=29, timezone="UTC"), year)) == (year % 4 == 0)


def whole(every: Every, first: date, last: date) -> list[Covers]:
    return list(periods_in(every, first, last, fiscal_year_starts=7))


def fires(trigger: CronTrigger, year: int) -> list[datetime]:
    at, found = datetime(year, 1, 1, tzinfo=UTC), list[datetime]()
    while (at := trigger.get_next_fire_time(None, at)) and at.year == year:
        found.append(at)
        at += timedelta(seconds=1)
    return found


def test_a_library_closes_offices_on_a_day_before_the_states_own_law() -> None:
    on = date(2021, 6, 18)
    assert business_calendar("US-WA", 2021, 2022).is_business_day(on)
    # The control: the federal holidays, which many take for everybody's.
    assert on in holidays.country_holidays("US", years=2021)


def test_whoever_makes_up_for_each_missed_day_sends_a_mail_for_each(engine: Engine) -> None:
    """The control of one mail after a downtime: the days that were missed, gone through one by one."""
    with writing(engine) as session:
        contract = ready_contract(session, managers=1)
        for day in range(1, 15):
            add_deliverable(session, contract, due_on=date(2022, 11, day))
    after = datetime(2022, 12, 5, 18, tzinfo=UTC)
    with mail_server() as server:
        for days in range(20, 0, -1):
            missed = after - timedelta(days=days)
            owe_all(engine, missed)
            bundle_all(engine, missed)
            drained(engine, server, now=missed)
    most = max(server.recipients.count(one) for one in server.recipients)
    assert most > 5


def differing(locked: str) -> list[str]:
    """Return the packages of a lock file that are installed in another version, or not at all."""
    found = []
    for name, wanted in re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^\s;\\]+)", locked, re.MULTILINE):
        try:
            installed = version(name)
        except ImportError:
            continue
        if installed != wanted:
            found.append(f"{name} {installed}")
    return found


def test_what_is_installed_is_what_is_locked_and_one_upgrade_alone_is_seen() -> None:
    """With another SQLAlchemy or FastAPI, Prefect starts, and schedules nothing: all are tried together."""
    locked = (REPOSITORY / "requirements" / "run.txt").read_text(encoding="utf-8")
    assert differing(locked) == []
    upgraded = re.sub(r"(?m)^(fastapi(?:\[[^]]*\])?)==\S+", r"\1==9.9.9", locked)
    assert upgraded != locked
    assert len(differing(upgraded)) == 1
