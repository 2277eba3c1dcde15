"""Do people and past submissions come in from a spreadsheet as previewed, all or nothing, once, by their own rules?"""

from __future__ import annotations

import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from county import COUNTY, track
from rows import add_contract
from sqlalchemy import Engine, text
from sqlmodel import Session, SQLModel, col, func, select
from workbooks import csv_file, xlsx

from duecourse.calendar.lifecycle import Act, Party
from duecourse.calendar.standing import Standing
from duecourse.definitions.reading import find_contract, read_contract
from duecourse.errors import BadInput, Conflict, NotAllowed
from duecourse.models import AuditEntry, ContractRow, Deliverable, Person, Receipt, Role, RoleName, Submission
from duecourse.models.database import connect, reading, writing
from duecourse.notifications.owing import missing
from duecourse.tracking.acting import By
from duecourse.tracking.audit import verify
from duecourse.tracking.boards import items
from duecourse.tracking.deciding import undo
from duecourse.tracking.importing.carrying_out import Outcome, Report, finish, previewed
from duecourse.tracking.importing.people import COLUMNS as PEOPLE
from duecourse.tracking.importing.people import people_lines
from duecourse.tracking.importing.submissions import COLUMNS as SUBMISSIONS
from duecourse.tracking.importing.submissions import submission_lines
from duecourse.tracking.loading import load_contract
from duecourse.tracking.planning import plan
from duecourse.tracking.staff.people import add_person, give_role

NOW = datetime(2022, 11, 30, 17, tzinfo=UTC)
WHO = "operator"
CT = "ct-21oechvs01abc"
ANA = ("Ana Núñez", "ana@county.example", "program manager", COUNTY, "bo@county.example")
BO = ("Bo", "bo@county.example", "leadership", COUNTY, "")
SEPTEMBER = (COUNTY, "Monthly Enrollment Report", "September 2022", date(2022, 10, 20), time(16, 30), "Pacific")
SENT = ("Ana Núñez", "PSRS", "00123", date(2022, 10, 24), "as agreed")

Read = Callable[[Session, bytes], Report]


@pytest.fixture(scope="module")
def tracked(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file in which the county's contract is tracked, for copying."""
    folder = tmp_path_factory.mktemp("tracked")
    shutil.copyfile(sqlite_template, folder / "live.db")
    engine = connect(f"sqlite:///{folder / 'live.db'}")
    track(engine, NOW)
    engine.dispose()
    with closing(sqlite3.connect(folder / "live.db")) as one, closing(sqlite3.connect(folder / "county.db")) as other:
        one.backup(other)
    return folder / "county.db"


@pytest.fixture
def county(tracked: Path, tmp_path: Path) -> Iterator[Engine]:
    """The county's contract in a database of SQLite."""
    shutil.copyfile(tracked, tmp_path / "county.db")
    engine = connect(f"sqlite:///{tmp_path / 'county.db'}")
    yield engine
    engine.dispose()


@pytest.fixture
def either_county(engine: Engine) -> Engine:
    """The same on SQLite and on PostgreSQL, for what depends on the database."""
    track(engine, NOW)
    return engine


def _contracts(session: Session) -> dict[str, ContractRow]:
    return {row.id: row for row in session.exec(select(ContractRow))}


def people(session: Session, content: bytes) -> Report:
    def check(_contract_id: str, role: RoleName, _email: str) -> None:
        if role is RoleName.AUDITOR:
            raise NotAllowed("Not you.")

    return people_lines(session, content, contracts=_contracts(session), check=check, now=NOW, actor=WHO)


def submissions(session: Session, content: bytes, *, party: Party | None = None) -> Report:
    def by_for(_act: Act, _row: Deliverable) -> By:
        return By(WHO, party)

    return submission_lines(session, content, contracts=_contracts(session), by_for=by_for, now=NOW)


def previewing(engine: Engine, read: Read, content: bytes, **more: Any) -> Report:
    before = contents(engine)
    with writing(engine) as session, previewed(session):
        report = read(session, content, **more)
    assert contents(engine) == before
    return report


def bring(engine: Engine, read: Read, content: bytes, *, seal: str = "", **more: Any) -> Report:
    """Import a file as it was previewed under `seal`, or just now."""
    seal = seal or previewing(engine, read, content, **more).seal
    with writing(engine) as session:
        report = read(session, content, **more)
        finish(session, report, what="lines", file="list.xlsx", seal=seal, now=NOW, actor=WHO)
    return report


def contents(engine: Engine) -> dict[str, list[str]]:
    """Return what every table holds."""
    with engine.connect() as connection:
        return {
            name: sorted(repr(tuple(row)) for row in connection.execute(text(f'SELECT * FROM "{name}"')))
            for name in SQLModel.metadata.tables
        }


def troubles(report: Report) -> list[str]:
    return [f"{one.column}: {one.problem} {one.cure}" for entry in report.entries for one in entry.troubles]


def history(**more: Any) -> bytes:
    """Return a workbook with one submission, with other cells by the name of their column."""
    row = dict(zip(SUBMISSIONS, (*SEPTEMBER, *SENT), strict=True)) | {
        name.replace("_", " "): value for name, value in more.items()
    }
    return xlsx(SUBMISSIONS, tuple(row.values()))


def test_people_get_their_parts_and_backups_whatever_the_order_of_the_lines(either_county: Engine) -> None:
    report = bring(either_county, people, xlsx(PEOPLE, ANA, BO))
    assert [entry.outcome for entry in report.entries] == [Outcome.MADE, Outcome.MADE]
    assert report.entries[0].says == ("Becomes program manager of 22-1174.", "Bo becomes the backup.")
    with reading(either_county) as session:
        held = session.exec(select(Person.name, Role.name, Role.backup_id).join(Role).order_by(Person.name)).all()
        bo = session.exec(select(Person.id).where(Person.name == "Bo")).one()
        verify(session)
    assert held == [("Ana Núñez", "program manager", bo), ("Bo", "leadership", None)]


def test_the_same_file_again_makes_nothing_and_says_what_is_there(county: Engine) -> None:
    content = csv_file(PEOPLE, ANA, BO)
    bring(county, people, content)
    before = contents(county)
    report = bring(county, people, content)
    assert contents(county) == before
    assert {entry.outcome for entry in report.entries} == {Outcome.THERE}
    assert report.entries[0].says == ("Is program manager of 22-1174 already.", "Bo is the backup already.")
    other_name = bring(county, people, csv_file(PEOPLE, ("A. N.", *ANA[1:])))
    assert other_name.entries[0].says[0].endswith("already, by the name of Ana Núñez.")
    assert contents(county) == before


WRONG_PEOPLE = [
    (("Ana", "ana@", "leadership", COUNTY, ""), "email: “ana@” is not one email address."),
    (("Ana", "a@x.org, b@x.org", "leadership", COUNTY, ""), "email: “a@x.org, b@x.org” is not one"),
    (("", "ana@x.org", "leadership", COUNTY, ""), "name: It is empty."),
    (
        ("Ana", "ana@x.org", "program manger", COUNTY, ""),
        "part: “program manger” is no part. Write one of these: program manager",
    ),
    (("Ana", "ana@x.org", "leadership", "22-1147", ""), "contract: “22-1147” is no contract of this import. Here"),
    (("Ana", "ana@x.org", "leadership", COUNTY, "who@x.org"), "backup: Nobody with a part in 22-1174 has"),
    (("Ana", "ana@x.org", "leadership", COUNTY, "ana@x.org"), ": Nobody is the backup of the same person."),
    (("Ana", "ana@x.org", "auditor", COUNTY, ""), ": Not you."),
    (("Bo", "bo@county.example", "auditor", COUNTY, ""), ": Not you."),
    (("=A1", "ana@x.org", "leadership", COUNTY, ""), "name: It holds a formula."),
    (("A" * 101, "ana@x.org", "leadership", COUNTY, ""), "name: It has more than 100 characters."),
]


def test_one_wrong_line_is_named_with_its_cure_and_keeps_every_line_out(county: Engine) -> None:
    for line, says in WRONG_PEOPLE:
        content = xlsx(PEOPLE, BO, line)
        report = previewing(county, people, content)
        assert [(entry.row, entry.outcome) for entry in report.entries] == [(2, Outcome.MADE), (3, Outcome.WRONG)]
        (said,) = troubles(report)
        assert said.startswith(says)
    before = contents(county)
    with pytest.raises(BadInput, match="corrected first"):
        bring(county, people, content)
    assert contents(county) == before


def test_a_line_that_is_wrong_in_its_second_step_does_not_keep_its_first(county: Engine) -> None:
    report = previewing(county, people, xlsx(PEOPLE, (*ANA[:4], "nobody@x.org")))
    assert [entry.outcome for entry in report.entries] == [Outcome.WRONG]


def test_what_was_previewed_is_made_and_nothing_else(either_county: Engine) -> None:
    content = xlsx(PEOPLE, ANA, BO)
    seal = previewing(either_county, people, content).seal
    with writing(either_county) as session:
        bo = add_person(session, name="Bo", email=BO[1], now=NOW, actor=WHO)
        give_role(session, bo, COUNTY, RoleName.LEADERSHIP, now=NOW, actor=WHO)
    before = contents(either_county)
    with pytest.raises(Conflict, match="changed since this was shown"):
        bring(either_county, people, content, seal=seal)
    # Other bytes that say the same are another file.
    with pytest.raises(Conflict):
        bring(either_county, people, csv_file(PEOPLE, ANA, BO), seal=previewing(either_county, people, content).seal)
    assert contents(either_county) == before
    bring(either_county, people, content)


def test_two_who_confirm_the_same_file_at_once_make_it_once(either_county: Engine) -> None:
    content = xlsx(PEOPLE, ANA, BO)
    seal = previewing(either_county, people, content).seal
    together = threading.Barrier(2)

    def confirm(_n: int) -> list[Outcome]:
        together.wait()
        return [entry.outcome for entry in bring(either_county, people, content, seal=seal).entries]

    with ThreadPoolExecutor(2) as pool:
        found = sorted(pool.map(confirm, range(2)))
    assert found == [[Outcome.MADE] * 2, [Outcome.THERE] * 2]
    with reading(either_county) as session:
        imports = session.exec(select(AuditEntry).where(AuditEntry.action == "imported lines")).all()
        assert len(imports) == 1 and verify(session) > 0


def test_the_log_says_which_file_was_entered_and_by_whom(county: Engine) -> None:
    report = bring(county, people, xlsx(PEOPLE, ANA, BO))
    with reading(county) as session:
        entry = session.exec(select(AuditEntry).order_by(col(AuditEntry.sequence).desc())).first()
        assert entry is not None
    assert (entry.action, entry.actor, entry.contract_id) == ("imported lines", WHO, COUNTY)
    assert entry.detail == {"file": "list.xlsx", "sha256": report.sha256, "lines": 2, "made": 2}


def test_a_past_submission_is_dated_as_it_was_and_recorded_as_entered_now(either_county: Engine) -> None:
    report = bring(either_county, submissions, history())
    assert report.entries[0].says == ("Submitted Thu Oct 20, 2022, 4:30 PM Pacific. Accepted Mon Oct 24, 2022.",)
    with reading(either_county) as session:
        made = session.exec(select(Submission)).one()
        assert session.exec(select(func.count()).select_from(Receipt)).one() == 1
        row = session.get_one(Deliverable, made.deliverable_id)
        (item,) = [one for one in items(session, now=NOW, contract_ids=[COUNTY]) if one.deliverable.id == row.id]
        (then,) = [
            one
            for one in items(session, now=NOW - timedelta(days=1), contract_ids=[COUNTY])
            if one.deliverable.id == row.id
        ]
        verify(session)
    assert made.submitted_at == datetime(2022, 10, 20, 23, 30, tzinfo=UTC) and made.recorded_at == NOW
    assert (made.submitted_by, made.entered_by, made.reference, made.note) == ("Ana Núñez", WHO, "00123", "as agreed")
    assert row.accepted_at == datetime(2022, 10, 24, 19, tzinfo=UTC)
    assert (row.label, item.standing) == ("September 2022", Standing.ACCEPTED)
    # A past day is shown as it was known then.
    assert then.standing.is_open


def test_a_past_that_is_entered_is_no_news_to_anybody(county: Engine) -> None:
    with writing(county) as session:
        for name, role in (("Ana", RoleName.PROGRAM_MANAGER), ("Lee", RoleName.PROGRAM_LIAISON)):
            person = add_person(session, name=name, email=f"{name}@x.org", now=NOW, actor=WHO)
            give_role(session, person, COUNTY, role, now=NOW, actor=WHO)
    bring(county, submissions, history(accepted_on=""))
    with reading(county) as session:
        keys = {key for _, lacking in missing(session, now=NOW) for key in lacking}
        uid = session.exec(select(Deliverable.uid).join(Submission)).one()
    assert not [key for key in keys if uid in key]


INSTANTS: list[tuple[dict[str, Any], datetime]] = [
    ({"zone": ""}, datetime(2022, 10, 20, 23, 30, tzinfo=UTC)),
    ({"zone": "Eastern"}, datetime(2022, 10, 20, 20, 30, tzinfo=UTC)),
    ({"zone": "America/New_York"}, datetime(2022, 10, 20, 20, 30, tzinfo=UTC)),
    # It comes twice; the first of the two is taken, as everywhere.
    (
        {"submitted_on": "2022-11-06", "time": "1:30 AM", "accepted_on": ""},
        datetime(2022, 11, 6, 8, 30, tzinfo=UTC),
    ),
    (
        {"report": "wa-monthly-enrollment-report", "period": date(2022, 9, 1)},
        datetime(2022, 10, 20, 23, 30, tzinfo=UTC),
    ),
]


def test_an_instant_is_that_of_its_zone(county: Engine) -> None:
    for more, instant in INSTANTS:
        with writing(county) as session, previewed(session):
            report = submissions(session, history(**more))
            found = session.exec(select(Submission.submitted_at, Deliverable.label).join(Deliverable)).all()
        assert troubles(report) == [] and found == [(instant, "September 2022")]


WRONG_SUBMISSIONS: list[tuple[dict[str, Any], str]] = [
    ({"report": "Monthly Enrolment Report"}, "Did you mean “Monthly Enrollment Report”"),
    ({"report": "monthly enrollment report"}, "Did you mean “Monthly Enrollment Report”"),
    ({"period": "Sept 2022"}, "The report is not asked for “Sept 2022”. Its periods are such as “Sep"),
    ({"period": date(2022, 9, 2)}, "period: The report is not asked for “2022-09-02”."),
    ({"zone": "EST"}, "zone: “EST” is no zone."),
    ({"submitted_on": "10/20/2022"}, "submitted on: “10/20/2022” is not taken for a date"),
    ({"submitted_on": date(2023, 1, 5), "accepted_on": ""}, "cannot have been submitted in the future"),
    ({"accepted_on": date(2022, 10, 19)}, "cannot have been decided before it came in"),
    ({"accepted_on": date(2022, 12, 1)}, "or in the future"),
    ({"submitted_by": ""}, "submitted by: It is empty."),
    ({"channel": ""}, "channel: It is empty."),
    ({"contract": "22-1175"}, "contract: “22-1175” is no contract of this import."),
    ({"reference": "=1+1"}, "reference: It holds a formula."),
]


def test_what_is_wrong_in_a_submission_is_said_with_what_was_meant(county: Engine) -> None:
    before = contents(county)
    for more, says in WRONG_SUBMISSIONS:
        with writing(county) as session, previewed(session):
            report = submissions(session, history(**more))
        assert [entry.outcome for entry in report.entries] == [Outcome.WRONG]
        assert says in " ".join(troubles(report))
    with pytest.raises(BadInput):
        bring(county, submissions, history(**more))
    assert contents(county) == before


def test_what_is_in_already_is_not_entered_again_even_after_it_was_taken_back(county: Engine) -> None:
    content = history(accepted_on="")
    bring(county, submissions, content)
    before = contents(county)
    assert bring(county, submissions, content).entries[0].outcome is Outcome.THERE
    assert contents(county) == before
    with writing(county) as session:
        uid = session.exec(select(Deliverable.uid).join(Submission)).one()
        undo(session, uid, Act.UNDO_SUBMISSION, reason="the wrong one", by=By(WHO), now=NOW)
    report = bring(county, submissions, content)
    assert report.entries[0].says == (
        "Is there already, sent Thu Oct 20, 2022, 4:30 PM Pacific, and was taken back or replaced since.",
    )


def test_another_submission_of_what_is_in_is_refused_with_what_is_there(county: Engine) -> None:
    bring(county, submissions, history(accepted_on=""))
    report = previewing(county, submissions, history(accepted_on="", time="17:30"))
    assert "is now “in” (submitted, by operator" in " ".join(troubles(report))
    twice = xlsx(SUBMISSIONS, (*SEPTEMBER, *SENT), (*SEPTEMBER[:4], time(9), "", *SENT))
    assert [entry.outcome for entry in previewing(county, submissions, twice).entries] == [Outcome.MADE, Outcome.WRONG]


def test_each_side_enters_its_own_acts_and_one_file_does_for_both(county: Engine) -> None:
    contractor, funder = {"party": Party.CONTRACTOR}, {"party": Party.FUNDER}
    assert "Only the contractor can submit" in troubles(previewing(county, submissions, history(), **funder))[0]
    assert "Only the funder can accept" in troubles(previewing(county, submissions, history(), **contractor))[0]
    bring(county, submissions, history(accepted_on=""), **contractor)
    report = bring(county, submissions, history(), **funder)
    assert report.entries[0].says[0].endswith("4:30 PM Pacific. Accepted Mon Oct 24, 2022.")
    assert bring(county, submissions, history(), **contractor).entries[0].outcome is Outcome.THERE


def test_what_the_funder_owed_in_answer_is_done_on_the_day_of_the_answer(engine: Engine) -> None:
    with writing(engine) as session:
        contract, definition = read_contract(find_contract(CT), today=NOW.date())
        load_contract(session, contract, definition=definition, now=NOW, actor=WHO)
        plan(session, now=NOW, actor=WHO)
        report = session.exec(
            select(Deliverable)
            .where(Deliverable.title == "Quarterly Program Status Report", col(Deliverable.due_at) < NOW)
            .order_by(col(Deliverable.due_at).desc())
        ).first()
        assert report is not None
        line = (CT, report.title, report.label, "2022-10-28", "09:00", "", "Olu", "email", "", "2022-11-02", "")
    bring(engine, submissions, csv_file(SUBMISSIONS, line))
    with reading(engine) as session:
        answers = session.exec(select(Deliverable).where(Deliverable.title == "Answer to a Submission")).all()
    assert [answer.submitted_at for answer in answers] == [datetime(2022, 11, 2, 16, tzinfo=UTC)]


def test_a_number_of_two_contracts_names_neither(county: Engine) -> None:
    with writing(county) as session:
        add_contract(session, "other", number="22-1174")
    report = previewing(county, submissions, history(contract="22-1174"))
    assert "stands for more than one contract" in troubles(report)[0]
