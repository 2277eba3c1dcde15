"""What does the funder owe, over all contracts of a liaison?"""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from duecourse.calendar.standing import Standing
from duecourse.errors import NotAllowed
from duecourse.models.database import reading
from duecourse.tracking.desks.owed import owed_by_funder
from duecourse.web.groups import has_ended
from duecourse.web.render import page
from duecourse.web.site import TheSite
from duecourse.web.visitor import SignedIn

router = APIRouter()


@router.get("/owed")
def what_we_owe(request: Request, site: TheSite, visitor: SignedIn) -> Response:
    """List the submissions that wait for an answer, the requests to decide, and the funder's own duties.

    An auditor sees it as the liaisons do.
    """
    contract_ids = [*visitor.liaison_for, *visitor.audits]
    if not contract_ids:
        raise NotAllowed("This is the list of what liaisons owe. What you owe is on the page Due.")
    now = visitor.now
    with reading(site.engine) as session:
        found = owed_by_funder(session, now=now, contract_ids=contract_ids)
    running = [item for item in found.duties if not has_ended(item.contract, now)]
    pressing = [item for item in running if item.deliverable.remind]
    return page(
        request,
        "owed.html",
        visitor=visitor,
        now=now,
        answers=found.answers,
        decisions=found.decisions,
        duties=[item for item in pressing if item.standing is not Standing.EXPECTED],
        later=[item for item in pressing if item.standing is Standing.EXPECTED],
        standing_duties=[item for item in running if not item.deliverable.remind],
        ended=[item for item in found.duties if has_ended(item.contract, now)],
    )
