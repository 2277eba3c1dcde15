"""Whose turn is it to be sent, and may one sender have it for a while?

The due moment and the standing are looked at again here, in the transaction of the claim: nothing that was submitted,
moved or withdrawn since it was queued goes out.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import sqlalchemy as sa
from sqlmodel import Session, col

from duecourse.models import Notice, NoticeState
from duecourse.models.mailed import REPORT_MAIL
from duecourse.notifications.carrying import drop_items, follow, items_of
from duecourse.notifications.delivering import DAILY
from duecourse.notifications.filling import record_failure
from duecourse.notifications.ladder import BY_HAND
from duecourse.notifications.messages import SIGN_IN_MINUTES
from duecourse.notifications.rechecking import may_end, still_wanted
from duecourse.notifications.reminding import still_to_come
from duecourse.notifications.suppression import CAME_BACK, suppressed_among
from duecourse.notifications.taken_back import taken_back
from duecourse.tracking.audit import take_turn

SIGN_IN = "sign-in"
"""The rung of a mail with a sign-in link. It is worthless once the link has expired, and is not sent then."""
INTERACTIVE = (SIGN_IN, REPORT_MAIL)
"""The rungs of mails for which a person waits at this moment."""
GIVE_UP_AFTER = timedelta(hours=48)
"""How long a notice is tried; then a person must see to it."""
_NO_ANSWER = "Every try ended without an answer of the mail server."
_SIGN_IN_LIFE = timedelta(minutes=SIGN_IN_MINUTES)


@dataclass(frozen=True, slots=True)
class Claimed:
    """A notice that is ours to send until `lease_until`, under the claim's `token`."""

    id: int
    token: str
    lease_until: datetime
    deliverable_id: int | None
    rung: str
    to_address: str
    message: bytes
    attempts: int
    """This try included."""
    queued_at: datetime


@dataclass(frozen=True, slots=True)
class Batch:
    """What a claim brought: the notices to send, and how many of those whose turn it was are not to be sent."""

    notices: tuple[Claimed, ...]
    superseded: int
    failed: int

    def __bool__(self) -> bool:
        return bool(self.notices or self.superseded or self.failed)


def claim(session: Session, *, now: datetime, limit: int, lease: timedelta, interactive_only: bool = False) -> Batch:
    """Claim up to `limit` notices whose turn it is, for `lease`: sign-in links first, then by due moment.

    `interactive_only` leaves everything for which no person is waiting at this moment. What would go to an address from
    which mail came back fails instead; a sign-in link goes out, since its reader has just asked for it.

    Whose lease ended without an answer is claimed again, and marked ambiguous: the mail server may have taken it. What
    is no longer owed (submitted, moved, withdrawn, overtaken by a later rung, its reader gone) is superseded instead.
    """
    turn = _turn(now)
    query = (
        sa.select(
            col(Notice.id),
            col(Notice.key),
            col(Notice.deliverable_id),
            col(Notice.person_id),
            col(Notice.carrier_id),
            col(Notice.state),
            col(Notice.queued_at),
            col(Notice.rung),
            col(Notice.to_address),
        )
        .where(turn, col(Notice.rung).in_(INTERACTIVE) if interactive_only else sa.true())
        .order_by(
            col(Notice.rung).not_in(INTERACTIVE),
            # What speaks of no due moment is an alarm; the databases differ in where they put what is missing.
            col(Notice.due_at).is_not(None),
            col(Notice.due_at),
            col(Notice.id),
        )
        .limit(limit)
    )
    # What fails is written into the audit log, whose head is held before any notice is.
    may_record = _may_fail(session, query, now)
    if may_record:
        take_turn(session)
    rows = session.execute(query.with_for_update(skip_locked=True)).all()
    carriers = [row.id for row in rows if row.rung == DAILY]
    items = items_of(session, carriers)
    by_hand = [row for row in rows if row.rung == BY_HAND]
    looked_at = [row for row in (*rows, *items) if row.carrier_id or may_end(row)]
    still_owed = still_wanted(session, looked_at, now=now) if looked_at else set()
    if by_hand:
        to_come = still_to_come(session, {row.deliverable_id for row in by_hand}, now=now)
        still_owed |= {row.key for row in by_hand if row.deliverable_id in to_come}
    empty = set(carriers) - drop_items(session, items, still_owed, now=now)
    reports = [row.id for row in rows if row.rung == REPORT_MAIL]
    back = taken_back(session, reports) if reports else set()
    over = [row.id for row in rows if row.id in back or row.id in empty or not _is_wanted(row, still_owed, now)]
    given_up = [row for row in rows if row.id not in over and _is_given_up(row, now)]
    reached = [row for row in rows if row.id not in over and row not in given_up]
    suppressed = suppressed_among(session, [row.to_address for row in reached if row.rung != SIGN_IN])
    unsent = [row for row in reached if row.rung != SIGN_IN and row.to_address.lower() in suppressed]
    wanted = [row.id for row in reached if row not in unsent]
    if not may_record:
        # Their turn comes with the next claim, which sees them before it holds anything.
        given_up, unsent = [], []
    superseded = _end(session, over, turn, NoticeState.SUPERSEDED)
    failed = _end(session, [row.id for row in given_up], turn, NoticeState.FAILED, reply=_NO_ANSWER)
    for row in given_up:
        follow(session, row.id, state=NoticeState.FAILED, reply=_NO_ANSWER)
        record_failure(session, row.deliverable_id, row.rung, row.to_address, reply=_NO_ANSWER, now=now)
    for row in unsent:
        reply = f"{CAME_BACK} {suppressed[row.to_address.lower()]}"
        failed += _end(session, [row.id], turn, NoticeState.FAILED, reply=reply)
        follow(session, row.id, state=NoticeState.FAILED, reply=reply)
        record_failure(session, row.deliverable_id, row.rung, row.to_address, reply=reply, now=now)
    return Batch(_claimed(session, wanted, turn, now=now, lease=lease), superseded, failed)


def _may_fail(session: Session, query: Any, now: datetime) -> bool:
    """Tell whether one of these notices is to fail; it is looked at without being held, and so may change meanwhile."""
    rows = session.execute(query).all()
    return any(_is_given_up(row, now) for row in rows) or bool(
        suppressed_among(session, [row.to_address for row in rows])
    )


def _turn(now: datetime) -> sa.ColumnElement[bool]:
    state = col(Notice.state)
    tried = sa.or_(
        sa.and_(state == NoticeState.QUEUED, col(Notice.next_try_at) <= now),
        sa.and_(state == NoticeState.CLAIMED, col(Notice.lease_until) <= now),
    )
    # What goes with a daily mail has no message of its own.
    return sa.and_(tried, col(Notice.carrier_id).is_(None))


def _is_wanted(row: Any, still_owed: Collection[str], now: datetime) -> bool:
    if row.rung == SIGN_IN:
        return bool(now < row.queued_at + _SIGN_IN_LIFE)
    return row.key in still_owed or not may_end(row)


def _is_given_up(row: Any, now: datetime) -> bool:
    # A sender that dies of this very notice each time would be started for ever.
    return bool(row.state == NoticeState.CLAIMED and now - row.queued_at > GIVE_UP_AFTER)


def _claimed(
    session: Session, ids: Sequence[int], turn: sa.ColumnElement[bool], *, now: datetime, lease: timedelta
) -> tuple[Claimed, ...]:
    token, lease_until = uuid4().hex, now + lease
    statement = (
        sa.update(Notice)
        .where(col(Notice.id).in_(ids), turn)
        .values(
            state=NoticeState.CLAIMED,
            claim_token=token,
            lease_until=lease_until,
            attempts=col(Notice.attempts) + 1,
            ambiguous=_ambiguous(),
        )
        .returning(
            col(Notice.id),
            col(Notice.deliverable_id),
            col(Notice.rung),
            col(Notice.to_address),
            col(Notice.message),
            col(Notice.attempts),
            col(Notice.queued_at),
        )
        .execution_options(synchronize_session=False)
    )
    ours = {row.id: Claimed(row.id, token, lease_until, *row[1:]) for row in session.execute(statement)} if ids else {}
    return tuple(ours[id] for id in ids if id in ours)


def _end(session: Session, ids: Sequence[int], turn: sa.ColumnElement[bool], state: NoticeState, **values: str) -> int:
    if not ids:
        return 0
    # The mail of a sign-in link carries a secret, and is not kept.
    message = sa.case((col(Notice.rung) == SIGN_IN, b""), else_=col(Notice.message))
    statement = (
        sa.update(Notice)
        .where(col(Notice.id).in_(ids), turn)
        .values(state=state, claim_token="", lease_until=None, ambiguous=_ambiguous(), message=message, **values)
        .execution_options(synchronize_session=False)
    )
    return rows_changed(session.execute(statement))


def _ambiguous() -> sa.ColumnElement[bool]:
    return sa.or_(col(Notice.ambiguous), col(Notice.state) == NoticeState.CLAIMED)


def rows_changed(result: Any) -> int:
    """Return how many rows an update changed."""
    return int(result.rowcount)
