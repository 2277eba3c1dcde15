"""What does every test start from: which environment, and which fresh databases?"""

from __future__ import annotations

import gc
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings
from parts import (
    CALENDAR_PROGRAMS,
    IN_MEMORY,
    PostgresCluster,
    find_calendar_program,
    find_chromium,
    find_postgres_programs,
    has_room_in_memory,
)

if TYPE_CHECKING:
    from sqlalchemy import Engine

# What tests write is gone when they end, so it is kept in memory where there is room: on a disk, a run of thousands of
# databases waits for most of its time.
if "TMPDIR" not in os.environ and has_room_in_memory():
    os.environ["TMPDIR"] = tempfile.tempdir = IN_MEMORY

# Prefect reads its settings when it is imported, so they stand before anything can import it: no test may reach the
# developer's own Prefect profile, nor start a server by accident, nor write to the developer's own Duecourse.
for _name in [name for name in os.environ if name.startswith(("PREFECT_", "DUECOURSE_"))]:
    del os.environ[_name]
_PREFECT_HOME = tempfile.mkdtemp(prefix="duecourse-prefect-")
os.environ["PREFECT_HOME"] = _PREFECT_HOME
os.environ["PREFECT_SERVER_EPHEMERAL_ENABLED"] = "false"
os.environ["PREFECT_SERVER_ANALYTICS_ENABLED"] = "false"
os.environ["DO_NOT_TRACK"] = "1"

# How long an example takes says nothing on a shared machine.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

DATABASES = ["sqlite", "postgresql"]


def pytest_collection_finish() -> None:
    """Leave what was imported to itself: looking through it for rubbish took an eighth of the whole run's time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 20)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresCluster]:
    """A throw-away PostgreSQL server for the whole run; a test that stops or crashes it makes one of its own."""
    with PostgresCluster() as cluster:
        yield cluster


@pytest.fixture(scope="session")
def postgres_url(postgres: PostgresCluster) -> str:
    """The SQLAlchemy URL of that server's own database, where no test keeps anything."""
    return postgres.url("postgres")


@pytest.fixture
def fresh_postgres_database(postgres: PostgresCluster) -> Iterator[Callable[[], str]]:
    """Call it for the URL of a new, empty PostgreSQL database, as often as the test likes."""
    with closing(_Databases(postgres)) as databases:
        yield databases.create


@pytest.fixture(params=DATABASES)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a new, empty database: the test runs once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'duecourse.sqlite'}"
        return
    with closing(_Databases(request.getfixturevalue("postgres"))) as databases:
        yield databases.create()


@pytest.fixture(params=DATABASES)
def migrated_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a new database whose tables are the newest, with no row: once on SQLite, once on PostgreSQL."""
    if request.param == "sqlite":
        path = tmp_path / "duecourse.sqlite"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    template = request.getfixturevalue("postgres_template")
    with closing(_Databases(request.getfixturevalue("postgres"))) as databases:
        yield databases.create(template=template)


@pytest.fixture
def engine(migrated_database_url: str) -> Iterator[Engine]:
    """An engine on a new database with the newest tables: once on SQLite, once on PostgreSQL."""
    from duecourse.models.database import connect

    engine = connect(migrated_database_url)
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the newest tables, for copying: migrating anew for each test would be most of its time."""
    from duecourse.models.database import upgrade

    folder = tmp_path_factory.mktemp("template")
    upgrade(f"sqlite:///{folder / 'migrated.sqlite'}")
    # The migrated file may have its last pages in a log beside it; a backup is one whole file.
    with (
        closing(sqlite3.connect(folder / "migrated.sqlite")) as source,
        closing(sqlite3.connect(folder / "template.sqlite")) as copy,
    ):
        source.backup(copy)
    return folder / "template.sqlite"


@pytest.fixture(scope="session")
def postgres_template(postgres: PostgresCluster) -> str:
    """The name of a PostgreSQL database with the newest tables, for copying."""
    from duecourse.models.database import upgrade

    name = postgres.create_database()
    upgrade(postgres.url(name))
    return name


# What takes longest comes first, so that at the end of a parallel run no process waits for another.
_LONGEST = ("prefect", "long", "clients", "browser")
_BETWEEN = 8
"""How many other files come between two that start a Prefect server."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    files: dict[Path, int] = {}
    for item in items:
        rank = min((_LONGEST.index(mark.name) for mark in item.iter_markers() if mark.name in _LONGEST), default=9)
        files[item.path] = min(files.get(item.path, 9), rank)
    order = _apart(sorted(files, key=lambda path: (files[path], path)), {path for path in files if files[path] == 0})
    items.sort(key=lambda item: order[item.path])


def _apart(files: list[Path], servers: set[Path]) -> dict[Path, int]:
    """Return the place of each file; those that start a Prefect server stand apart: two of them fill two cores."""
    first = [path for path in files if path in servers]
    others = [path for path in files if path not in servers]
    placed: list[Path] = []
    for path in first:
        placed += [path, *others[:_BETWEEN]]
        del others[:_BETWEEN]
    return {path: place for place, path in enumerate([*placed, *others])}


class _Databases:
    """The PostgreSQL databases of one test, dropped at its end: a thousand of them would fill the disk."""

    def __init__(self, cluster: PostgresCluster) -> None:
        self._cluster = cluster
        self._names: list[str] = []

    def create(self, *, template: str = "template1") -> str:
        self._names.append(self._cluster.create_database(template=template))
        return self._cluster.url(self._names[-1])

    def close(self) -> None:
        for name in self._names:
            self._cluster.drop_database(name)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say in plain words which real parts took part, and how many tests could not run for want of one."""
    postgres_programs = find_postgres_programs()
    parts = {
        "Chromium": find_chromium(),
        "PostgreSQL": postgres_programs,
        "calendar programs": CALENDAR_PROGRAMS if find_calendar_program("vdirsyncer") else None,
    }
    terminalreporter.section("real parts")
    for name, path in parts.items():
        terminalreporter.line(f"{name + ':':20} {path or 'missing'}", red=path is None)
    unmet = [report for report in terminalreporter.getreports("skipped") if "missing part:" in str(report.longrepr)]
    if unmet:
        terminalreporter.line(
            f"{len(unmet)} tests did not run because a part is missing; in CI each of them would fail."
        )


def pytest_unconfigure() -> None:
    shutil.rmtree(_PREFECT_HOME, ignore_errors=True)
