"""Whose calendar was not fetched since a date in it moved, so that it still shows the old one?

Calendar programs fetch once a day or more often. A feed that was fetched before, and not within a day after a date
moved, shows a date that no longer holds, perhaps on a phone that is no longer used. Its reader is told once for each
such move, with the daily mail, and no more once the feed is fetched or ended.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Engine
from sqlmodel import Session, col, select

from duecourse.calendar import words
from duecourse.calendar.due import due_phrase
from duecourse.calendar.ladders import terms_from
from duecourse.language.catalogue import known
from duecourse.language.recalling import recalled
from duecourse.language.said import in_language, say
from duecourse.models import ContractRow, Deliverable, DueChange, Feed, Notice, Person, Role
from duecourse.models.database import reading, writing
from duecourse.notifications.addressing import plain
from duecourse.notifications.candidates import to_hand_in
from duecourse.notifications.carrying import CALENDARS, Said
from duecourse.notifications.filling import insert
from duecourse.notifications.holding import USUAL_WISH, Wish, wishes_of
from duecourse.notifications.mail_days import MailDays
from duecourse.notifications.messages import ChangedContract, Mailbox, Sender, changes_message
from duecourse.notifications.notice_rows import Row
from duecourse.notifications.other_rows import row_alone, row_in_daily

STALE_CALENDAR = "stale-calendar"
"""The rung of what says that a calendar shows old dates."""
_FETCHED_WITHIN = timedelta(days=1)
"""How long after a move a calendar program that works has fetched: the slowest of the known ones take a day."""


@dataclass(frozen=True, slots=True)
class _Stale:
    """One feed that shows old dates: a row of the query for each of its deliverables, by contract."""

    feed_id: int
    rows: tuple[Any, ...]

    @property
    def first(self) -> Any:
        """A row, for what is the same in all of them."""
        return self.rows[0]

    @property
    def key(self) -> str:
        """Names the feed and the last move that it lacks, so that each move is told of once."""
        return f"{STALE_CALENDAR}|{self.feed_id}|{max(row.last_change for row in self.rows)}"

    @property
    def to(self) -> Mailbox:
        """Whose calendar it is."""
        return Mailbox(self.first.person, self.first.email, known(self.first.language))

    @property
    def zone(self) -> str:
        """The zone of the first of its contracts."""
        return str(self.first.zone)

    def contracts(self, base_url: str) -> list[ChangedContract]:
        """Return what it shows wrongly, contract by contract."""
        found = []
        for (id, number, name), rows in groupby(self.rows, lambda row: (row.contract_id, row.number, row.name)):
            link = f"{base_url.rstrip('/')}/contracts/{id}"
            found.append(ChangedContract(number, name, link, tuple(map(_line_of, rows))))
        return found

    def cause(self) -> str:
        """Say which calendar it is, and since when it was not fetched."""
        since = words.instant(self.first.last_fetched_at, self.zone)
        device = plain(self.first.device)
        if device:
            return say("“%(device)s”, last fetched %(since)s", device=device, since=since)
        return say("last fetched %(since)s", since=since)


def owe_stale_calendars(engine: Engine, *, now: datetime, base_url: str, sender: Sender) -> int:
    """Put into the outbox what says whose calendars show old dates at `now`; return how many notices are new.

    Safe at any interruption, and by two at once: the key of a notice is unique. A fixed number of statements.
    """
    with reading(engine) as session:
        found = {one.key: one for one in _stale(session, now=now)}
        if not found:
            return 0
        told = set(session.exec(select(Notice.key).where(col(Notice.key).in_(found))))
        lacking = [one for key, one in sorted(found.items()) if key not in told]
        if not lacking:
            return 0
        wishes, days = wishes_of(session, {one.first.person_id for one in lacking}), MailDays(session, now=now)
        rows = [
            _row(
                one,
                wishes.get(one.first.person_id, USUAL_WISH),
                days,
                now=now,
                base_url=base_url,
                sender=sender,
            )
            for one in lacking
        ]
    with writing(engine) as session:
        return insert(session, rows)


def stale_keys(session: Session, *, now: datetime) -> set[str]:
    """Return the keys of what there is to say at `now` of calendars that show old dates, sent or not."""
    return {one.key for one in _stale(session, now=now)}


def _stale(session: Session, *, now: datetime) -> Iterator[_Stale]:
    rows = session.execute(_unfetched(now - _FETCHED_WITHIN)).all()
    for feed_id, of_feed in groupby(rows, lambda row: row.feed_id):
        yield _Stale(feed_id, tuple(of_feed))


def _unfetched(before: datetime) -> sa.Select[Any]:
    has_part = sa.exists().where(
        col(Role.person_id) == Feed.person_id, col(Role.contract_id) == Deliverable.contract_id
    )
    moved = (
        sa.select(
            col(Feed.id).label("feed_id"),
            col(Deliverable.id).label("deliverable_id"),
            sa.func.max(col(DueChange.id)).label("last_change"),
        )
        .join(Deliverable, sa.or_(col(Feed.contract_id).is_(None), col(Feed.contract_id) == Deliverable.contract_id))
        .join(DueChange, col(DueChange.deliverable_id) == Deliverable.id)
        .where(
            col(Feed.revoked_at).is_(None),
            # An address that no program ever fetched is nobody's calendar.
            col(Feed.last_fetched_at) < DueChange.changed_at,
            col(DueChange.changed_at) <= before,
            has_part,
            *to_hand_in(),
        )
        .group_by(col(Feed.id), col(Deliverable.id))
        .subquery()
    )
    return (
        sa.select(
            moved.c.feed_id,
            moved.c.last_change,
            col(Feed.device),
            col(Feed.last_fetched_at),
            col(Feed.person_id),
            col(Person.name).label("person"),
            col(Person.email),
            col(Person.language),
            col(Deliverable.title),
            col(Deliverable.label),
            col(Deliverable.due_at),
            col(Deliverable.zone),
            col(Deliverable.whole_day),
            col(Deliverable.contract_id),
            col(ContractRow.number),
            col(ContractRow.name),
            col(ContractRow.notice_terms),
        )
        .join(Feed, col(Feed.id) == moved.c.feed_id)
        .join(Person, sa.and_(col(Person.id) == Feed.person_id, col(Person.disabled_at).is_(None)))
        .join(Deliverable, col(Deliverable.id) == moved.c.deliverable_id)
        .join(ContractRow, col(ContractRow.id) == Deliverable.contract_id)
        .order_by(moved.c.feed_id, col(ContractRow.number), col(ContractRow.id), col(Deliverable.due_at))
    )


def _row(one: _Stale, wish: Wish, days: MailDays, *, now: datetime, base_url: str, sender: Sender) -> Row:
    person_id, zone = one.first.person_id, wish.zone or one.zone
    calendar = terms_from(one.first.notice_terms).calendar
    at = None
    if not wish.stopped:
        at = days.next_for(person_id, wish, zone=zone, calendar=calendar, news_at=now, from_day=wish.back_on(now, zone))
    contracts = one.contracts(base_url)
    if at is None:
        letter = changes_message(
            one.to, contracts, cause=one.cause(), sender=sender, now=now, of=STALE_CALENDAR.replace("-", "_")
        )
        return row_alone(
            person_id, one.to, letter, key=one.key, rung=STALE_CALENDAR, owed_at=now, now=now, sender=sender
        )
    said = _said(one, contracts, base_url=base_url, zone=zone, now=now)
    return row_in_daily(
        person_id, one.to, said, key=one.key, rung=STALE_CALENDAR, owed_at=now, deliver_at=at, now=now, sender=sender
    )


def _said(one: _Stale, contracts: Sequence[ChangedContract], *, base_url: str, zone: str, now: datetime) -> Said:
    language = one.to.language
    cause = plain(in_language(one.cause(), language))
    title = say("Your calendar shows old dates: %(which)s", which=cause)
    return {
        "section": CALENDARS,
        "title": plain(title.in_(language)),
        "label": "",
        "cause": cause,
        "contracts": [each.cleaned(language) for each in contracts],
        "link": f"{base_url.rstrip('/')}/subscribe",
        "order": now.isoformat(),
        "zone": zone,
    }


def _line_of(row: Any) -> str:
    due = due_phrase(row.due_at, zone=row.zone, whole_day=row.whole_day)
    return say("%(title)s, %(label)s: now due %(due)s.", title=row.title, label=recalled(row.label), due=due)
