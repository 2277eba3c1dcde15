"""What falls due in a month, as a calendar's sheet, and from a day on, as a list of days?"""

from __future__ import annotations

from itertools import groupby

from fastapi import APIRouter, Request
from starlette.responses import Response

from duecourse.calendar.periods import add_months
from duecourse.models.database import reading
from duecourse.tracking.conditions import BY_DAY, due_between, due_from, today_in
from duecourse.tracking.windows import page_of, scope, windows
from duecourse.web.filters import Asked, day_from, month_from, place_from, place_said
from duecourse.web.month import WEEKDAYS, bounds, weeks
from duecourse.web.render import page
from duecourse.web.site import TheSite
from duecourse.web.visitor import SignedIn

_ON_A_DAY = 3
_ON_A_PAGE = 50

router = APIRouter()


@router.get("/month")
def month_sheet(request: Request, site: TheSite, visitor: SignedIn, asked: Asked, month: str = "") -> Response:
    """Show a month as a table of weeks: the first reports of each day, and how many there are."""
    now = visitor.now
    today = today_in(visitor.zone, now)
    first = month_from(month, usual=today)
    with reading(site.engine) as session:
        within = scope(session, now=now, contract_ids=visitor.contract_ids)
        found = windows(within, asked.condition(now) & due_between(*bounds(first)), BY_DAY, most=_ON_A_DAY)
    return page(
        request,
        "month.html",
        visitor=visitor,
        asked=asked,
        first=first,
        earlier=f"{add_months(first, -1):%Y-%m}",
        later=f"{add_months(first, 1):%Y-%m}",
        weekdays=WEEKDAYS,
        weeks=weeks(first, found),
        total=sum(window.count for window in found.values()),
        today=today,
    )


@router.get("/agenda")
def agenda(
    request: Request, site: TheSite, visitor: SignedIn, asked: Asked, day: str = "", after: str = ""
) -> Response:
    """List what falls due from a day on, by day."""
    now = visitor.now
    today = today_in(visitor.zone, now)
    first = day_from(day, usual=today)
    with reading(site.engine) as session:
        within = scope(session, now=now, contract_ids=visitor.contract_ids)
        found = page_of(within, asked.condition(now) & due_from(first), most=_ON_A_PAGE, after=place_from(after))
    days = [(on, list(items)) for on, items in groupby(found.items, key=lambda item: item.deliverable.due_on)]
    return page(
        request,
        "agenda.html",
        visitor=visitor,
        now=now,
        asked=asked,
        first=first,
        day=first.isoformat(),
        days=days,
        after=after,
        rest=place_said(found.rest),
        today=today,
    )
