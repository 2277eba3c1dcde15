"""Which deadlines does a feed show, and how do its stored bytes come to show them?"""

from __future__ import annotations

import logging
import uuid
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, update
from sqlalchemy.orm import defer
from sqlmodel import Session, and_, col, or_, select

from duecourse.calendar.feed import event_uid, notice
from duecourse.calendar.feed_text import Entry
from duecourse.calendar.standing import Standing
from duecourse.calendar.whole_feed import (
    DONE_STAYS,
    OPEN_STAYS,
    WITHDRAWN_STAYS,
    assemble,
    checked_on,
    day_in_utc,
    events,
    standing_in_feed,
)
from duecourse.language.catalogue import ENGLISH, known
from duecourse.language.said import say
from duecourse.models import ContractRow, Deliverable, Feed, Person, Role
from duecourse.models.database import reading, writing
from duecourse.tracking.calendars.feed_state import REPLACED, FeedState, day_of, etag_of

_log = logging.getLogger(__name__)

ALL_CONTRACTS = say("Contract deadlines")


def refresh(engine: Engine, state: FeedState, *, now: datetime, base_url: str, domain: str) -> None:
    """Store the bytes that the feed should have at `now`; those that another process stored meanwhile stay.

    The deadlines are read and written in two transactions, so that nobody waits for the building. The bytes are marked
    with the number of changes that was read before the deadlines: a change in between only means another building.
    """
    day = day_of(now)
    if state.wanted < 0:
        built_from, body = (
            state.wanted,
            explanation(state, now=now, base_url=base_url, domain=domain, language=_language(engine, state.id)),
        )
    else:
        built_from, body = _deadlines(engine, state.id, day=day, base_url=base_url, domain=domain)
    values: dict[str, Any] = {"built_from": built_from, "built_for": day}
    etag = etag_of(body)
    if etag != state.etag:
        values |= {"body": body, "etag": etag, "modified_at": _later(now, state.modified_at)}
    as_seen = and_(
        col(Feed.id) == state.id,
        col(Feed.etag) == state.etag,
        col(Feed.built_from) == state.built_from,
        col(Feed.built_for).is_(None) if state.built_for is None else col(Feed.built_for) == state.built_for,
    )
    with writing(engine) as session:
        session.execute(update(Feed).where(as_seen).values(values))


def explanation(state: FeedState, *, now: datetime, base_url: str, domain: str, language: str = ENGLISH) -> bytes:
    """Return a calendar without deadlines that says why there are none.

    An error would leave the old deadlines on the subscriber's screen; a calendar without them takes them away.
    """
    if state.wanted == REPLACED:
        assert state.revoked_at is not None
        at, title = state.revoked_at, say("This calendar link was replaced")
        text = say(
            "Its deadlines are no longer kept up to date here. Sign in to Duecourse and subscribe to the new link."
        )
    else:
        at, title = now, say("You no longer have a part in these contracts")
        text = say("This calendar shows no deadlines any more. Ask the person who keeps the contracts in Duecourse.")
    uid = f"n-{uuid.uuid5(uuid.NAMESPACE_URL, f'{domain}/feed/{state.id}/{state.wanted}')}@{domain}"
    said = notice(title.in_(language), text.in_(language), uid=uid, on=day_of(at), at=at, url=base_url)
    return assemble([said], name=ALL_CONTRACTS, language=language)


def _language(engine: Engine, feed_id: int) -> str:
    with reading(engine) as session:
        return known(session.exec(_owners_language(feed_id)).first())


def _owners_language(feed_id: int) -> Any:
    return select(Person.language).join(Feed, col(Feed.person_id) == Person.id).where(Feed.id == feed_id)


def _deadlines(engine: Engine, feed_id: int, *, day: date, base_url: str, domain: str) -> tuple[int, bytes]:
    with reading(engine) as session:
        without_bytes = defer(Feed.body)  # type: ignore[arg-type]
        feed = session.exec(select(Feed).where(Feed.id == feed_id).options(without_bytes)).one()
        changes, contract_id = feed.changes, feed.contract_id
        contracts = _contracts(session, feed.person_id, contract_id)
        language = known(session.exec(_owners_language(feed_id)).first())
        rows = session.exec(_shown(list(contracts), day)).all()
        found = [(row, standing_in_feed(row.facts, day)) for row in rows]
        entries = [
            entry_of(
                row,
                contracts[row.contract_id],
                now,
                tagged=contract_id is None,
                base_url=base_url,
                domain=domain,
                language=language,
            )
            for row, now in found
            if now is not None
        ]
    fragments, flawed = events(entries, alarm=feed.alarms, titles_only=feed.titles_only)
    for entry, error in flawed:
        _log.error("The calendar cannot show the deadline %s as it is: %r", entry.uid, error)
    fragments.append(checked_on(day, domain=domain, url=f"{base_url.rstrip('/')}/subscribe", language=language))
    name = say("%(contract)s: deadlines", contract=contracts[contract_id][1]) if contract_id in contracts else None
    return changes, assemble(fragments, name=name or ALL_CONTRACTS, url=base_url, language=language)


def _contracts(session: Session, person_id: int, contract_id: str | None) -> dict[str, tuple[str, str]]:
    """Return the number and name of each contract that the feed shows, by id."""
    query = (
        select(ContractRow.id, ContractRow.number, ContractRow.name)
        .join(Role, col(Role.contract_id) == col(ContractRow.id))
        .where(Role.person_id == person_id)
        .distinct()
    )
    if contract_id is not None:
        query = query.where(ContractRow.id == contract_id)
    return {id_: (number, name) for id_, number, name in session.exec(query)}


def _shown(contract_ids: list[str], day: date) -> Any:
    # At least what `standing_in_feed` lets through; what it lets through in the end, it alone decides.
    start = day_in_utc(day)

    def since(at: Any, stays: timedelta) -> Any:
        return col(at) >= start - stays

    kept = or_(
        since(Deliverable.due_at, OPEN_STAYS),
        since(Deliverable.submitted_at, DONE_STAYS),
        since(Deliverable.returned_at, OPEN_STAYS),
        since(Deliverable.again_by, OPEN_STAYS),
        since(Deliverable.withdrawn_at, WITHDRAWN_STAYS),
        since(Deliverable.set_aside_at, WITHDRAWN_STAYS),
    )
    shown = select(Deliverable).where(col(Deliverable.contract_id).in_(contract_ids), kept)
    # In one order: the same deadlines are the same bytes, which whoever has them need not fetch again.
    return shown.order_by(col(Deliverable.id))


def entry_of(
    row: Deliverable,
    contract: tuple[str, str],
    now: Standing,
    *,
    tagged: bool,
    base_url: str,
    domain: str,
    language: str = ENGLISH,
) -> Entry:
    """Return the calendar entry of a deliverable under a contract with this number and name, as it stands now."""
    number, name = contract
    due_on, due_at, whole_day = row.asked_for
    return Entry(
        uid=event_uid(row.uid, domain),
        title=row.title,
        label=row.label,
        number=row.number,
        contract=f"{number}, {name}",
        tag=number if tagged else "",
        due_at=due_at,
        due_on=due_on,
        whole_day=whole_day,
        zone=row.zone,
        standing=now,
        steps=tuple(row.steps),
        clause=row.clause,
        channel=row.channel,
        subject=row.subject,
        url=f"{base_url.rstrip('/')}/deliverables/{row.uid}",
        sequence=row.sequence,
        created_at=row.planned_at,
        changed_at=row.changed_at,
        categories=(row.flow.replace("-", " ").capitalize(), number),
        language=language,
    )


def _later(now: datetime, than: datetime | None) -> datetime:
    # HTTP dates have whole seconds, and this one must rise with every change (RFC 9110, 8.8.2).
    second = now.replace(microsecond=0)
    return second if than is None else max(second, than + timedelta(seconds=1))
