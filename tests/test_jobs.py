"""Which slot does an instant belong to, what does each job do, and what is said of a run?"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine
from unplanned import context_on, load_unplanned, mails_of, noticed, planned_kinds, planned_rows, slots_of

from duecourse.calendar import words
from duecourse.clock import Clock
from duecourse.engine.context import Context
from duecourse.engine.jobs import JOBS, Job, job_named
from duecourse.engine.ledger import claim, finish
from duecourse.engine.run import LEASE, Outcome, run_due, run_job, run_slot
from duecourse.engine.schedules import DailyAt, EveryMinutes, Schedule
from duecourse.errors import NotFound

PACIFIC = ZoneInfo("America/Los_Angeles")
SCHEDULES = [
    DailyAt(time(4), "America/Los_Angeles"),
    DailyAt(time(23, 59), "America/New_York"),
    EveryMinutes(5),
    EveryMinutes(5, after=2),
]
INSTANTS = st.datetimes(datetime(2020, 1, 1), datetime(2032, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(schedule=st.sampled_from(SCHEDULES), now=INSTANTS)
def test_the_slot_of_an_instant_is_the_newest_that_has_begun(schedule: Schedule, now: datetime) -> None:
    slot = schedule.slot_for(now)
    assert slot.tzinfo is UTC
    assert slot <= now
    assert schedule.slot_for(slot) == slot
    longest = timedelta(hours=25) if isinstance(schedule, DailyAt) else timedelta(minutes=5)
    assert now - slot < longest


@given(schedule=st.sampled_from(SCHEDULES), now=INSTANTS, zone=st.sampled_from(["Asia/Tokyo", "Pacific/Honolulu"]))
def test_the_slot_does_not_depend_on_the_zone_in_which_the_instant_is_written(
    schedule: Schedule, now: datetime, zone: str
) -> None:
    assert schedule.slot_for(now) == schedule.slot_for(now.astimezone(ZoneInfo(zone)))


@pytest.mark.parametrize("schedule", SCHEDULES[:2])
@pytest.mark.parametrize("year", [2026, 2027])
def test_a_daily_job_has_one_slot_on_each_local_day_also_when_the_clocks_change(schedule: DailyAt, year: int) -> None:
    zone = ZoneInfo(schedule.zone)
    instant, end = datetime(year, 1, 1, 12, tzinfo=zone), datetime(year + 1, 1, 1, 12, tzinfo=zone)
    slots = set()
    while instant.astimezone(UTC) < end.astimezone(UTC):
        slots.add(schedule.slot_for(instant))
        instant = (instant.astimezone(UTC) + timedelta(minutes=30)).astimezone(zone)
    local = [slot.astimezone(zone) for slot in sorted(slots)]
    assert [at.date() for at in local] == [local[0].date() + timedelta(days=n) for n in range(366)]
    assert {at.time() for at in local} == {schedule.at}


def test_the_slot_before_four_in_the_morning_is_that_of_the_day_before() -> None:
    schedule = DailyAt(time(4), "America/Los_Angeles")
    assert schedule.slot_for(datetime(2026, 11, 22, 3, 59, 59, tzinfo=PACIFIC)) == datetime(
        2026, 11, 21, 4, tzinfo=PACIFIC
    )
    assert schedule.slot_for(datetime(2026, 11, 22, 4, tzinfo=PACIFIC)) == datetime(2026, 11, 22, 4, tzinfo=PACIFIC)


@pytest.mark.parametrize("at", [time(0), time(1, 30), time(3, 59), time(4, 0, 30)])
def test_a_daily_job_is_refused_where_clocks_change_and_between_minutes(at: time) -> None:
    with pytest.raises(ValueError, match=r"twice or never|no full minute"):
        DailyAt(at, "America/Los_Angeles")


@pytest.mark.parametrize("minutes", [0, -5, 7, 90])
def test_minutes_that_do_not_divide_the_hour_are_refused(minutes: int) -> None:
    with pytest.raises(ValueError, match="do not divide an hour"):
        EveryMinutes(minutes)


@pytest.mark.parametrize("after", [-1, 5, 60])
def test_the_first_minute_lies_before_the_second(after: int) -> None:
    with pytest.raises(ValueError, match="after the full hour"):
        EveryMinutes(5, after=after)


def test_schedules_are_said_in_words() -> None:
    assert DailyAt(time(4, 5), "America/Los_Angeles").words() == "every day at 4:05 AM Pacific"
    assert EveryMinutes(5).words() == "every 5 minutes"
    assert EveryMinutes(1).words() == "every minute"


NOW = datetime(2026, 11, 23, 18, 2, 30, tzinfo=UTC)


@pytest.fixture
def context(engine: Engine, tmp_path: Path) -> Context:
    """What the jobs work with, on a database where the shipped contracts are loaded and nothing is planned."""
    load_unplanned(engine, now=NOW)
    return context_on(engine, mails=tmp_path / "mails", showing=NOW)


def counting(name: str = "reminders", *, error: Exception | None = None) -> tuple[Job, list[datetime]]:
    """Return a job that only notes when it ran, every 5 minutes, and its notes."""
    runs: list[datetime] = []

    def verb(context: Context, now: datetime) -> str:
        runs.append(now)
        if error is not None:
            raise error
        return "noted it"

    return Job(name, "Notes that it ran.", EveryMinutes(5), verb), runs


def test_a_job_runs_once_for_its_slot_and_says_who_did_it(context: Context) -> None:
    job, runs = counting()
    first = run_job(context, job, at=NOW, engine_name="embedded")
    second = run_job(context, job, at=NOW + timedelta(minutes=2), engine_name="prefect")
    assert (first.outcome, second.outcome, len(runs)) == (Outcome.DONE, Outcome.DONE_BEFORE, 1)
    assert str(first) == "reminders for 2026-11-23 18:00 UTC: noted it"
    assert second.summary.startswith(f"already done by {context.process}")
    assert second.summary.endswith("noted it")


def test_the_next_slot_is_run_again(context: Context) -> None:
    job, runs = counting()
    for minutes in (0, 5, 10):
        run_job(context, job, at=NOW + timedelta(minutes=minutes), engine_name="embedded")
    assert len(runs) == 3


def test_a_job_under_way_elsewhere_is_left_alone(context: Context) -> None:
    job, runs = counting()
    slot = job.schedule.slot_for(NOW)
    assert claim(context.engine, job.name, slot, owner="another", lease=LEASE, now=NOW, engine_name="prefect")
    report = run_job(context, job, at=NOW, engine_name="embedded")
    assert (report.outcome, report.summary, runs) == (Outcome.UNDER_WAY, "being done by another (prefect)", [])


def test_the_check_of_everything_waits_while_somebody_else_plans(context: Context) -> None:
    planning, verification = job_named("invoices"), job_named("verification")
    slot = planning.schedule.slot_for(NOW)
    assert claim(context.engine, "invoices 2/4", slot, owner="another", lease=LEASE, now=NOW, engine_name="prefect")
    report = run_job(context, verification, at=NOW, engine_name="embedded")
    assert (report.outcome, report.summary) == (Outcome.UNDER_WAY, "waits until everything is planned")
    assert finish(context.engine, "invoices 2/4", slot, owner="another", now=NOW, summary="did it")
    assert run_job(context, verification, at=NOW, engine_name="embedded").outcome is Outcome.DONE


def test_a_job_that_died_is_run_by_somebody_else_once_its_lease_has_run_out(context: Context) -> None:
    job, runs = counting()
    slot = job.schedule.slot_for(NOW)
    long_ago = NOW - LEASE - timedelta(minutes=1)
    assert claim(context.engine, job.name, slot, owner="dead", lease=LEASE, now=long_ago, engine_name="prefect")
    assert run_job(context, job, at=NOW, engine_name="embedded").outcome is Outcome.DONE
    assert len(runs) == 1


def test_a_job_that_fails_is_reported_and_tried_again(context: Context) -> None:
    broken, failures = counting(error=RuntimeError("the database was away\n[SQL: ...]"))
    report = run_job(context, broken, at=NOW, engine_name="embedded")
    assert (report.outcome, report.summary) == (Outcome.FAILED, "failed: the database was away")
    mended, runs = counting()
    assert run_job(context, mended, at=NOW, engine_name="embedded").outcome is Outcome.DONE
    assert (len(failures), len(runs)) == (1, 1)
    assert [entry.attempts for entry in slots_of(context.engine, "reminders")] == [2]


def test_one_job_that_fails_keeps_no_other_from_running(context: Context) -> None:
    broken, _ = counting("invoices", error=RuntimeError("no"))
    fine, runs = counting("meetings")
    reports = run_due(context, engine_name="embedded", jobs=[broken, fine])
    assert [report.outcome for report in reports] == [Outcome.FAILED, Outcome.DONE]
    assert len(runs) == 1


def test_after_a_downtime_one_run_makes_up_for_all_the_missed_slots(context: Context) -> None:
    job, runs = counting()
    run_due(context, engine_name="embedded", jobs=[job])
    later = replace(context, clock=Clock.showing(NOW + timedelta(days=10)))
    run_due(later, engine_name="embedded", jobs=[job])
    run_due(later, engine_name="embedded", jobs=[job])
    assert len(runs) == 2


def test_the_jobs_plan_what_the_contracts_ask_for_and_remind_of_it(context: Context, tmp_path: Path) -> None:
    reports = {report.job: report for report in run_due(context, engine_name="embedded")}
    kinds = planned_kinds(context.engine)
    assert reports.keys() == {job.name for job in JOBS}
    for name, planned in kinds.items():
        assert reports[name].summary == f"added {words.count(planned, 'deliverable')}"
    assert set(kinds) == {job.name for job in JOBS if job.divides}
    owed, mails = noticed(context.engine), mails_of(context.engine)
    copies = sum(is_copy for *_, is_copy in owed)
    assert len(owed) > copies > 0
    assert reports["reminders"].summary.startswith(f"{len(owed) - copies} reminders written; 0 notices sent")
    assert reports["escalation"].summary.startswith(f"{copies} notices of what is late or came in written; 0 notices")
    assert reports["digests"].summary.startswith(f"{mails} daily mails written; {mails} notices sent")
    assert len(list((tmp_path / "mails").glob("*.eml"))) == mails_of(context.engine) > 0


def test_the_jobs_find_nothing_to_do_the_second_time(context: Context, tmp_path: Path) -> None:
    run_due(context, engine_name="embedded")
    planned, owed = planned_rows(context.engine), noticed(context.engine)
    for job in JOBS:
        assert run_slot(context, job, NOW, engine_name="command line").outcome is Outcome.DONE
    assert (planned_rows(context.engine), noticed(context.engine)) == (planned, owed)
    assert len(list((tmp_path / "mails").glob("*.eml"))) == mails_of(context.engine) > 0


def test_a_job_that_there_is_not_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(NotFound, match=r"no job “remindres”.*monthly-enrollment.*reminders"):
        job_named("remindres")
