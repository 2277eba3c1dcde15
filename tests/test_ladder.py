"""Which rung of a deadline's ladder is owed, when, and to whom?"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duecourse.calendar.business_days import business_calendar
from duecourse.calendar.due import instant_at
from duecourse.calendar.ladders import LIAISONS, OWNER, SENIORS, Audience, Ladder, Step
from duecourse.calendar.standing import Facts
from duecourse.calendar.words import ZONES
from duecourse.models import RoleName
from duecourse.notifications.ladder import Rung, latest_rung, notice_key, owed_rungs
from duecourse.notifications.readers import Reader, Why, readers

PACIFIC = "America/Los_Angeles"
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
DUE_ON = date(2022, 11, 15)
DUE_AT = datetime(2022, 11, 16, tzinfo=ZoneInfo(PACIFIC))
MANAGER, SUPERVISOR = RoleName.PROGRAM_MANAGER, RoleName.CLINICAL_SUPERVISOR
LIAISON, FISCAL_LIAISON = RoleName.PROGRAM_LIAISON, RoleName.FISCAL_LIAISON


def pacific(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(PACIFIC))


def owed(facts: Facts, now: datetime, **values: object) -> str | None:
    known = {"notices_from": LONG_AGO, "contract_ends_on": date(2023, 6, 30), "due_on": DUE_ON, **values}
    rungs = owed_rungs(facts, zone=PACIFIC, now=now, **known)  # type: ignore[arg-type]
    return next((rung.name for rung in rungs if rung.to & OWNER and not rung.change), None)


def changes(facts: Facts, now: datetime, **values: object) -> list[str]:
    known = {"notices_from": LONG_AGO, "contract_ends_on": date(2023, 6, 30), "due_on": DUE_ON, **values}
    return [rung.name for rung in owed_rungs(facts, zone=PACIFIC, now=now, **known) if rung.change]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("now", "rung"),
    [
        ("2022-11-01T05:59:59", None),
        ("2022-11-01T06:00:00", "before-14"),
        ("2022-11-08T05:59:59", "before-14"),
        ("2022-11-08T06:00:00", "before-7"),
        ("2022-11-14T05:59:59", "before-7"),
        ("2022-11-14T06:00:00", "before-1"),
        ("2022-11-15T05:59:59", "before-1"),
        ("2022-11-15T06:00:00", "on-day"),
        ("2022-11-16T06:00:00", "after-1"),
        ("2022-11-18T05:59:59", "after-1"),
        ("2022-11-18T06:00:00", "after-3"),
        ("2022-11-25T05:59:59", "after-3"),
        ("2022-11-25T06:00:00", "after-10"),
        ("2022-12-02T06:00:00", "after-17"),
        ("2023-11-15T06:00:00", "after-360"),
    ],
)
def test_each_rung_is_reached_at_six_in_the_morning_of_its_day(now: str, rung: str | None) -> None:
    reached = latest_rung(DUE_ON, PACIFIC, now=pacific(now))
    assert (reached.name if reached else None) == rung


def test_a_rung_is_reached_at_six_by_the_wall_clock_on_both_sides_of_a_change_of_the_clocks() -> None:
    before = latest_rung(date(2022, 11, 6), PACIFIC, now=datetime(2022, 11, 5, 13, tzinfo=UTC))
    on_day = latest_rung(date(2022, 11, 6), PACIFIC, now=datetime(2022, 11, 6, 14, tzinfo=UTC))
    assert before == Rung(-1, date(2022, 11, 5), datetime(2022, 11, 5, 13, tzinfo=UTC))
    assert on_day == Rung(0, date(2022, 11, 6), datetime(2022, 11, 6, 14, tzinfo=UTC))
    assert latest_rung(date(2022, 11, 6), PACIFIC, now=datetime(2022, 11, 6, 13, 59, tzinfo=UTC)) == before


def test_the_reminder_of_the_day_comes_before_a_cut_off_at_eight() -> None:
    cut_off = instant_at(DUE_ON, time(8), PACIFIC)
    rung = latest_rung(DUE_ON, PACIFIC, now=cut_off - timedelta(hours=1))
    assert rung is not None
    assert rung.name == "on-day"
    assert rung.at < cut_off


instants = st.integers(0, 10 * 366 * 24 * 60).map(lambda n: datetime(2021, 1, 1, tzinfo=UTC) + timedelta(minutes=n))


@given(due_on=st.dates(date(2021, 1, 1), date(2030, 12, 31)), zone=st.sampled_from(sorted(ZONES)), now=instants)
def test_only_the_latest_rung_is_owed_and_it_is_reached_while_the_next_one_is_not(
    due_on: date, zone: str, now: datetime
) -> None:
    offsets = [-14, -7, -1, 0, 1, *range(3, 4000, 7)]
    reached = [o for o in offsets if instant_at(due_on + timedelta(days=o), time(6), zone) <= now]
    rung = latest_rung(due_on, zone, now=now)
    assert (rung.offset if rung else None) == (reached[-1] if reached else None)
    if rung:
        assert rung.at <= now
        assert rung.at.astimezone(ZoneInfo(zone)).time().hour == 6
        assert rung.on == due_on + timedelta(days=rung.offset)


@given(weeks=st.integers(0, 520))
def test_an_overdue_report_is_asked_for_every_week_for_ever_while_its_contract_runs(weeks: int) -> None:
    on = DUE_ON + timedelta(days=3 + 7 * weeks)
    now = instant_at(on, time(6), PACIFIC)
    rung = owed(Facts(DUE_AT), now, contract_ends_on=date(2040, 1, 1))
    assert rung == f"after-{3 + 7 * weeks}"
    assert owed(Facts(DUE_AT), now - timedelta(seconds=1), contract_ends_on=date(2040, 1, 1)) != rung


@given(now=instants, notices_from=instants)
def test_nothing_is_owed_for_a_rung_before_the_contract_was_entered(now: datetime, notices_from: datetime) -> None:
    rungs = owed_rungs(
        Facts(DUE_AT),
        due_on=DUE_ON,
        zone=PACIFIC,
        notices_from=notices_from,
        contract_ends_on=date(2040, 1, 1),
        now=now,
    )
    assert all(rung.at >= notices_from for rung in rungs)
    without = latest_rung(DUE_ON, PACIFIC, now=now)
    fell_due_before = now >= DUE_AT and notices_from > DUE_AT
    nothing = not any(rung.to & OWNER for rung in rungs)
    assert nothing == (without is None or without.at < notices_from or fell_due_before)


@pytest.mark.parametrize("weeks", [0, 1, 30])
def test_nobody_is_pressed_for_what_fell_due_before_the_contract_was_entered(weeks: int) -> None:
    entered = DUE_AT + timedelta(days=2)
    now = DUE_AT + timedelta(days=4, weeks=weeks)
    asked = {"now": now, "contract_ends_on": date(2040, 1, 1)}
    assert owed(Facts(DUE_AT), notices_from=DUE_AT - timedelta(days=2), **asked) is not None
    assert owed(Facts(DUE_AT), notices_from=entered, **asked) is None
    returned = Facts(DUE_AT, submitted_at=DUE_AT, returned_at=entered + timedelta(hours=1))
    assert owed(returned, notices_from=entered, **asked) is not None


@pytest.mark.parametrize(
    ("facts", "name"),
    [
        (Facts(DUE_AT, submitted_at=pacific("2022-11-10T12:00")), "submitted"),
        (Facts(DUE_AT, submitted_at=pacific("2022-11-17T12:00")), "submitted late"),
        (Facts(DUE_AT, submitted_at=pacific("2022-11-10T12:00"), accepted_at=pacific("2022-11-11T12:00")), "accepted"),
        (Facts(DUE_AT, withdrawn_at=pacific("2022-11-10T12:00")), "withdrawn"),
    ],
)
def test_nothing_is_owed_once_it_is_in_or_no_longer_asked_for(facts: Facts, name: str) -> None:
    assert owed(Facts(DUE_AT), pacific("2022-11-19T12:00")) == "after-3"
    assert owed(facts, pacific("2022-11-19T12:00")) is None, name


def test_a_returned_report_is_asked_for_again_from_the_first_rung_after_its_return() -> None:
    returned = Facts(DUE_AT, submitted_at=pacific("2022-11-14T12:00"), returned_at=pacific("2022-11-19T12:00"))
    assert owed(returned, pacific("2022-11-20T12:00")) is None
    assert owed(returned, pacific("2022-11-25T06:00")) == "after-10"


def test_a_rung_may_be_owed_again_after_the_due_moment_moved_or_the_report_was_returned() -> None:
    rung = Rung(3, DUE_ON, DUE_AT)
    now = pacific("2022-12-30T12:00")
    submitted = pacific("2022-11-14T12:00")
    facts = [
        Facts(DUE_AT),
        Facts(DUE_AT + timedelta(days=1)),
        Facts(DUE_AT, submitted_at=submitted, returned_at=pacific("2022-11-19T12:00")),
        Facts(DUE_AT, submitted_at=submitted, returned_at=pacific("2022-11-20T12:00")),
    ]
    assert len({notice_key("uid", fact, rung, person_id=7, now=now) for fact in facts}) == 4
    assert notice_key("uid", facts[0], rung, person_id=7, now=now) != notice_key(
        "uid", facts[0], rung, person_id=8, now=now
    )
    in_utc = Facts(DUE_AT.astimezone(UTC))
    assert notice_key("uid", facts[0], rung, person_id=7, now=now) == notice_key(
        "uid", in_utc, rung, person_id=7, now=now
    )


def test_the_ladder_ends_sixty_days_after_the_contract() -> None:
    ends = {"contract_ends_on": date(2022, 11, 30)}
    last, after = pacific("2023-01-27T06:00"), pacific("2023-02-03T06:00")
    assert owed(Facts(DUE_AT), last, **ends) == "after-73"
    assert owed(Facts(DUE_AT), after - timedelta(seconds=1), **ends) == "after-73"
    assert owed(Facts(DUE_AT), after, **ends) is None


def test_a_report_due_long_after_the_contract_is_still_asked_for_until_the_liaisons_know() -> None:
    ends = {"contract_ends_on": date(2022, 6, 30)}
    assert owed(Facts(DUE_AT), pacific("2022-11-08T06:00"), **ends) == "before-7"
    assert owed(Facts(DUE_AT), pacific("2022-11-18T06:00"), **ends) == "after-3"
    assert owed(Facts(DUE_AT), pacific("2022-11-25T06:00"), **ends) is None


def rung_at(offset: int, to: frozenset[Audience] = OWNER) -> Rung:
    return Rung(offset, DUE_ON + timedelta(days=offset), DUE_AT, to=to)


@pytest.mark.parametrize("offset", [-14, -7, -1, 0, 1])
def test_the_program_managers_alone_are_reminded_until_three_days_after(offset: int) -> None:
    parts = [(4, LIAISON), (1, MANAGER), (2, MANAGER), (3, SUPERVISOR)]
    assert readers(parts, rung_at(offset)) == [Reader(1, Why.MANAGER), Reader(2, Why.MANAGER)]


def test_the_liaisons_are_copied_once_three_days_after_and_not_every_week() -> None:
    told = {"contract_ends_on": date(2040, 1, 1), "due_on": DUE_ON, "notices_from": LONG_AGO}
    for weeks in range(60):
        now = instant_at(DUE_ON + timedelta(days=3 + 7 * weeks), time(6), PACIFIC)
        rungs = owed_rungs(Facts(DUE_AT), zone=PACIFIC, now=now, **told)  # type: ignore[arg-type]
        copied = [rung.name for rung in rungs if rung.to & LIAISONS and not rung.change]
        # The row of the fourth week is the same as that of the first; then it is owed no more.
        assert copied == (["after-3"] if weeks <= 5 else [])
    parts = [(4, LIAISON), (5, FISCAL_LIAISON), (1, MANAGER), (3, SUPERVISOR)]
    found = readers(parts, rung_at(3, OWNER | LIAISONS))
    assert found == [Reader(1, Why.MANAGER), Reader(4, Why.COPIED), Reader(5, Why.COPIED)]
    assert [reader.is_copy for reader in found] == [False, True, True]


def test_without_a_program_manager_the_others_of_the_contractor_are_reminded() -> None:
    parts = [(3, SUPERVISOR), (6, RoleName.LEADERSHIP), (4, LIAISON)]
    assert readers(parts, rung_at(-7)) == [Reader(3, Why.NO_MANAGER), Reader(6, Why.NO_MANAGER)]


def test_without_anybody_at_the_contractor_the_liaisons_are_reminded_and_not_copied_too() -> None:
    parts = [(4, LIAISON), (5, FISCAL_LIAISON), (5, LIAISON)]
    alone = Why.NOBODY_AT_CONTRACTOR
    for offset in (-14, 0, 3, 10):
        assert readers(parts, rung_at(offset, OWNER | LIAISONS)) == [Reader(4, alone), Reader(5, alone)]
    assert readers([], rung_at(10)) == []


def test_a_person_with_two_parts_gets_one_notice() -> None:
    parts = [(1, MANAGER), (1, LIAISON), (1, RoleName.FISCAL_STAFF)]
    assert readers(parts, rung_at(3, OWNER | LIAISONS)) == [Reader(1, Why.MANAGER)]


def test_supervisors_and_leadership_are_told_only_where_the_ladder_says_so_and_once() -> None:
    parts = [(1, MANAGER), (3, SUPERVISOR), (6, RoleName.LEADERSHIP)]
    steps = Ladder((Step(0), Step(5, to=OWNER | SENIORS)))
    known = {"notices_from": LONG_AGO, "contract_ends_on": date(2040, 1, 1), "due_on": DUE_ON, "ladder": steps}
    for days, rungs in [(4, ["on-day"]), (5, ["after-5"]), (12, ["after-12", "after-5"]), (47, ["after-47"])]:
        now = instant_at(DUE_ON + timedelta(days=days), time(6), PACIFIC)
        found = owed_rungs(Facts(DUE_AT), zone=PACIFIC, now=now, **known)  # type: ignore[arg-type]
        assert [rung.name for rung in found if not rung.change] == rungs
    assert readers(parts, rung_at(5, SENIORS)) == [Reader(3, Why.SUPERVISOR), Reader(6, Why.LEADERSHIP)]


def test_a_step_in_business_days_passes_over_closed_days() -> None:
    days = business_calendar("US-WA", 2022, 2022)
    steps = Ladder((Step(-5, business=True), Step(-2, business=True)))
    known = {"notices_from": LONG_AGO, "contract_ends_on": date(2040, 1, 1), "due_on": DUE_ON}
    # Veterans Day, November 11, is closed, as is the weekend after it.
    for now, rung in [
        ("2022-11-06T12:00", None),
        ("2022-11-07T06:00", "before-5b"),
        ("2022-11-10T05:59", "before-5b"),
        ("2022-11-10T06:00", "before-2b"),
    ]:
        assert owed(Facts(DUE_AT), pacific(now), ladder=steps, days=days, **known) == rung


def test_a_step_of_the_work_is_told_beside_the_reminders_and_not_once_it_is_late() -> None:
    steps = Ladder((Step(-14), Step(-10, prepare="data pulled"), Step(-5, prepare="draft ready"), Step(0)))
    known = {"notices_from": LONG_AGO, "contract_ends_on": date(2040, 1, 1), "due_on": DUE_ON, "ladder": steps}

    def names(now: str) -> set[str]:
        found = owed_rungs(Facts(DUE_AT), zone=PACIFIC, now=pacific(now), **known)  # type: ignore[arg-type]
        return {rung.name for rung in found if not rung.change}

    assert names("2022-11-05T06:00") == {"before-14", "before-10-data-pulled"}
    assert names("2022-11-12T06:00") == {"before-14", "before-5-draft-ready"}
    assert names("2022-11-15T06:00") == {"on-day", "before-5-draft-ready"}
    assert names("2022-11-16T06:00") == {"on-day"}


def test_a_return_is_told_and_so_is_what_becomes_overdue() -> None:
    returned = Facts(DUE_AT, submitted_at=pacific("2022-11-14T12:00"), returned_at=pacific("2022-11-19T12:00"))
    assert changes(returned, pacific("2022-11-19T12:05")) == ["returned"]
    assert changes(Facts(DUE_AT), pacific("2022-11-15T23:59")) == []
    assert changes(Facts(DUE_AT), pacific("2022-11-16T00:00")) == ["overdue"]
    assert changes(Facts(DUE_AT, submitted_at=pacific("2022-11-14T12:00")), pacific("2022-11-19T12:00")) == []
