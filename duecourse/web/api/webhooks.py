"""Which programs are told what happens to a person's deliverables, and what became of each message?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import BaseModel, Field
from sqlmodel import Session
from starlette.responses import Response

from duecourse.models import DeliveryState, Person, Webhook
from duecourse.models.database import reading
from duecourse.tracking.api_tokens import Scope
from duecourse.web.api import paging
from duecourse.web.api.caller import Caller, Calling
from duecourse.web.api.fields import Name, Number, Sent, Shown
from duecourse.web.api.paging import USUAL, Cursor, Limit, Page
from duecourse.web.api.routing import TAKES_VERSION, api_router, for_scope
from duecourse.web.api.shapes import At
from duecourse.webhooks.addresses import shown_address
from duecourse.webhooks.egress import egress_of
from duecourse.webhooks.happenings import NAMES
from duecourse.webhooks.setting_up import (
    Told,
    add_webhook,
    change_webhook,
    pause_webhook,
    ping,
    remove_webhook,
    resume_webhook,
    rotate_secret,
    webhook_of,
    webhooks_of,
)
from duecourse.webhooks.showing import deliveries_of
from duecourse.webhooks.words import hook_said, next_try, result_said

router = api_router(tags=["webhooks"])
_READ, _PERSONAL = for_scope(Scope.READ), for_scope(Scope.PERSONAL)
_ADDRESS = r"^https://[\u0021-\u007e]+$"
_Contract = Annotated[str, Field(max_length=80)]
_Event = Annotated[str, Field(max_length=80, json_schema_extra={"enum": list(NAMES)})]


class WebhookSent(Sent):
    """What a webhook is to be told, and where."""

    name: Name = Field(description="Which program is told.")
    address: str = Field(max_length=500, pattern=_ADDRESS)
    events: list[_Event] = Field(default_factory=lambda: list(NAMES), min_length=1, max_length=100)
    contract_ids: list[_Contract] = Field(
        default_factory=list, max_length=1000, description="Empty for all that the person sees."
    )


class WebhookChange(WebhookSent):
    """What a webhook is to be from now on, as a whole; without an address it keeps its own."""

    address: str | None = Field(default=None, max_length=500, pattern=_ADDRESS)  # type: ignore[assignment]


class WebhookShown(Shown):
    """One webhook, without its secret, and without the query of its address, which may hold one."""

    id: int
    name: str
    address: str
    events: list[str]
    contract_ids: list[str]
    created_at: At
    paused_at: At | None
    switched_off: str = Field(description="Why the server paused it: “failing”, “gone”, “token”, or empty.")
    failures: int = Field(description="How many tries failed since one was taken.")
    says: str = Field(description="How it is, in words.")
    both_sign_until: At | None = Field(description="Until when the secret before the present one signs as well.")


class WebhookMade(WebhookShown):
    """A webhook with its secret, which is shown this once: the same call again gets null in its place."""

    secret: str | None


class Webhooks(Shown):
    """The webhooks of the person, the oldest first."""

    items: list[WebhookShown]


class MessageShown(Shown):
    """One message to a webhook, and what came of it."""

    id: int
    event_id: str = Field(description="What the header webhook-id says.")
    event: str
    contract_id: str | None
    happened_at: At
    state: DeliveryState
    tries: int
    last_try_at: At | None
    last_status: int | None
    milliseconds: int = Field(description="How long the last try took.")
    result: str = Field(description="What came of it, in words.")
    next_try_at: At | None


@router.get("/webhooks", openapi_extra=_READ, response_model=Webhooks)
def list_webhooks(caller: Calling) -> Response:
    """List the person’s webhooks."""
    with reading(caller.site.engine) as session:
        return caller.answer(Webhooks(items=[_shown(hook) for hook in webhooks_of(session, _person_id(caller))]))


@router.post("/webhooks", openapi_extra=_PERSONAL, response_model=WebhookMade, status_code=201)
def add_one_webhook(caller: Calling, sent: WebhookSent) -> Response:
    """Add a webhook, which is told what happens from now on."""

    def act(session: Session) -> WebhookMade:
        person = session.get_one(Person, _person_id(caller))
        told = Told(sent.name, sent.address, sent.events, sent.contract_ids)
        return _made(*add_webhook(session, person, told, egress=egress_of(caller.site.settings), **_by(caller)))

    return caller.change(sent, act, status=201, once=_without_secret)


@router.get("/webhooks/{webhook_id}", openapi_extra=_READ, response_model=WebhookShown)
def read_webhook(caller: Calling, webhook_id: Number) -> Response:
    """Return one of the person’s webhooks."""
    with reading(caller.site.engine) as session:
        return caller.answer(_shown(webhook_of(session, _person_id(caller), webhook_id)))


@router.post("/webhooks/{webhook_id}", openapi_extra=_PERSONAL | TAKES_VERSION, response_model=WebhookShown)
def change_one_webhook(caller: Calling, webhook_id: Number, sent: WebhookChange) -> Response:
    """Change what a webhook is told, and where."""
    told = Told(sent.name, sent.address or "", sent.events, sent.contract_ids)

    def act(session: Session) -> WebhookShown:
        egress = egress_of(caller.site.settings)
        return _shown(change_webhook(session, _person_id(caller), webhook_id, told, egress=egress, **_by(caller)))

    def current(session: Session) -> WebhookShown:
        return _shown(webhook_of(session, _person_id(caller), webhook_id))

    return caller.change(sent, act, location=f"/api/v1/webhooks/{webhook_id}", current=current)


@router.post("/webhooks/{webhook_id}/rotate", openapi_extra=_PERSONAL, response_model=WebhookMade)
def rotate_one_webhook(caller: Calling, webhook_id: Number) -> Response:
    """Give a webhook a new secret; the one before signs as well for 24 hours."""

    def act(session: Session) -> WebhookMade:
        return _made(*rotate_secret(session, _person_id(caller), webhook_id, **_by(caller)))

    return caller.change(None, act, once=_without_secret)


@router.post("/webhooks/{webhook_id}/pause", openapi_extra=_PERSONAL, response_model=WebhookShown)
def pause_one_webhook(caller: Calling, webhook_id: Number) -> Response:
    """Tell a webhook nothing for now."""
    return _change(caller, webhook_id, pause_webhook)


@router.post("/webhooks/{webhook_id}/resume", openapi_extra=_PERSONAL, response_model=WebhookShown)
def resume_one_webhook(caller: Calling, webhook_id: Number) -> Response:
    """Tell a webhook again, with what happened meanwhile."""
    return _change(caller, webhook_id, resume_webhook)


@router.post("/webhooks/{webhook_id}/remove", openapi_extra=_PERSONAL, response_model=Webhooks)
def remove_one_webhook(caller: Calling, webhook_id: Number) -> Response:
    """Remove a webhook, and forget its secret."""

    def act(session: Session) -> Webhooks:
        remove_webhook(session, _person_id(caller), webhook_id, **_by(caller))
        return Webhooks(items=[_shown(hook) for hook in webhooks_of(session, _person_id(caller))])

    return caller.change(None, act)


@router.post("/webhooks/{webhook_id}/ping", openapi_extra=_PERSONAL, response_model=MessageShown, status_code=201)
def ping_one_webhook(caller: Calling, webhook_id: Number) -> Response:
    """Send a webhook a test message, also while it is paused; what came of it stands among its messages."""

    def act(session: Session) -> MessageShown:
        now = caller.site.clock.now()
        made = ping(session, _person_id(caller), webhook_id, key=caller.form_key, now=now)
        return _message(made, webhook_of(session, _person_id(caller), webhook_id))

    return caller.change(None, act, status=201)


@router.get("/webhooks/{webhook_id}/messages", openapi_extra=_READ, response_model=Page[MessageShown])
def list_webhook_messages(caller: Calling, webhook_id: Number, limit: Limit = USUAL, cursor: Cursor = "") -> Response:
    """List the messages to a webhook, the newest first; they are kept for 30 days after their end."""
    asked: list[object] = ["webhook messages", webhook_id]
    place = paging.place_of(cursor, asked=asked, kinds=(int,))
    with reading(caller.site.engine) as session:
        hook = webhook_of(session, _person_id(caller), webhook_id)
        before = int(place[0]) if place else None
        found = deliveries_of(session, webhook_id, seen=(), limit=limit + 1, before=before)
        shown = [_message(each, hook) for each, _ in found[:limit]]
    following = paging.cursor_after([shown[-1].id], asked=asked) if len(found) > limit else None
    return caller.answer(Page[MessageShown](items=shown, next=following))


def _change(caller: Caller, webhook_id: int, verb: Callable[..., Webhook]) -> Response:
    return caller.change(None, lambda session: _shown(verb(session, _person_id(caller), webhook_id, **_by(caller))))


def _person_id(caller: Caller) -> int:
    return caller.visitor.person_id


def _by(caller: Caller) -> dict[str, Any]:
    return {"now": caller.site.clock.now(), "actor": caller.visitor.email}


def _shown(hook: Webhook) -> WebhookShown:
    more = {"address": shown_address(hook.address), "says": str(hook_said(hook)), "both_sign_until": hook.former_until}
    return WebhookShown.model_validate({name: getattr(hook, name, None) for name in WebhookShown.model_fields} | more)


def _made(hook: Webhook, secret: str) -> WebhookMade:
    return WebhookMade.model_validate(_shown(hook).model_dump() | {"secret": secret})


def _without_secret(made: BaseModel) -> BaseModel:
    return made.model_copy(update={"secret": None})


def _message(message: Any, hook: Webhook) -> MessageShown:
    more = {"result": str(result_said(message)), "next_try_at": next_try(message, hook)}
    more |= {"milliseconds": message.last_milliseconds}
    return MessageShown.model_validate(
        {name: getattr(message, name, None) for name in MessageShown.model_fields} | more
    )
