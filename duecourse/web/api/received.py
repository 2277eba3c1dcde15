"""Which mails came in, what does each prove, and who says so?"""

from __future__ import annotations

from typing import Any

from pydantic import Field
from sqlmodel import Session
from starlette.responses import Response

from duecourse.calendar.lifecycle import Act
from duecourse.models import ReceivedState
from duecourse.models.database import reading
from duecourse.tracking.api_tokens import Scope
from duecourse.tracking.boards import history
from duecourse.tracking.files import read_file
from duecourse.tracking.mail.received import Incoming, confirm, incoming, put_aside
from duecourse.tracking.proof.receipts import receipts_of
from duecourse.web.api.caller import Calling
from duecourse.web.api.fields import Instant, Name, Sent, Shown, Text, Uid
from duecourse.web.api.routing import api_router, for_scope
from duecourse.web.api.shapes import At, SubmissionShown, submission_shown
from duecourse.web.pages.deliverable import find
from duecourse.web.pages.received import find_mail, reader_of

router = api_router(tags=["received mail"])
_READ = for_scope(Scope.READ)
_BYTES: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}
}


class MailShown(Shown):
    """One mail that came in, with the deliverables that it may be about. Anybody can write anything into a mail."""

    uid: str
    received_at: At
    dated_at: At | None
    from_name: str
    from_address: str
    subject: str
    text: str
    attachments: list[str]
    state: ReceivedState
    is_put_aside: bool
    contracts: list[str]
    deliverables: list[str] = Field(description="The uids of those that it may be about.")


class Mails(Shown):
    """The newest mails that the person may see."""

    items: list[MailShown]


class ConfirmSent(Sent):
    """Which deliverable a mail proves, when it went out, and who sent it."""

    deliverable_uid: str = Field(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
    submitted_at: Instant
    submitted_by: Name


class AsideSent(Sent):
    """Why a mail proves nothing here."""

    reason: Text = Field(max_length=1000)


@router.get("/received", openapi_extra=_READ, response_model=Mails)
def list_received(caller: Calling) -> Response:
    """List the mails that came in and that the person may see, the newest first, at most a hundred."""
    with reading(caller.site.engine) as session:
        found = incoming(session, reader_of(caller.visitor), now=caller.visitor.now)
        return caller.answer(Mails(items=[_shown(each) for each in found]))


@router.get("/received/{mail_uid}/mail", openapi_extra=_READ, responses=_BYTES, response_class=Response)
def read_received_mail(caller: Calling, mail_uid: Uid) -> Response:
    """Return a mail as it came in."""
    with reading(caller.site.engine) as session:
        mail = find_mail(session, caller.visitor, mail_uid).mail
        content = read_file(caller.site.evidence, mail.sha256)
    return Response(content, media_type="application/octet-stream")


@router.post(
    "/received/{mail_uid}/confirm",
    openapi_extra=for_scope(Scope.SUBMIT),
    response_model=SubmissionShown,
    status_code=201,
)
def confirm_mail(caller: Calling, mail_uid: Uid, sent: ConfirmSent) -> Response:
    """Record that a report was submitted, as a mail shows."""
    visitor = caller.visitor
    with reading(caller.site.engine) as session:
        find_mail(session, visitor, mail_uid)
        found = find(session, visitor, sent.deliverable_uid)
    by = visitor.by(Act.SUBMIT, found.deliverable)

    def act(session: Session) -> SubmissionShown:
        at, sent_by = sent.submitted_at, sent.submitted_by
        made = confirm(session, mail_uid, sent.deliverable_uid, at=at, sent_by=sent_by, now=visitor.now, by=by)
        session.flush()
        now = max(visitor.now, made.recorded_at)
        version = next(
            each for each in history(session, found.deliverable.id or 0, now=now) if each.submission.id == made.id
        )
        return submission_shown(version, receipts_of(session, [made.id]).get(made.id or 0))

    return caller.change(sent, act, status=201)


@router.post(
    "/received/{mail_uid}/not-ours", openapi_extra=for_scope(Scope.SUBMIT, Scope.DECIDE), response_model=MailShown
)
def put_mail_aside(caller: Calling, mail_uid: Uid, sent: AsideSent) -> Response:
    """Put a mail aside that proves nothing in the person’s contracts."""
    visitor = caller.visitor
    with reading(caller.site.engine) as session:
        about = {contract.id for _, _, contract in find_mail(session, visitor, mail_uid).about}
    for contract_id in about:
        visitor.check_sees(contract_id)

    def act(session: Session) -> MailShown:
        put_aside(session, mail_uid, contract_ids=about, reason=sent.reason, now=visitor.now, actor=visitor.email)
        session.flush()
        return _shown(find_mail(session, visitor, mail_uid))

    return caller.change(sent, act)


def _shown(each: Incoming) -> MailShown:
    return MailShown.model_validate(
        each.mail.model_dump()
        | {
            "is_put_aside": each.is_put_aside,
            "contracts": sorted({contract.id for _, _, contract in each.about}),
            "deliverables": [row.uid for _, row, _ in each.about if row is not None],
        }
    )
