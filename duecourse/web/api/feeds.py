"""Which calendar feeds has a person, and how is one made, given another address, or ended?"""

from __future__ import annotations

from pydantic import BaseModel, Field
from sqlmodel import Session
from starlette.responses import Response

from duecourse.models import Feed
from duecourse.models.database import reading
from duecourse.tracking.api_tokens import Scope
from duecourse.tracking.calendars.feeds import create_feed, feed_path, feeds_of, revoke_feed, rotate_feed
from duecourse.web.api.caller import Caller, Calling
from duecourse.web.api.fields import Number, Sent, Shown
from duecourse.web.api.routing import api_router, for_scope
from duecourse.web.api.shapes import At

router = api_router(tags=["feeds"])
_PERSONAL = for_scope(Scope.PERSONAL)


class FeedSent(Sent):
    """Of what a feed is to tell: one contract, or all of the person’s."""

    contract_id: str | None = Field(default=None, max_length=80)
    alarms: bool = Field(default=False, description="Whether entries remind a day ahead.")
    titles_only: bool = Field(default=False, description="Whether entries carry a title and a link only.")


class FeedShown(Shown):
    """One calendar feed."""

    id: int
    contract_id: str | None
    alarms: bool
    titles_only: bool
    created_at: At
    last_fetched_at: At | None
    last_client: str


class FeedMade(FeedShown):
    """A feed with its address, which is shown this once: the same call again gets null in its place."""

    address: str | None


class Feeds(Shown):
    """The feeds that are in use, the oldest first."""

    items: list[FeedShown]


@router.get("/feeds", openapi_extra=for_scope(Scope.READ), response_model=Feeds)
def list_feeds(caller: Calling) -> Response:
    """List the person’s feeds, without their addresses."""
    with reading(caller.site.engine) as session:
        found = [_shown(feed) for feed in feeds_of(session, caller.visitor.person_id)]
    return caller.answer(Feeds(items=found))


@router.post("/feeds", openapi_extra=_PERSONAL, response_model=FeedMade, status_code=201)
def make_feed(caller: Calling, sent: FeedSent) -> Response:
    """Make a feed. Its address is a secret: whoever has it sees the deadlines."""
    visitor = caller.visitor
    if sent.contract_id is not None:
        visitor.check_reads(sent.contract_id)

    def act(session: Session) -> FeedMade:
        made = create_feed(
            session,
            person_id=visitor.person_id,
            contract_id=sent.contract_id,
            now=caller.site.clock.now(),
            alarms=sent.alarms,
            titles_only=sent.titles_only,
        )
        return _made(caller, *made)

    return caller.change(sent, act, status=201, once=_without_address)


@router.post("/feeds/{feed_id}/rotate", openapi_extra=_PERSONAL, response_model=FeedMade)
def rotate_one_feed(caller: Calling, feed_id: Number) -> Response:
    """Give a feed a new address in place of the old one; it gets a new number, too."""

    def act(session: Session) -> FeedMade:
        now = caller.site.clock.now()
        return _made(caller, *rotate_feed(session, feed_id, person_id=caller.visitor.person_id, now=now))

    return caller.change(None, act, once=_without_address)


@router.post("/feeds/{feed_id}/revoke", openapi_extra=_PERSONAL, response_model=FeedShown)
def revoke_one_feed(caller: Calling, feed_id: Number) -> Response:
    """End a feed."""

    def act(session: Session) -> FeedShown:
        now = caller.site.clock.now()
        return _shown(revoke_feed(session, feed_id, person_id=caller.visitor.person_id, now=now))

    return caller.change(None, act)


def _shown(feed: Feed) -> FeedShown:
    return FeedShown.model_validate(feed)


def _made(caller: Caller, feed: Feed, token: str) -> FeedMade:
    address = f"{caller.site.settings.address}{feed_path(token)}"
    return FeedMade.model_validate(_shown(feed).model_dump() | {"address": address})


def _without_address(made: BaseModel) -> BaseModel:
    return made.model_copy(update={"address": None})
