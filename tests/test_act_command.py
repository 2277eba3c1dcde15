"""Can everything that becomes of a deliverable be entered from a terminal, once, with its reason?"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from county import found, track, uid
from sqlalchemy import Engine
from sqlmodel import select
from test_tracking import NOW

from duecourse.calendar.lifecycle import Act
from duecourse.calendar.standing import Standing
from duecourse.cli.act import _BY_NAME, SUBMITTING
from duecourse.cli.main import run
from duecourse.models import AuditEntry, LifecycleEntry, Submission, SubmissionFile
from duecourse.models.database import connect, reading, upgrade
from duecourse.tracking.files import read_file

Command = Callable[..., int]
REPORT = "2.07"


@pytest.fixture
def county(tmp_path: Path) -> Engine:
    """A data folder that tracks the county's contract."""
    url = f"sqlite:///{tmp_path / 'duecourse.db'}"
    upgrade(url)
    engine = connect(url)
    track(engine, NOW)
    return engine


@pytest.fixture
def command(county: Engine, tmp_path: Path) -> Command:
    """Run `duecourse act` or `submit` on the county's report, and return the exit code."""

    def run_it(name: str, *more: str) -> int:
        who = ("--as", "ana@county.example", "--data", str(tmp_path), "--as-of", NOW.isoformat())
        return run([name, uid(county, REPORT), *more, *who])

    return run_it


def test_every_act_of_the_table_has_a_command() -> None:
    assert {row.act for row in _BY_NAME.values()} | set(SUBMITTING) == set(Act)


def test_a_report_goes_all_the_way_and_back_from_a_terminal(
    command: Command, county: Engine, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    proof = tmp_path / "report.pdf"
    proof.write_bytes(b"%PDF-1.7\nenrolled: 42\n")
    sent = ("--by", "Jo Whitfield", "--channel", "PSRS", "--reference", "PSRS-1", "--file", str(proof))
    why = ("--reason", "Agreed by mail.")
    steps = [
        ("submit", sent, Standing.SUBMITTED_LATE, "Recorded as version 1."),
        ("act", ("return", *why, "--until", "2022-12-09"), Standing.RETURNED, "is now “returned”"),
        ("act", ("undo-the-return", *why), Standing.SUBMITTED_LATE, "took a return back"),
        ("act", ("accept",), Standing.ACCEPTED, "is now “accepted”"),
        ("act", ("undo-the-acceptance", *why), Standing.SUBMITTED_LATE, "took an acceptance back"),
        ("act", ("undo-the-submission", *why), Standing.OVERDUE, "is now “to do”"),
        ("act", ("waive", *why), Standing.WAIVED, "is now “waived”"),
        ("act", ("ask-for-it-again", *why), Standing.OVERDUE, "asked for it again"),
        ("act", ("mark-as-not-applicable", *why), Standing.NOT_APPLICABLE, "is now “not applicable”"),
        ("act", ("ask-for-it-again", *why), Standing.OVERDUE, "is now “to do”"),
        ("act", ("cancel", *why), Standing.CANCELLED, "is now “cancelled”"),
        ("act", ("ask-for-it-again", *why), Standing.OVERDUE, "is now “to do”"),
        ("submit", (*sent[:4], "--nothing", "--note", "Nobody."), Standing.SUBMITTED_LATE, "Recorded as version 2."),
    ]
    for name, given, standing, says in steps:
        assert command(name, *given) == 0, capsys.readouterr().err
        assert says in capsys.readouterr().out
        assert found(county, uid(county, REPORT), NOW + timedelta(hours=1)).standing is standing, given
    with reading(county) as session:
        assert len(session.exec(select(LifecycleEntry)).all()) == len(steps)
        (file,) = session.exec(select(SubmissionFile)).all()
        assert read_file(tmp_path / "evidence", file.sha256) == proof.read_bytes()
        assert [made.is_nil for made in session.exec(select(Submission))] == [False, True]
        assert session.exec(select(AuditEntry).where(AuditEntry.action == "waived")).one().actor == "ana@county.example"


def test_the_same_key_again_changes_nothing_again(command: Command, county: Engine) -> None:
    for _ in range(2):
        assert command("submit", "--by", "Jo", "--channel", "PSRS", "--key", "import-1") == 0
        assert command("act", "return", "--reason", "Page 2.", "--key", "import-2") == 0
    with reading(county) as session:
        assert [entry.act for entry in session.exec(select(LifecycleEntry))] == ["submit", "return"]


@pytest.mark.parametrize(
    ("name", "given", "code", "says"),
    [
        ("act", ("accept",), 5, "has not come in yet"),
        ("act", ("waive",), 2, "Give a reason"),
        ("act", ("waive", "--reason", " "), 2, "Give a reason"),
        ("act", ("return", "--until", "tomorrow"), 2, "is not a date"),
        ("submit", ("--by", "Jo", "--channel", "PSRS", "--nothing"), 2, "why there was nothing to report"),
        ("submit", ("--by", "Jo", "--channel", "PSRS", "--file", "/nowhere/a.pdf"), 2, "/nowhere/a.pdf cannot be read"),
        ("submit", ("--by", "Jo", "--channel", "PSRS", "--file", "/dev/null"), 2, "empty"),
    ],
)
def test_what_cannot_be_done_is_said_and_changes_nothing(
    command: Command,
    county: Engine,
    capsys: pytest.CaptureFixture[str],
    name: str,
    given: tuple[str, ...],
    code: int,
    says: str,
) -> None:
    assert command(name, *given) == code
    assert says in capsys.readouterr().err
    with reading(county) as session:
        assert session.exec(select(LifecycleEntry)).all() == []
