"""How is the outcome of a send written down, although the database may be busy?"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError
from sqlmodel import Session

from duecourse.models.database import writing

_TRIES = 4

Outcome = TypeVar("Outcome")


async def written(engine: Engine, change: Callable[[Session], Outcome]) -> Outcome:
    """Make a change in a transaction of its own, off the event loop, and return what it returns.

    A mail was sent: that the database is busy for a while must not send it twice, so this tries for a while. Raises
    OperationalError after that.
    """
    for tried in range(_TRIES):
        try:
            return await asyncio.to_thread(_in_transaction, engine, change)
        except OperationalError:
            if tried + 1 == _TRIES:
                raise
            await asyncio.sleep(1)
    raise AssertionError("unreachable")


def _in_transaction(engine: Engine, change: Callable[[Session], Outcome]) -> Outcome:
    with writing(engine) as session:
        return change(session)
