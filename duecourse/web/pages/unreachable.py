"""For which open items of my contracts can nobody be reached, why, and what is to be done?"""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from duecourse.errors import NotAllowed
from duecourse.language.said import say
from duecourse.models.database import reading
from duecourse.tracking.staff.reaching import unreached
from duecourse.web.render import page
from duecourse.web.site import TheSite
from duecourse.web.visitor import SignedIn

router = APIRouter()


@router.get("/unreachable")
def unreachable(request: Request, site: TheSite, visitor: SignedIn) -> Response:
    """List the sides of contracts on which nobody can be reached, with what each has open."""
    shown = [*visitor.sets_up_in, *visitor.audits]
    if not shown:
        raise NotAllowed(say("Only a liaison, an admin or an auditor sees who cannot be reached."))
    with reading(site.engine) as session:
        found = unreached(session, now=visitor.now, contract_ids=shown)
    return page(request, "unreachable.html", visitor=visitor, found=found, watched=len(shown))
