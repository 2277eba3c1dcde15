"""Whose feed has this secret address, may that person still see it, and are the stored bytes still good?"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import Connection, and_, bindparam, exists, or_, select
from sqlmodel import col

from duecourse.models import Feed, Person, Role

# What `Feed.built_from` holds where the stored bytes are no deadlines, but say why there are none.
NO_PART = -2
REPLACED = -3

# How long an address that was replaced says so, before it is gone for good.
SAYS_REPLACED = timedelta(days=30)
# A poll must not cost a write.
FETCH_NOTED_EVERY = timedelta(hours=1)
_TOKEN = re.compile("[A-Za-z0-9_-]{43}")

_HAS_PART = exists().where(
    col(Role.person_id) == col(Feed.person_id),
    or_(col(Feed.contract_id).is_(None), col(Role.contract_id) == col(Feed.contract_id)),
)
# Built once: one look-up by the unique index on the token's hash, which also asks whether the person may still come in.
LOOK_UP = (
    select(
        col(Feed.id),
        col(Feed.revoked_at),
        col(Feed.etag),
        col(Feed.modified_at),
        col(Feed.built_for),
        col(Feed.built_from),
        col(Feed.changes),
        col(Feed.last_fetched_at),
        and_(col(Person.disabled_at).is_(None), _HAS_PART).label("may_see"),
    )
    .join(Person, col(Person.id) == col(Feed.person_id))
    .where(col(Feed.token_sha256) == bindparam("token_sha256"))
)


@dataclass(frozen=True, slots=True)
class FeedState:
    """A feed as one look-up finds it, without its bytes."""

    id: int
    revoked_at: datetime | None
    etag: str
    modified_at: datetime | None
    built_for: date | None
    built_from: int
    changes: int
    last_fetched_at: datetime | None
    may_see: bool

    @property
    def wanted(self) -> int:
        """The value of `built_from` that good bytes have."""
        if self.revoked_at is not None:
            return REPLACED
        return self.changes if self.may_see else NO_PART

    @property
    def may_be_shown(self) -> bool:
        """Whether the stored bytes, though they may be old, hold nothing that the person must not see."""
        return bool(self.etag) and (self.built_from == self.wanted or min(self.built_from, self.wanted) >= 0)

    def is_current(self, now: datetime) -> bool:
        """Return whether the stored bytes are what would be built at `now`."""
        if not self.etag or self.built_from != self.wanted:
            return False
        return self.wanted < 0 or self.built_for == day_of(now)

    def is_gone(self, now: datetime) -> bool:
        """Return whether the address was replaced so long ago that it says no more."""
        return self.revoked_at is not None and now >= self.revoked_at + SAYS_REPLACED

    def fetch_is_worth_noting(self, now: datetime) -> bool:
        """Return whether a fetch at `now` has to be noted: once an hour."""
        return self.last_fetched_at is None or abs(now - self.last_fetched_at) >= FETCH_NOTED_EVERY


def look_up(connection: Connection, token: str) -> FeedState | None:
    """Return the feed with this token, in one statement; None when there is none."""
    sought = hash_sought(token)
    if sought is None:
        return None
    row = connection.execute(LOOK_UP, {"token_sha256": sought}).one_or_none()
    return FeedState(*row) if row is not None else None


def hash_sought(token: str) -> str | None:
    """Return the hash under which a feed with this token is stored; None when it cannot be a token."""
    return sha256_of(token) if _TOKEN.fullmatch(token) else None


def sha256_of(token: str) -> str:
    """Return what is stored of a token.

    Tokens are looked up by their hash, so what a comparison's duration could tell is about the hash alone.
    """
    return hashlib.sha256(token.encode("ascii")).hexdigest()


def etag_of(body: bytes) -> str:
    """Return the strong validator of these bytes, without quotation marks (RFC 9110, 8.8.3)."""
    return hashlib.sha256(body).hexdigest()


def day_of(now: datetime) -> date:
    """Return the day for which a feed is built.

    Days change at midnight in UTC for every feed: a feed may span several zones, and only the far edges of its window,
    30 and 90 days back, depend on the day.
    """
    return now.astimezone(UTC).date()
