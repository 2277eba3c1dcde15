"""How is a deliverable marked as submitted, once, with the file that proves it?"""

from __future__ import annotations

from fastapi import APIRouter, Request
from sqlalchemy.exc import IntegrityError
from starlette.responses import RedirectResponse, Response

from duecourse.errors import BadInput, Conflict
from duecourse.models import Submission
from duecourse.models.database import reading, writing
from duecourse.tracking.files import store_file
from duecourse.tracking.submitting import Sent, StoredFile, submit
from duecourse.web.forms import Form, Posted
from duecourse.web.pages.deliverable import deliverable_page, find
from duecourse.web.site import Site, TheSite
from duecourse.web.visitor import SignedIn, Visitor

router = APIRouter()


@router.post("/deliverables/{uid}/submit")
def mark_as_submitted(request: Request, site: TheSite, visitor: SignedIn, uid: str, form: Form) -> Response:
    """Record that a deliverable was submitted. The same form twice makes one submission, and shows it twice."""
    with reading(site.engine) as session:
        found = find(session, visitor, uid)
    visitor.check_submits(found.contract.id)
    try:
        key = form.key()
        sent = _sent(site, form, found.deliverable.zone)
        try:
            made = _record(site, visitor, uid, sent, key)
        except (Conflict, IntegrityError):
            # The same form may have come twice at the same moment: then its submission is there by now.
            made = _record(site, visitor, uid, sent, key)
        if made.deliverable_id != found.deliverable.id or not _says(made, sent):
            raise Conflict("This form was sent before, with other details. What was recorded then stands.")
    except BadInput as problem:
        return deliverable_page(request, site, visitor, uid, form=form, problem=str(problem))
    return RedirectResponse(f"/deliverables/{uid}?done=submitted", 303)


def _record(site: Site, visitor: Visitor, uid: str, sent: Sent, key: str) -> Submission:
    with writing(site.engine) as session:
        made = submit(session, uid, sent, form_key=key, now=visitor.now, actor=visitor.email)
        session.expunge(made)
        return made


def _sent(site: Site, form: Posted, zone: str) -> Sent:
    channel = form.line("channel")
    if not channel:
        raise BadInput("Say how it was sent: the portal, by email, on paper.")
    return Sent(
        submitted_at=form.instant("submitted_on", "submitted_at", zone=zone),
        submitted_by=form.line("submitted_by"),
        channel=channel,
        reference=form.line("reference"),
        note=form.text("note"),
        file=_stored(site, form),
    )


def _stored(site: Site, form: Posted) -> StoredFile | None:
    upload = form.file("file")
    if upload is None:
        return None
    media_type = upload.content_type or ""
    return store_file(site.evidence, upload.file, name=upload.filename or "", media_type=media_type)


def _says(made: Submission, sent: Sent) -> bool:
    return (
        made.submitted_at == sent.submitted_at
        and (made.submitted_by, made.channel) == (sent.submitted_by, sent.channel)
        and (made.reference, made.note) == (sent.reference, sent.note)
        and made.file_sha256 == (sent.file.sha256 if sent.file else "")
    )
