"""How is a submission accepted or returned, and what is not asked for set aside? How is each of these undone?"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Session

from duecourse.calendar import words
from duecourse.calendar.due import instant_at
from duecourse.calendar.lifecycle import Act
from duecourse.errors import BadInput
from duecourse.language.said import say
from duecourse.models import Deliverable, LifecycleEntry
from duecourse.tracking.acting import By, check_may, enter, latest, locked, same_form
from duecourse.tracking.desks.answering import close_duties, reopen_duties
from duecourse.tracking.in_force import in_force
from duecourse.tracking.own_events import take_windows_back

CORRECTION_DAYS = 10
"""Business days for a correction when the liaison names no day: a house rule, no term of a contract."""

_UNDOES = {
    Act.UNDO_SUBMISSION: (Act.SUBMIT, Act.REPORT_NOTHING),
    Act.UNDO_ACCEPTANCE: (Act.ACCEPT,),
    Act.UNDO_RETURN: (Act.RETURN,),
    Act.ASK_AGAIN: (Act.WAIVE, Act.MARK_NOT_APPLICABLE, Act.CANCEL),
}


def decide(
    session: Session,
    deliverable_uid: str,
    act: Act,
    *,
    by: By,
    now: datetime,
    comment: str = "",
    again_on: date | None = None,
    form_key: str | None = None,
    seen: int | None = None,
    happened_at: datetime | None = None,
) -> LifecycleEntry:
    """Accept or return the latest submission. A return opens a fresh window, to the end of `again_on`.

    Without `again_on` the window is `CORRECTION_DAYS` business days from the return. The same `form_key` again returns
    the same entry. `happened_at` is when it was decided, of what is entered later; now otherwise. Raises Conflict when
    nothing waits for a decision, or more was done than the `seen` acts; BadInput when something is returned without a
    comment or until a day that is past, or was decided in the future or before it came in.
    """
    if act not in (Act.ACCEPT, Act.RETURN):
        raise ValueError(act)
    row = locked(session, deliverable_uid)
    earlier = same_form(session, form_key, row, act)
    if earlier is not None:
        return earlier
    rule = check_may(session, row, act, by=by, seen=seen)
    if act is Act.RETURN and not comment.strip():
        raise BadInput(say("Say what has to be corrected: the person who gets it back needs to know."))
    version = latest(session, row, Act.SUBMIT, Act.REPORT_NOTHING)
    if happened_at is not None and not version.happened_at <= happened_at <= now:
        raise BadInput(say("It cannot have been decided before it came in, or in the future. Correct the day."))
    again_by = _window(session, row, again_on, now) if act is Act.RETURN else None
    detail: dict[str, object] = {"again_by": again_by.isoformat()} if again_by else {}
    if happened_at is not None:
        detail["decided_at"] = happened_at.isoformat()
    made = enter(
        session,
        row,
        rule,
        by=by,
        now=now,
        happened_at=happened_at,
        form_key=form_key,
        reason=comment,
        submission_id=version.submission_id,
        again_by=again_by,
        detail=detail,
    )
    done = f"{rule.records.capitalize()}: {row.title}, {row.label}."
    about = version.submission_id
    close_duties(
        session,
        key=f"decision {made.id}",
        said=done,
        by=by,
        now=made.recorded_at,
        answered_at=made.happened_at,
        submission_id=about,
    )
    return made


def set_aside(
    session: Session,
    deliverable_uid: str,
    act: Act,
    *,
    reason: str,
    by: By,
    now: datetime,
    form_key: str | None = None,
    seen: int | None = None,
) -> LifecycleEntry:
    """Waive, cancel or mark as not applicable what has not come in: it is neither overdue nor reminded of any more.

    The same `form_key` again returns the same entry. Raises Conflict when it is in, is not asked for, or more was done
    than the `seen` acts; BadInput without a reason.
    """
    if act not in _UNDOES[Act.ASK_AGAIN]:
        raise ValueError(act)
    row = locked(session, deliverable_uid)
    earlier = same_form(session, form_key, row, act)
    if earlier is not None:
        return earlier
    rule = check_may(session, row, act, by=by, seen=seen)
    return enter(session, row, rule, by=by, now=now, reason=reason, form_key=form_key)


def undo(
    session: Session,
    deliverable_uid: str,
    act: Act,
    *,
    reason: str,
    by: By,
    now: datetime,
    form_key: str | None = None,
    seen: int | None = None,
) -> LifecycleEntry:
    """Take back a submission, a decision or what set a deliverable aside; both acts stay in its history.

    The same `form_key` again returns the same entry. Raises Conflict when there is nothing of that kind to undo, or
    more was done than the `seen` acts; BadInput without a reason.
    """
    row = locked(session, deliverable_uid)
    earlier = same_form(session, form_key, row, act)
    if earlier is not None:
        return earlier
    rule = check_may(session, row, act, by=by, seen=seen)
    undone = latest(session, row, *_UNDOES[act])
    made = enter(
        session,
        row,
        rule,
        by=by,
        now=now,
        reason=reason,
        form_key=form_key,
        submission_id=undone.submission_id,
        undoes=undone,
        detail={"undoes": undone.act, "of": undone.recorded_at.isoformat()},
    )
    about, at = undone.submission_id, made.recorded_at
    if act is Act.UNDO_SUBMISSION:
        take_windows_back(session, now=at, actor=by.actor, submission_id=about)
    elif act in (Act.UNDO_ACCEPTANCE, Act.UNDO_RETURN):
        reopen_duties(session, reason=reason, by=by, now=at, submission_id=about)
    return made


def correction_day(session: Session, row: Deliverable, now: datetime) -> date:
    """Return the day until which a correction is asked for when the liaison names none."""
    contract = in_force(session, contract_ids=[row.contract_id])[row.contract_id].contract
    today = _local(row, now)
    return contract.days(today, today + timedelta(days=40)).add(today, CORRECTION_DAYS)


def _window(session: Session, row: Deliverable, again_on: date | None, now: datetime) -> datetime:
    until = again_on or correction_day(session, row, now)
    if until < _local(row, now):
        raise BadInput(
            say("The day for the correction, %(until)s, is past. Choose today or a later day.", until=words.day(until))
        )
    return instant_at(until + timedelta(days=1), time(0), row.zone)


def _local(row: Deliverable, now: datetime) -> date:
    return now.astimezone(ZoneInfo(row.zone)).date()
