"""How does a person get a calendar feed, a new address for it, or an end of it?"""

from __future__ import annotations

import secrets
from datetime import datetime

from sqlalchemy.orm import defer
from sqlmodel import Session, col, select

from duecourse.errors import NotFound
from duecourse.language.said import say
from duecourse.models import Feed, Person, Role
from duecourse.tracking.audit import record, take_turn
from duecourse.tracking.calendars.feed_state import sha256_of

_TOKEN_BYTES = 32


def create_feed(
    session: Session,
    *,
    person_id: int,
    contract_id: str | None,
    now: datetime,
    device: str = "",
    alarms: bool = False,
    titles_only: bool = False,
) -> tuple[Feed, str]:
    """Return a new feed of one contract, or of all the person's with None, and its token, which is kept nowhere.

    `device` says for which device or program it is. With `alarms` its entries remind a day ahead; with `titles_only`
    they carry a title and a link, and nothing else.
    Raises NotFound when the person has no part in the contract.
    """
    person = session.get(Person, person_id)
    if person is None or person.disabled_at is not None:
        raise NotFound(say("There is no such person."))
    if contract_id is not None:
        part = select(Role.id).where(Role.person_id == person_id, Role.contract_id == contract_id)
        if session.exec(part).first() is None:
            raise NotFound(say("There is no such contract."))
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    feed = Feed(
        token_sha256=sha256_of(token),
        person_id=person_id,
        contract_id=contract_id,
        created_at=now,
        device=device,
        alarms=alarms,
        titles_only=titles_only,
    )
    session.add(feed)
    session.flush()
    _record(session, "created a calendar link", feed, person, now=now)
    return feed, token


def rotate_feed(session: Session, feed_id: int, *, person_id: int, now: datetime) -> tuple[Feed, str]:
    """Return a feed with a new address in place of the old one, which says for 30 days that it was replaced.

    Raises NotFound when the person has no such feed in use.
    """
    old = revoke_feed(session, feed_id, person_id=person_id, now=now)
    return create_feed(
        session,
        person_id=person_id,
        contract_id=old.contract_id,
        now=now,
        device=old.device,
        alarms=old.alarms,
        titles_only=old.titles_only,
    )


def revoke_feed(session: Session, feed_id: int, *, person_id: int, now: datetime) -> Feed:
    """Return the feed, whose address holds no deadlines from now on.

    Raises NotFound when the person has no such feed in use.
    """
    take_turn(session)
    owned = select(Feed).where(Feed.id == feed_id, Feed.person_id == person_id, col(Feed.revoked_at).is_(None))
    feed = session.exec(owned.with_for_update()).one_or_none()
    person = session.get(Person, person_id)
    if feed is None or person is None:
        raise NotFound(say("There is no such calendar link."))
    feed.revoked_at = now
    session.add(feed)
    session.flush()
    _record(session, "ended a calendar link", feed, person, now=now)
    return feed


def feeds_of(session: Session, person_id: int) -> list[Feed]:
    """Return the person's feeds that are in use, the oldest first, without their bytes."""
    without_bytes = defer(Feed.body)  # type: ignore[arg-type]
    in_use = select(Feed).where(Feed.person_id == person_id, col(Feed.revoked_at).is_(None))
    return list(session.exec(in_use.order_by(col(Feed.id)).options(without_bytes)))


def feed_path(token: str) -> str:
    """Return the path of the address of a feed."""
    return f"/c/{token}/contract-deadlines.ics"


def _record(session: Session, action: str, feed: Feed, person: Person, *, now: datetime) -> None:
    detail = {"feed": feed.id, "contract": feed.contract_id, "device": feed.device}
    record(session, action, actor=person.email, now=now, contract_id=feed.contract_id, detail=detail)
