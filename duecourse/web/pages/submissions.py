"""How is a deliverable marked as submitted, once, with the file that proves it?"""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter, Request
from sqlalchemy.exc import IntegrityError
from starlette.datastructures import UploadFile
from starlette.responses import RedirectResponse, Response

from duecourse.calendar.lifecycle import Act
from duecourse.errors import BadInput, Conflict
from duecourse.models import Submission
from duecourse.models.database import reading, writing
from duecourse.tracking.acting import By
from duecourse.tracking.files import store_file
from duecourse.tracking.submitting import Sent, StoredFile, files_of, submit
from duecourse.web.forms import Form, Posted
from duecourse.web.packet_panel import check_complete
from duecourse.web.pages.deliverable import deliverable_page, find
from duecourse.web.site import Site, TheSite
from duecourse.web.visitor import SignedIn

router = APIRouter()


@router.post("/deliverables/{uid}/submit")
def mark_as_submitted(request: Request, site: TheSite, visitor: SignedIn, uid: str, form: Form) -> Response:
    """Record that a deliverable was submitted. The same form twice makes one submission, and shows it twice."""
    with reading(site.engine) as session:
        found = find(session, visitor, uid)
    by = visitor.by(Act.SUBMIT, found.deliverable)
    try:
        key = form.key()
        check_complete(site, visitor, found, form)
        sent = _sent(site, form, found.deliverable.zone)
        try:
            made, handed_in = _record(site, uid, sent, key, now=visitor.now, by=by)
        except (Conflict, IntegrityError):
            # The same form may have come twice at the same moment: then its submission is there by now.
            made, handed_in = _record(site, uid, sent, key, now=visitor.now, by=by)
        if made.deliverable_id != found.deliverable.id or not _says(made, handed_in, sent):
            raise Conflict("This form was sent before, with other details. What was recorded then stands.")
    except BadInput as problem:
        return deliverable_page(request, site, visitor, uid, form=form, problem=str(problem))
    return RedirectResponse(f"/deliverables/{uid}?done=submitted", 303)


def _record(site: Site, uid: str, sent: Sent, key: str, *, now: datetime, by: By) -> tuple[Submission, list[str]]:
    with writing(site.engine) as session:
        made = submit(session, uid, sent, form_key=key, now=now, by=by)
        assert made.id is not None
        handed_in = [file.sha256 for file in files_of(session, [made.id]).get(made.id, [])]
        session.expunge(made)
        return made, handed_in


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
        files=tuple(_stored(site, upload) for upload in form.files("file")),
        is_nil=form.line("nil") == "yes",
    )


def _stored(site: Site, upload: UploadFile) -> StoredFile:
    media_type = upload.content_type or ""
    return store_file(site.evidence, upload.file, name=upload.filename or "", media_type=media_type)


def _says(made: Submission, handed_in: list[str], sent: Sent) -> bool:
    return (
        made.submitted_at == sent.submitted_at
        and (made.submitted_by, made.channel) == (sent.submitted_by, sent.channel)
        and (made.reference, made.note) == (sent.reference, sent.note)
        and (handed_in, made.is_nil) == ([file.sha256 for file in sent.files], sent.is_nil)
    )
