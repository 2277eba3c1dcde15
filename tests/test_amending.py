"""Does an amendment move nothing before a person has seen each line, and only what that person accepted?"""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from county import COUNTY, WHO, changed, definition, found, hand_in, track, uid
from sqlalchemy import Engine, update
from sqlmodel import col, select

from duecourse.calendar.standing import Standing
from duecourse.errors import Conflict, NotFound
from duecourse.models import AuditEntry, DefinitionVersion, Deliverable
from duecourse.models.database import reading, writing
from duecourse.tracking.amending import accept_amendment, rehearse_amendment
from duecourse.tracking.boards import items
from duecourse.tracking.comparing import ChangeKind
from duecourse.tracking.deciding_dates import move_date
from duecourse.tracking.planning import Planned, plan
from duecourse.tracking.rehearsing import Rehearsal

NOW = datetime(2022, 3, 1, 17, tzinfo=UTC)
EARLIER_DAY = ('"day":20', '"day":15')
SOURCE = "Amendment 3"


@pytest.fixture
def county(engine: Engine) -> Engine:
    track(engine, NOW)
    return engine


def rehearse(engine: Engine, *replacements: tuple[str, str], now: datetime = NOW) -> Rehearsal:
    with reading(engine) as session:
        return rehearse_amendment(session, changed(*replacements)[0], now=now)


def accept(
    engine: Engine, *replacements: tuple[str, str], accepted: list[str] | None = None, seal: str | None = None
) -> Planned:
    contract, text = changed(*replacements)
    with writing(engine) as session:
        _, planned = accept_amendment(
            session, contract, definition=text, accepted=accepted, seal=seal, source=SOURCE, now=NOW, actor=WHO
        )
    return planned


def rows(engine: Engine) -> list[tuple[str, datetime]]:
    with reading(engine) as session:
        return [(row.uid, row.due_at) for row in session.exec(select(Deliverable).order_by(Deliverable.uid))]


def test_a_rehearsal_changes_nothing(county: Engine) -> None:
    before = rows(county)
    assert len(rehearse(county, EARLIER_DAY).of(ChangeKind.MOVED)) > 20
    assert rows(county) == before
    with reading(county) as session:
        assert len(session.exec(select(DefinitionVersion)).all()) == 1


def test_a_rehearsal_shows_what_moves_what_is_in_already_and_what_would_be_late_at_once(county: Engine) -> None:
    kept, late = uid(county, "2.07"), uid(county, "2.08")
    hand_in(county, kept, at=datetime(2022, 2, 18, tzinfo=UTC))
    seen = rehearse(county, EARLIER_DAY, now=datetime(2022, 3, 18, tzinfo=UTC))
    assert [change.row.uid for change in seen.of(ChangeKind.SUBMITTED) if change.row] == [kept]
    assert [change.row.uid for change in seen.late_at_once if change.row] == [late]
    (moved,) = [change for change in seen.of(ChangeKind.MOVED) if change.row and change.row.uid == late]
    assert moved.was == "before 8:00 AM Pacific on Mon Mar 21, 2022"
    assert moved.becomes == "by the end of Tue Mar 15, 2022 (Pacific)"


def test_what_was_seen_is_the_same_whatever_order_the_database_gives_its_rows_in(county: Engine) -> None:
    drops = ('"FY22":"3.00"', ""), ('"dates":{"FY22":"2021-07-20"}', '"dates":{}'), ('"FY22":"8.00","FY23"', '"FY23"')
    seen = rehearse(county, *drops, ('"FY22":"2022-07-20",', ""))
    first, *others = (change.row for change in seen.of(ChangeKind.DROPPED))
    assert first is not None and others
    with writing(county) as session:
        # PostgreSQL gives a row that was written to after the others.
        session.exec(update(Deliverable).where(col(Deliverable.id) == first.id).values(channel="PSRS"))
    assert rehearse(county, *drops, ('"FY22":"2022-07-20",', "")).seal == seen.seal


def test_accepting_all_moves_all_and_keeps_what_was_said_before(county: Engine) -> None:
    report = uid(county, "2.08")
    assert accept(county, EARLIER_DAY).moved > 20
    assert found(county, report, NOW).phrase == "by the end of Tue Mar 15, 2022 (Pacific)"
    with reading(county) as session:
        assert len(session.exec(select(DefinitionVersion)).all()) == 2
        planned = select(AuditEntry).where(AuditEntry.action == "planned deliverables")
        assert session.exec(planned.order_by(col(AuditEntry.sequence))).all()[-1].detail["cause"] == SOURCE


def test_only_the_accepted_lines_move_and_the_others_stay_for_good(county: Engine) -> None:
    seen = rehearse(county, EARLIER_DAY)
    (line,) = [change.name for change in seen.of(ChangeKind.MOVED) if change.row and change.row.number == "2.08"]
    other = uid(county, "2.09")
    before = found(county, other, NOW).deliverable.due_at
    accept(county, EARLIER_DAY, accepted=[line])
    assert found(county, uid(county, "2.08"), NOW).phrase == "by the end of Tue Mar 15, 2022 (Pacific)"
    kept = found(county, other, NOW).deliverable
    assert kept.due_at == before
    assert any("not accepted with Amendment 3" in step for step in kept.steps)
    with writing(county) as session:
        assert plan(session, now=NOW, actor=WHO) == Planned()


def test_a_declined_addition_is_not_asked_for_and_a_declined_removal_is_kept(county: Engine) -> None:
    without = ('"FY22":"3.00"', ""), ('"dates":{"FY22":"2021-07-20"}', '"dates":{}')
    accept(county, *without, accepted=[])
    assert found(county, uid(county, "3.00"), NOW).standing is Standing.OVERDUE
    accept(county, *without, ('"FY22":"8.00","FY23"', '"FY23"'), ('"FY22":"2022-07-20",', ""), accepted=None)
    assert found(county, uid(county, "8.00"), NOW).standing is Standing.WITHDRAWN
    assert accept(county, accepted=[]).added == 0
    with writing(county) as session:
        assert plan(session, now=NOW, actor=WHO) == Planned()


def test_what_is_accepted_is_what_was_seen(county: Engine) -> None:
    seal = rehearse(county, EARLIER_DAY).seal
    hand_in(county, uid(county, "2.08"), at=NOW)
    with pytest.raises(Conflict, match="Look at it again"):
        accept(county, EARLIER_DAY, seal=seal)
    accept(county, EARLIER_DAY, seal=rehearse(county, EARLIER_DAY).seal)


def test_a_contract_that_is_not_tracked_cannot_be_amended(engine: Engine) -> None:
    with reading(engine) as session, pytest.raises(NotFound, match="Load it first"):
        rehearse_amendment(session, definition()[0], now=NOW)


def test_what_fell_due_before_the_amendment_was_signed_is_excused_and_never_overdue(engine: Engine) -> None:
    # Amendment 2 holds from July 1, 2022 and was signed on November 23.
    track(engine, datetime(2022, 11, 23, 20, tzinfo=UTC))
    signed = datetime(2022, 11, 24, tzinfo=UTC)
    with reading(engine) as session:
        fy23 = [
            i for i in items(session, now=signed, contract_ids=[COUNTY]) if i.deliverable.number in ("2.00", "1.00")
        ]
    standings = {(i.deliverable.title, i.deliverable.label): i.standing for i in fy23 if i.deliverable.due_at <= signed}
    assert standings[("Monthly Enrollment Report", "October 2022")] is Standing.EXCUSED
    assert Standing.OVERDUE not in {i.standing for i in fy23 if i.deliverable.period_start}
    december = datetime(2022, 12, 9, 9, tzinfo=UTC)
    with reading(engine) as session:
        late = [i for i in items(session, now=december, contract_ids=[COUNTY]) if i.standing is Standing.OVERDUE]
    assert ("Consent Status List to DOH", "November 2022") in {(i.deliverable.title, i.deliverable.label) for i in late}


def test_a_date_set_by_hand_stays_while_its_rule_changes_and_nobody_sees_a_move(county: Engine) -> None:
    report = uid(county, "2.08")
    with writing(county) as session:
        move_date(session, report, on=date(2022, 3, 25), cut_off=None, source="a mail", now=NOW, actor=WHO)
    seen = {change.row.uid: change.kind for change in rehearse(county, EARLIER_DAY).changes if change.row}
    assert seen[report] is ChangeKind.REWORDED
    accept(county, EARLIER_DAY)
    assert found(county, report, NOW).phrase == "by the end of Fri Mar 25, 2022 (Pacific)"


def test_what_was_withdrawn_and_is_asked_for_again_may_be_left_withdrawn(county: Engine) -> None:
    without = ('"FY22":"3.00"', ""), ('"dates":{"FY22":"2021-07-20"}', '"dates":{}')
    accept(county, *without)
    assert accept(county, accepted=[]).moved == 0
    assert found(county, uid(county, "3.00"), NOW).standing is Standing.WITHDRAWN
    with writing(county) as session:
        assert plan(session, now=NOW, actor=WHO) == Planned()


def test_only_the_lines_that_were_made_are_returned(county: Engine) -> None:
    contract, text = changed(EARLIER_DAY)
    with writing(county) as session:
        made, _ = accept_amendment(
            session, contract, definition=text, accepted=[], seal=None, source=SOURCE, now=NOW, actor=WHO
        )
    assert made.of(ChangeKind.MOVED, ChangeKind.ADDED, ChangeKind.DROPPED) == []
