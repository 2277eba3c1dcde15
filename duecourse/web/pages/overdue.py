"""What is overdue over all my contracts, and who was told?"""

from __future__ import annotations

from collections import Counter

from fastapi import APIRouter, Request
from starlette.responses import Response

from duecourse.calendar.standing import Standing
from duecourse.models.database import reading
from duecourse.tracking.boards import items
from duecourse.tracking.subcontractors.packets import awaited
from duecourse.web.groups import has_ended, is_funders, is_on_board
from duecourse.web.render import page
from duecourse.web.site import TheSite
from duecourse.web.told import last_told
from duecourse.web.visitor import SignedIn

_MOST_BARS = 12

router = APIRouter()


@router.get("/overdue")
def overdue(request: Request, site: TheSite, visitor: SignedIn) -> Response:
    """Show what each side has not done in time, the latest first, with who was told; ended contracts come last."""
    now = visitor.now
    with reading(site.engine) as session:
        open_items = items(session, now=now, contract_ids=visitor.contract_ids, open_only=True)
        ours = [item for item in open_items if item.contract.id in visitor.contractor_in]
        waits_for = awaited(session, ours, now=now)
        told = last_told(session, contract_ids=visitor.contract_ids, now=now)
    late = [item for item in open_items if item.standing is Standing.OVERDUE]
    on_board = [item for item in late if is_on_board(item, now)]
    running = [item for item in on_board if not is_funders(item)]
    by_contract = Counter(item.contract.id for item in running)
    contracts = {item.contract.id: item.contract for item in running}
    return page(
        request,
        "overdue.html",
        visitor=visitor,
        now=now,
        running=running,
        funders=[item for item in on_board if is_funders(item)],
        duties=[item for item in late if not item.deliverable.remind and not has_ended(item.contract, now)],
        ended=[item for item in late if has_ended(item.contract, now)],
        told=told,
        waits_for=waits_for,
        bars=[(contracts[contract_id], count) for contract_id, count in by_contract.most_common(_MOST_BARS)],
        most=max(by_contract.values(), default=0),
        unshown=max(len(by_contract) - _MOST_BARS, 0),
        watched=len(visitor.contract_ids),
    )
