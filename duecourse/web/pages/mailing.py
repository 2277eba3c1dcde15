"""How is a report sent by email from its page, once, and again where that failed?"""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from duecourse.calendar.lifecycle import Act
from duecourse.calendar.mailing import Mailing
from duecourse.errors import BadInput, Conflict
from duecourse.language.said import say
from duecourse.models.database import reading, writing
from duecourse.notifications.mailing import ReportMail, mail_again, mail_report
from duecourse.notifications.messages import Mailbox, sender_of
from duecourse.tracking.acting import By, locked
from duecourse.tracking.files import MAX_FILES, store_file
from duecourse.web.forms import Form, Posted
from duecourse.web.mail_panel import mailing_of, subject_of
from duecourse.web.packet_panel import check_complete
from duecourse.web.pages.deliverable import deliverable_page, find
from duecourse.web.site import Site, TheSite
from duecourse.web.visitor import SignedIn, Visitor

router = APIRouter()


@router.post("/deliverables/{uid}/mail")
def send_by_email(request: Request, site: TheSite, visitor: SignedIn, uid: str, form: Form) -> Response:
    """Submit a deliverable by mail. The same form twice sends one mail."""
    with reading(site.engine) as session:
        found = find(session, visitor, uid)
        mailing, subject = mailing_of(found), subject_of(found)
    by = visitor.by(Act.SUBMIT, found.deliverable)
    try:
        key = form.key()
        if not mailing.to:
            raise BadInput(say("The contract does not have this sent by email. Send it by the channel that it names."))
        check_complete(site, visitor, found, form)
        mail = _mail(site, visitor, form, subject)
        _send(site, visitor, uid, mail, mailing, key=key, by=by)
    except (BadInput, Conflict) as problem:
        return deliverable_page(request, site, visitor, uid, mail_form=form, problem=problem)
    site.wake()
    return RedirectResponse(f"/deliverables/{uid}?done=mailed", 303)


@router.post("/deliverables/{uid}/mail/again")
def send_again(site: TheSite, visitor: SignedIn, uid: str, _form: Form) -> Response:
    """Try the mails of the latest version again that could not be sent."""
    with reading(site.engine) as session:
        found = find(session, visitor, uid)
    by = visitor.by(Act.SUBMIT, found.deliverable)
    with writing(site.engine) as session:
        row, settings = locked(session, uid), site.settings
        mail_again(
            session,
            row,
            now=site.clock.now(),
            actor=by.actor,
            base_url=settings.address,
            sender=sender_of(settings),
        )
    site.wake()
    return RedirectResponse(f"/deliverables/{uid}?done=mailed_again", 303)


def _mail(site: Site, visitor: Visitor, form: Posted, subject: str) -> ReportMail:
    if len(form.files("attachment")) > MAX_FILES:
        raise BadInput(
            say("At most %(max_files)s files can go with one mail. Put them into one ZIP archive.", max_files=MAX_FILES)
        )
    files = tuple(
        store_file(site.evidence, upload.file, name=upload.filename or "", media_type=upload.content_type or "")
        for upload in form.files("attachment")
    )
    body = form.text("message")
    person = Mailbox(visitor.name, visitor.email)
    return ReportMail(subject, body, files, person, visitor.person_id, form.text("note"))


def _send(site: Site, visitor: Visitor, uid: str, mail: ReportMail, mailing: Mailing, *, key: str, by: By) -> None:
    with writing(site.engine) as session:
        mail_report(
            session,
            uid,
            mail,
            mailing,
            folder=site.evidence,
            form_key=key,
            sender=sender_of(site.settings),
            queued_at=site.clock.now(),
            now=visitor.now,
            by=by,
        )
