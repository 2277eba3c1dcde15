"""What was a program told last, and how is its webhook changed, tried, paused, given a new secret, or removed?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from duecourse.errors import BadInput, Conflict
from duecourse.models.database import reading, writing
from duecourse.web.forms import Form
from duecourse.web.site import RowId, Site, TheSite
from duecourse.web.visitor import SignedIn, Visitor
from duecourse.web.webhook_panel import one_page, told_by
from duecourse.webhooks.egress import egress_of
from duecourse.webhooks.setting_up import (
    change_webhook,
    pause_webhook,
    ping,
    remove_webhook,
    resume_webhook,
    rotate_secret,
    webhook_of,
)

router = APIRouter()


@router.get("/me/webhooks/{webhook_id}")
def my_webhook(request: Request, site: TheSite, visitor: SignedIn, webhook_id: RowId) -> Response:
    """Show one of the person's webhooks, with its last messages."""
    return one_page(request, site, visitor, webhook_id)


@router.post("/me/webhooks/{webhook_id}")
def change_my_webhook(request: Request, site: TheSite, visitor: SignedIn, webhook_id: RowId, form: Form) -> Response:
    """Change what it is told, and where."""
    with reading(site.engine) as session:
        webhook_of(session, visitor.person_id, webhook_id)
    try:
        told = told_by(form)
        with writing(site.engine) as session:
            egress, now = egress_of(site.settings), site.clock.now()
            change_webhook(session, visitor.person_id, webhook_id, told, egress=egress, now=now, actor=visitor.email)
    except BadInput as problem:
        return one_page(request, site, visitor, webhook_id, form=form, problem=str(problem))
    return _back(webhook_id)


@router.post("/me/webhooks/{webhook_id}/ping")
def ping_my_webhook(request: Request, site: TheSite, visitor: SignedIn, webhook_id: RowId, form: Form) -> Response:
    """Send it a test message."""
    try:
        with writing(site.engine) as session:
            ping(session, visitor.person_id, webhook_id, key=form.key(), now=site.clock.now())
    except (BadInput, Conflict) as problem:
        return one_page(request, site, visitor, webhook_id, problem=str(problem))
    site.wake()
    return _back(webhook_id)


@router.post("/me/webhooks/{webhook_id}/rotate")
def rotate_my_webhook(request: Request, site: TheSite, visitor: SignedIn, webhook_id: RowId, form: Form) -> Response:
    """Give it a new secret, which is shown this once."""

    def make() -> str:
        with writing(site.engine) as session:
            now = site.clock.now()
            return rotate_secret(session, visitor.person_id, webhook_id, now=now, actor=visitor.email)[1]

    try:
        kept = f"webhook {webhook_id} {visitor.token} {form.key()}"
    except BadInput as problem:
        return one_page(request, site, visitor, webhook_id, problem=str(problem))
    secret = site.feed_links.get_or_make(kept, make, now=site.clock.now())
    return one_page(request, site, visitor, webhook_id, secret=secret)


@router.post("/me/webhooks/{webhook_id}/pause")
def pause_my_webhook(site: TheSite, visitor: SignedIn, webhook_id: RowId, _form: Form) -> Response:
    """Tell it nothing for now."""
    return _done(site, visitor, webhook_id, pause_webhook)


@router.post("/me/webhooks/{webhook_id}/resume")
def resume_my_webhook(site: TheSite, visitor: SignedIn, webhook_id: RowId, _form: Form) -> Response:
    """Tell it again, with what happened meanwhile."""
    return _done(site, visitor, webhook_id, resume_webhook)


@router.post("/me/webhooks/{webhook_id}/remove")
def remove_my_webhook(site: TheSite, visitor: SignedIn, webhook_id: RowId, _form: Form) -> Response:
    """Remove it."""
    _done(site, visitor, webhook_id, remove_webhook)
    return RedirectResponse("/me/webhooks", 303)


def _done(site: Site, visitor: Visitor, webhook_id: int, verb: Callable[..., Any]) -> Response:
    with writing(site.engine) as session:
        verb(session, visitor.person_id, webhook_id, now=site.clock.now(), actor=visitor.email)
    site.wake()
    return _back(webhook_id)


def _back(webhook_id: int) -> Response:
    return RedirectResponse(f"/me/webhooks/{webhook_id}", 303)
