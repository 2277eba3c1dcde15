"""Who gets a daily mail now, and what goes with it?

One mail for each person and local day, by its unique key. What becomes owed after it went waits for the next day.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy import Engine
from sqlmodel import Session, col

from duecourse.language.catalogue import known
from duecourse.models import Notice, NoticeState, Person, Preference
from duecourse.models.database import reading, writing
from duecourse.notifications.carrying import Head, Said, daily_letter
from duecourse.notifications.delivering import DAILY
from duecourse.notifications.filling import insert_keys
from duecourse.notifications.marks import secret_in
from duecourse.notifications.messages import Sender, is_address, message_id, plain
from duecourse.notifications.notice_rows import Row, untried
from duecourse.notifications.rechecking import still_wanted
from duecourse.notifications.stopping import stop_link

_CHUNK = 100
"""The people per transaction: few enough that nobody else waits long for the database."""
_USUAL_HOUR = 7


@dataclass(frozen=True, slots=True)
class Bundle:
    """One person's daily mail to be: its row for the outbox, and the notices that go with it."""

    carrier: Row
    item_ids: tuple[int, ...]


def bundle(engine: Engine, *, now: datetime, base_url: str, sender: Sender) -> int:
    """Write the daily mails whose time has come, in short transactions; return how many.

    Safe at any interruption, and by two at once: the key of a daily mail is unique.
    """
    secret = secret_in(engine)
    with reading(engine) as session:
        bundles, over = ready(session, now=now, base_url=base_url, sender=sender, secret=secret)
    written = 0
    for start in range(0, max(len(bundles), 1 if over else 0), _CHUNK):
        with writing(engine) as session:
            _supersede(session, over if start == 0 else [])
            written += store(session, bundles[start : start + _CHUNK])
    return written


def ready(
    session: Session, *, now: datetime, base_url: str, sender: Sender, secret: bytes
) -> tuple[list[Bundle], list[int]]:
    """Return the daily mails whose time has come, and the ids of what waited and is no longer owed.

    A fixed number of statements, however many people and contracts there are.
    """
    waiting = session.execute(_waiting(now)).all()
    if not waiting:
        return [], []
    keys = still_wanted(session, waiting, now=now)
    wanted = [row for row in waiting if row.key in keys]
    over = [row.id for row in waiting if row.key not in keys]
    mailed = set(session.execute(_mailed(now)).scalars())
    found = []
    for group in _by_person(wanted):
        bundled = _bundle(group, mailed, now=now, base_url=base_url, sender=sender, secret=secret)
        if bundled is not None:
            found.append(bundled)
    return found, over


def store(session: Session, bundles: Sequence[Bundle]) -> int:
    """Put these daily mails into the outbox, each with what it carries; return how many were not there before."""
    if not bundles:
        return 0
    added = insert_keys(session, [one.carrier for one in bundles])
    ours = [one for one in bundles if one.carrier["key"] in added]
    if ours:
        query = sa.select(col(Notice.key), col(Notice.id)).where(col(Notice.key).in_(added))
        ids = {row.key: row.id for row in session.execute(query)}
        changes = [
            {"item": item, "carrier": ids[one.carrier["key"]], "becomes": one.carrier["state"]}
            for one in ours
            for item in one.item_ids
        ]
        carried = (
            sa.update(Notice)
            .where(
                col(Notice.id) == sa.bindparam("item"),
                col(Notice.state) == NoticeState.OWED,
                col(Notice.carrier_id).is_(None),
            )
            .values(carrier_id=sa.bindparam("carrier"), state=sa.bindparam("becomes"))
        )
        session.connection().execute(carried, changes)
    return len(ours)


def daily_key(person_id: int, on: date) -> str:
    """Return the key under which a person's daily mail of a local day is owed once."""
    return f"{DAILY}|{person_id}|{on.isoformat()}"


def seen_name(key: str) -> UUID:
    """Return the name of the page on which the reader of the daily mail with this key says to have seen it."""
    return uuid5(NAMESPACE_URL, key)


def _waiting(now: datetime) -> sa.Select[Any]:
    return (
        sa.select(
            col(Notice.id),
            col(Notice.key),
            col(Notice.deliverable_id),
            col(Notice.person_id),
            col(Notice.rung),
            col(Notice.due_at),
            col(Notice.said),
            col(Person.name),
            col(Person.email),
            col(Person.language),
            col(Preference.mail_hour),
            col(Preference.zone),
        )
        .join(Person, col(Person.id) == Notice.person_id)
        .outerjoin(Preference, col(Preference.person_id) == Person.id)
        .where(col(Notice.state) == NoticeState.OWED, col(Notice.carrier_id).is_(None), col(Notice.deliver_at) <= now)
        .order_by(col(Notice.person_id), col(Notice.id))
    )


def _mailed(now: datetime) -> sa.Select[Any]:
    return sa.select(col(Notice.key)).where(
        col(Notice.rung) == DAILY,
        col(Notice.owed_at) >= now - timedelta(days=2),
        col(Notice.state) != NoticeState.SUPERSEDED,
    )


def _by_person(rows: Sequence[Any]) -> Iterator[list[Any]]:
    groups: dict[int, list[Any]] = {}
    for row in rows:
        groups.setdefault(row.person_id, []).append(row)
    yield from groups.values()


def _bundle(
    group: list[Any], mailed: set[str], *, now: datetime, base_url: str, sender: Sender, secret: bytes
) -> Bundle | None:
    first = group[0]
    zone = first.zone or min(row.said["zone"] for row in group)
    local = now.astimezone(ZoneInfo(zone))
    hour = _USUAL_HOUR if first.mail_hour is None else first.mail_hour
    key = daily_key(first.person_id, local.date())
    # Also what came up just after yesterday's mail does not go out in the night.
    if key in mailed or local.hour < hour:
        return None
    items: list[Said] = [row.said for row in group]
    identity = message_id(seen_name(key), sender)
    head = Head(
        name=first.name,
        address=first.email,
        on=local.date().isoformat(),
        base_url=base_url.rstrip("/"),
        sender_address=sender.address,
        sender_domain=sender.domain,
        sender_name=sender.name,
        seen=str(seen_name(key)),
        stop=stop_link(secret, first.person_id, base_url),
        language=known(first.language),
    )
    row: Row = untried(now) | {
        "key": key,
        "deliverable_id": None,
        "person_id": first.person_id,
        "rung": DAILY,
        "is_copy": False,
        "due_at": min((one.due_at for one in group if one.due_at is not None), default=None),
        "owed_at": now,
        "message_id": identity,
        "to_address": first.email,
        "said": head.plain(),
    }
    ids = tuple(each.id for each in group)
    if not is_address(first.email):
        return Bundle(row | {"state": NoticeState.FAILED, "reply": "This is no email address."}, ids)
    try:
        mail = daily_letter(head, items, now=now)
    except Exception as error:
        # Whatever is wrong with one person's mail, the others' must still be written.
        return Bundle(
            row | {"state": NoticeState.FAILED, "reply": plain(f"The mail could not be written: {error}")}, ids
        )
    return Bundle(row | {"subject": mail.subject, "message": mail.with_id(identity)}, ids)


def _supersede(session: Session, ids: Sequence[int]) -> None:
    if ids:
        ended = sa.update(Notice).where(col(Notice.id).in_(ids), col(Notice.state) == NoticeState.OWED)
        session.execute(ended.values(state=NoticeState.SUPERSEDED).execution_options(synchronize_session=False))
