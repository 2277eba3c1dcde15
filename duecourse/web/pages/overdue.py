"""What is overdue over all my contracts, and who was told?"""

from __future__ import annotations

from collections import Counter

from fastapi import APIRouter, Request
from starlette.responses import Response

from duecourse.models.database import reading
from duecourse.web.render import page
from duecourse.web.shown import overdue_shown
from duecourse.web.site import TheSite
from duecourse.web.visitor import SignedIn

_MOST_BARS = 12

router = APIRouter()


@router.get("/overdue")
def overdue(request: Request, site: TheSite, visitor: SignedIn) -> Response:
    """Show what each side has not done in time, the latest first, with who was told; ended contracts come last."""
    with reading(site.engine) as session:
        shown = overdue_shown(session, visitor)
    running = shown.running
    by_contract = Counter(item.contract.id for item in running)
    contracts = {item.contract.id: item.contract for item in running}
    return page(
        request,
        "overdue.html",
        visitor=visitor,
        now=visitor.now,
        running=running,
        funders=shown.funders,
        duties=shown.duties,
        ended=shown.ended,
        told=shown.told,
        waits_for=shown.waits_for,
        bars=[(contracts[contract_id], count) for contract_id, count in by_contract.most_common(_MOST_BARS)],
        most=max(by_contract.values(), default=0),
        unshown=max(len(by_contract) - _MOST_BARS, 0),
        watched=len(visitor.contract_ids),
    )
