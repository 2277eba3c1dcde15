"""Is anything half done, lost or done twice when a process is killed while it writes?

The rows F01 (a submission, killed at every write) and F07 (a scan, killed fifty times) of the faults.
"""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import county
import pytest
from parts import REPOSITORY, strace, wait_until_traced
from sqlalchemy import Engine
from unplanned import context_on, load_unplanned, noticed, planned_rows

from duecourse.engine.run import run_due
from duecourse.models.database import connect, writing
from duecourse.tracking.acting import By
from duecourse.tracking.audit import verify
from duecourse.tracking.submitting import Sent, submit

# Fifty scans take minutes on a machine that is busy with others.
pytestmark = [pytest.mark.timeout(900), pytest.mark.long]
NOW = datetime(2026, 11, 23, 18, 2, 30, tzinfo=UTC)
SUBMITTED_AT = datetime(2022, 11, 10, 17, tzinfo=UTC)
ENVIRONMENT = os.environ | {"PYTHONPATH": f"{REPOSITORY}:{REPOSITORY / 'tests'}"}

# Runs everything that is due, once for each number on the command line, and dies at that insertion of each run.
SCANS = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from sqlalchemy import event, update
from unplanned import context_on
from duecourse.engine.run import run_due
from duecourse.models import JobSlot
from duecourse.models.database import connect, reading
from duecourse.tracking.in_force import in_force

url, mails, showing, *points = sys.argv[1:]

def run(at):
    engine, seen = connect(url), 0
    def count(connection, cursor, statement, *_):
        nonlocal seen
        seen += statement.lstrip().startswith("INSERT")
        if seen == at:
            os.kill(os.getpid(), signal.SIGKILL)
    event.listen(engine, "after_cursor_execute", count)
    run_due(context_on(engine, mails=Path(mails), showing=datetime.fromisoformat(showing)), engine_name="embedded")

# Read here once, for all of them.
engine = connect(url)
with reading(engine) as session:
    in_force(session)
engine.dispose()
for at in map(int, points):
    child = os.fork()
    if child == 0:
        run(at)
        os._exit(0)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
    engine = connect(url)
    with engine.begin() as connection:
        connection.execute(update(JobSlot).values(lease_until=datetime(2020, 1, 1, tzinfo=UTC)))
    engine.dispose()
"""


def test_a_scan_killed_fifty_times_is_completed_by_the_next(
    engine: Engine, migrated_database_url: str, sqlite_template: Path, tmp_path: Path
) -> None:
    load_unplanned(engine, now=NOW)
    shutil.copyfile(sqlite_template, tmp_path / "alone.sqlite")
    alone = connect(f"sqlite:///{tmp_path / 'alone.sqlite'}")
    load_unplanned(alone, now=NOW)
    run_due(context_on(alone, mails=tmp_path / "alone", showing=NOW), engine_name="command line")

    points = [str(1 + number % 13) for number in range(50)]
    command = [sys.executable, "-c", SCANS, migrated_database_url, str(tmp_path / "mails"), NOW.isoformat(), *points]
    done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, timeout=800)
    codes = [int(line) for line in done.stdout.split()]
    assert len(codes) == 50, done.stderr
    # The control: the kills hit while there was something to do, and left it undone.
    assert codes.count(-signal.SIGKILL) >= 30
    with writing(engine) as session:
        verify(session)

    run_due(context_on(engine, mails=tmp_path / "mails", showing=NOW), engine_name="command line")
    assert planned_rows(engine) == planned_rows(alone)
    assert noticed(engine) == noticed(alone) != []
    with writing(engine) as session:
        verify(session)
    alone.dispose()


# For each database that is named on its standard input: a child that stops, and when it is continued hands a report in
# and says so when it is committed. With a word more on its command line it works the wrong way: each statement is a
# transaction of its own.
SUBMISSIONS = """
import os, signal, sys
from datetime import datetime
from sqlalchemy import event
from duecourse.models import database
from duecourse.tracking.acting import By
from duecourse.tracking.in_force import in_force
from duecourse.tracking.submitting import Sent, submit

uid, at, *control = sys.argv[1:]
now = datetime.fromisoformat(at)

def hand_in(path):
    engine = database.connect(f"sqlite:///{path}")
    if control:
        event.remove(engine, "begin", database._begin_sqlite)
    os.kill(os.getpid(), signal.SIGSTOP)
    with database.writing(engine) as session:
        submit(session, uid, Sent(now, "Jo Whitfield", "PSRS"), form_key="the key", now=now, by=By("jo@agency.example"))
    print("acked", flush=True)

for line in sys.stdin:
    child = os.fork()
    if child == 0:
        hand_in(line.strip())
        os._exit(0)
    os.waitpid(child, os.WUNTRACED)
    print(child, flush=True)
    print("ended", os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


class Submissions:
    """The program, and strace beside it."""

    def __init__(self, uid: str, *control: str) -> None:
        command = [sys.executable, "-c", SUBMISSIONS, uid, SUBMITTED_AT.isoformat(), *control]
        self._program = subprocess.Popen(
            command, env=ENVIRONMENT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __enter__(self) -> Submissions:
        return self

    def __exit__(self, *_: object) -> None:
        self._program.communicate(timeout=30)

    def killed(self, database: Path, call: str, number: int) -> tuple[int, bool]:
        """Hand in, to be killed at that call; return how that ended, and whether it was said that the report is in."""
        assert self._program.stdin is not None and self._program.stdout is not None
        print(database, file=self._program.stdin, flush=True)
        child = int(self._program.stdout.readline())
        inject = f"inject={call}:signal=SIGKILL:when={number}"
        command = [str(strace()), "-qq", "-o", "/dev/null", "-p", str(child), "-e", f"trace={call}", "-e", inject]
        with subprocess.Popen(command) as tracing:
            wait_until_traced(child, tracing)
            os.kill(child, signal.SIGCONT)
            said = self._program.stdout.readline().split()
            acked = said == ["acked"]
            if acked:
                said = self._program.stdout.readline().split()
            return int(said[1]), acked


@pytest.fixture(scope="module")
def before(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """The county's contract in a file, with one report that is not in."""
    folder = tmp_path_factory.mktemp("before")
    shutil.copyfile(sqlite_template, folder / "live.sqlite")
    engine = connect(f"sqlite:///{folder / 'live.sqlite'}")
    county.track(engine, SUBMITTED_AT)
    uid = county.uid(engine, "3.02")
    engine.dispose()
    with (
        closing(sqlite3.connect(folder / "live.sqlite")) as source,
        closing(sqlite3.connect(folder / "before.sqlite")) as copy,
    ):
        source.backup(copy)
    yield folder / "before.sqlite", uid


def written(database: Path) -> dict[str, int]:
    """Count what a submission writes, in a file that must be whole."""
    counts = {
        "submission": "SELECT count(*) FROM submission",
        "deliverable": "SELECT count(*) FROM deliverable WHERE submitted_at IS NOT NULL",
        "entry": "SELECT count(*) FROM lifecycle_entry",
        "receipt": "SELECT count(*) FROM receipt",
        "audit": "SELECT count(*) FROM audit_entry WHERE deliverable_id IS NOT NULL",
    }
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        return {name: connection.execute(query).fetchone()[0] for name, query in counts.items()}


def is_whole(counts: dict[str, int]) -> bool:
    return set(counts.values()) in ({0}, {1})


@pytest.mark.parametrize("call", ["pwrite64", "fdatasync"])
def test_a_submission_killed_at_every_write_is_whole_or_absent_and_its_retry_makes_one(
    before: tuple[Path, str], tmp_path: Path, call: str
) -> None:
    template, uid = before
    with Submissions(uid) as program:
        for number in range(1, 60):
            database = Path(shutil.copyfile(template, tmp_path / f"{number}.sqlite"))
            code, acked = program.killed(database, call, number)
            counts = written(database)
            assert is_whole(counts), (number, counts)
            assert set(counts.values()) == {1} or not acked
            submit_again(database, uid)
            assert set(written(database).values()) == {1}
            if code == 0:
                break
    assert number > 2, "nothing was killed"
    assert (code, acked) == (0, True)


def submit_again(database: Path, uid: str) -> None:
    """Send the same form once more, as a person does who saw no answer."""
    engine = connect(f"sqlite:///{database}")
    with writing(engine) as session:
        sent = Sent(SUBMITTED_AT, "Jo Whitfield", "PSRS")
        submit(session, uid, sent, form_key="the key", now=SUBMITTED_AT, by=By("jo@agency.example"))
        verify(session)
    engine.dispose()


def test_without_a_transaction_a_kill_leaves_halves(before: tuple[Path, str], tmp_path: Path) -> None:
    """The control: the same kills, and each statement for itself."""
    template, uid = before
    halves = 0
    with Submissions(uid, "control") as program:
        for number in range(1, 60):
            database = Path(shutil.copyfile(template, tmp_path / f"{number}.sqlite"))
            code, _ = program.killed(database, "pwrite64", number)
            halves += not is_whole(written(database))
            if code == 0:
                break
    assert halves > 3
