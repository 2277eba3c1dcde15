"""How is a deliverable handed in, with the files that prove it, or mailed?"""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends
from pydantic import Field
from sqlmodel import Session
from starlette.responses import Response

from duecourse.calendar.lifecycle import Act
from duecourse.errors import BadInput
from duecourse.models.database import reading
from duecourse.notifications.mailing import ReportMail, mail_again, mail_report
from duecourse.notifications.messages import Mailbox, sender_of
from duecourse.tracking.acting import By, locked
from duecourse.tracking.api_tokens import Scope
from duecourse.tracking.boards import Item, history
from duecourse.tracking.proof.receipts import receipts_of
from duecourse.tracking.submitting import Sent as HandedIn
from duecourse.tracking.submitting import StoredFile, submit
from duecourse.web.api.caller import Caller, Calling
from duecourse.web.api.deliverables import as_it_is, current
from duecourse.web.api.fields import Instant, Line, Name, Sent, Text, Uid
from duecourse.web.api.routing import TAKES_VERSION, api_router, for_scope
from duecourse.web.api.shapes import DeliverableWhy, SubmissionShown, submission_shown
from duecourse.web.api.uploads import Uploaded, content_of, described, uploaded
from duecourse.web.mail_panel import mailing_of, subject_of
from duecourse.web.packet_panel import check_packet
from duecourse.web.pages.deliverable import find

router = api_router(tags=["submitting"])
_SUBMIT = for_scope(Scope.SUBMIT)


class SubmissionSent(Sent):
    """How a deliverable was sent to the other side."""

    submitted_at: Instant = Field(description="When it went out; this server records besides when it was told.")
    submitted_by: Name
    channel: Name = Field(description="How it was sent: the portal, by email, on paper.")
    reference: Line = ""
    note: Text = ""
    is_nil: bool = Field(default=False, description="Whether it says that there was nothing to report; give a note.")
    sends_incomplete: bool = Field(default=False, description="Whether it goes out although parts are missing.")


class MailSent(Sent):
    """A report that this server sends by mail, to whom the contract says, with the files attached."""

    message: Text
    note: Text = ""
    sends_incomplete: bool = False


@router.post(
    "/deliverables/{uid}/submissions",
    openapi_extra=_SUBMIT | TAKES_VERSION,
    response_model=SubmissionShown,
    status_code=201,
)
def submit_deliverable(caller: Calling, uid: Uid, sent: SubmissionSent) -> Response:
    """Record that a deliverable was handed in, without a file. An If-Match is about the deliverable."""
    found, by = _found(caller, uid)

    def act(session: Session) -> SubmissionShown:
        return _submitted(session, caller, found, sent, (), by)

    return caller.change(sent, act, status=201, current=lambda session: current(session, caller, uid))


@router.post(
    "/deliverables/{uid}/submissions/with-files",
    openapi_extra=_SUBMIT | TAKES_VERSION | described(SubmissionSent),
    response_model=SubmissionShown,
    status_code=201,
)
def submit_deliverable_with_files(
    caller: Calling, uid: Uid, form: Annotated[Uploaded[SubmissionSent], Depends(uploaded(SubmissionSent))]
) -> Response:
    """Record that a deliverable was handed in, with its files. An If-Match is about the deliverable."""
    found, by = _found(caller, uid)
    stored = form.stored(caller)

    def act(session: Session) -> SubmissionShown:
        return _submitted(session, caller, found, form.details, stored, by)

    sent = content_of(form.details, stored)
    return caller.change(sent, act, status=201, current=lambda session: current(session, caller, uid))


@router.post(
    "/deliverables/{uid}/mails",
    openapi_extra=_SUBMIT | described(MailSent),
    response_model=SubmissionShown,
    status_code=201,
)
def mail_deliverable(
    caller: Calling, uid: Uid, form: Annotated[Uploaded[MailSent], Depends(uploaded(MailSent))]
) -> Response:
    """Send a deliverable by mail, and so hand it in."""
    found, by = _found(caller, uid)
    mailing, details, visitor = mailing_of(found), form.details, caller.visitor
    if not mailing.to:
        raise BadInput("The contract does not have this sent by email. Send it by the channel that it names.")
    stored = form.stored(caller)
    sender = Mailbox(visitor.name, visitor.email)
    mail = ReportMail(subject_of(found), details.message, stored, sender, visitor.person_id, details.note)

    def act(session: Session) -> SubmissionShown:
        check_packet(
            session, visitor, found, is_nil=False, sends_incomplete=details.sends_incomplete, note=details.note
        )
        mail_report(
            session,
            uid,
            mail,
            mailing,
            folder=caller.site.evidence,
            form_key=caller.form_key,
            sender=sender_of(caller.site.settings),
            queued_at=caller.site.clock.now(),
            now=visitor.now,
            by=by,
        )
        return _newest(session, caller, found)

    return caller.change(content_of(details, stored), act, status=201)


@router.post("/deliverables/{uid}/mails/again", openapi_extra=_SUBMIT, response_model=DeliverableWhy)
def mail_deliverable_again(caller: Calling, uid: Uid) -> Response:
    """Try the mails of the latest version again that could not be sent."""
    found, by = _found(caller, uid)

    def act(session: Session) -> DeliverableWhy:
        settings = caller.site.settings
        mail_again(
            session,
            locked(session, uid),
            now=caller.site.clock.now(),
            actor=by.actor,
            base_url=settings.address,
            sender=sender_of(settings),
        )
        return as_it_is(session, caller, found)

    return caller.change(None, act)


def _found(caller: Caller, uid: str) -> tuple[Item, By]:
    with reading(caller.site.engine) as session:
        found = find(session, caller.visitor, uid)
    return found, caller.visitor.by(Act.SUBMIT, found.deliverable)


def _submitted(
    session: Session, caller: Caller, found: Item, sent: SubmissionSent, stored: tuple[StoredFile, ...], by: By
) -> SubmissionShown:
    check_packet(
        session,
        caller.visitor,
        found,
        is_nil=sent.is_nil,
        sends_incomplete=sent.sends_incomplete,
        note=sent.note,
    )
    handed = HandedIn(
        submitted_at=sent.submitted_at,
        submitted_by=sent.submitted_by,
        channel=sent.channel,
        reference=sent.reference,
        note=sent.note,
        files=stored,
        is_nil=sent.is_nil,
    )
    submit(session, found.deliverable.uid, handed, form_key=caller.form_key, now=caller.visitor.now, by=by)
    return _newest(session, caller, found)


def _newest(session: Session, caller: Caller, found: Item) -> SubmissionShown:
    # What waited for its turn is recorded with the act before it, which may be later than the caller's own instant.
    session.flush()
    newest = history(session, found.deliverable.id or 0, now=max(caller.visitor.now, caller.site.clock.now()))[0]
    id = newest.submission.id or 0
    return submission_shown(newest, receipts_of(session, [id]).get(id))
