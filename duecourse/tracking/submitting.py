"""How does a deliverable come in: with which files, by whom, once?"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from duecourse.calendar.lifecycle import Act, Party
from duecourse.calendar.own_events import SUBMISSION_RECEIVED
from duecourse.errors import BadInput
from duecourse.language.said import say
from duecourse.models import Submission, SubmissionFile
from duecourse.tracking.acting import By, add_keyed, check_may, enter, instant_of, locked, same_form
from duecourse.tracking.own_events import start_windows
from duecourse.tracking.proof.receipts import issue_receipt


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
    files: tuple[StoredFile, ...] = ()
    is_nil: bool = False
    """Whether it says that there was nothing to report."""


def submit(
    session: Session,
    deliverable_uid: str,
    sent: Sent,
    *,
    form_key: str,
    now: datetime,
    by: By,
    seen: int | None = None,
) -> Submission:
    """Record that a deliverable was submitted. The same `form_key` again returns the same submission: one effect.

    Raises Conflict when it is in already and was not returned, is not asked for, or more was done with it than the
    `seen` acts; BadInput when it is said to have been submitted in the future, or to have nothing to report without a
    word why.
    """
    row = locked(session, deliverable_uid)
    act = Act.REPORT_NOTHING if sent.is_nil else Act.SUBMIT
    # Looked up under the lock: of two posts of one form at once, the second waits here and then finds the first.
    earlier = same_form(session, form_key, row, Act.SUBMIT, Act.REPORT_NOTHING)
    if earlier is not None:
        return session.get_one(Submission, earlier.submission_id)
    rule = check_may(session, row, act, by=by, seen=seen)
    if sent.submitted_at > now:
        raise BadInput(say("It cannot have been submitted in the future. Give the day and time at which it was sent."))
    if not sent.submitted_by.strip():
        raise BadInput(say("Say who submitted it."))
    if sent.is_nil and not sent.note.strip():
        raise BadInput(say("Say in the note why there was nothing to report."))
    now = instant_of(session, row, now)
    assert row.id is not None
    submission = Submission(
        deliverable_id=row.id,
        version=_latest_version(session, row.id) + 1,
        form_key=form_key,
        submitted_at=sent.submitted_at,
        recorded_at=now,
        submitted_by=sent.submitted_by,
        entered_by=by.actor,
        channel=sent.channel,
        reference=sent.reference,
        note=sent.note,
        is_nil=sent.is_nil,
        due_at=row.facts.limit,
    )
    add_keyed(session, submission)
    assert submission.id is not None
    for position, file in enumerate(sent.files, start=1):
        session.add(
            SubmissionFile(
                submission_id=submission.id,
                position=position,
                name=file.name,
                media_type=file.media_type,
                size=file.size,
                sha256=file.sha256,
            )
        )
    detail: dict[str, object] = {
        "version": submission.version,
        "submitted_at": sent.submitted_at.isoformat(),
        "submitted_by": sent.submitted_by,
        "channel": sent.channel,
        "reference": sent.reference,
        "files": [file.sha256 for file in sent.files],
        "due_at": submission.due_at.isoformat(),
    }
    enter(
        session,
        row,
        rule,
        by=by,
        now=now,
        happened_at=sent.submitted_at,
        form_key=form_key,
        reason=sent.note if sent.is_nil else "",
        submission_id=submission.id,
        detail=detail,
    )
    issue_receipt(session, row, submission, sent.files, now=now)
    if row.party == Party.CONTRACTOR:
        start_windows(
            session,
            row,
            SUBMISSION_RECEIVED,
            at=submission.submitted_at,
            what=f"{row.title}, {row.label}, version {submission.version}",
            now=now,
            actor=by.actor,
            submission_id=submission.id,
        )
    return submission


def files_of(session: Session, submission_ids: Collection[int]) -> dict[int, list[SubmissionFile]]:
    """Return the files that were handed in with each of these submissions."""
    found: dict[int, list[SubmissionFile]] = {}
    query = select(SubmissionFile).where(col(SubmissionFile.submission_id).in_(submission_ids))
    for file in session.exec(query.order_by(col(SubmissionFile.position))):
        found.setdefault(file.submission_id, []).append(file)
    return found


def _latest_version(session: Session, deliverable_id: int) -> int:
    versions = session.exec(select(Submission.version).where(Submission.deliverable_id == deliverable_id)).all()
    return max(versions, default=0)
