"""What is due from me, and what waits for my decision?"""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from duecourse.calendar.standing import Standing
from duecourse.models.database import reading
from duecourse.tracking.boards import items
from duecourse.tracking.extensions.extension_ledger import extensions_under
from duecourse.tracking.staff.reaching import unreached
from duecourse.tracking.subcontractors.packets import awaited
from duecourse.web.groups import is_funders, is_on_board, work
from duecourse.web.render import page
from duecourse.web.site import TheSite
from duecourse.web.visitor import SignedIn

router = APIRouter()


@router.get("/")
def due_from_me(request: Request, site: TheSite, visitor: SignedIn) -> Response:
    """Show what the person has to submit or decide, by when it is due."""
    with reading(site.engine) as session:
        everything = items(session, now=visitor.now, contract_ids=visitor.contract_ids)
        ours = [item for item in everything if item.contract.id in visitor.contractor_in]
        waits_for = awaited(session, ours, now=visitor.now)
        requests = extensions_under(session, visitor.liaison_for, now=visitor.now, waiting_only=True)
        sets_up = visitor.sets_up_in
        nobody = unreached(session, now=visitor.now, contract_ids=sets_up) if sets_up else []
    found = work(everything, submits_in=visitor.contractor_in, decides_in=visitor.liaison_for, now=visitor.now)
    theirs = [item for item in everything if item.contract.id in visitor.liaison_for and not is_funders(item)]
    board = [item for item in theirs if is_on_board(item, visitor.now)]
    return page(
        request,
        "due.html",
        visitor=visitor,
        work=found,
        now=visitor.now,
        waits_for=waits_for,
        board_count=len(board),
        requests=requests,
        nobody_reached=sum(len(side.deliverables) for side in nobody),
        late_duties=sum(item.standing is Standing.OVERDUE for item in found.duties),
        next_item=next(iter(found.next_two_weeks + found.later), None),
    )
