"""In which contracts have I a part, and how does each stand?"""

from __future__ import annotations

import re
from collections import Counter
from datetime import date

import sqlalchemy as sa
from fastapi import APIRouter, Request
from sqlmodel import Session, col, select
from starlette.responses import Response

from duecourse.calendar.standing import Standing
from duecourse.language.said import say
from duecourse.models import ContractRow
from duecourse.models.database import reading
from duecourse.tracking.conditions import BY_CONTRACT, FUNDERS, REMINDED, by_standing, stands
from duecourse.tracking.windows import counts, scope, windows, without_definition
from duecourse.web.groups import UNDONE, has_ended
from duecourse.web.render import page
from duecourse.web.site import TheSite
from duecourse.web.visitor import SignedIn

_MOST = 24
_AFTER = re.compile(r"(20[0-9]{2}-[0-9]{2}-[0-9]{2})_([a-z0-9][a-z0-9-]{0,63})")

router = APIRouter()


@router.get("/contracts")
def contracts(request: Request, site: TheSite, visitor: SignedIn, q: str = "", after: str = "") -> Response:
    """List the person's contracts with what is overdue, due soon and undecided in each; standing duties apart."""
    now = visitor.now
    words = " ".join(q.split())[:80]
    with reading(site.engine) as session:
        rows = list(_contracts(session, visitor.contract_ids, words=words, after=after))
        shown, more = rows[:_MOST], len(rows) > _MOST
        within = scope(session, now=now, contract_ids=[row.id for row in shown])
        reports = ~FUNDERS & (REMINDED | ~stands(now, *UNDONE))
        counted = counts(within, reports, BY_CONTRACT, by_standing(now))
        ahead = reports & stands(now, Standing.DUE_SOON, Standing.EXPECTED)
        following = windows(within, ahead, BY_CONTRACT, most=1)
    found: dict[str, Counter[str]] = {row.id: Counter() for row in shown}
    for (contract_id, standing), number in counted.items():
        found[contract_id][standing] += number
    said = {
        contract_id: say("%(title)s, %(due)s", title=window.items[0].deliverable.title, due=window.items[0].phrase)
        for contract_id, window in following.items()
    }
    return page(
        request,
        "contracts.html",
        visitor=visitor,
        rows=[(row, found[row.id], said.get(row.id, ""), has_ended(row, now)) for row in shown],
        standings=Standing,
        words=words,
        after=after,
        rest=f"{shown[-1].end_on.isoformat()}_{shown[-1].id}" if more else "",
        has_many=len(visitor.contract_ids) > _MOST,
    )


def _contracts(session: Session, contract_ids: list[str], *, words: str, after: str) -> list[ContractRow]:
    end_on, number = col(ContractRow.end_on), col(ContractRow.id)
    query = select(ContractRow).where(number.in_(contract_ids)).options(without_definition())
    if words:
        said = (ContractRow.number, ContractRow.name, ContractRow.contractor, ContractRow.funder)
        query = query.where(sa.or_(*(col(column).icontains(words, autoescape=True) for column in said)))
    place = _AFTER.fullmatch(after) if after.isascii() else None
    if place is not None:
        ends, last = _day(place[1]), place[2]
        query = query.where(sa.or_(end_on < ends, sa.and_(end_on == ends, number > last)))
    return list(session.exec(query.order_by(end_on.desc(), number).limit(_MOST + 1)))


def _day(said: str) -> date:
    try:
        return date.fromisoformat(said)
    except ValueError:
        return date.max
