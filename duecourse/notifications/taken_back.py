"""Which mails with a report are no longer to go out, since the submission was taken back?"""

from __future__ import annotations

from collections.abc import Collection

from sqlmodel import Session, col, select

from duecourse.calendar.lifecycle import Act
from duecourse.models import LifecycleEntry, MailedReport


def taken_back(session: Session, notice_ids: Collection[int]) -> set[int]:
    """Return those of these notices that carry a report of which the submission was taken back."""
    query = (
        select(MailedReport.notice_id)
        .join(LifecycleEntry, col(LifecycleEntry.submission_id) == MailedReport.submission_id)
        .where(col(MailedReport.notice_id).in_(notice_ids), LifecycleEntry.act == Act.UNDO_SUBMISSION)
    )
    return set(session.exec(query))
