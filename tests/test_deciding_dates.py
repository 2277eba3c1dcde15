"""Do a moved date and an announced closure change what they should, say why, and leave alone what is in?"""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest
from county import COUNTY, WHO, found, hand_in, track, uid
from sqlalchemy import Engine
from sqlmodel import select

from duecourse.calendar.standing import Standing
from duecourse.calendar.state_days import Closure
from duecourse.errors import BadInput, Conflict
from duecourse.models import AuditEntry, Deliverable
from duecourse.models.database import reading, writing
from duecourse.tracking.comparing import ChangeKind
from duecourse.tracking.deciding_dates import announce_closure, move_date
from duecourse.tracking.planning import Planned, plan
from duecourse.tracking.telling import told, told_on

NOW = datetime(2022, 3, 1, 17, tzinfo=UTC)
STORM = Closure(date(2022, 3, 21), "Storm closure", "the governor's announcement of March 20, 2022")


@pytest.fixture
def county(engine: Engine) -> Engine:
    track(engine, NOW)
    return engine


def move(engine: Engine, number: str, on: date, *, cut_off: time | None = None, dry_run: bool = False) -> None:
    with writing(engine) as session:
        move_date(
            session,
            uid(engine, number),
            on=on,
            cut_off=cut_off,
            source="the contract manager's mail of March 1",
            now=NOW,
            actor=WHO,
            dry_run=dry_run,
        )


def close(engine: Engine, closure: Closure, *, now: datetime = NOW, dry_run: bool = False) -> list[ChangeKind]:
    with writing(engine) as session:
        found = announce_closure(session, "US-WA", closure, now=now, actor=WHO, dry_run=dry_run)
        return [change.kind for rehearsal in found for change in rehearsal.changes]


def test_a_moved_date_stands_as_it_was_set_with_its_source(county: Engine) -> None:
    move(county, "2.08", date(2022, 3, 26), cut_off=time(12))
    moved = found(county, uid(county, "2.08"), NOW)
    assert moved.phrase == "before 12:00 PM Pacific on Sat Mar 26, 2022"
    assert any("contract manager's mail" in step and WHO in step for step in moved.deliverable.steps)
    with writing(county) as session:
        assert plan(session, now=NOW, actor=WHO) == Planned()


def test_a_dry_run_moves_nothing(county: Engine) -> None:
    before = found(county, uid(county, "2.08"), NOW).phrase
    move(county, "2.08", date(2022, 3, 26), dry_run=True)
    assert found(county, uid(county, "2.08"), NOW).phrase == before


def test_what_is_in_cannot_be_moved(county: Engine) -> None:
    hand_in(county, uid(county, "2.08"), at=NOW)
    with pytest.raises(Conflict, match="stays as it was decided"):
        move(county, "2.08", date(2022, 3, 26))


def test_the_first_due_moment_stays_visible(county: Engine) -> None:
    move(county, "2.08", date(2022, 3, 26))
    with reading(county) as session:
        report = session.exec(select(Deliverable).where(Deliverable.number == "2.08")).one()
        sayings = told(session, report)
        on_the_day = told_on(session, report, NOW)
    assert [saying.phrase for saying in sayings] == [
        "before 8:00 AM Pacific on Mon Mar 21, 2022",
        "by the end of Sat Mar 26, 2022 (Pacific)",
    ]
    assert sayings[0].cause == "the contract manager's mail of March 1"
    assert on_the_day is not None


def test_a_closure_moves_what_it_touches_and_nothing_else(county: Engine) -> None:
    dates = {number: found(county, uid(county, number), NOW).deliverable.due_at for number in ("2.07", "2.08", "2.09")}
    close(county, STORM)
    moved = found(county, uid(county, "2.08"), NOW)
    assert moved.phrase == "before 8:00 AM Pacific on Tue Mar 22, 2022"
    assert any("Storm closure" in step for step in moved.deliverable.steps)
    for number in ("2.07", "2.09"):
        assert found(county, uid(county, number), NOW).deliverable.due_at == dates[number]


def test_a_closure_is_rehearsed_before_it_is_announced(county: Engine) -> None:
    before = found(county, uid(county, "2.08"), NOW).phrase
    assert ChangeKind.MOVED in close(county, STORM, dry_run=True)
    assert found(county, uid(county, "2.08"), NOW).phrase == before


def test_a_late_flag_that_a_closure_explains_is_withdrawn_with_its_reason(county: Engine) -> None:
    report = uid(county, "2.08")
    hand_in(county, report, at=datetime(2022, 3, 21, 19, tzinfo=UTC))
    after = datetime(2022, 3, 23, tzinfo=UTC)
    # The control: while nothing is announced, and where it is only rehearsed, the flag stands.
    assert ChangeKind.NO_LONGER_LATE in close(county, STORM, now=after, dry_run=True)
    assert found(county, report, after).standing is Standing.SUBMITTED_LATE
    assert ChangeKind.NO_LONGER_LATE in close(county, STORM, now=after)
    cleared = found(county, report, after)
    assert cleared.standing is Standing.SUBMITTED
    assert "Storm closure" in cleared.deliverable.excused
    assert cleared.deliverable.due_at == datetime(2022, 3, 21, 15, tzinfo=UTC)
    with reading(county) as session:
        last = session.exec(select(AuditEntry).order_by(AuditEntry.sequence.desc())).first()
    assert last is not None
    assert last.detail["no longer late"] == ["wa-monthly-enrollment-report/2022-02-01"]


def test_an_overdue_report_is_no_longer_overdue_after_a_late_announcement(county: Engine) -> None:
    report, after = uid(county, "2.08"), datetime(2022, 3, 21, 16, tzinfo=UTC)
    assert found(county, report, after).standing is Standing.OVERDUE
    close(county, STORM, now=after)
    assert found(county, report, after).standing is Standing.DUE_SOON


def test_a_half_day_moves_nothing_and_is_mentioned(county: Engine) -> None:
    report = uid(county, "2.09")
    before = found(county, report, NOW).deliverable.due_at
    close(county, Closure(date(2022, 4, 20), "Early release", "a memo", time(12)))
    after = found(county, report, NOW).deliverable
    assert after.due_at == before
    assert any("Offices close at 12:00 PM" in step for step in after.steps)


def test_the_same_day_is_announced_once_and_needs_a_source(county: Engine) -> None:
    close(county, STORM)
    with pytest.raises(Conflict, match="already closed"):
        close(county, STORM)
    with pytest.raises(BadInput, match="announcement"):
        close(county, Closure(date(2022, 3, 24), "Storm", " "))


def test_a_closure_elsewhere_touches_nothing_here(county: Engine) -> None:
    with writing(county) as session:
        assert announce_closure(session, "US-CT", STORM, now=NOW, actor=WHO) == []
    assert found(county, uid(county, "2.08"), NOW).phrase.endswith("Mon Mar 21, 2022")
    assert COUNTY
