"""Does the nightly check find what no longer agrees, and tell of it once?"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from rows import add_person_with_role
from sqlalchemy import Engine, event, text
from sqlmodel import Session, select
from unplanned import context_on

from duecourse.calendar.roles import RoleName
from duecourse.definitions.reading import find_contract, read_contract
from duecourse.engine.jobs import verify_all
from duecourse.models import AuditEntry, ContractRow, Deliverable, Notice
from duecourse.models.database import connect, reading, writing
from duecourse.notifications.drift import DRIFT, FOUND, alarm_on_drift
from duecourse.notifications.messages import Sender
from duecourse.tracking.acting import By
from duecourse.tracking.loading import load_contract
from duecourse.tracking.planning import plan
from duecourse.tracking.submitting import Sent, submit
from duecourse.tracking.verifying import verify_everything

NOW = datetime(2022, 11, 30, 17, tzinfo=UTC)
SENDER = Sender("due@agency.example", "agency.example")


@pytest.fixture
def tracked(engine: Engine) -> Engine:
    """The county's contract, planned, with one report in, one liaison and one manager."""
    contract, definition = read_contract(find_contract("wa-22-1174"), today=NOW.date())
    with writing(engine) as session:
        load_contract(session, contract, definition=definition, now=NOW, actor="test")
        row = session.get_one(ContractRow, contract.id)
        add_person_with_role(session, row, RoleName.PROGRAM_LIAISON)
        add_person_with_role(session, row, RoleName.PROGRAM_MANAGER)
        plan(session, now=NOW, actor="test")
        report = session.exec(select(Deliverable).order_by("due_at")).first()
        assert report is not None
        sent = Sent(report.due_at - timedelta(days=1), "Jo", "PSRS")
        submit(session, report.uid, sent, form_key="one", now=NOW, by=By("jo@example.org"))
    return engine


def test_a_database_that_only_the_program_wrote_agrees(tracked: Engine) -> None:
    with reading(tracked) as session:
        found = verify_everything(session, now=NOW)
        assert found.is_whole and found.dates > 100 and found.entries >= 2
        assert str(found).endswith("agree")


def shift(session: Session) -> None:
    session.execute(text("UPDATE deliverable SET due_on = '2023-01-05' WHERE number = '3.02'"))


def forget(session: Session) -> None:
    session.execute(text("DELETE FROM deliverable WHERE number = '3.02'"))


def claim_acceptance(session: Session) -> None:
    session.execute(text("UPDATE deliverable SET accepted_at = submitted_at WHERE submitted_at IS NOT NULL"))


def claim_submission(session: Session) -> None:
    session.execute(text("UPDATE deliverable SET submitted_at = planned_at WHERE number = '3.02'"))


def retitle(session: Session) -> None:
    session.execute(text("UPDATE deliverable SET title = 'Another report' WHERE number = '3.02'"))


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (shift, "another date than follows from its rule"),
        (forget, "is missing"),
        (claim_acceptance, "stands elsewhere than its history leads"),
        (claim_submission, "stands elsewhere than its history leads"),
        (retitle, "says something else than its contract"),
    ],
)
def test_what_was_changed_behind_the_programs_back_is_found(
    tracked: Engine, damage: Callable[[Session], None], says: str
) -> None:
    with writing(tracked) as session:
        damage(session)
    with reading(tracked) as session:
        found = verify_everything(session, now=NOW)
    (lines,) = found.drift.values()
    assert any(says in line for line in lines)


def alarm(session: Session) -> None:
    found = verify_everything(session, now=NOW)
    alarm_on_drift(session, found, now=NOW, base_url="https://due.example", sender=SENDER)


def test_what_is_submitted_while_everything_is_read_is_no_disagreement(tracked: Engine, tmp_path: Path) -> None:
    others, submitted = connect(tracked.url.render_as_string(hide_password=False)), list[str]()

    def somebody_submits(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        # Once the deliverables were read, and before their histories are.
        if "FROM lifecycle_entry" not in statement or submitted:
            return
        with writing(others) as session:
            uid = session.exec(select(Deliverable.uid).where(Deliverable.number == "3.02")).one()
            submit(session, uid, Sent(NOW, "Jo", "PSRS"), form_key="two", now=NOW, by=By("jo@example.org"))
            submitted.append(uid)

    event.listen(tracked, "before_cursor_execute", somebody_submits)
    said = verify_all(context_on(tracked, mails=tmp_path, showing=NOW), NOW)
    others.dispose()
    assert submitted and said.endswith("agree")


def test_a_finding_is_recorded_and_mailed_to_the_liaison_once(tracked: Engine) -> None:
    for _ in range(2):
        with writing(tracked) as session:
            shift(session)
            alarm_on_drift(
                session, verify_everything(session, now=NOW), now=NOW, base_url="https://due.example", sender=SENDER
            )
    with reading(tracked) as session:
        (mail,) = session.exec(select(Notice).where(Notice.rung == DRIFT))
        assert b"another date than follows from its rule" in mail.message
        assert len(session.exec(select(AuditEntry).where(AuditEntry.action == FOUND)).all()) == 1
    with writing(tracked) as session:
        forget(session)
        alarm_on_drift(
            session, verify_everything(session, now=NOW), now=NOW, base_url="https://due.example", sender=SENDER
        )
        assert len(session.exec(select(Notice).where(Notice.rung == DRIFT)).all()) == 2
