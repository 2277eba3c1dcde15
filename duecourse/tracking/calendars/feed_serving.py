"""What is answered to a calendar program that asks for a feed?"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto

from sqlalchemy import Engine, and_, or_, select, update
from sqlmodel import col

from duecourse.models import Feed
from duecourse.models.database import writing
from duecourse.tracking.calendars.feed_bytes import explanation, refresh
from duecourse.tracking.calendars.feed_state import FETCH_NOTED_EVERY, FeedState, etag_of, look_up

_log = logging.getLogger(__name__)


class Answer(Enum):
    """The kinds of answers."""

    CALENDAR = auto()
    """Here are the bytes."""
    UNCHANGED = auto()
    """The bytes are those that the client has."""
    TO_BUILD = auto()
    """The stored bytes are old; asked for only by a caller that does not want to wait for new ones."""
    UNKNOWN = auto()
    """There is no feed with this address."""
    GONE = auto()
    """There was one, and its address was replaced more than 30 days ago."""
    UNAVAILABLE = auto()
    """Something failed here, and there is nothing that could be shown in place of it."""


@dataclass(frozen=True, slots=True)
class Served:
    """An answer; with CALENDAR and UNCHANGED the hash of the bytes and the instant at which they last changed."""

    answer: Answer
    etag: str = ""
    modified_at: datetime | None = None
    body: bytes = b""


Has = Callable[[str, datetime], bool]
"""Whether the client has the bytes with this hash, which last changed at this instant."""


def has_nothing(_etag: str, _modified_at: datetime) -> bool:
    """Answer for a client that said nothing about bytes that it has."""
    return False


def served(
    engine: Engine,
    token: str,
    *,
    now: datetime,
    base_url: str,
    domain: str,
    has: Has = has_nothing,
    client: str = "",
    may_build: bool = True,
) -> Served:
    """Return what the client gets for this token at `now`. Never raises: a subscriber keeps the last good bytes.

    An unchanged feed costs one look-up. `client` is the name that the calendar program gives itself.
    """
    try:
        return _served(engine, token, now, base_url, domain, has, client, may_build)
    except Exception:
        # The token must not reach the log, and is in no message of the database: only its hash is sent there.
        _log.exception("A calendar feed could not be served.")
        return Served(Answer.UNAVAILABLE)


def at_once(state: FeedState | None, *, now: datetime, has: Has) -> Served | None:
    """Return the answer for which the look-up was enough, or None."""
    if state is None:
        return Served(Answer.UNKNOWN)
    if state.is_gone(now):
        return Served(Answer.GONE)
    if state.modified_at is not None and state.is_current(now) and has(state.etag, state.modified_at):
        return Served(Answer.UNCHANGED, state.etag, state.modified_at)
    return None


def _served(
    engine: Engine, token: str, now: datetime, base_url: str, domain: str, has: Has, client: str, may_build: bool
) -> Served:
    state = _look_up(engine, token)
    if state is not None and state.fetch_is_worth_noting(now):
        _note_fetch(engine, state.id, now=now, client=client)
    answer = at_once(state, now=now, has=has)
    if answer is None and state is not None and not state.is_current(now):
        if not may_build:
            return Served(Answer.TO_BUILD)
        try:
            refresh(engine, state, now=now, base_url=base_url, domain=domain)
        except Exception:
            _log.exception("The calendar feed %s could not be built; its last good bytes are served.", state.id)
        state = _look_up(engine, token)
        answer = at_once(state, now=now, has=has)
    if answer is not None:
        return answer
    assert state is not None
    if state.may_be_shown:
        return _stored(engine, state.id, has=has)
    if state.wanted < 0:
        # What is stored must not be shown, and its replacement could not be stored.
        body = explanation(state, now=now, base_url=base_url, domain=domain)
        return Served(Answer.CALENDAR, etag_of(body), now.replace(microsecond=0), body)
    return Served(Answer.UNAVAILABLE)


def _look_up(engine: Engine, token: str) -> FeedState | None:
    with engine.connect() as connection:
        return look_up(connection, token)


def _stored(engine: Engine, feed_id: int, *, has: Has) -> Served:
    query = select(col(Feed.etag), col(Feed.modified_at), col(Feed.body)).where(col(Feed.id) == feed_id)
    with engine.connect() as connection:
        etag, modified_at, body = connection.execute(query).one()
    if has(etag, modified_at):
        return Served(Answer.UNCHANGED, etag, modified_at)
    return Served(Answer.CALENDAR, etag, modified_at, body)


def _note_fetch(engine: Engine, feed_id: int, *, now: datetime, client: str) -> None:
    noted = col(Feed.last_fetched_at)
    due = or_(noted.is_(None), noted <= now - FETCH_NOTED_EVERY, noted >= now + FETCH_NOTED_EVERY)
    query = update(Feed).where(and_(col(Feed.id) == feed_id, due)).values(last_fetched_at=now, last_client=client)
    try:
        with writing(engine) as session:
            session.execute(query)
    except Exception:
        _log.exception("The fetch of the calendar feed %s could not be noted.", feed_id)
