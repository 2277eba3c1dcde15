"""Which notices also go by their reader's second channel, and what became of each?

What has a mail of its own (due today, returned) and what is overdue. Each is tried once: the mail is what counts, and
waits for nothing here.
"""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Engine
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from duecourse.calendar import words
from duecourse.errors import Conflict, NotFound
from duecourse.language.said import say
from duecourse.models import ChannelMessage, Deliverable, Notice, NoticeState, Person, PersonChannel
from duecourse.models.database import reading, writing
from duecourse.notifications.channels import checked, send_by
from duecourse.tracking.audit import record

_COUNTS_FOR = timedelta(hours=24)
_MOST, _SECONDS = 50, 60
_MOST_CHANNELS = 3


def channels_of(session: Session, person_id: int) -> list[PersonChannel]:
    """Return the channels of a person, the oldest first."""
    query = select(PersonChannel).where(PersonChannel.person_id == person_id, col(PersonChannel.removed_at).is_(None))
    return list(session.exec(query.order_by(col(PersonChannel.id))))


def add_channel(
    session: Session, person: Person, url: str, *, is_demonstration: bool, now: datetime, actor: str
) -> PersonChannel:
    """Add a channel of a person's own; the same address again is the same channel. Raises BadInput or Conflict."""
    assert person.id is not None
    address = checked(url.strip(), is_demonstration=is_demonstration)
    mine = channels_of(session, person.id)
    for known in mine:
        if known.url == address.url:
            return known
    if len(mine) >= _MOST_CHANNELS:
        raise Conflict(
            say("You have %(most_channels)s channels. Remove one before you add another.", most_channels=_MOST_CHANNELS)
        )
    made = PersonChannel(person_id=person.id, url=address.url, shown=address.shown, added_at=now)
    session.add(made)
    session.flush()
    record(session, "added a second channel", actor=actor, now=now, detail={"shown": made.shown})
    return made


def remove_channel(session: Session, person_id: int, channel_id: int, *, now: datetime, actor: str) -> None:
    """Remove a channel and forget its address. Raises NotFound when the person has none with this number."""
    found = next((each for each in channels_of(session, person_id) if each.id == channel_id), None)
    if found is None:
        raise NotFound("There is no such channel.")
    found.url, found.removed_at = "", now
    session.add(found)
    record(session, "removed a second channel", actor=actor, now=now, detail={"shown": found.shown})


def send_second(engine: Engine, *, now: datetime, base_url: str, may_reach_this_machine: bool) -> int:
    """Send what goes by second channels, each once, for a minute at most; return how many were taken."""
    began, taken = time.monotonic(), 0
    with reading(engine) as session:
        waiting = session.execute(_waiting(now)).all()
    for notice_id, channel_id, subject, uid, url in waiting:
        if time.monotonic() - began > _SECONDS:
            break
        with writing(engine) as session:
            begun = _begin(session, notice_id, channel_id, now)
        if begun is None:
            # Another process has it.
            continue
        link = f"{base_url.rstrip('/')}/deliverables/{uid}"
        failed = send_by(url, subject, link, may_reach_this_machine=may_reach_this_machine)
        with writing(engine) as session:
            made = session.get_one(ChannelMessage, begun)
            made.ended_at, made.arrived, made.reply = now, not failed, failed
            session.add(made)
        taken += not failed
    return taken


def said_of(message: ChannelMessage) -> str:
    """Return in words what became of a message."""
    if message.arrived:
        return "taken"
    return message.reply or f"begun at {words.instant(message.begun_at, 'UTC')}, and not known to have ended"


def _waiting(now: datetime) -> sa.Select[Any]:
    known = sa.select(col(ChannelMessage.id)).where(
        col(ChannelMessage.notice_id) == col(Notice.id), col(ChannelMessage.channel_id) == col(PersonChannel.id)
    )
    alone = sa.and_(col(Notice.carrier_id).is_(None), col(Notice.is_copy).is_(False))
    overdue = sa.and_(col(Notice.rung).like("after-%"), col(Notice.is_copy).is_(False))
    left = col(Notice.state).not_in([NoticeState.OWED, NoticeState.SUPERSEDED])
    return (
        sa.select(
            col(Notice.id), col(PersonChannel.id), col(Notice.subject), col(Deliverable.uid), col(PersonChannel.url)
        )
        .join(PersonChannel, col(PersonChannel.person_id) == Notice.person_id)
        .join(Person, col(Person.id) == Notice.person_id)
        .join(Deliverable, col(Deliverable.id) == Notice.deliverable_id)
        .where(
            col(PersonChannel.removed_at).is_(None),
            col(Person.disabled_at).is_(None),
            col(Notice.queued_at) >= now - _COUNTS_FOR,
            col(PersonChannel.added_at) <= col(Notice.queued_at),
            left,
            sa.or_(alone, overdue),
            ~known.exists(),
        )
        .order_by(col(Notice.due_at), col(Notice.id))
        .limit(_MOST)
    )


def _begin(session: Session, notice_id: int, channel_id: int, now: datetime) -> int | None:
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    values = {"notice_id": notice_id, "channel_id": channel_id, "begun_at": now, "arrived": False, "reply": ""}
    statement = dialect.insert(ChannelMessage).values(**values)
    once = statement.on_conflict_do_nothing(index_elements=["notice_id", "channel_id"])
    found: int | None = session.execute(once.returning(col(ChannelMessage.id))).scalar()
    return found
