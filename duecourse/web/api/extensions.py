"""How is more time asked for, granted, refused, entered afterwards, or taken back?"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from pydantic import Field
from sqlmodel import Session
from starlette.responses import Response

from duecourse.calendar.lifecycle import Party
from duecourse.errors import NotAllowed
from duecourse.models import Extension, ExtensionState
from duecourse.models.database import reading
from duecourse.tracking.acting import By
from duecourse.tracking.api_tokens import Scope
from duecourse.tracking.extensions import extending, granting
from duecourse.tracking.extensions.extension_ledger import extensions_of, line_for
from duecourse.tracking.extensions.granting import Granted, Granting
from duecourse.web.api.caller import Caller, Calling
from duecourse.web.api.deliverables import current
from duecourse.web.api.fields import Day, Instant, Line, Name, Sent, Shown, Text, TimeOfDay, Uid
from duecourse.web.api.routing import TAKES_VERSION, api_router, for_scope
from duecourse.web.api.shapes import At
from duecourse.web.pages.deliverable import find
from duecourse.web.pages.extensions import acting_side, find_of_extension
from duecourse.web.rehearsal import tell

router = api_router(tags=["extensions"])
_DECIDE = for_scope(Scope.DECIDE) | TAKES_VERSION


class RequestSent(Sent):
    """Who asked for more time, when, and why."""

    asked_at: Instant
    asked_by: Name
    reason: Text
    wanted_on: Day | None = None


class GrantSent(Sent):
    """The new date. `override_reason` says why it is granted although none is left, or it was asked for too late."""

    granted_on: Day
    cut_off: TimeOfDay | None = None
    comment: Text = ""
    override_reason: Line = ""


class RecordedSent(RequestSent, GrantSent):
    """An extension that was asked for and granted elsewhere."""

    decided_at: Instant
    decided_by: Name


class RefusalSent(Sent):
    """Why it is refused."""

    comment: Text


class ReasonSent(Sent):
    """Why it is taken back."""

    reason: Text


class ExtensionShown(Shown):
    """One request for more time, and the decision on it."""

    uid: str
    report_type: str
    asked_at: At
    asked_by: str
    reason: str
    wanted_on: date | None
    first_due_at: At = Field(description="The due moment before which it was asked for.")
    outcome: ExtensionState
    decided_at: At | None
    decided_by: str
    granted_on: date | None
    granted_until: At | None = Field(description="The first instant that is late, as granted.")
    comment: str
    override_reason: str


class Extensions(Shown):
    """What was asked for a deliverable, the newest first, and how many extensions are left for its type of report."""

    report_type: str
    allowed: int | None = Field(description="Null where the contract states no limit.")
    left: int | None
    items: list[ExtensionShown]


@router.get("/deliverables/{uid}/extensions", openapi_extra=for_scope(Scope.READ), response_model=Extensions)
def list_extensions(caller: Calling, uid: Uid) -> Response:
    """List what was asked for a deliverable."""
    with reading(caller.site.engine) as session:
        row = find(session, caller.visitor, uid).deliverable
        line = line_for(session, row)
        asked = extensions_of(session, row.id or 0, now=caller.visitor.now)
        shown = [ExtensionShown.model_validate(each) for each in asked]
    return caller.answer(Extensions(report_type=line.report_type, allowed=line.allowed, left=line.left, items=shown))


@router.post(
    "/deliverables/{uid}/extensions",
    openapi_extra=for_scope(Scope.SUBMIT) | TAKES_VERSION,
    response_model=ExtensionShown,
    status_code=201,
)
def ask_for_time(caller: Calling, uid: Uid, sent: RequestSent) -> Response:
    """Record that the contractor asks for more time."""
    by = _by(caller, uid, Party.CONTRACTOR)

    def act(session: Session) -> Extension:
        return extending.ask(session, uid, _request(sent), form_key=caller.form_key, now=caller.visitor.now, by=by)

    return _changed(caller, uid, sent, act, status=201)


@router.post(
    "/deliverables/{uid}/extensions/granted", openapi_extra=_DECIDE, response_model=ExtensionShown, status_code=201
)
def enter_granted(caller: Calling, uid: Uid, sent: RecordedSent) -> Response:
    """Enter an extension that was asked for and granted elsewhere, and tell the people concerned."""
    by = _by(caller, uid, Party.FUNDER)

    def act(session: Session) -> Extension:
        made = granting.record_granted(
            session,
            uid,
            _request(sent),
            _granting(sent),
            decided_at=sent.decided_at,
            decided_by=sent.decided_by,
            form_key=caller.form_key,
            now=caller.visitor.now,
            by=by,
        )
        return _told(session, caller, made)

    return _changed(caller, uid, sent, act, status=201)


@router.post("/extensions/{extension_uid}/grant", openapi_extra=_DECIDE, response_model=ExtensionShown)
def grant_request(caller: Calling, extension_uid: Uid, sent: GrantSent) -> Response:
    """Grant a request. An If-Match is about the deliverable."""
    uid = _of(caller, extension_uid)
    by = _by(caller, uid, Party.FUNDER)

    def act(session: Session) -> Extension:
        now = caller.visitor.now
        made = granting.grant(session, extension_uid, _granting(sent), form_key=caller.form_key, now=now, by=by)
        return _told(session, caller, made)

    return _changed(caller, uid, sent, act)


@router.post("/extensions/{extension_uid}/refuse", openapi_extra=_DECIDE, response_model=ExtensionShown)
def refuse_request(caller: Calling, extension_uid: Uid, sent: RefusalSent) -> Response:
    """Refuse a request. An If-Match is about the deliverable."""
    uid = _of(caller, extension_uid)
    by = _by(caller, uid, Party.FUNDER)

    def act(session: Session) -> Extension:
        now, form_key = caller.visitor.now, caller.form_key
        return extending.refuse(session, extension_uid, comment=sent.comment, form_key=form_key, now=now, by=by)

    return _changed(caller, uid, sent, act)


@router.post(
    "/extensions/{extension_uid}/take-back",
    openapi_extra=for_scope(Scope.SUBMIT, Scope.DECIDE) | TAKES_VERSION,
    response_model=ExtensionShown,
)
def take_request_back(caller: Calling, extension_uid: Uid, sent: ReasonSent) -> Response:
    """Take back a request that waits. An If-Match is about the deliverable."""
    uid = _of(caller, extension_uid)
    with reading(caller.site.engine) as session:
        sides = caller.visitor.parties(find(session, caller.visitor, uid).contract.id)
    if not sides:
        raise NotAllowed("Only the two sides of the contract can do this.")

    def act(session: Session) -> Extension:
        by, form_key = By(caller.visitor.email, sides[0]), caller.form_key
        now = caller.visitor.now
        return extending.take_back(session, extension_uid, reason=sent.reason, form_key=form_key, now=now, by=by)

    return _changed(caller, uid, sent, act)


@router.post("/extensions/{extension_uid}/undo-decision", openapi_extra=_DECIDE, response_model=ExtensionShown)
def undo_extension_decision(caller: Calling, extension_uid: Uid, sent: ReasonSent) -> Response:
    """Take back the decision on a request. An If-Match is about the deliverable."""
    uid = _of(caller, extension_uid)
    by = _by(caller, uid, Party.FUNDER)

    def act(session: Session) -> Extension:
        now, form_key = caller.visitor.now, caller.form_key
        made = granting.undo_decision(session, extension_uid, reason=sent.reason, form_key=form_key, now=now, by=by)
        return _told(session, caller, made)

    return _changed(caller, uid, sent, act)


def _of(caller: Caller, extension_uid: str) -> str:
    return find_of_extension(caller.site, caller.visitor, extension_uid).deliverable.uid


def _by(caller: Caller, uid: str, side: Party) -> By:
    with reading(caller.site.engine) as session:
        return acting_side(caller.visitor, find(session, caller.visitor, uid), side)


def _told(session: Session, caller: Caller, made: Granted) -> Extension:
    if made.rehearsal.changes:
        tell(session, caller.site, [made.rehearsal], cause=made.cause, now=caller.visitor.now)
    return made.extension


def _request(sent: RequestSent) -> extending.Request:
    return extending.Request(sent.asked_at, sent.asked_by, sent.reason, sent.wanted_on)


def _granting(sent: GrantSent) -> Granting:
    return Granting(sent.granted_on, sent.cut_off, sent.comment, sent.override_reason)


def _changed(
    caller: Caller, uid: str, sent: Sent, act: Callable[[Session], Extension], *, status: int = 200
) -> Response:
    return caller.change(
        sent,
        lambda session: ExtensionShown.model_validate(act(session)),
        status=status,
        current=lambda session: current(session, caller, uid),
    )
