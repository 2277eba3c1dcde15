"""When does a person's next daily mail go, given what the person chose and what went already?"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlmodel import Session, col, select

from duecourse.models import Notice, NoticeState
from duecourse.notifications.delivering import DAILY, NOTHING_DUE, local_day, mail_time
from duecourse.notifications.holding import Wish
from duecourse.notifications.offices import Offices


class MailDays:
    """Who had the mail of which local day by `now`, and which days are business days; two statements at most."""

    def __init__(self, session: Session, *, now: datetime) -> None:
        self._now, self.offices = now, Offices(session)
        daily = select(Notice.person_id, Notice.key).where(
            # The line that nothing is due takes the daily mail's place.
            col(Notice.rung).in_((DAILY, NOTHING_DUE)),
            Notice.owed_at >= now - timedelta(days=2),
            Notice.state != NoticeState.SUPERSEDED,
        )
        self._mailed = {(person_id, key.rpartition("|")[2]) for person_id, key in session.exec(daily)}

    def next_for(
        self,
        person_id: int,
        wish: Wish,
        *,
        zone: str,
        calendar: str,
        news_at: datetime | None = None,
        before: datetime | None = None,
        from_day: date | None = None,
    ) -> datetime | None:
        """Return when something may go with a person's daily mail: see `mail_time`.

        `zone` and `calendar` are the contract's; the person's own zone comes before it.
        """
        zone = wish.zone or zone
        today = local_day(self._now, zone)
        return mail_time(
            today,
            zone=zone,
            hour=wish.hour,
            days=self.offices.days(calendar, today),
            is_mailed=(person_id, today.isoformat()) in self._mailed,
            news_at=news_at,
            before=before,
            from_day=from_day,
        )
