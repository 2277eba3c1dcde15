"""What is overdue over all my contracts, what does it hold up, and who was told?"""

from __future__ import annotations

from enum import StrEnum

from fastapi import APIRouter, Request
from starlette.responses import Response

from duecourse.models.database import reading
from duecourse.tracking.boards import Item
from duecourse.tracking.conditions import (
    BY_CONTRACT,
    BY_LIMIT,
    BY_NUMBER,
    FUNDERS,
    REMINDED,
    Condition,
    ended,
    first_of,
)
from duecourse.tracking.subcontractors.packets import awaited
from duecourse.tracking.windows import Window, ranking, scope, windows
from duecourse.web.filters import Asked, place_from, place_said
from duecourse.web.render import page
from duecourse.web.shown import PAYMENT, late_and_asked_for
from duecourse.web.site import TheSite
from duecourse.web.told import last_told
from duecourse.web.visitor import SignedIn, Visitor

_MOST_BARS = 12
_SHOWN, _OPENED = 5, 50

router = APIRouter()


class Section(StrEnum):
    """A part of the board."""

    RUNNING = "running"
    """What contractors owe under contracts that run."""
    FUNDERS = "funders"
    DUTIES = "duties"
    """Standing duties: nobody is reminded of them."""
    ENDED = "ended"
    """Under contracts that ended so long ago that nobody is reminded of it any more."""


@router.get("/overdue")
def overdue(
    request: Request,
    site: TheSite,
    visitor: SignedIn,
    asked: Asked,
    show: str = "",
    holds_up: str = "",
    after: str = "",
) -> Response:
    """Show what each side has not done in time, the latest first, with who was told; ended contracts come last.

    The address names the filters, which part is opened, and with `holds_up` that only what payment waits for is shown.
    """
    now = visitor.now
    opened = next((section for section in Section if section == show), Section.RUNNING)
    wanted = late_and_asked_for(asked, holds_up, now=now)
    cases: list[tuple[Condition, str | None]] = [
        (ended(now), Section.ENDED),
        (~REMINDED, Section.DUTIES),
        (FUNDERS, Section.FUNDERS),
    ]
    by_section = first_of(cases, Section.RUNNING)
    with reading(site.engine) as session:
        within = scope(session, now=now, contract_ids=visitor.contract_ids)
        found = {section: Window() for section in Section} | windows(
            within,
            wanted,
            by_section,
            most=_SHOWN,
            opened=str(opened),
            opened_most=_OPENED,
            after=place_from(after),
            order=BY_LIMIT,
        )
        shown = [item for window in found.values() for item in window.items]
        ours = [item for item in shown if item.contract.id in visitor.contractor_in]
        waits_for = awaited(session, ours, now=now) if ours else {}
        told = last_told(session, deliverable_ids=[item.deliverable.id or 0 for item in shown], now=now)
        running = wanted & REMINDED & ~FUNDERS & ~ended(now)
        bars = ranking(within, running, BY_CONTRACT, BY_NUMBER, most=_MOST_BARS)
    return page(
        request,
        "overdue.html",
        visitor=visitor,
        now=now,
        asked=asked.without("state"),
        holds_up=PAYMENT if holds_up == PAYMENT else "",
        found=found,
        opened=opened,
        after=after,
        rest=place_said(found[opened].rest),
        may_remind=[item.deliverable.id for item in shown if _may_remind(visitor, item)],
        told=told,
        waits_for=waits_for,
        bars=bars[:_MOST_BARS],
        most=max((number for _, number in bars), default=0),
        has_more_bars=len(bars) > _MOST_BARS,
        watched=len(visitor.contract_ids),
    )


def _may_remind(visitor: Visitor, item: Item) -> bool:
    return item.contract.id in visitor.liaison_for and not FUNDERS.holds(item) and item.deliverable.remind
