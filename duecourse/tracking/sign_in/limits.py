"""How often may this be tried, whatever the number of processes that answer?

A limit is a bucket that runs empty at a steady pace: so many tries at once, and then one more each time that its share
of the stretch has passed. Counting is one statement, so that two processes never both take the last place.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from duecourse.models import SignInRate

_MOST_FORGOTTEN = 500


@dataclass(frozen=True, slots=True)
class Limit:
    """So many tries in a stretch of time, for each thing that is counted."""

    name: str
    most: int
    per: timedelta

    @property
    def share(self) -> int:
        """How long it takes until one more is free, in milliseconds."""
        return self._stretch // self.most

    @property
    def room(self) -> int:
        """How full the bucket may be for one more to fit, in milliseconds."""
        return self._stretch - self.share

    @property
    def _stretch(self) -> int:
        return self.per // timedelta(milliseconds=1)


ASKS_BY_NETWORK = Limit("asks by network", 30, timedelta(minutes=10))
"""Links asked for from one network by browsers in which nobody has signed in yet."""
ASKS_BY_BROWSER = Limit("asks by browser", 10, timedelta(minutes=10))
"""Links asked for by one browser in which somebody has signed in before: nobody else can use these up."""
MAILS_BY_NETWORK = Limit("mails by network", 3, timedelta(minutes=10))
"""Mails to one mailbox that browsers unknown to it ask for from one network."""
MAILS_TO_MAILBOX = Limit("mails to a mailbox", 10, timedelta(hours=1))
"""Mails to one mailbox that browsers unknown to it ask for, from wherever."""
MAILS_TO_KNOWN = Limit("mails to a known browser", 3, timedelta(minutes=10))
"""Mails to one mailbox that a browser asks for in which its person has signed in before."""
MISSES_BY_NETWORK = Limit("misses by network", 10, timedelta(minutes=10))
"""Links and codes from one network that did not work. What works is never refused."""


def count(session: Session, limit: Limit, key: str, *, now: datetime) -> bool:
    """Count a try unless the limit is reached; return whether it was counted."""
    at = _milliseconds(now)
    insert: Any = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    empty_at = col(SignInRate.empty_at)
    add = insert(SignInRate).values(key_sha256=_key(limit, key), empty_at=at + limit.share)
    counted = add.on_conflict_do_update(
        index_elements=[col(SignInRate.key_sha256)],
        set_={"empty_at": sa.case((empty_at > at, empty_at), else_=at) + limit.share},
        where=empty_at <= at + limit.room,
    ).returning(empty_at)
    return session.execute(counted).first() is not None


def is_reached(session: Session, limit: Limit, key: str, *, now: datetime) -> bool:
    """Whether the limit is reached; nothing is counted."""
    query = select(SignInRate.empty_at).where(SignInRate.key_sha256 == _key(limit, key))
    empty_at = session.exec(query).first()
    return empty_at is not None and empty_at > _milliseconds(now) + limit.room


def forget(session: Session, *, now: datetime) -> None:
    """Remove what no longer counts, as long as nobody else holds it."""
    over = select(SignInRate.key_sha256).where(SignInRate.empty_at < _milliseconds(now)).limit(_MOST_FORGOTTEN)
    session.execute(sa.delete(SignInRate).where(col(SignInRate.key_sha256).in_(over.with_for_update(skip_locked=True))))


def mailbox(address: str) -> str:
    """Return one spelling for all that usually lead to the same mailbox: capitals, dots and tags make no other one."""
    local, _, domain = address.strip().lower().rpartition("@")
    return f"{local.partition('+')[0].replace('.', '')}@{domain}"


def _key(limit: Limit, key: str) -> str:
    return hashlib.sha256(f"{limit.name}|{key}".encode("utf-8", "replace")).hexdigest()


def _milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)
