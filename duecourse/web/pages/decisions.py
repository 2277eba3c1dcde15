"""How does a liaison accept a submission, or return it?"""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from duecourse.errors import BadInput, Conflict
from duecourse.models import Outcome, Submission
from duecourse.models.database import reading, writing
from duecourse.tracking.submitting import decide
from duecourse.web.forms import Form
from duecourse.web.pages.deliverable import deliverable_page, find
from duecourse.web.site import TheSite
from duecourse.web.visitor import SignedIn

router = APIRouter()


@router.post("/deliverables/{uid}/decide")
def decide_on(request: Request, site: TheSite, visitor: SignedIn, uid: str, form: Form) -> Response:
    """Accept or return the version that the liaison has seen. Raises Conflict when another one came in since."""
    said, seen = form.line("outcome"), form.number("version")
    with reading(site.engine) as session:
        found = find(session, visitor, uid)
    visitor.check_decides(found.contract.id)
    try:
        if said not in list(Outcome):
            raise BadInput("Choose whether it is accepted or returned.")
        comment = form.text("comment")
        with writing(site.engine) as session:
            made = decide(session, uid, Outcome(said), comment=comment, now=visitor.now, actor=visitor.email)
            if session.get_one(Submission, made.submission_id).version != seen:
                raise Conflict("Another version came in since you opened the page. Open it again, and decide on that.")
    except BadInput as problem:
        return deliverable_page(request, site, visitor, uid, form=form, problem=str(problem))
    return RedirectResponse(f"/deliverables/{uid}?done={said}", 303)
