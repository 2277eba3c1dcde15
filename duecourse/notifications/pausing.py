"""May mail be sent at present, and how many mails this minute?

What keeps us from sending is kept in the database, so that every sender looks before it knocks: a mail server that
refused our password is asked again at most every five minutes, however many processes there are.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from duecourse.models import MailPause, Notice, NoticeState
from duecourse.notifications.messages import plain

_LONGEST = timedelta(minutes=10)
"""No pause is longer; one that seems to be was written by a clock that was set back since."""
_ONE = 1


@dataclass(frozen=True, slots=True)
class Allowed:
    """What a sender may do now: nothing while paused; else so many `mails`, or any number when that is None."""

    is_paused: bool
    was_paused: bool
    """Whether a pause is noted that the first mail which gets through ends."""
    mails: int | None


def allowed(session: Session, *, now: datetime, per_minute: int | None) -> Allowed:
    """Tell what a sender may do at `now`; two statements.

    The pace is counted over all senders by the minute of the clock: what was sent in it, and what is being sent.
    """
    found = noted(session)
    if found is not None and now < found.until <= now + _LONGEST:
        return Allowed(True, True, 0)
    mails = None
    if per_minute is not None:
        minute = now.replace(second=0, microsecond=0)
        taken = sa.or_(
            sa.and_(
                col(Notice.state) == NoticeState.SENT, col(Notice.sent_at) >= minute, col(Notice.carrier_id).is_(None)
            ),
            sa.and_(col(Notice.state) == NoticeState.CLAIMED, col(Notice.lease_until) > now),
        )
        busy = session.exec(select(sa.func.count()).select_from(Notice).where(taken)).one()
        mails = max(0, per_minute - busy)
    return Allowed(False, found is not None, mails)


def pause(session: Session, *, now: datetime, until: datetime, reply: str, is_password: bool) -> None:
    """Note why nothing can be sent, and until when nobody shall knock; how long it has lasted is kept."""
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    said = {"until": until, "reply": plain(reply), "is_password": is_password}
    statement = dialect.insert(MailPause).values(id=_ONE, since=now, **said)
    session.execute(statement.on_conflict_do_update(index_elements=["id"], set_=said))


def go_on(session: Session) -> None:
    """Forget the pause: a mail got through."""
    session.execute(sa.delete(MailPause).where(col(MailPause.id) == _ONE))


def noted(session: Session) -> MailPause | None:
    """Return why no mail could be sent when it was last tried, or None when all is well."""
    return session.get(MailPause, _ONE, populate_existing=True)
