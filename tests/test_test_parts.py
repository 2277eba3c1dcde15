"""Do the tests' own parts keep their word, and do make's verbs and the locks agree with what is said about them?"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from packaging.requirements import Requirement
from parts import REPOSITORY, PostgresCluster, free_port
from sqlalchemy import Engine, create_engine, inspect, text

RUN_LOCK = REPOSITORY / "requirements" / "run.txt"
DEVELOPMENT_LOCK = REPOSITORY / "requirements" / "dev.txt"


def run_pytest(folder: Path, source: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run one small test file under this suite's own conftest, in a process of its own."""
    (folder / "conftest.py").write_text((REPOSITORY / "tests" / "conftest.py").read_text())
    (folder / "test_small.py").write_text(source)
    inherited = {name: value for name, value in os.environ.items() if name != "CI"}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_small.py"],
        cwd=folder,
        env=inherited | {"PYTHONPATH": str(REPOSITORY / "tests")} | environment,
        capture_output=True,
        text=True,
    )


MISSING = """
import pytest
from parts import missing_part

@pytest.fixture(scope="session")
def part():
    missing_part("no such thing")

def test_with_a_missing_part():
    missing_part("no such thing")

def test_with_a_fixture_of_a_missing_part(part):
    pass
"""


def test_a_missing_part_skips_on_a_laptop(tmp_path: Path) -> None:
    done = run_pytest(tmp_path, MISSING)
    assert "2 skipped" in done.stdout
    assert "2 tests did not run because a part is missing" in done.stdout
    assert done.returncode == 0


def test_a_missing_part_fails_in_ci(tmp_path: Path) -> None:
    done = run_pytest(tmp_path, MISSING, CI="true")
    assert "1 failed, 1 error" in done.stdout
    assert "missing part: no such thing" in done.stdout
    assert done.returncode == 1


def test_no_setting_of_the_developers_shell_reaches_a_test(tmp_path: Path) -> None:
    source = """
import os

def test_environment():
    assert [name for name in os.environ if name.startswith("DUECOURSE_") or os.environ[name] == "mine"] == []
    assert os.environ["PREFECT_SERVER_EPHEMERAL_ENABLED"] == "false"
    assert os.path.isdir(os.environ["PREFECT_HOME"])
"""
    done = run_pytest(tmp_path, source, PREFECT_API_URL="mine", PREFECT_HOME="mine", DUECOURSE_ANYTHING="1")
    assert done.returncode == 0, done.stdout


def test_a_fresh_database_is_empty_and_takes_tables(database_url: str) -> None:
    engine = create_engine(database_url)
    with engine.begin() as connection:
        assert inspect(connection).get_table_names() == []
        connection.execute(text("CREATE TABLE page (number INTEGER)"))
    engine.dispose()


def test_an_engine_has_the_newest_tables_and_no_deliverable(engine: Engine) -> None:
    assert {"alembic_version", "contract", "deliverable", "notice"} <= set(inspect(engine).get_table_names())
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM deliverable")) == 0
        assert connection.scalar(text("SELECT count(*) FROM alembic_version")) == 1


def test_two_fresh_postgres_databases_are_apart(fresh_postgres_database: Callable[[], str]) -> None:
    first, second = fresh_postgres_database(), fresh_postgres_database()
    engine = create_engine(first)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE page (number INTEGER)"))
    engine.dispose()
    other = create_engine(second)
    assert inspect(other).get_table_names() == []
    other.dispose()


def test_postgres_keeps_what_was_committed_when_it_crashes_and_leaves_nothing_behind() -> None:
    with PostgresCluster() as cluster:
        name = cluster.create_database()
        address = cluster.url(name).replace("+psycopg", "")
        with psycopg.connect(address) as connection:
            connection.execute("CREATE TABLE page AS SELECT 7 AS number")
        cluster.stop(crash=True)
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(address)
        cluster.start()
        with psycopg.connect(address) as connection:
            assert connection.execute("SELECT number FROM page").fetchall() == [(7,)]
    assert not cluster.folder.exists()


def test_free_ports_are_free_and_none_is_given_twice() -> None:
    ports = [free_port() for _ in range(100)]
    assert 1024 <= min(ports) <= max(ports) < 65536
    assert len(set(ports)) == 100


def test_make_alone_lists_every_verb() -> None:
    verbs = re.findall(r"^([a-z]+):", (REPOSITORY / "Makefile").read_text(), re.MULTILINE)
    listed = subprocess.run(["make", "-C", REPOSITORY], capture_output=True, text=True, check=True).stdout
    assert [verb for verb in verbs if f"make {verb} " not in listed] == []
    assert {"run", "test"} <= set(verbs)


def test_the_readme_names_only_verbs_that_make_has() -> None:
    verbs = set(re.findall(r"^([a-z]+):", (REPOSITORY / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"(?:^[ $]*|`)make ([a-z]+)", (REPOSITORY / "README.md").read_text(), re.MULTILINE))
    assert named - verbs == set()
    assert {"run", "test"} <= named


def locked(lock: Path) -> set[str]:
    return {line.removesuffix(" \\") for line in lock.read_text().splitlines() if not line.startswith(" ")}


def test_the_development_lock_holds_every_line_of_the_run_lock() -> None:
    assert locked(RUN_LOCK) - locked(DEVELOPMENT_LOCK) == set()


def test_every_dependency_is_locked_at_a_version_it_allows() -> None:
    versions = dict(line.split(";")[0].strip().split("==") for line in locked(RUN_LOCK))
    names = {re.sub(r"\[.*\]", "", name): version for name, version in versions.items()}
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    wanted = [Requirement(line) for line in project["dependencies"]]
    assert [str(one) for one in wanted if not one.specifier.contains(names.get(one.name, "0"))] == []
