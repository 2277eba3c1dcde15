"""Which statements does a database get while something is done?"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event


@contextmanager
def statements(engine: Engine) -> Iterator[list[str]]:
    """Collect the statements that the block sends to the database, but for those that open or close a transaction."""
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if not statement.startswith(("BEGIN", "COMMIT", "PRAGMA")):
            sent.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)


@contextmanager
def rows_read(engine: Engine) -> Iterator[dict[str, int]]:
    """Count the rows that SQLite gives for each statement that the block sends, by the statement."""
    read: dict[str, int] = {}

    def count(_connection: object, cursor: Any, statement: str, parameters: Any, *_: object) -> None:
        if statement.lstrip("( ").upper().startswith(("SELECT", "WITH")):
            again = cursor.connection.execute(f"SELECT count(*) FROM ({statement})", parameters)
            read[statement] = read.get(statement, 0) + again.fetchone()[0]

    event.listen(engine, "after_cursor_execute", count)
    try:
        yield read
    finally:
        event.remove(engine, "after_cursor_execute", count)
