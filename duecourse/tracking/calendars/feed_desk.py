"""How is an unchanged feed found on SQLite in hardly more than the time of the look-up itself?"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any

from sqlalchemy import Engine

from duecourse.tracking.calendars.feed_state import LOOK_UP, FeedState, hash_sought


class FeedDesk:
    """Looks feeds up without a session, a transaction or a thread, on a connection of its own.

    With SQLite a look-up is over sooner than it is handed to a thread, and no writer holds it up: so it may run on the
    event loop. It must not wait for a connection of the pool there, since those who have one could not give it back.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._sql = str(LOOK_UP.compile(dialect=engine.dialect))
        self._read: list[Callable[[Any], Any]] = [
            column.type.dialect_impl(engine.dialect).result_processor(engine.dialect, None) or _as_it_is
            for column in LOOK_UP.selected_columns
        ]
        self._connection: sqlite3.Connection | None = None

    def look_up(self, token: str) -> FeedState | None:
        """Return the feed with this token; None when there is none. Raises sqlite3.Error."""
        sought = hash_sought(token)
        if sought is None:
            return None
        # All rows are fetched, though there is one at most: an unfinished statement would keep an old state in view.
        for row in self._open().execute(self._sql, (sought,)).fetchall():
            return FeedState(*(read(value) for read, value in zip(self._read, row, strict=True)))
        return None

    def close(self) -> None:
        """Close the connection; the next look-up opens another."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            pooled = self._engine.raw_connection()
            driver = pooled.driver_connection
            assert isinstance(driver, sqlite3.Connection)
            pooled.detach()
            self._connection = driver
        return self._connection


def _as_it_is(value: Any) -> Any:
    return value
