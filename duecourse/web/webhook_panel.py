"""What does the form of a webhook offer and say, and what does the page of one show?"""

from __future__ import annotations

from typing import Any

from fastapi import Request
from sqlmodel import Session, col, select
from starlette.responses import Response

from duecourse.models import ContractRow, Webhook
from duecourse.models.database import reading
from duecourse.web.forms import Posted
from duecourse.web.render import page
from duecourse.web.site import Site
from duecourse.web.visitor import Visitor
from duecourse.webhooks.addresses import shown_address
from duecourse.webhooks.happenings import HAPPENINGS, NAMES, event_said
from duecourse.webhooks.setting_up import Told, webhook_of
from duecourse.webhooks.showing import deliveries_of
from duecourse.webhooks.words import hook_said, next_said, result_said

_SHOWN = 30


def told_by(form: Posted) -> Told:
    """Return what a form says that a webhook is to be."""
    contracts = [each for each in form.lines("contract") if each]
    return Told(form.line("name", at_most=100), form.line("address", at_most=500), form.lines("event"), contracts)


def choices(
    session: Session, visitor: Visitor, *, hook: Webhook | None = None, form: Posted | None = None
) -> dict[str, Any]:
    """Return what the form offers, and what of it is chosen: as it was sent, as it is, or everything."""
    mine = col(ContractRow.id).in_(visitor.contract_ids)
    if form is not None:
        events, contracts = form.lines("event"), form.lines("contract")
    else:
        events, contracts = (hook.events, hook.contract_ids) if hook else (list(NAMES), [])
    return {
        "events": HAPPENINGS,
        "contracts": session.exec(
            select(ContractRow).where(mine).order_by(col(ContractRow.number), col(ContractRow.id))
        ).all(),
        "chosen_events": events,
        "chosen_contracts": contracts,
    }


def one_page(
    request: Request,
    site: Site,
    visitor: Visitor,
    webhook_id: int,
    *,
    form: Posted | None = None,
    problem: str = "",
    secret: str = "",
) -> Response:
    """Show one webhook with its last messages. Raises NotFound for another person's."""
    now = site.clock.now()
    with reading(site.engine) as session:
        hook = webhook_of(session, visitor.person_id, webhook_id)
        found = deliveries_of(session, webhook_id, seen=visitor.contract_ids, limit=_SHOWN)
        shown = [
            (each, row, event_said(each.event), result_said(each), next_said(each, hook, now=now, zone=visitor.zone))
            for each, row in found
        ]
        offered = choices(session, visitor, hook=hook, form=form)
        return page(
            request,
            "webhook.html",
            visitor=visitor,
            status=422 if problem else 200,
            hook=hook,
            said=hook_said(hook),
            shown_address=shown_address(hook.address),
            messages=shown,
            form=form,
            problem=problem,
            secret=secret,
            now=now,
            **offered,
        )
