"""How is a date moved, and how is a closure announced: first shown, then made as it was seen?"""

from __future__ import annotations

from datetime import date

from pydantic import Field
from sqlmodel import Session, col, select
from starlette.responses import Response

from duecourse.calendar.state_days import Closure
from duecourse.errors import BadInput, Conflict
from duecourse.models import AnnouncedClosure
from duecourse.models.database import reading
from duecourse.tracking.api_tokens import Scope
from duecourse.tracking.deciding_dates import announce_closure, move_date
from duecourse.tracking.rehearsing import Rehearsal
from duecourse.web.api.caller import Caller, Calling
from duecourse.web.api.deliverables import current
from duecourse.web.api.fields import Day, Name, Sent, Shown, TimeOfDay, Uid
from duecourse.web.api.rehearsals import RehearsalShown, check_seal, rehearsal_shown
from duecourse.web.api.routing import TAKES_VERSION, api_router, for_scope
from duecourse.web.api.shapes import At, DeliverableWhy
from duecourse.web.pages.closures import calendars_of, check_announces
from duecourse.web.pages.deliverable import find
from duecourse.web.rehearsal import hold, tell

router = api_router(tags=["dates"])
_SET_UP = for_scope(Scope.SET_UP)
_PREVIEW = _SET_UP | {"x-changes": False}


class MoveSent(Sent):
    """Another date for one deliverable, and the document that it rests on."""

    on: Day
    cut_off: TimeOfDay | None = Field(default=None, description="The local time before which it is due; else all day.")
    source: Name


class SealedMove(MoveSent):
    """The same, with the seal of what was shown."""

    seal: str = Field(max_length=100)


class ClosureSent(Sent):
    """A day on which the offices of a calendar are closed, or from an hour of it."""

    calendar: Name
    day: Day
    name: Name
    source: Name
    closes_at: TimeOfDay | None = None


class SealedClosure(ClosureSent):
    """The same, with the seal of what was shown."""

    seal: str = Field(max_length=100)


class ClosureShown(Shown):
    """One closure that was announced."""

    calendar: str
    day: date
    name: str
    source: str
    closes_at: str
    announced_at: At
    announced_by: str


class Closures(Shown):
    """The calendars of the person’s contracts, and what was announced for them, the newest day first."""

    calendars: list[str]
    items: list[ClosureShown]


@router.post("/deliverables/{uid}/move/preview", openapi_extra=_PREVIEW, response_model=RehearsalShown)
def preview_due_date(caller: Calling, uid: Uid, sent: MoveSent) -> Response:
    """Show what another date would change. Changes nothing."""
    contract_id = _check_movable(caller, uid)
    with reading(caller.site.engine) as session:
        return caller.answer(rehearsal_shown([_moved(session, caller, uid, sent, True)], contract_ids=[contract_id]))


@router.post("/deliverables/{uid}/move", openapi_extra=_SET_UP | TAKES_VERSION, response_model=DeliverableWhy)
def move_due_date(caller: Calling, uid: Uid, sent: SealedMove) -> Response:
    """Move a date as it was shown, and tell the people concerned."""
    contract_id = _check_movable(caller, uid)

    def act(session: Session) -> DeliverableWhy:
        hold(session, [contract_id])
        check_seal([_moved(session, caller, uid, sent, True)], sent.seal)
        made = _moved(session, caller, uid, sent, False)
        tell(session, caller.site, [made], cause=sent.source, now=caller.visitor.now)
        return current(session, caller, uid)

    location = f"/api/v1/deliverables/{uid}"
    return caller.change(sent, act, location=location, current=lambda session: current(session, caller, uid))


@router.get("/closures", openapi_extra=for_scope(Scope.READ), response_model=Closures)
def list_closures(caller: Calling) -> Response:
    """List the closures that were announced for the calendars of the person’s contracts."""
    check_announces(caller.visitor)
    with reading(caller.site.engine) as session:
        calendars = calendars_of(session, caller.visitor)
        query = select(AnnouncedClosure).where(
            col(AnnouncedClosure.calendar).in_(calendars), col(AnnouncedClosure.announced_at) <= caller.visitor.now
        )
        rows = session.exec(query.order_by(col(AnnouncedClosure.calendar), col(AnnouncedClosure.on).desc()))
        shown = [ClosureShown.model_validate(row.model_dump() | {"day": row.on}) for row in rows]
    return caller.answer(Closures(calendars=calendars, items=shown))


@router.post("/closures/preview", openapi_extra=_PREVIEW, response_model=RehearsalShown)
def preview_closure(caller: Calling, sent: ClosureSent) -> Response:
    """Show what a closure would change over all contracts. Changes nothing."""
    check_announces(caller.visitor)
    with reading(caller.site.engine) as session:
        found = _announced(session, caller, sent, True)
        return caller.answer(rehearsal_shown(found, contract_ids=caller.visitor.contract_ids))


@router.post("/closures", openapi_extra=_SET_UP, response_model=RehearsalShown, status_code=201)
def announce_closed_day(caller: Calling, sent: SealedClosure) -> Response:
    """Announce a closure as it was shown, and tell the people concerned."""
    check_announces(caller.visitor)

    def act(session: Session) -> RehearsalShown:
        hold(session)
        check_seal(_announced(session, caller, sent, True), sent.seal)
        made = _announced(session, caller, sent, False)
        tell(session, caller.site, made, cause=f"{sent.name} ({sent.source})", now=caller.visitor.now)
        return rehearsal_shown(made, contract_ids=caller.visitor.contract_ids, seal=sent.seal)

    return caller.change(sent, act, status=201)


def _check_movable(caller: Caller, uid: str) -> str:
    with reading(caller.site.engine) as session:
        found = find(session, caller.visitor, uid)
    caller.visitor.check_changes(found.contract.id)
    if not found.standing.is_open:
        raise Conflict(f"It is {found.standing}: its date stays as it was decided.")
    return found.contract.id


def _moved(session: Session, caller: Caller, uid: str, sent: MoveSent, dry_run: bool) -> Rehearsal:
    return move_date(
        session,
        uid,
        on=sent.on,
        cut_off=sent.cut_off,
        source=sent.source,
        now=caller.visitor.now,
        actor=caller.visitor.email,
        dry_run=dry_run,
    )


def _announced(session: Session, caller: Caller, sent: ClosureSent, dry_run: bool) -> list[Rehearsal]:
    visitor = caller.visitor
    if sent.calendar not in calendars_of(session, visitor):
        raise BadInput("Choose one of the calendars of your contracts.")
    closure = Closure(sent.day, sent.name, sent.source, sent.closes_at)
    return announce_closure(session, sent.calendar, closure, now=visitor.now, actor=visitor.email, dry_run=dry_run)
