"""With which tokens do programs act for a person, how is one made, and how is it revoked?"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from duecourse.errors import BadInput
from duecourse.language.said import say
from duecourse.models import Person
from duecourse.models.database import reading, writing
from duecourse.tracking.api_tokens import LIFETIME, LONGEST_LIFETIME, Scope, make_token, tokens_of
from duecourse.web.forms import Form, Posted
from duecourse.web.render import page
from duecourse.web.site import RowId, Site, TheSite
from duecourse.web.visitor import SignedIn, Visitor
from duecourse.webhooks.token_ending import end_token, made_with, to_look_at

router = APIRouter()

_SAYS = {
    Scope.READ: say("see what I see"),
    Scope.SUBMIT: say("hand in, ask for more time, enter figures and events"),
    Scope.DECIDE: say("accept, return, waive, grant more time"),
    Scope.SET_UP: say("change people, dates, amendments and closures"),
    Scope.PERSONAL: say("change my absences, my mails and my calendar links"),
}


@router.get("/me/tokens")
def my_tokens(request: Request, site: TheSite, visitor: SignedIn) -> Response:
    """List the person's tokens, without their secrets, with a form for another."""
    return _page(request, site, visitor)


@router.post("/me/tokens")
def make_my_token(request: Request, site: TheSite, visitor: SignedIn, form: Form) -> Response:
    """Make a token, and show it this once."""
    try:
        key, make = form.key(), _maker(site, visitor, form)
        secret = site.feed_links.get_or_make(f"token {visitor.token} {key}", make, now=site.clock.now())
    except BadInput as problem:
        return _page(request, site, visitor, form=form, problem=str(problem))
    return _page(request, site, visitor, secret=secret)


@router.post("/me/tokens/{token_id}/revoke")
def revoke_my_token(site: TheSite, visitor: SignedIn, token_id: RowId, _form: Form) -> Response:
    """End one of the person's tokens at once, and pause the webhooks whose address came with it."""
    with writing(site.engine) as session:
        now = site.clock.now()
        end_token(session, token_id, person_id=visitor.person_id, now=now, actor=visitor.email)
    return RedirectResponse("/me/tokens", 303)


def _maker(site: Site, visitor: Visitor, form: Posted) -> Callable[[], str]:
    said = form.lines("scope")
    scopes = [scope for scope in Scope if scope in said]
    days = form.number("days")
    if days is None:
        raise BadInput(say("Say for how many days the token works: from 1 to %(days)s.", days=LONGEST_LIFETIME.days))
    name, lifetime = form.line("name", at_most=100), timedelta(days=min(days, LONGEST_LIFETIME.days + 1))

    def make() -> str:
        with writing(site.engine) as session:
            person = session.get_one(Person, visitor.person_id)
            now = site.clock.now()
            return make_token(
                session, person, name=name, scopes=scopes, lifetime=lifetime, now=now, actor=visitor.email
            )[1]

    return make


def _page(
    request: Request,
    site: Site,
    visitor: Visitor,
    *,
    form: Posted | None = None,
    problem: str = "",
    secret: str = "",
) -> Response:
    with reading(site.engine) as session:
        mine = tokens_of(session, visitor.person_id)
        hooks, paused = made_with(session, visitor.person_id), to_look_at(session, visitor.person_id)
    return page(
        request,
        "tokens.html",
        visitor=visitor,
        status=422 if problem else 200,
        tokens=mine,
        hooks=hooks,
        paused=paused,
        scopes=list(_SAYS.items()),
        chosen=form.lines("scope") if form else [Scope.READ],
        days=LIFETIME.days,
        most_days=LONGEST_LIFETIME.days,
        now=site.clock.now(),
        form=form,
        problem=problem,
        secret=secret,
        address=site.settings.address,
    )
