"""Do submissions, decisions and plans leave the facts, the record and the standing that they should?"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from county import COUNTY, WHO, found, track, uid
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import select

from duecourse.calendar.lifecycle import Act
from duecourse.calendar.standing import Standing
from duecourse.definitions.reading import find_contract, read_contract
from duecourse.errors import BadInput, Conflict, NotFound
from duecourse.models import AuditEntry, ContractRow, Deliverable, Submission
from duecourse.models.database import reading, writing
from duecourse.tracking.acting import By
from duecourse.tracking.audit import record, verify
from duecourse.tracking.boards import history, item, items
from duecourse.tracking.deciding import decide
from duecourse.tracking.events import record_event
from duecourse.tracking.loading import load_contract
from duecourse.tracking.planning import Planned, plan
from duecourse.tracking.submitting import Sent, submit

NOW = datetime(2022, 11, 30, 17, tzinfo=UTC)


@pytest.fixture
def county(engine: Engine) -> Engine:
    track(engine, NOW)
    return engine


def hand_in(engine: Engine, deliverable: str, *, at: datetime, key: str = "key", now: datetime | None = None) -> int:
    sent = Sent(at, "Jo Whitfield", "PSRS", reference="R-1")
    with writing(engine) as session:
        return submit(session, deliverable, sent, form_key=key, now=now or at, by=By(WHO)).version


def decide_on(engine: Engine, deliverable: str, outcome: Act, *, at: datetime, comment: str = "") -> None:
    with writing(engine) as session:
        decide(session, deliverable, outcome, comment=comment, now=at, by=By("liaison@funder.example"))


def test_the_county_has_real_overdue_items_on_november_30_2022(county: Engine) -> None:
    with reading(county) as session:
        overdue = [i for i in items(session, now=NOW, contract_ids=[COUNTY]) if i.standing is Standing.OVERDUE]
    assert "Monthly Enrollment Report" in {i.deliverable.title for i in overdue}
    newest = overdue[-1].deliverable
    assert (newest.title, newest.label, overdue[-1].days_late(NOW)) == ("Monthly Invoice (A-19)", "June 2022", 124)


def test_what_fell_due_before_the_amendment_was_signed_is_excused_and_not_overdue(county: Engine) -> None:
    with reading(county) as session:
        excused = [i for i in items(session, now=NOW, contract_ids=[COUNTY]) if i.standing is Standing.EXCUSED]
    titles = {(i.deliverable.title, i.deliverable.label) for i in excused}
    assert {("Monthly Enrollment Report", "October 2022"), ("Technical Assistance Plan", "FY23")} <= titles
    assert max(i.deliverable.due_on for i in excused) < date(2022, 11, 23)


def test_planning_again_changes_nothing(county: Engine) -> None:
    with writing(county) as session:
        assert plan(session, now=NOW + timedelta(days=1), actor=WHO) == Planned()
        assert session.exec(select(AuditEntry).where(AuditEntry.action == "planned deliverables")).one()


def test_what_is_received_is_not_yet_accepted(county: Engine) -> None:
    report = uid(county, "2.07")
    before = datetime(2022, 2, 22, 15, 59, tzinfo=UTC)
    hand_in(county, report, at=before)
    assert found(county, report, NOW).standing is Standing.SUBMITTED
    decide_on(county, report, Act.ACCEPT, at=NOW)
    assert found(county, report, NOW).standing is Standing.ACCEPTED


@pytest.mark.parametrize(
    ("second", "standing"), [(59, Standing.SUBMITTED), (0, Standing.SUBMITTED_LATE)], ids=["in time", "on the stroke"]
)
def test_on_time_is_strictly_before_the_due_moment(county: Engine, second: int, standing: Standing) -> None:
    report = uid(county, "2.07")
    eight = datetime(2022, 2, 22, 16, tzinfo=UTC)
    hand_in(county, report, at=eight if second == 0 else eight - timedelta(seconds=1), now=NOW)
    assert found(county, report, NOW).standing is standing


def test_a_returned_report_is_open_again_and_every_version_is_kept(county: Engine) -> None:
    report = uid(county, "2.05")
    hand_in(county, report, at=datetime(2021, 12, 19, tzinfo=UTC), key="one")
    decide_on(county, report, Act.RETURN, at=datetime(2021, 12, 23, tzinfo=UTC), comment="Page 2 is missing.")
    assert found(county, report, datetime(2021, 12, 24, tzinfo=UTC)).standing is Standing.RETURNED
    assert hand_in(county, report, at=datetime(2021, 12, 28, tzinfo=UTC), key="two") == 2
    with reading(county) as session:
        versions = history(session, found(county, report, NOW).deliverable.id or 0, now=NOW)
    assert [(v.submission.version, v.decision.reason if v.decision else None) for v in versions] == [
        (2, None),
        (1, "Page 2 is missing."),
    ]


def test_a_past_day_is_shown_as_it_was(county: Engine) -> None:
    report = uid(county, "2.05")
    hand_in(county, report, at=datetime(2021, 12, 19, tzinfo=UTC), key="one")
    decide_on(county, report, Act.RETURN, at=datetime(2021, 12, 23, tzinfo=UTC), comment="Page 2 is missing.")
    hand_in(county, report, at=datetime(2021, 12, 28, tzinfo=UTC), key="two")
    decide_on(county, report, Act.ACCEPT, at=datetime(2022, 1, 4, tzinfo=UTC))
    seen = {
        day: found(county, report, day).standing
        for day in (datetime(2021, 12, d, tzinfo=UTC) for d in (18, 20, 24, 29))
    }
    # The second version came in after the report's own day, but within the window that the return opened.
    assert list(seen.values()) == [Standing.DUE_SOON, Standing.SUBMITTED, Standing.RETURNED, Standing.SUBMITTED]
    assert found(county, report, NOW).standing is Standing.ACCEPTED


def test_the_same_form_twice_makes_one_submission(county: Engine) -> None:
    report = uid(county, "2.07")
    assert [hand_in(county, report, at=NOW, key="same") for _ in range(2)] == [1, 1]
    with reading(county) as session:
        assert len(session.exec(select(Submission)).all()) == 1
        assert len(session.exec(select(AuditEntry).where(AuditEntry.action == "submitted")).all()) == 1


def test_somebody_else_was_first(county: Engine) -> None:
    report = uid(county, "2.07")
    hand_in(county, report, at=NOW, key="first")
    with pytest.raises(
        Conflict, match=r"now “in” \(submitted, by manager@agency.example, Wed Nov 30, 2022, 9:00 AM Pacific\)"
    ):
        hand_in(county, report, at=NOW, key="second")


@pytest.mark.parametrize(
    ("outcome", "comment", "error"),
    [(Act.ACCEPT, "", Conflict), (Act.RETURN, "why", Conflict)],
)
def test_nothing_can_be_decided_before_something_came_in(
    county: Engine, outcome: Act, comment: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        decide_on(county, uid(county, "2.07"), outcome, at=NOW, comment=comment)


def test_a_return_needs_a_reason_and_a_submission_a_past(county: Engine) -> None:
    report = uid(county, "2.07")
    with pytest.raises(BadInput, match="future"):
        hand_in(county, report, at=NOW + timedelta(minutes=1), now=NOW)
    hand_in(county, report, at=NOW)
    with pytest.raises(BadInput, match="corrected"):
        decide_on(county, report, Act.RETURN, at=NOW, comment="  ")


def test_a_deliverable_of_another_contract_looks_like_none(county: Engine) -> None:
    report = uid(county, "2.07")
    with reading(county) as session, pytest.raises(NotFound) as foreign:
        item(session, report, now=NOW, contract_ids=["another"])
    with reading(county) as session, pytest.raises(NotFound) as missing:
        item(session, "no-such", now=NOW, contract_ids=[COUNTY])
    assert str(foreign.value) == str(missing.value)


def test_a_changed_definition_moves_what_is_open_and_leaves_what_was_decided(county: Engine) -> None:
    moved, kept = uid(county, "2.08"), uid(county, "2.07")
    hand_in(county, kept, at=datetime(2022, 2, 18, tzinfo=UTC))
    path = find_contract(COUNTY)
    contract, definition = read_contract(path, today=NOW.date())
    before = {u: found(county, u, NOW).deliverable.due_at for u in (moved, kept)}
    changed = definition.replace('"day":20', '"day":25')
    assert changed != definition
    with writing(county) as session:
        load_contract(session, contract, definition=changed, now=NOW, actor=WHO)
        planned = plan(session, now=NOW, actor=WHO)
    assert planned.moved > 20
    after = {u: found(county, u, NOW).deliverable for u in (moved, kept)}
    assert after[moved].due_at.isoformat() == "2022-03-26T07:00:00+00:00"
    assert (after[moved].sequence, after[kept].sequence) == (1, 0)
    assert after[kept].due_at == before[kept]


def test_what_a_definition_no_longer_asks_for_is_withdrawn_and_comes_back_with_it(county: Engine) -> None:
    contract, definition = read_contract(find_contract(COUNTY), today=NOW.date())
    without = definition.replace('"FY22":"3.00"', "").replace('"dates":{"FY22":"2021-07-20"}', '"dates":{}')
    with writing(county) as session:
        load_contract(session, contract, definition=without, now=NOW, actor=WHO)
        assert plan(session, now=NOW, actor=WHO).withdrawn == 1
    tool = uid(county, "3.00")
    assert found(county, tool, NOW).standing is Standing.WITHDRAWN
    with writing(county) as session:
        load_contract(session, contract, definition=definition, now=NOW, actor=WHO)
        plan(session, now=NOW, actor=WHO)
    assert found(county, tool, NOW).standing is Standing.OVERDUE


def test_an_event_starts_its_windows_once(county: Engine) -> None:
    at = datetime(2022, 11, 18, 18, tzinfo=UTC)
    for _ in range(2):
        with writing(county) as session:
            record_event(session, COUNTY, "data-request", happened_at=at, reference="Q-7", now=NOW, actor=WHO)
    with reading(county) as session:
        (window,) = session.exec(select(Deliverable).where(Deliverable.obligation_id == "wa-doh-error-10bd")).all()
        assert window.nominal_on.isoformat() == "2022-12-06"
        assert verify(session) > 0
    with pytest.raises(BadInput, match="policy-renewal"), writing(county) as session:
        record_event(session, COUNTY, "flood", happened_at=at, now=NOW, actor=WHO)


def test_a_failed_change_leaves_no_trace(county: Engine) -> None:
    report = uid(county, "2.07")
    with pytest.raises(ZeroDivisionError), writing(county) as session:
        submit(session, report, Sent(NOW, "Jo", "PSRS"), form_key="key", now=NOW, by=By(WHO))
        raise ZeroDivisionError
    assert found(county, report, NOW).standing is Standing.OVERDUE
    with reading(county) as session:
        assert session.exec(select(Submission)).all() == []
        verify(session)


@pytest.mark.parametrize("statement", ["UPDATE audit_entry SET actor = 'nobody'", "DELETE FROM audit_entry"])
def test_the_database_refuses_to_change_the_record(county: Engine, statement: str) -> None:
    with pytest.raises(DBAPIError, match="never changed or removed"), county.begin() as connection:
        connection.execute(text(statement))


def test_a_changed_or_missing_entry_is_found(county: Engine) -> None:
    with writing(county) as session:
        for number in range(3):
            record(session, f"act {number}", actor=WHO, now=NOW, detail={"n": number})
    with reading(county) as session:
        count = verify(session)
    sqlite = county.dialect.name == "sqlite"
    off = "DROP TRIGGER audit_entry_no_update" if sqlite else "ALTER TABLE audit_entry DISABLE TRIGGER ALL"
    with county.begin() as connection:
        connection.execute(text(off))
        connection.execute(text(f"UPDATE audit_entry SET actor = 'nobody' WHERE sequence = {count - 1}"))
    with reading(county) as session, pytest.raises(BadInput, match=f"entry number {count - 1} was changed"):
        verify(session)


def test_a_naive_instant_is_refused_by_the_database_layer(county: Engine) -> None:
    with pytest.raises(Exception, match="time zone"), writing(county) as session:
        row = session.get(ContractRow, COUNTY)
        assert row is not None
        row.notices_from = datetime(2022, 1, 1)  # noqa: DTZ001


def test_whoever_waited_for_the_lock_sees_what_was_decided_meanwhile(county: Engine) -> None:
    report = uid(county, "2.07")
    hand_in(county, report, at=NOW)
    decide_on(county, report, Act.ACCEPT, at=NOW + timedelta(seconds=2))
    with pytest.raises(Conflict, match="is now “accepted”"):
        decide_on(county, report, Act.RETURN, at=NOW + timedelta(seconds=1), comment="Too late.")
