"""How is the funder's duty to answer closed by the answer itself, and opened again when that is taken back?"""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from duecourse.calendar.lifecycle import Act, Party, Phase, allowed
from duecourse.models import Deliverable
from duecourse.tracking.acting import By, enter, entries_of, in_effect, locked
from duecourse.tracking.own_events import windows_of
from duecourse.tracking.submitting import Sent, submit

_OPEN = (Phase.TO_DO, Phase.RETURNED)
_BY_ITSELF = "answer"
"""What the key of an answer that was recorded by itself begins with."""


def close_duties(
    session: Session,
    *,
    key: str,
    said: str,
    by: By,
    now: datetime,
    answered_at: datetime | None = None,
    submission_id: int | None = None,
    extension_id: int | None = None,
) -> None:
    """Mark as done what the funder owed because of a submission or a request: `said` is the answer.

    `key` names the answer, `answered_at` says when it was given if that was before `now`. What is done
    already, or not asked for, stays as it is.
    """
    for duty in _held(session, submission_id, extension_id):
        if duty.facts.phase in _OPEN and duty.party == Party.FUNDER:
            sent = Sent(answered_at or now, by.actor, "Duecourse", note=said)
            form_key = f"{_BY_ITSELF}|{key}|{duty.id}"
            submit(session, duty.uid, sent, form_key=form_key, now=now, by=By(by.actor, Party.FUNDER))


def reopen_duties(
    session: Session,
    *,
    reason: str,
    by: By,
    now: datetime,
    submission_id: int | None = None,
    extension_id: int | None = None,
) -> None:
    """Open again what an answer had closed by itself, because the answer was taken back."""
    for duty in _held(session, submission_id, extension_id):
        done = [each for each in in_effect(entries_of(session, duty.id or 0)) if each.act == Act.SUBMIT]
        if duty.facts.phase is not Phase.IN or not (done[-1].form_key or "").startswith(f"{_BY_ITSELF}|"):
            continue
        rule = allowed(Act.UNDO_SUBMISSION)
        enter(
            session,
            duty,
            rule,
            by=By(by.actor, Party.FUNDER),
            now=now,
            reason=reason,
            submission_id=done[-1].submission_id,
            undoes=done[-1],
        )


def _held(session: Session, submission_id: int | None, extension_id: int | None) -> list[Deliverable]:
    found = windows_of(session, submission_id=submission_id, extension_id=extension_id)
    return [locked(session, duty.uid) for duty in found]
