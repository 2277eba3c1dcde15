"""How is a report submitted by mailing it, and what became of its mail?

The submission, its evidence (the attachments and the mail itself) and one notice for each recipient are written in one
transaction, so that there is never a submission without its mail, nor a mail without its submission. It counts as
submitted from then on; what the mail server answers is shown beside it.
"""

from __future__ import annotations

import io
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from sqlalchemy.orm import defer
from sqlmodel import Session, col, select

from duecourse.calendar import words
from duecourse.calendar.mailing import Mailing
from duecourse.errors import BadInput, Conflict
from duecourse.language.said import say
from duecourse.models import Deliverable, MailedReport, Notice, Submission
from duecourse.models.mailed import REPORT_MAIL
from duecourse.notifications.failures import UNREACHED, requeue
from duecourse.notifications.messages import Mailbox, Sender, is_address, message_id
from duecourse.notifications.report_mail import Attachment, report_mail
from duecourse.notifications.taken_back import taken_back
from duecourse.tracking.acting import By, locked
from duecourse.tracking.files import read_file, store_file
from duecourse.tracking.mail.recipients import Recipient, Recipients, recipients_of
from duecourse.tracking.own_words import MAILED_FROM_HERE
from duecourse.tracking.submitting import Sent, StoredFile, files_of, submit

MAX_ATTACHED = 10 * 1024 * 1024
"""Bytes of all attachments; in a mail they are a third larger, and mail servers commonly refuse more than 15 MB."""


@dataclass(frozen=True, slots=True)
class ReportMail:
    """What a person mails: the subject, the words, the files that were stored, and who the person is.

    `note` is for the record alone, such as why the report goes out incomplete.
    """

    subject: str
    body: str
    files: tuple[StoredFile, ...]
    person: Mailbox
    person_id: int
    note: str = ""


def mail_report(
    session: Session,
    deliverable_uid: str,
    mail: ReportMail,
    mailing: Mailing,
    *,
    folder: Path,
    form_key: str,
    sender: Sender,
    queued_at: datetime,
    now: datetime,
    by: By,
) -> Submission:
    """Submit a deliverable by mail, and return the submission; the same `form_key` again has no second effect.

    `folder` is that of the evidence files. `queued_at` is the present of the outbox, which in a demonstration may be
    another instant than `now`. Raises BadInput where no address is known, or the files are none or too many; Conflict
    when the form was sent before with something else in it, or as `submit` does.
    """
    row = locked(session, deliverable_uid)
    to = recipients_of(session, row.contract_id, mailing)
    _check(mail, to)
    identity = message_id(uuid5(NAMESPACE_URL, f"{REPORT_MAIL}|{form_key}"), sender)
    earlier = session.exec(select(Submission).where(Submission.form_key == form_key)).one_or_none()
    written_at = (earlier.submitted_at if earlier else now).replace(microsecond=0)
    content = report_mail(
        mail.subject,
        mail.body,
        to=_mailboxes(to.to),
        cc=_mailboxes(to.copied),
        person=mail.person,
        sender=sender,
        attachments=[Attachment(f.name, f.media_type, read_file(folder, f.sha256)) for f in mail.files],
        message_id=identity,
        date=written_at,
    )
    kept = store_file(folder, io.BytesIO(content), name="mail.eml", media_type="message/rfc822")
    sent = Sent(now, mail.person.name, MAILED_FROM_HERE, identity, mail.note, (*mail.files, kept))
    made = submit(session, deliverable_uid, sent, form_key=form_key, now=now, by=by)
    assert made.id is not None
    if earlier is not None:
        if made.note != mail.note or kept.sha256 not in [
            file.sha256 for file in files_of(session, [made.id]).get(made.id, [])
        ]:
            raise Conflict(say("This form was sent before, with other details. What was mailed then stands."))
        return made
    for recipient, is_copy in [(each, False) for each in to.to] + [(each, True) for each in to.copied]:
        notice = Notice(
            key=f"{REPORT_MAIL}|{made.uid}|{recipient.address}",
            # Of an address that is nobody's here, the matter is that of the person who sends.
            person_id=recipient.person_id or mail.person_id,
            rung=REPORT_MAIL,
            is_copy=is_copy,
            owed_at=queued_at,
            queued_at=queued_at,
            message_id=identity,
            to_address=recipient.address,
            subject=mail.subject,
            message=content,
            next_try_at=queued_at,
        )
        session.add(notice)
        session.flush()
        assert notice.id is not None
        session.add(
            MailedReport(
                submission_id=made.id,
                notice_id=notice.id,
                name=recipient.name,
                address=recipient.address,
                is_copy=is_copy,
            )
        )
    session.flush()
    return made


def mails_of(session: Session, submission_ids: Collection[int]) -> dict[int, list[tuple[MailedReport, Notice]]]:
    """Return the mails by which submissions went out, by submission, each with its notice; messages are not loaded."""
    query = (
        select(MailedReport, Notice)
        .join(Notice, col(Notice.id) == MailedReport.notice_id)
        .where(col(MailedReport.submission_id).in_(submission_ids))
        .options(defer(Notice.message))  # type: ignore[arg-type]
        .order_by(col(MailedReport.id))
    )
    found: dict[int, list[tuple[MailedReport, Notice]]] = {}
    for mailed, notice in session.exec(query):
        found.setdefault(mailed.submission_id, []).append((mailed, notice))
    return found


def mail_again(session: Session, row: Deliverable, *, now: datetime, actor: str, base_url: str, sender: Sender) -> int:
    """Put the mails of a deliverable's latest version that failed into the outbox again, and return how many.

    Raises Conflict when none failed, or when the version was taken back.
    """
    latest = select(Submission.id).where(Submission.deliverable_id == row.id)
    submission_id = session.exec(latest.order_by(col(Submission.version).desc())).first()
    mails = mails_of(session, [submission_id]).get(submission_id, []) if submission_id is not None else []
    failed = [notice.id for _, notice in mails if notice.state in UNREACHED]
    if not failed or taken_back(session, [notice.id or 0 for _, notice in mails]):
        raise Conflict(say("No mail of this report waits to be sent again. Nothing was changed."))
    for notice_id in failed:
        assert notice_id is not None
        requeue(session, notice_id, now=now, actor=actor, base_url=base_url, sender=sender)
    return len(failed)


def _check(mail: ReportMail, to: Recipients) -> None:
    if not to.are_known:
        nobody = words.joined(list(to.nobody)) if to.nobody else say("anybody")
        raise BadInput(
            say(
                "No address is known for %(nobody)s, so nothing was sent. Ask the operator to add the "
                "person to the contract, or send it from your own mail program and mark it as submitted.",
                nobody=nobody,
            )
        )
    wrong = [each.address for each in (*to.to, *to.copied) if not is_address(each.address)]
    if wrong:
        raise BadInput(
            say(
                "Mail cannot be sent to “%(address)s”, so nothing was sent. Have the address corrected.",
                address=wrong[0],
            )
        )
    if not mail.files:
        raise BadInput(say("Attach the report. Nothing was sent."))
    if not mail.body.strip():
        raise BadInput(say("Write a line to go with the report. Nothing was sent."))
    if sum(file.size for file in mail.files) > MAX_ATTACHED:
        raise BadInput(
            say(
                "The attachments have more than %(most)s MB together, which many mail servers refuse. "
                "Nothing was sent: attach smaller files, or ask the liaison how to send them.",
                most=MAX_ATTACHED // 1024**2,
            )
        )


def _mailboxes(recipients: Sequence[Recipient]) -> list[Mailbox]:
    return [Mailbox(each.name if each.name != each.address else "", each.address) for each in recipients]
