"""How does each notice that is owed look as a row of the outbox, with its mail or what the daily mail says of it?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from sqlalchemy.orm import defer
from sqlmodel import Session, col, select

from duecourse.calendar.ladders import terms_from
from duecourse.calendar.lifecycle import Act
from duecourse.models import ContractRow, Deliverable, Feed, LifecycleEntry, NoticeState
from duecourse.notifications.delivering import goes_at_once
from duecourse.notifications.ladder import RETURNED
from duecourse.notifications.letters import letter_for, line_for
from duecourse.notifications.mail_days import MailDays
from duecourse.notifications.messages import (
    Letter,
    Sender,
    is_address,
    message_id,
    plain,
)
from duecourse.notifications.owing import Owed, OwedTo
from duecourse.notifications.readers import Why

Row = dict[str, Any]


def rows_for(
    session: Session, pairs: Sequence[tuple[Owed, set[str]]], *, now: datetime, base_url: str, sender: Sender
) -> list[Row]:
    """Return the outbox rows of the notices with the keys given; five statements.

    What is due today, what was returned and what a change of state makes urgent has a mail of its own; the rest waits
    for its reader's daily mail. A mail that cannot be written (an address that is none, say) becomes a failed row with
    the reason: it is shown, and never stands in the way of others.
    """
    ids = [one.deliverable_id for one, _ in pairs]
    # A contract's definition is long, and would come along with each of its deliverables.
    short = defer(ContractRow.definition)  # type: ignore[arg-type]
    query = select(Deliverable, ContractRow).join(ContractRow).where(col(Deliverable.id).in_(ids)).options(short)
    found = {deliverable.id: (deliverable, contract) for deliverable, contract in session.exec(query)}
    returned = [one.deliverable_id for one, _ in pairs if one.rung.change == RETURNED]
    desk = _Desk(
        MailDays(session, now=now),
        _comments(session, returned),
        _following(session, now),
        now,
        base_url,
        sender,
    )
    return [
        row
        for one, keys in pairs
        if one.deliverable_id in found
        for row in _rows(one, keys, *found[one.deliverable_id], desk=desk)
    ]


@dataclass(frozen=True, slots=True)
class _Desk:
    """What every row is written with: when daily mails go, and what returns say."""

    days: MailDays
    comments: dict[int, str]
    following: set[int]
    """Whose calendar program fetched a feed in the last seven days."""
    now: datetime
    base_url: str
    sender: Sender


def _following(session: Session, now: datetime) -> set[int]:
    fetched = col(Feed.last_fetched_at) > now - timedelta(days=7)
    return set(session.exec(select(Feed.person_id).where(col(Feed.revoked_at).is_(None), fetched)))


def _comments(session: Session, returned: Sequence[int]) -> dict[int, str]:
    if not returned:
        return {}
    query = (
        select(LifecycleEntry.deliverable_id, LifecycleEntry.reason)
        .where(col(LifecycleEntry.deliverable_id).in_(returned), LifecycleEntry.act == Act.RETURN)
        .order_by(col(LifecycleEntry.id))
    )
    return dict(session.exec(query).all())


def _rows(one: Owed, keys: set[str], deliverable: Deliverable, contract: ContractRow, *, desk: _Desk) -> Iterator[Row]:
    letters: dict[tuple[Why, str, bool, str], Letter | Exception] = {}
    for to in one.to:
        if to.key not in keys:
            continue
        deliver_at = _deliver_at(one, to, deliverable, contract, desk)
        if deliver_at is not None:
            yield _waiting(one, to, deliverable, contract, deliver_at, desk)
            continue
        # Whose calendar follows a feed gets no file with a second copy.
        reason = to.why, to.because, to.person_id not in desk.following, to.mailbox.language
        if reason not in letters:
            letters[reason] = _letter(one, to, deliverable, contract, desk)
        yield _row(one, to, letters[reason], now=desk.now, sender=desk.sender)


def _deliver_at(one: Owed, to: OwedTo, deliverable: Deliverable, contract: ContractRow, desk: _Desk) -> datetime | None:
    """Return when a notice may go with its reader's daily mail, or None for one that goes alone and at once."""
    if goes_at_once(one, to):
        return None
    return desk.days.next_for(
        to.person_id,
        to.wish,
        zone=deliverable.zone,
        calendar=terms_from(contract.notice_terms).calendar,
        news_at=one.rung.at if one.rung.change else None,
        before=one.facts.limit if desk.now < one.facts.limit and not to.is_copy else None,
    )


def _letter(one: Owed, to: OwedTo, deliverable: Deliverable, contract: ContractRow, desk: _Desk) -> Letter | Exception:
    try:
        return letter_for(
            one,
            to.why,
            deliverable,
            contract,
            now=desk.now,
            base_url=desk.base_url,
            sender=desk.sender,
            because=to.because,
            comment=desk.comments.get(one.deliverable_id, ""),
            attaches=to.person_id not in desk.following,
            language=to.mailbox.language,
        )
    except Exception as error:
        # Whatever is wrong with one deliverable's mail, the others' must still be written.
        return error


def _waiting(
    one: Owed, to: OwedTo, deliverable: Deliverable, contract: ContractRow, deliver_at: datetime, desk: _Desk
) -> Row:
    row = _blank(one, to, now=desk.now, sender=desk.sender)
    try:
        said = line_for(one, to, deliverable, contract, now=desk.now, base_url=desk.base_url)
    except Exception as error:
        return row | _unwritten(error)
    row |= {"state": NoticeState.OWED, "deliver_at": deliver_at, "said": said}
    return row | {"subject": plain(f"{said['title']}, {said['label']}")} | _unreachable(to)


def _row(one: Owed, to: OwedTo, letter: Letter | Exception, *, now: datetime, sender: Sender) -> Row:
    row = _blank(one, to, now=now, sender=sender)
    if isinstance(letter, Exception):
        return row | _unwritten(letter)
    return row | {"subject": letter.subject, "message": letter.with_id(row["message_id"])} | _unreachable(to)


def _unwritten(error: Exception) -> Row:
    return {"state": NoticeState.FAILED, "reply": plain(f"The mail could not be written: {error}")}


def _unreachable(to: OwedTo) -> Row:
    if is_address(to.mailbox.address):
        return {}
    return {"state": NoticeState.FAILED, "reply": "This is no email address that mail can be sent to."}


def untried(now: datetime) -> Row:
    """Return what a row has before anything was tried: queued, to be sent at once, and without its mail yet."""
    return {
        "queued_at": now,
        "subject": "",
        "message": b"",
        "state": NoticeState.QUEUED,
        "attempts": 0,
        "next_try_at": now,
        "claim_token": "",
        "reply": "",
        "ambiguous": False,
        "carrier_id": None,
        "deliver_at": None,
        "said": None,
    }


def _blank(one: Owed, to: OwedTo, *, now: datetime, sender: Sender) -> Row:
    return untried(now) | {
        "key": to.key,
        "deliverable_id": one.deliverable_id,
        "person_id": to.person_id,
        "rung": one.rung.name,
        "is_copy": to.is_copy,
        "due_at": one.facts.due_at,
        "owed_at": one.rung.at,
        "message_id": message_id(uuid5(NAMESPACE_URL, to.key), sender),
        "to_address": to.mailbox.address,
    }
