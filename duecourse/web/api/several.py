"""How are several deliverables accepted, or is their contractor reminded of them, in one call?

Each is done as if alone: the answer says of each what was done, or why nothing was.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import AfterValidator, Field
from sqlmodel import Session
from starlette.responses import Response

from duecourse.calendar.lifecycle import Act
from duecourse.models.database import reading
from duecourse.notifications.reminding import would_tell
from duecourse.tracking.api_tokens import Scope
from duecourse.web.api.caller import Caller, Calling
from duecourse.web.api.fields import Sent, Shown, Text
from duecourse.web.api.routing import api_router, for_scope
from duecourse.web.api.shapes import At, DeliverableShown, shown
from duecourse.web.line_by_line import MOST, Chosen, Line, OneAct, chosen, in_one_call
from duecourse.web.pages.accepting import accept_one, check_decides, take_one_back
from duecourse.web.pages.reminding import check_reminds, remind_of_one
from duecourse.web.told import last_told

router = api_router(tags=["several at once"])
_DECIDE = for_scope(Scope.DECIDE)


def _each_once(named: list[str]) -> list[str]:
    if len(set(named)) != len(named):
        raise ValueError("Name each deliverable once")
    return named


DeliverableUid = Annotated[str, Field(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
Uids = Annotated[list[DeliverableUid], AfterValidator(_each_once), Field(min_length=1, max_length=MOST)]


class SeenSent(Sent):
    """One deliverable, and its `version` as it was seen: what was done since is not decided on."""

    uid: DeliverableUid
    version: int = Field(ge=0, le=999_999_999)


def _seen_once(items: list[SeenSent]) -> list[SeenSent]:
    _each_once([each.uid for each in items])
    return items


class DecisionsSent(Sent):
    """What is done to several deliverables, each as it was seen."""

    act: Literal[Act.ACCEPT, Act.UNDO_ACCEPTANCE]
    items: Annotated[list[SeenSent], AfterValidator(_seen_once), Field(min_length=1, max_length=MOST)]
    comment: Text = Field(default="", description="Of each; when an acceptance is undone: why.")


class RemindersSent(Sent):
    """Of which deliverables the contractor is reminded."""

    uids: Uids


class ResultShown(Shown):
    """What came of it for one deliverable."""

    is_done: bool
    says: str = Field(description="What was done and, of a reminder, who is told; or why nothing was done.")
    deliverable: DeliverableShown = Field(description="As it is now.")


class Results(Shown):
    """What came of it for each, in the order that was sent."""

    items: list[ResultShown]


class WouldTellShown(Shown):
    """Who would be reminded of one deliverable."""

    deliverable_uid: str
    to: list[str] = Field(description="The names of those who would be told.")
    problem: str = Field(description="Why nobody would be told; empty otherwise.")
    told_at: At | None = Field(description="When somebody was told of it last.")
    told: list[str] = Field(description="Who was.")


class WouldTellAll(Shown):
    """Who would be reminded of each."""

    items: list[WouldTellShown]


@router.post("/decisions", openapi_extra=_DECIDE, response_model=Results)
def decide_on_several(caller: Calling, sent: DecisionsSent) -> Response:
    """Accept several submissions, or take their acceptance back, at most 50; each `version` says what was seen.

    One that is refused keeps none of the others from being accepted.
    """
    visitor = caller.visitor
    check_decides(visitor)

    def act(session: Session, one: Chosen, key: str) -> str:
        if sent.act is Act.ACCEPT:
            return accept_one(visitor, session, one, key, comment=sent.comment)
        return take_one_back(visitor, session, one, key, reason=sent.comment)

    return _changed(caller, sent, [f"{each.uid}.{each.version}" for each in sent.items], act)


@router.post("/reminders/preview", openapi_extra=_DECIDE | {"x-changes": False}, response_model=WouldTellAll)
def preview_reminders(caller: Calling, sent: RemindersSent) -> Response:
    """Show who would be reminded of each. Sends nothing."""
    visitor = caller.visitor
    check_reminds(visitor)
    with reading(caller.site.engine) as session:
        items = [one.item for one in chosen(session, visitor, sent.uids)]
        found = would_tell(session, items, now=visitor.now)
        told = last_told(session, deliverable_ids=[item.deliverable.id or 0 for item in items], now=visitor.now)
    shown_of = []
    for one in found:
        latest = told.get(one.item.deliverable.id or 0)
        shown_of.append(
            WouldTellShown(
                deliverable_uid=one.item.deliverable.uid,
                to=[] if one.problem else list(one.names),
                problem=one.problem,
                told_at=latest.at if latest else None,
                told=list(latest.names) if latest else [],
            )
        )
    return caller.answer(WouldTellAll(items=shown_of))


@router.post("/reminders", openapi_extra=_DECIDE, response_model=Results)
def remind_of_deliverables(caller: Calling, sent: RemindersSent) -> Response:
    """Remind the contractor by mail of what is still to come in, besides the usual reminders; at most 50.

    One that is refused keeps no other reminder from going out.
    """
    visitor = caller.visitor
    check_reminds(visitor)
    return _changed(caller, sent, sent.uids, lambda *given: remind_of_one(caller.site, visitor, *given))


def _changed(caller: Caller, sent: Sent, named: Sequence[str], act: OneAct) -> Response:
    with reading(caller.site.engine) as session:
        asked = chosen(session, caller.visitor, named)

    def acting(session: Session) -> Results:
        lines = in_one_call(session, asked, caller.form_key, act)
        session.flush()
        now = chosen(session, caller.visitor, [one.item.deliverable.uid for one in asked])
        return Results(items=[_result(caller, line, one) for line, one in zip(lines, now, strict=True)])

    return caller.change(sent, acting)


def _result(caller: Caller, line: Line, now: Chosen) -> ResultShown:
    return ResultShown(
        is_done=not line.problem,
        says=line.problem or line.said,
        deliverable=shown(now.item, caller.visitor, version=now.seen),
    )
