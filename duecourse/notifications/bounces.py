"""What follows from a mail server's report that a mail of ours did not arrive?

Every mail leaves from a return path of its own, ``bounces+<notice>.<mark>@domain``, which only we can make: a report
that is not addressed to one is ignored, and counted. Nothing that comes in is ever answered.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy import Engine
from sqlmodel import Session, col, select

from duecourse.models import Bounce, BounceOutcome, Notice, NoticeState
from duecourse.notifications.claiming import Claimed, rows_changed
from duecourse.notifications.delivery_reports import DeliveryReport, ReturnPath, read_report
from duecourse.notifications.filling import record_failure
from duecourse.notifications.marks import is_mark, mark, secret_in, secret_of
from duecourse.notifications.messages import plain
from duecourse.notifications.suppression import suppress
from duecourse.tracking.audit import record, take_turn

ACTOR = "duecourse receive"
COUNTS_FOR = timedelta(hours=48)
"""How long after sending a report has consequences: mail servers give up after that at the latest."""
_PURPOSE = "return path"


def return_path(engine: Engine, bounce_address: str) -> Callable[[Claimed], str] | None:
    """Return what gives each notice its own return path (VERP); None when there is no address for bounces."""
    if not bounce_address:
        return None
    secret = secret_in(engine)
    name, _, domain = bounce_address.rpartition("@")

    def path(notice: Claimed) -> str:
        return f"{name}+{notice.id}.{mark(secret, _PURPOSE, str(notice.id), notice.to_address)}@{domain}"

    return path


def take_report(session: Session, raw: bytes, *, sha256: str, bounce_address: str, now: datetime) -> BounceOutcome:
    """Keep what a report says and do what follows from it; the same bytes again change nothing.

    A report of a notice whose sender has not yet written down that it was sent waits; see `take_waiting`.
    """
    known = session.exec(select(Bounce.outcome).where(Bounce.sha256 == sha256)).first()
    if known is not None:
        return BounceOutcome(known)
    report = read_report(raw)
    take_turn(session)
    notice = _notice_of(session, report.addressed_to, bounce_address)
    bounce = Bounce(
        sha256=sha256,
        received_at=now,
        notice_id=notice.id if notice else None,
        status=report.status,
        action=report.action,
        said=plain(report.said),
        outcome=BounceOutcome.FORGED,
    )
    if notice is not None:
        bounce.outcome = _follow(session, notice, report, received_at=now, now=now)
    bounce.settled_at = None if bounce.outcome == BounceOutcome.WAITING else now
    session.add(bounce)
    session.flush()
    return BounceOutcome(bounce.outcome)


def take_waiting(session: Session, *, now: datetime) -> int:
    """Look again at the reports that came before their notice was written down as sent; return how many are settled."""
    take_turn(session)
    query = select(Bounce, Notice).join(Notice, col(Notice.id) == Bounce.notice_id)
    waiting = query.where(Bounce.outcome == BounceOutcome.WAITING).with_for_update()
    settled = 0
    for bounce, notice in session.exec(waiting).all():
        report = DeliveryReport((), bounce.action, bounce.status, bounce.said)
        outcome = _follow(session, notice, report, received_at=bounce.received_at, now=now)
        if outcome is not BounceOutcome.WAITING:
            bounce.outcome, bounce.settled_at = outcome, now
            session.add(bounce)
            settled += 1
    session.flush()
    return settled


def forged_reports(session: Session) -> int:
    """Return how many reports came in that were addressed to no return path of ours."""
    query = select(sa.func.count()).select_from(Bounce).where(Bounce.outcome == BounceOutcome.FORGED)
    return session.exec(query).one()


def _notice_of(session: Session, paths: tuple[ReturnPath, ...], bounce_address: str) -> Notice | None:
    if not bounce_address or not paths:
        return None
    secret = secret_of(session)
    for path in paths:
        if path.address != bounce_address.lower() or path.notice_id >= 2**31:
            continue
        notice = session.exec(select(Notice).where(Notice.id == path.notice_id).with_for_update()).one_or_none()
        # The address is signed, too: what comes back of an earlier, wrong one says nothing about the present one.
        if notice is not None and is_mark(path.mark, secret, _PURPOSE, str(notice.id), notice.to_address):
            return notice
    return None


def _follow(
    session: Session, notice: Notice, report: DeliveryReport, *, received_at: datetime, now: datetime
) -> BounceOutcome:
    kind = _kind(report)
    if kind in (BounceOutcome.DELAYED, BounceOutcome.ARRIVED, BounceOutcome.UNREADABLE):
        return kind
    under_way = notice.state == NoticeState.CLAIMED or (notice.state == NoticeState.QUEUED and notice.ambiguous)
    if under_way and now - received_at <= COUNTS_FOR:
        return BounceOutcome.WAITING
    if notice.state != NoticeState.SENT or notice.sent_at is None or received_at - notice.sent_at > COUNTS_FOR:
        return BounceOutcome.LATE
    said = plain(f"{report.status} {report.said}".strip())
    if kind is BounceOutcome.COMPLAINT:
        _record(session, "was told that a notice is unwanted", notice, said, now=now)
        return kind
    _bounced(session, notice, said, now=now)
    if kind is BounceOutcome.UNDELIVERABLE:
        assert notice.id is not None
        suppress(session, notice.to_address, reply=said, notice_id=notice.id, now=now)
        _record(session, "sends nothing more to an address", notice, said, now=now)
    return kind


def _kind(report: DeliveryReport) -> BounceOutcome:
    if report.action == "complaint":
        return BounceOutcome.COMPLAINT
    if not report.status:
        return BounceOutcome.UNREADABLE
    if report.action in ("delivered", "relayed", "expanded") or report.status[0] == "2":
        return BounceOutcome.ARRIVED
    if report.action == "delayed":
        return BounceOutcome.DELAYED
    if report.status[0] == "5":
        return BounceOutcome.UNDELIVERABLE
    # In plain text nobody says whether the mail server still tries.
    return BounceOutcome.NOT_DELIVERED if report.action == "failed" else BounceOutcome.DELAYED


def _bounced(session: Session, notice: Notice, said: str, *, now: datetime) -> None:
    """Mark a notice, and what its mail carried, as come back."""
    statement = (
        sa.update(Notice)
        .where(
            sa.or_(col(Notice.id) == notice.id, col(Notice.carrier_id) == notice.id),
            col(Notice.state) == NoticeState.SENT,
        )
        .values(state=NoticeState.BOUNCED, reply=said)
        .execution_options(synchronize_session=False)
    )
    assert rows_changed(session.execute(statement))
    session.refresh(notice)
    record_failure(session, notice.deliverable_id, notice.rung, notice.to_address, reply=said, now=now)


def _record(session: Session, action: str, notice: Notice, said: str, *, now: datetime) -> None:
    detail = {"rung": notice.rung, "to": notice.to_address, "reply": said}
    record(session, action, actor=ACTOR, now=now, deliverable_id=notice.deliverable_id, detail=detail)
