"""What became of the notices that were claimed, and when are they tried again?

Every change of a claimed notice names the claim's token: a sender that was stopped for longer than its lease changes
nothing any more. Sending happens between these functions' transactions, never inside of one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import sqlalchemy as sa
from sqlmodel import Session, col

from duecourse.models import Notice, NoticeState, NoticeTry
from duecourse.models.mailed import REPORT_MAIL
from duecourse.notifications.carrying import follow
from duecourse.notifications.claiming import GIVE_UP_AFTER, SIGN_IN, Claimed, rows_changed
from duecourse.notifications.filling import record_failure
from duecourse.notifications.messages import Letter, Sender, message_id, plain
from duecourse.tracking.audit import take_turn

_WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 30, 60))
_JITTER = 0.2


def mark_sent(session: Session, claimed: Claimed, *, now: datetime, reply: str) -> bool:
    """Record that the mail server took a notice and what it answered; False when the claim is ours no more."""
    # A report's mail is kept as evidence with its submission, once for all who got it.
    erased = {"message": b""} if claimed.rung == REPORT_MAIL else _erased(claimed)
    fate: dict[str, Any] = {"state": NoticeState.SENT, "sent_at": now, "reply": plain(reply)}
    if not _settle(session, claimed, **fate, **erased):
        return False
    follow(session, claimed.id, **fate, attempts=claimed.attempts)
    _note(session, claimed, NoticeState.SENT, reply, now=now)
    return True


def mark_failed(session: Session, claimed: Claimed, *, now: datetime, reply: str) -> bool:
    """Record that a notice was refused for good, here and in the audit log; False when the claim is ours no more."""
    take_turn(session)
    if not _settle(session, claimed, state=NoticeState.FAILED, reply=plain(reply), **_erased(claimed)):
        return False
    follow(session, claimed.id, state=NoticeState.FAILED, reply=plain(reply), attempts=claimed.attempts)
    _note(session, claimed, NoticeState.FAILED, reply, now=now)
    record_failure(session, claimed.deliverable_id, claimed.rung, claimed.to_address, reply=plain(reply), now=now)
    return True


def release_for_retry(
    session: Session, claimed: Claimed, *, now: datetime, reply: str, ambiguous: bool = False
) -> NoticeState | None:
    """Put a notice back for a later try, or fail it after 48 hours; return its state, or None for a lost claim.

    An ambiguous one, which the mail server may have taken, is not tried again before its lease ends.
    """
    next_try_at = now + wait(claimed.attempts, notice_id=claimed.id)
    if ambiguous:
        next_try_at = max(next_try_at, claimed.lease_until)
    if next_try_at - claimed.queued_at > GIVE_UP_AFTER:
        return NoticeState.FAILED if mark_failed(session, claimed, now=now, reply=reply) else None
    values: dict[str, Any] = {"state": NoticeState.QUEUED, "next_try_at": next_try_at, "reply": plain(reply)}
    if ambiguous:
        values["ambiguous"] = True
    if not _settle(session, claimed, **values):
        return None
    _note(session, claimed, NoticeState.QUEUED, reply, now=now)
    return NoticeState.QUEUED


def give_back(
    session: Session, notices: Sequence[Claimed], *, now: datetime, next_try_at: datetime, reply: str = ""
) -> int:
    """Put back notices that were claimed and not tried, due again at `next_try_at`; return how many failed instead.

    With a `reply` (why nothing can be sent at present), one that has waited for 48 hours fails.
    """
    given_up = [claimed for claimed in notices if reply and now - claimed.queued_at > GIVE_UP_AFTER]
    if given_up:
        take_turn(session)
    failed = 0
    for claimed in notices:
        if claimed in given_up:
            failed += mark_failed(session, claimed, now=now, reply=reply)
            continue
        values: dict[str, Any] = {"reply": plain(reply)} if reply else {}
        values |= {"state": NoticeState.QUEUED, "next_try_at": next_try_at, "attempts": claimed.attempts - 1}
        _settle(session, claimed, **values)
    return failed


def hold_all(session: Session, *, until: datetime, reply: str) -> int:
    """Let every waiting notice wait at least `until`, and say why: the mail server turns us away, whatever we bring."""
    waiting = sa.update(Notice).where(
        col(Notice.state) == NoticeState.QUEUED, col(Notice.carrier_id).is_(None), col(Notice.next_try_at) < until
    )
    return rows_changed(session.execute(waiting.values(next_try_at=until, reply=plain(reply))))


def enqueue_message(
    session: Session, letter: Letter, *, person_id: int, to_address: str, sender: Sender, now: datetime
) -> int:
    """Put a sign-in link's mail into the outbox and return the notice's id. Its bytes are erased once it is settled."""
    identity = uuid4()
    notice = Notice(
        key=f"{SIGN_IN}|{identity}",
        person_id=person_id,
        rung=SIGN_IN,
        owed_at=now,
        queued_at=now,
        message_id=message_id(identity, sender),
        to_address=to_address,
        subject=letter.subject,
        message=letter.with_id(message_id(identity, sender)),
        next_try_at=now,
    )
    session.add(notice)
    session.flush()
    assert notice.id is not None
    return notice.id


def wait(attempts: int, *, notice_id: int) -> timedelta:
    """Return how long a notice waits after its n-th try: 1, 5, 15, 30, 60 minutes, then hourly, give or take a fifth.

    The same notice waits equally long every time it is asked, and different notices differently.
    """
    drawn = int.from_bytes(hashlib.sha256(f"{notice_id}|{attempts}".encode()).digest()[:4]) / 0xFFFFFFFF
    return _WAITS[min(attempts, len(_WAITS)) - 1] * (1 + _JITTER * (2 * drawn - 1))


def _settle(session: Session, claimed: Claimed, **values: Any) -> bool:
    statement = (
        sa.update(Notice)
        .where(
            col(Notice.id) == claimed.id,
            col(Notice.state) == NoticeState.CLAIMED,
            col(Notice.claim_token) == claimed.token,
        )
        .values(claim_token="", lease_until=None, **values)
        .execution_options(synchronize_session=False)
    )
    return rows_changed(session.execute(statement)) == 1


def _note(session: Session, claimed: Claimed, outcome: NoticeState, reply: str, *, now: datetime) -> None:
    session.add(
        NoticeTry(
            notice_id=claimed.id, tried_at=now, outcome=outcome, to_address=claimed.to_address, reply=plain(reply)
        )
    )
    session.flush()


def _erased(claimed: Claimed) -> dict[str, bytes]:
    # The mail of a sign-in link carries a secret, and is not kept.
    return {"message": b""} if claimed.rung == SIGN_IN else {}
