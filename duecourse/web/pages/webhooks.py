"""Which programs are told what happens to a person's deliverables, and how is another one added?"""

from __future__ import annotations

from collections.abc import Callable

from fastapi import APIRouter, Request
from starlette.responses import Response

from duecourse.errors import BadInput, Conflict
from duecourse.models import Person
from duecourse.models.database import reading, writing
from duecourse.web.forms import Form, Posted
from duecourse.web.render import page
from duecourse.web.site import Site, TheSite
from duecourse.web.visitor import SignedIn, Visitor
from duecourse.web.webhook_panel import choices, one_page, told_by
from duecourse.webhooks.egress import egress_of
from duecourse.webhooks.setting_up import add_webhook, webhooks_of
from duecourse.webhooks.showing import waiting_for
from duecourse.webhooks.words import hook_said

router = APIRouter()


@router.get("/me/webhooks")
def my_webhooks(request: Request, site: TheSite, visitor: SignedIn) -> Response:
    """List the person's webhooks, with a form for another."""
    return _page(request, site, visitor)


@router.post("/me/webhooks")
def add_my_webhook(request: Request, site: TheSite, visitor: SignedIn, form: Form) -> Response:
    """Add a webhook, and show its secret this once."""
    try:
        key, make = form.key(), _maker(site, visitor, form)
        made = site.feed_links.get_or_make(f"webhook {visitor.token} {key}", make, now=site.clock.now())
    except (BadInput, Conflict) as problem:
        return _page(request, site, visitor, form=form, problem=str(problem))
    webhook_id, _, secret = made.partition(" ")
    return one_page(request, site, visitor, int(webhook_id), secret=secret)


def _maker(site: Site, visitor: Visitor, form: Posted) -> Callable[[], str]:
    told = told_by(form)

    def make() -> str:
        with writing(site.engine) as session:
            person = session.get_one(Person, visitor.person_id)
            egress, now = egress_of(site.settings), site.clock.now()
            made, secret = add_webhook(session, person, told, egress=egress, now=now, actor=visitor.email)
            return f"{made.id} {secret}"

    return make


def _page(request: Request, site: Site, visitor: Visitor, *, form: Posted | None = None, problem: str = "") -> Response:
    with reading(site.engine) as session:
        mine = webhooks_of(session, visitor.person_id)
        waiting = waiting_for(session, [hook.id or 0 for hook in mine])
        shown = [(hook, hook_said(hook), waiting.get(hook.id or 0, 0)) for hook in mine]
        offered = choices(session, visitor, form=form)
    status = 422 if problem else 200
    return page(
        request, "webhooks.html", visitor=visitor, status=status, hooks=shown, form=form, problem=problem, **offered
    )
