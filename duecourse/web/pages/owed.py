"""What does the funder owe, over all contracts of a liaison?"""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from duecourse.errors import NotAllowed
from duecourse.language.said import say
from duecourse.models.database import reading
from duecourse.tracking.desks.owed import OwnDuties, owed_by_funder
from duecourse.web.filters import place_from, place_said
from duecourse.web.render import page
from duecourse.web.site import TheSite
from duecourse.web.visitor import SignedIn

router = APIRouter()


@router.get("/owed")
def what_we_owe(
    request: Request, site: TheSite, visitor: SignedIn, show: str = "", after: str = "", duties_after: str = ""
) -> Response:
    """List the submissions that wait for an answer, the requests to decide, and the funder's own duties.

    An auditor sees it as the liaisons do.
    """
    contract_ids = [*visitor.liaison_for, *visitor.audits]
    if not contract_ids:
        raise NotAllowed(say("This is the list of what liaisons owe. What you owe is on the page Due."))
    now = visitor.now
    opened = next((part for part in OwnDuties if part == show), OwnDuties.NEAR)
    with reading(site.engine) as session:
        found = owed_by_funder(
            session,
            now=now,
            contract_ids=contract_ids,
            opened=opened,
            after=place_from(after),
            duties_after=place_from(duties_after),
        )
    return page(
        request,
        "owed.html",
        visitor=visitor,
        now=now,
        answers=found.answers,
        waiting=found.waiting,
        rest=place_said(found.rest),
        after=after,
        decisions=found.decisions,
        duties=found.duties,
        opened=opened,
        duties_after=duties_after,
        duties_rest=place_said(found.duties[opened].rest),
    )
