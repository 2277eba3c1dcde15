"""What is due from me, and what waits for my decision?"""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from duecourse.calendar.standing import Standing
from duecourse.models.database import reading
from duecourse.notifications.reachability import known_unreached
from duecourse.tracking.conditions import FUNDERS, of_contracts, on_board, stands
from duecourse.tracking.extensions.extension_ledger import count_waiting
from duecourse.tracking.subcontractors.packets import awaited
from duecourse.tracking.windows import Scope, Window, counts, scope, windows
from duecourse.web.filters import place_from, place_said
from duecourse.web.group_keys import by_decider_group, by_submitter_group
from duecourse.web.groups import Group
from duecourse.web.render import page
from duecourse.web.site import TheSite
from duecourse.web.visitor import SignedIn, Visitor

_SHOWN = 8
"""So many of each group are shown at first: the page stays small, and its groups in sight."""
_OPENED = 50
"""So many are shown of a group that was opened."""

router = APIRouter()


@router.get("/")
def due_from_me(request: Request, site: TheSite, visitor: SignedIn, show: str = "", after: str = "") -> Response:
    """Show what the person has to submit or decide, by when it is due; with `show`, all of one group by pages.

    Who works for a subcontractor alone is led to the page of what is due to the lead.
    """
    if visitor.programs and not visitor.parts:
        return RedirectResponse("/parts", 303)
    opened = next((group for group in Group if group == show), None)
    now = visitor.now
    with reading(site.engine) as session:
        within = scope(session, now=now, contract_ids=visitor.contract_ids)
        found = _work(within, visitor, opened, after)
        ours = [item for window in found.values() for item in window.items if item.contract.id in visitor.contractor_in]
        waits_for = awaited(session, ours, now=now) if ours else {}
        theirs = of_contracts(visitor.liaison_for) & ~FUNDERS
        board_count = counts(within, theirs & on_board(now))[()] if visitor.liaison_for else 0
        requests = count_waiting(session, visitor.liaison_for, now=now) if visitor.liaison_for else 0
        late_duties = _late_duties(within, visitor, found)
        nobody_reached = known_unreached(session, visitor.sets_up_in) if visitor.sets_up_in else 0
    following = found[Group.NEXT_TWO_WEEKS].items + found[Group.LATER].items
    return page(
        request,
        "due.html",
        visitor=visitor,
        work=found,
        now=now,
        opened=opened,
        after=after,
        rest=place_said(found[opened].rest) if opened else "",
        waits_for=waits_for,
        board_count=board_count,
        requests=requests,
        nobody_reached=nobody_reached,
        late_duties=late_duties,
        next_item=next(iter(following), None),
    )


def _work(within: Scope, visitor: Visitor, opened: Group | None, after: str) -> dict[Group, Window]:
    """Return every group of a person's work."""
    found = {group: Window() for group in Group}
    for contract_ids, key in (
        (visitor.liaison_for, by_decider_group(within.now)),
        (visitor.contractor_in, by_submitter_group(within.now)),
    ):
        if contract_ids:
            shown = windows(
                within,
                of_contracts(contract_ids),
                key,
                most=_SHOWN,
                opened=str(opened) if opened else None,
                opened_most=_OPENED,
                after=place_from(after) if opened else None,
            )
            found |= {Group(value): window for value, window in shown.items()}
    return found


def _late_duties(within: Scope, visitor: Visitor, found: dict[Group, Window]) -> int:
    if not found[Group.DUTIES].count:
        return 0
    late = of_contracts(visitor.contractor_in) & stands(within.now, Standing.OVERDUE)
    return counts(within, late, by_submitter_group(within.now))[(str(Group.DUTIES),)]
