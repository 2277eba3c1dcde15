"""How do all my contracts stand, month by month, and what needs me first?"""

from __future__ import annotations

import re
from datetime import date, timedelta

import sqlalchemy as sa
from fastapi import APIRouter, Request
from sqlmodel import col, select
from starlette.responses import Response

from duecourse.calendar.periods import add_months
from duecourse.calendar.standing import Standing
from duecourse.models import ContractRow, Deliverable
from duecourse.models.database import reading
from duecourse.tracking.conditions import (
    ANY,
    BY_CONTRACT,
    BY_LIMIT,
    BY_MONTH,
    BY_TITLE,
    BY_YEAR,
    FUNDERS,
    REMINDED,
    Condition,
    by_standing,
    due_between,
    ended,
    first_of,
    of_contracts,
    stands,
    titled,
    today_in,
)
from duecourse.tracking.extensions.extension_ledger import count_waiting, used_lines
from duecourse.tracking.staff.reaching import unreached
from duecourse.tracking.windows import Scope, counts, page_of, ranking, scope, without_definition
from duecourse.web.filters import Asked, Filters, month_from
from duecourse.web.groups import DECIDABLE, PRESSING
from duecourse.web.heat import Row, heat_rows, legend, months_from
from duecourse.web.render import page
from duecourse.web.site import TheSite
from duecourse.web.told import last_told
from duecourse.web.visitor import SignedIn

_ROWS = 25
_FIRST = 8
_AFTER = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")

router = APIRouter()


@router.get("/portfolio")
def portfolio(
    request: Request,
    site: TheSite,
    visitor: SignedIn,
    asked: Asked,
    by: str = "",
    since: str = "",
    after: str = "",
) -> Response:
    """Show the contracts (with `by`, the reports) by month as squares, what is late first, and what the person owes."""
    now = visitor.now
    first = month_from(since, usual=add_months(today_in(visitor.zone, now).replace(day=1), -5))
    months = months_from(first)
    by_report = by == "report"
    with reading(site.engine) as session:
        within = scope(session, now=now, contract_ids=visitor.contract_ids)
        rows, rest = (
            _by_report(within, asked, months)
            if by_report
            else _by_contract(within, asked, months, after=after if after.isascii() and _AFTER.fullmatch(after) else "")
        )
        wanted = asked.without("state").condition(now)
        late = stands(now, Standing.OVERDUE) & REMINDED & ~FUNDERS & ~ended(now) & wanted
        most_late = page_of(within, late, most=_FIRST, order=BY_LIMIT)
        told = last_told(session, deliverable_ids=[one.deliverable.id or 0 for one in most_late.items], now=now)
        ours = of_contracts([*visitor.liaison_for, *visitor.audits])
        kinds: list[tuple[Condition, str | None]] = [
            (ours & ~FUNDERS & stands(now, *DECIDABLE) & REMINDED, "to_decide"),
            (ours & FUNDERS & stands(now, *PRESSING) & REMINDED & ~ended(now), "owed"),
            (late, "late"),
        ]
        by_kind = counts(within, ANY, first_of(kinds, None))
        numbers = {kind: by_kind[kind,] for kind in ("late", "to_decide", "owed")}
        requests = count_waiting(session, [*visitor.liaison_for, *visitor.audits], now=now)
        shown = [row.key for row in rows] if not by_report else []
        without = unreached(session, now=now, contract_ids=shown) if shown else []
        used_up = used_lines(session, shown) if shown else {}
    return page(
        request,
        "portfolio.html",
        visitor=visitor,
        now=now,
        asked=asked,
        by="report" if by_report else "",
        since=f"{first:%Y-%m}",
        earlier=f"{add_months(first, -6):%Y-%m}",
        later=f"{add_months(first, 6):%Y-%m}",
        after=after,
        rest=rest,
        months=months,
        this_month=today_in(visitor.zone, now).replace(day=1),
        rows=rows,
        legend=legend(),
        late=most_late.items,
        told=told,
        numbers=numbers,
        requests=requests,
        unreached={one.contract.id: one for one in without},
        used_up=used_up,
    )


def _by_contract(within: Scope, asked: Filters, months: tuple[date, ...], *, after: str) -> tuple[list[Row], str]:
    """Return a row for each contract of this page, by number, and the number after which the next page begins."""
    contracts = _contracts(within, asked, after)
    shown = contracts[:_ROWS]
    counted = counts(
        within,
        asked.condition(within.now) & _within(months) & of_contracts([row.id for row in shown]),
        BY_CONTRACT,
        BY_YEAR,
        BY_MONTH,
        by_standing(within.now),
    )
    headings = [(row.id, row.number, row.contractor) for row in shown]
    return heat_rows(headings, counted, months), shown[-1].id if len(contracts) > _ROWS else ""


def _by_report(within: Scope, asked: Filters, months: tuple[date, ...]) -> tuple[list[Row], str]:
    """Return a row for each of the reports that fall due most often, whatever contract asks for it."""
    condition = asked.condition(within.now) & _within(months)
    titles = sorted(title for (title,), _ in ranking(within, condition, BY_TITLE, most=_ROWS)[:_ROWS])
    counted = counts(within, condition & titled(titles), BY_TITLE, BY_YEAR, BY_MONTH, by_standing(within.now))
    return heat_rows([(title, title, "") for title in titles], counted, months), ""


def _within(months: tuple[date, ...]) -> Condition:
    return due_between(months[0], add_months(months[-1], 1) - timedelta(days=1))


def _contracts(within: Scope, asked: Filters, after: str) -> list[ContractRow]:
    number = col(ContractRow.id)
    query = select(ContractRow).where(number.in_(within.contract_ids), number > after)
    if asked.contract:
        query = query.where(number == asked.contract)
    if asked.words:
        said = (ContractRow.number, ContractRow.name, ContractRow.contractor)
        matches = [col(column).icontains(asked.words, autoescape=True) for column in said]
        reports = select(Deliverable.id).where(Deliverable.contract_id == ContractRow.id)
        reports = reports.where(col(Deliverable.title).icontains(asked.words, autoescape=True))
        query = query.where(sa.or_(*matches, reports.exists()))
    return list(within.session.exec(query.options(without_definition()).order_by(number).limit(_ROWS + 1)))
