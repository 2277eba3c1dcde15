"""How is a submission accepted or returned, a deliverable set aside, and each act taken back?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from pydantic import Field
from sqlmodel import Session
from starlette.responses import Response

from duecourse.calendar.lifecycle import Act
from duecourse.models.database import reading
from duecourse.tracking.acting import By
from duecourse.tracking.api_tokens import Scope
from duecourse.tracking.deciding import decide, set_aside, undo
from duecourse.tracking.seeing import acknowledge
from duecourse.web.api.caller import Caller, Calling
from duecourse.web.api.deliverables import current
from duecourse.web.api.fields import Day, Sent, Shown, Text, Uid
from duecourse.web.api.routing import NEEDS_VERSION, api_router, for_scope
from duecourse.web.api.shapes import DeliverableWhy
from duecourse.web.pages.deliverable import find

router = api_router(tags=["deciding"])
_DECIDE = for_scope(Scope.DECIDE) | NEEDS_VERSION
_OWING = (Act.UNDO_SUBMISSION,)


class DecisionSent(Sent):
    """What is decided on the version that came in."""

    act: Literal[Act.ACCEPT, Act.RETURN]
    comment: Text = Field(default="", description="With a return: what has to be corrected.")
    again_on: Day | None = Field(default=None, description="With a return: the day until which it is corrected.")


class AsideSent(Sent):
    """Why nobody has to submit it."""

    act: Literal[Act.WAIVE, Act.MARK_NOT_APPLICABLE, Act.CANCEL]
    reason: Text


class UndoSent(Sent):
    """What is taken back, and why."""

    act: Literal[Act.UNDO_SUBMISSION, Act.UNDO_ACCEPTANCE, Act.UNDO_RETURN, Act.ASK_AGAIN]
    reason: Text


class Seen(Shown):
    """How many messages the person has now said to have seen."""

    notices: int


@router.post("/deliverables/{uid}/decisions", openapi_extra=_DECIDE, response_model=DeliverableWhy)
def decide_on_deliverable(caller: Calling, uid: Uid, sent: DecisionSent) -> Response:
    """Accept or return what came in. If-Match says which version of the deliverable was seen."""
    by = _by(caller, uid, sent.act)

    def act(session: Session) -> DeliverableWhy:
        decide(
            session,
            uid,
            sent.act,
            comment=sent.comment,
            again_on=sent.again_on,
            form_key=caller.form_key,
            now=caller.visitor.now,
            by=by,
        )
        return current(session, caller, uid)

    return _changed(caller, uid, sent, act)


@router.post("/deliverables/{uid}/set-aside", openapi_extra=_DECIDE, response_model=DeliverableWhy)
def set_deliverable_aside(caller: Calling, uid: Uid, sent: AsideSent) -> Response:
    """Waive or cancel what has not come in, or mark it as not applicable. If-Match says which version was seen."""
    by = _by(caller, uid, sent.act)

    def act(session: Session) -> DeliverableWhy:
        form_key, now = caller.form_key, caller.visitor.now
        set_aside(session, uid, sent.act, reason=sent.reason, form_key=form_key, now=now, by=by)
        return current(session, caller, uid)

    return _changed(caller, uid, sent, act)


@router.post(
    "/deliverables/{uid}/undo",
    openapi_extra=for_scope(Scope.SUBMIT, Scope.DECIDE) | NEEDS_VERSION,
    response_model=DeliverableWhy,
)
def undo_act(caller: Calling, uid: Uid, sent: UndoSent) -> Response:
    """Take an act back, with the scope that the act itself takes. If-Match says which version was seen."""
    by = _by(caller, uid, sent.act)
    caller.check_scope(Scope.SUBMIT if sent.act in _OWING else Scope.DECIDE)

    def act(session: Session) -> DeliverableWhy:
        form_key, now = caller.form_key, caller.visitor.now
        undo(session, uid, sent.act, reason=sent.reason, form_key=form_key, now=now, by=by)
        return current(session, caller, uid)

    return _changed(caller, uid, sent, act)


@router.post("/deliverables/{uid}/seen", openapi_extra=for_scope(Scope.PERSONAL), response_model=Seen)
def acknowledge_reminders(caller: Calling, uid: Uid) -> Response:
    """Record that the person has seen the reminders of a deliverable."""
    visitor = caller.visitor

    def act(session: Session) -> Seen:
        found = find(session, visitor, uid)
        count = acknowledge(session, visitor.person_id, found.deliverable, now=visitor.now, actor=visitor.email)
        return Seen(notices=count)

    return caller.change(None, act)


def _by(caller: Caller, uid: str, act: Act) -> By:
    with reading(caller.site.engine) as session:
        found = find(session, caller.visitor, uid)
    return caller.visitor.by(act, found.deliverable)


def _changed(caller: Caller, uid: str, sent: Sent, act: Callable[[Session], DeliverableWhy]) -> Response:
    return caller.change(
        sent,
        act,
        location=f"/api/v1/deliverables/{uid}",
        current=lambda session: current(session, caller, uid),
        needs_version=True,
    )
