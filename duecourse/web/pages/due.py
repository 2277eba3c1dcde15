"""What is due from me, and what waits for my decision?"""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from duecourse.calendar.standing import Standing
from duecourse.models.database import reading
from duecourse.web.render import page
from duecourse.web.shown import due_shown
from duecourse.web.site import TheSite
from duecourse.web.visitor import SignedIn

router = APIRouter()


@router.get("/")
def due_from_me(request: Request, site: TheSite, visitor: SignedIn) -> Response:
    """Show what the person has to submit or decide, by when it is due."""
    with reading(site.engine) as session:
        shown = due_shown(session, visitor)
    found = shown.work
    return page(
        request,
        "due.html",
        visitor=visitor,
        work=found,
        now=visitor.now,
        waits_for=shown.waits_for,
        board_count=shown.board_count,
        requests=shown.requests,
        late_duties=sum(item.standing is Standing.OVERDUE for item in found.duties),
        next_item=next(iter(found.next_two_weeks + found.later), None),
    )
