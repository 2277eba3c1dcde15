"""What is due, why then, what came in, what was done with it, and who was told?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import Query
from pydantic import Field
from sqlmodel import Session
from starlette.responses import Response

from duecourse.calendar.standing import Standing
from duecourse.models import NoticeState
from duecourse.models.database import reading
from duecourse.tracking.acting import entries_of
from duecourse.tracking.api_tokens import Scope
from duecourse.tracking.boards import Item, Wanted, history, items_after
from duecourse.tracking.proof.receipts import receipts_of
from duecourse.web.api import paging
from duecourse.web.api.caller import Caller, Calling
from duecourse.web.api.fields import Instant, Shown, Uid
from duecourse.web.api.paging import Cursor, Limit, Page
from duecourse.web.api.routing import api_router, for_scope
from duecourse.web.api.shapes import (
    ActShown,
    At,
    DeliverableShown,
    DeliverableWhy,
    SubmissionShown,
    all_shown,
    shown_with_reasons,
    submission_shown,
    versions_of,
)
from duecourse.web.pages.deliverable import find
from duecourse.web.told import notices_of

router = api_router(tags=["deliverables"])
_READ = for_scope(Scope.READ)


class History(Shown):
    """What came in for a deliverable, the newest first, and every act on it, the oldest first."""

    submissions: list[SubmissionShown]
    acts: list[ActShown]


class NoticeShown(Shown):
    """One message that was owed to one person."""

    id: int
    rung: str = Field(description="Which step of the ladder.")
    person: str
    is_copy: bool
    state: NoticeState
    owed_at: At
    sent_at: At | None
    attempts: int
    reply: str = Field(description="What the mail server answered last.")
    acknowledged_at: At | None = Field(description="When its reader said to have seen it.")


class Notices(Shown):
    """Who was told of a deliverable, the newest first."""

    items: list[NoticeShown]


@router.get("/deliverables", openapi_extra=_READ, response_model=Page[DeliverableShown])
def list_deliverables(
    caller: Calling,
    contract: Annotated[str, Query(max_length=80, description="One contract’s id; all of the person’s without.")] = "",
    standing: Annotated[list[Standing] | None, Query(max_length=20, description="Any of these.")] = None,
    due_from: Annotated[Instant | None, Query(description="Not due before this instant.")] = None,
    due_before: Annotated[Instant | None, Query(description="Due before this instant.")] = None,
    limit: Limit = paging.USUAL,
    cursor: Cursor = "",
) -> Response:
    """List deliverables in the order of their due moments, a page at a time."""
    if contract:
        caller.visitor.check_reads(contract)
    contract_ids = [contract] if contract else caller.visitor.contract_ids
    asked: list[object] = ["deliverables", contract, sorted(standing or []), due_from, due_before]
    place = paging.place_of(cursor, asked=asked, kinds=(int, int))
    wanted = Wanted(contract_ids, frozenset(standing or []), due_from, due_before)
    with reading(caller.site.engine) as session:
        after = (_instant(int(place[0])), int(place[1])) if place else None
        found = items_after(session, after, wanted, limit=limit + 1, now=caller.visitor.now)
        page = all_shown(session, found[:limit], caller.visitor)
    more = len(found) > limit
    last = found[limit - 1].deliverable if more else None
    following = paging.cursor_after([_microseconds(last.due_at), last.id or 0], asked=asked) if last else None
    return caller.answer(Page[DeliverableShown](items=page, next=following))


@router.get("/deliverables/{uid}", openapi_extra=_READ, response_model=DeliverableWhy)
def read_deliverable(caller: Calling, uid: Uid) -> Response:
    """Return one deliverable with the reasons of its date."""
    with reading(caller.site.engine) as session:
        return caller.answer(current(session, caller, uid))


@router.get("/deliverables/{uid}/history", openapi_extra=_READ, response_model=History)
def read_history(caller: Calling, uid: Uid) -> Response:
    """Return every version that came in, and every act."""
    with reading(caller.site.engine) as session:
        found = find(session, caller.visitor, uid)
        id = found.deliverable.id or 0
        versions = history(session, id, now=caller.visitor.now)
        receipts = receipts_of(session, [version.submission.id for version in versions])
        submissions = [submission_shown(each, receipts.get(each.submission.id or 0)) for each in versions]
        done = [ActShown.model_validate(entry) for entry in entries_of(session, id)]
    return caller.answer(History(submissions=submissions, acts=done))


@router.get("/deliverables/{uid}/notices", openapi_extra=_READ, response_model=Notices)
def read_notices(caller: Calling, uid: Uid) -> Response:
    """Return who was told of a deliverable, and what became of each message."""
    with reading(caller.site.engine) as session:
        found = find(session, caller.visitor, uid)
        told = notices_of(session, found.deliverable.id or 0, now=caller.visitor.now)
        items = [
            NoticeShown.model_validate(notice.model_dump(exclude={"message"}) | {"person": person.name})
            for notice, person in told
        ]
    return caller.answer(Notices(items=items))


def current(session: Session, caller: Caller, uid: str) -> DeliverableWhy:
    """Return a deliverable as it is now: what its ETag is the name of."""
    return as_it_is(session, caller, find(session, caller.visitor, uid))


def as_it_is(session: Session, caller: Caller, found: Item) -> DeliverableWhy:
    """Return a deliverable that was found, with the reasons of its date."""
    (version,) = versions_of(session, [found])
    return shown_with_reasons(found, caller.visitor, version=version)


def _microseconds(at: datetime) -> int:
    return int(at.timestamp()) * 1_000_000 + at.microsecond


def _instant(microseconds: int) -> datetime:
    try:
        return datetime.fromtimestamp(0, UTC) + timedelta(microseconds=microseconds)
    except OverflowError:
        raise paging.no_cursor() from None
