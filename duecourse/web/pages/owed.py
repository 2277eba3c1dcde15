"""What does the funder owe, over all contracts of a liaison?"""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from duecourse.models.database import reading
from duecourse.web.render import page
from duecourse.web.shown import owed_shown
from duecourse.web.site import TheSite
from duecourse.web.visitor import SignedIn

router = APIRouter()


@router.get("/owed")
def what_we_owe(request: Request, site: TheSite, visitor: SignedIn) -> Response:
    """List the submissions that wait for an answer, the requests to decide, and the funder's own duties.

    An auditor sees it as the liaisons do.
    """
    with reading(site.engine) as session:
        shown = owed_shown(session, visitor)
    return page(
        request,
        "owed.html",
        visitor=visitor,
        now=visitor.now,
        answers=shown.answers,
        decisions=shown.decisions,
        duties=shown.duties,
        later=shown.later,
        standing_duties=shown.standing_duties,
        ended=shown.ended,
    )
