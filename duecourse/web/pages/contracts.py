"""In which contracts have I a part, and how does each stand?"""

from __future__ import annotations

from collections import Counter

from fastapi import APIRouter, Request
from sqlmodel import col, select
from starlette.responses import Response

from duecourse.calendar.standing import Standing
from duecourse.models import ContractRow
from duecourse.models.database import reading
from duecourse.tracking.boards import items
from duecourse.web.groups import has_ended, is_funders
from duecourse.web.render import page
from duecourse.web.site import TheSite
from duecourse.web.visitor import SignedIn

_UNDONE = (Standing.OVERDUE, Standing.DUE_SOON, Standing.EXPECTED)

router = APIRouter()


@router.get("/contracts")
def contracts(request: Request, site: TheSite, visitor: SignedIn) -> Response:
    """List the person's contracts with what is overdue, due soon and undecided in each; standing duties apart."""
    with reading(site.engine) as session:
        mine = select(ContractRow).where(col(ContractRow.id).in_(visitor.contract_ids))
        rows = session.exec(mine.order_by(col(ContractRow.end_on).desc(), col(ContractRow.id))).all()
        found = items(session, now=visitor.now, contract_ids=visitor.contract_ids)
    counts: dict[str, Counter[Standing]] = {row.id: Counter() for row in rows}
    following: dict[str, str] = {}
    for item in found:
        if is_funders(item) or (item.standing in _UNDONE and not item.deliverable.remind):
            continue
        counts[item.contract.id][item.standing] += 1
        if item.standing in (Standing.DUE_SOON, Standing.EXPECTED):
            following.setdefault(item.contract.id, f"{item.deliverable.title}, {item.phrase}")
    return page(
        request,
        "contracts.html",
        visitor=visitor,
        rows=[(row, counts[row.id], following.get(row.id, ""), has_ended(row, visitor.now)) for row in rows],
        standings=Standing,
    )
