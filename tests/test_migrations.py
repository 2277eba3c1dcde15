"""Does the schema that the migrations make agree with the tables that the program declares?"""

from __future__ import annotations

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, text
from sqlmodel import SQLModel

import duecourse.models  # noqa: F401  (declares the tables)
from duecourse.errors import NotReady
from duecourse.models.database import connect, upgrade, writing


def test_the_migrations_lead_to_the_declared_tables(engine: Engine) -> None:
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), SQLModel.metadata) == []


def test_upgrading_again_changes_nothing(database_url: str) -> None:
    upgrade(database_url)
    upgrade(database_url)
    with connect(database_url).connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM audit_head")).scalar() == 1


def test_a_database_of_a_newer_version_is_refused_with_the_cure(database_url: str) -> None:
    upgrade(database_url)
    with connect(database_url).begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(NotReady, match="newer version"):
        upgrade(database_url)


def test_sqlite_is_opened_as_safely_as_it_can_be(tmp_path: object) -> None:
    database = connect(f"sqlite:///{tmp_path}/a.db")
    with database.connect() as connection:
        found = [
            connection.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
    assert found == ["wal", 2, 1]


def test_a_writer_holds_the_lock_from_its_start(tmp_path: object) -> None:
    url = f"sqlite:///{tmp_path}/a.db"
    upgrade(url)
    first, second = connect(url), connect(url)
    with writing(first) as session:
        session.execute(text("SELECT 1"))
        with second.connect() as other, pytest.raises(Exception, match="locked"):
            other.exec_driver_sql("PRAGMA busy_timeout=50")
            other.exec_driver_sql("INSERT INTO audit_head VALUES (2, 0, '')")
