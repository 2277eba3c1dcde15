"""How does a deliverable come in, and how is it accepted or returned?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from duecourse.calendar.standing import Standing, standing
from duecourse.errors import BadInput, Conflict, NotFound
from duecourse.models import Decision, Deliverable, Outcome, Submission
from duecourse.tracking.audit import record
from duecourse.tracking.changes import mark_changed


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file that was handed in and is kept under the SHA-256 of its bytes; `size` is in bytes."""

    name: str
    media_type: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Sent:
    """How a deliverable was sent to the funder, as the person who enters it states."""

    submitted_at: datetime
    submitted_by: str
    channel: str
    reference: str = ""
    note: str = ""
    file: StoredFile | None = None


def submit(
    session: Session, deliverable_uid: str, sent: Sent, *, form_key: str, now: datetime, actor: str
) -> Submission:
    """Record that a deliverable was submitted. The same `form_key` again returns the same submission: one effect.

    Raises Conflict when it is in already and was not returned, or is no longer asked for; BadInput when it is said to
    have been submitted in the future.
    """
    deliverable = _locked(session, deliverable_uid)
    # Looked up under the lock: of two posts of one form at once, the second waits here and then finds the first.
    earlier = session.exec(select(Submission).where(Submission.form_key == form_key)).one_or_none()
    if earlier is not None:
        return earlier
    found = _standing(deliverable, now)
    if not found.is_open:
        raise Conflict(f"{deliverable.title}, {deliverable.label}, is already {found}. Nothing was changed.")
    if sent.submitted_at > now:
        raise BadInput("It cannot have been submitted in the future. Give the day and time at which it was sent.")
    if not sent.submitted_by.strip():
        raise BadInput("Say who submitted it.")
    assert deliverable.id is not None
    version = _latest_version(session, deliverable.id) + 1
    file = sent.file or StoredFile("", "", 0, "")
    submission = Submission(
        deliverable_id=deliverable.id,
        version=version,
        form_key=form_key,
        submitted_at=sent.submitted_at,
        recorded_at=now,
        submitted_by=sent.submitted_by,
        entered_by=actor,
        channel=sent.channel,
        reference=sent.reference,
        note=sent.note,
        file_name=file.name,
        file_type=file.media_type,
        file_size=file.size,
        file_sha256=file.sha256,
        due_at=deliverable.due_at,
    )
    session.add(submission)
    deliverable.submitted_at, deliverable.returned_at = sent.submitted_at, None
    detail = {
        "version": version,
        "submitted_at": sent.submitted_at.isoformat(),
        "submitted_by": sent.submitted_by,
        "channel": sent.channel,
        "reference": sent.reference,
        "file_sha256": file.sha256,
        "due_at": deliverable.due_at.isoformat(),
    }
    _changed(session, deliverable, "submitted", detail, now=now, actor=actor)
    return submission


def decide(
    session: Session, deliverable_uid: str, outcome: Outcome, *, comment: str = "", now: datetime, actor: str
) -> Decision:
    """Accept or return the latest submission of a deliverable.

    Raises Conflict when no submission waits for a decision, BadInput when one is returned without a comment.
    """
    deliverable = _locked(session, deliverable_uid)
    found = _standing(deliverable, now)
    if found not in (Standing.SUBMITTED, Standing.SUBMITTED_LATE):
        raise Conflict(
            f"{deliverable.title}, {deliverable.label}, is {found}: there is nothing to decide. Nothing was changed."
        )
    if outcome is Outcome.RETURNED and not comment.strip():
        raise BadInput("Say what has to be corrected: the person who gets it back needs to know.")
    latest = session.exec(
        select(Submission)
        .where(Submission.deliverable_id == deliverable.id)
        .order_by(col(Submission.version).desc())
        .limit(1)
    ).one()
    assert latest.id is not None
    decision = Decision(
        submission_id=latest.id, outcome=outcome, comment=comment.strip(), decided_at=now, decided_by=actor
    )
    session.add(decision)
    if outcome is Outcome.ACCEPTED:
        deliverable.accepted_at = now
    else:
        deliverable.returned_at = now
    detail = {"version": latest.version, "comment": comment.strip()}
    _changed(session, deliverable, str(outcome), detail, now=now, actor=actor)
    return decision


def _standing(deliverable: Deliverable, now: datetime) -> Standing:
    # Whoever waited for the lock took `now` before the change that held it: what is recorded has happened.
    facts = deliverable.facts
    recorded = [at for at in (facts.submitted_at, facts.returned_at, facts.accepted_at, facts.withdrawn_at) if at]
    return standing(facts, max([now, *recorded]))


def _locked(session: Session, deliverable_uid: str) -> Deliverable:
    deliverable = session.exec(
        select(Deliverable).where(Deliverable.uid == deliverable_uid).with_for_update()
    ).one_or_none()
    if deliverable is None:
        raise NotFound("There is no such deliverable.")
    return deliverable


def _latest_version(session: Session, deliverable_id: int) -> int:
    versions = session.exec(select(Submission.version).where(Submission.deliverable_id == deliverable_id)).all()
    return max(versions, default=0)


def _changed(
    session: Session, deliverable: Deliverable, action: str, detail: dict[str, object], *, now: datetime, actor: str
) -> None:
    deliverable.changed_at = now
    session.flush()
    record(
        session,
        action,
        actor=actor,
        now=now,
        contract_id=deliverable.contract_id,
        deliverable_id=deliverable.id,
        detail=detail,
    )
    mark_changed(session, deliverable.contract_id)
