"""How is the database opened, brought up to date, read and written?"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlmodel import Session

from duecourse.errors import NotReady

_MIGRATIONS = Path(__file__).with_name("migrations")


def connect(url: str) -> Engine:
    """Open the database at `url` (``sqlite:///...`` or ``postgresql+psycopg://...``).

    SQLite runs with WAL, full synchronisation, foreign keys on and five seconds of patience; PostgreSQL with limits on
    statements, locks and idle transactions, in UTC.
    """
    if make_url(url).get_backend_name() == "sqlite":
        engine = create_engine(url, connect_args={"check_same_thread": False})
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    options = "-c timezone=UTC -c lock_timeout=5s -c statement_timeout=30s -c idle_in_transaction_session_timeout=30s"
    return create_engine(url, pool_pre_ping=True, connect_args={"options": options})


@contextmanager
def reading(engine: Engine) -> Iterator[Session]:
    """Open a session that only reads."""
    with Session(engine) as session:
        yield session


@contextmanager
def snapshot(engine: Engine) -> Iterator[Session]:
    """Open a session that reads everything as it was at one instant, whatever is written meanwhile."""
    # A transaction of SQLite always does.
    options = {} if engine.dialect.name == "sqlite" else {"isolation_level": "REPEATABLE READ"}
    with Session(engine.execution_options(**options)) as session:
        yield session


@contextmanager
def writing(engine: Engine) -> Iterator[Session]:
    """Open a session that writes, and commit it at the end; nothing is kept when the block raises.

    On SQLite the write lock is taken at the start: a read that turns into a write could fail at once otherwise.
    """
    with Session(engine.execution_options(begin_immediate=True)) as session, session.begin():
        yield session


def upgrade(url: str) -> None:
    """Bring the schema of the database at `url` up to date. Raises NotReady when it is newer than the program."""
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["url"] = url
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise NotReady(
            f"The database cannot be brought up to date ({error}). It was probably written by a newer version of "
            "Duecourse: install that version, or restore the backup made before the upgrade."
        ) from error


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # The driver's own transaction handling is off: it would begin transactions late, and never an immediate one.
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=5000"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    immediate = connection.get_execution_options().get("begin_immediate", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")
