"""How is a deliverable marked as submitted, once, with the file that proves it?"""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.datastructures import UploadFile
from starlette.responses import RedirectResponse, Response

from duecourse.calendar.lifecycle import Act
from duecourse.errors import BadInput, Conflict
from duecourse.language.said import say
from duecourse.models import Submission, SubmissionFile
from duecourse.models.database import reading, writing
from duecourse.tracking.files import check_together, store_file
from duecourse.tracking.submitting import Sent, StoredFile, files_of, submit
from duecourse.web.act_panel import SEEN
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
        with writing(site.engine) as session:
            # Not when the request began: by now the last byte of the files is here.
            now = visitor.showing or site.clock.now()
            made = submit(session, uid, sent, form_key=key, now=now, by=by, seen=form.number(SEEN))
            same = _says(made, files_of(session, [made.id or 0]).get(made.id or 0, []), sent)
        if not same:
            raise Conflict(say("This form was sent before, with other details. What was recorded then stands."))
    except (BadInput, Conflict) as problem:
        return deliverable_page(request, site, visitor, uid, form=form, problem=problem)
    site.wake()
    return RedirectResponse(f"/deliverables/{uid}?done=submitted", 303)


def _sent(site: Site, form: Posted, zone: str) -> Sent:
    channel = form.line("channel")
    if not channel:
        raise BadInput(say("Say how it was sent: the portal, by email, on paper."))
    return Sent(
        submitted_at=form.instant("submitted_on", "submitted_at", zone=zone),
        submitted_by=form.line("submitted_by"),
        channel=channel,
        reference=form.line("reference"),
        note=form.text("note"),
        files=_stored(site, form.files("file")),
        is_nil=form.line("nil") == "yes",
    )


def _stored(site: Site, uploads: list[UploadFile]) -> tuple[StoredFile, ...]:
    check_together([upload.size or 0 for upload in uploads])
    return tuple(
        store_file(site.evidence, each.file, name=each.filename or "", media_type=each.content_type or "")
        for each in uploads
    )


def _says(made: Submission, handed_in: list[SubmissionFile], sent: Sent) -> bool:
    return (
        made.submitted_at == sent.submitted_at
        and (made.submitted_by, made.channel) == (sent.submitted_by, sent.channel)
        and (made.reference, made.note, made.is_nil) == (sent.reference, sent.note, sent.is_nil)
        and [file.sha256 for file in handed_in] == [file.sha256 for file in sent.files]
    )
