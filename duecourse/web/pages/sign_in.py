"""How does a person sign in with a link, and sign out again?

Opening a link changes nothing: mail scanners open links. The button on the page that it opens signs in, in the browser
that asked for the link, or in any for a link that the terminal printed.
"""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.background import BackgroundTask
from starlette.responses import RedirectResponse, Response

from duecourse.models.database import reading, writing
from duecourse.tracking.sign_in.limits import ASKS_BY_BROWSER, ASKS_BY_NETWORK, count
from duecourse.tracking.sign_in.mailed import LinkState, state_of
from duecourse.tracking.sign_in.sessions import was_here
from duecourse.tracking.signing_in import MAILED_LINK_LIFETIME, new_secret, redeem_link, sign_out
from duecourse.web.client import network_of
from duecourse.web.door import TOO_MANY, browser_of, let_in, missed, received, remember
from duecourse.web.door_log import came_in, turned_away
from duecourse.web.forms import DoorForm, GuestForm, local_path
from duecourse.web.languages import language_of
from duecourse.web.mailing_links import Asked, mail_link
from duecourse.web.refusals import refuse
from duecourse.web.render import page
from duecourse.web.site import Site, TheSite, client_of
from duecourse.web.visitor import AtTheDoor, cookie_name

router = APIRouter()

_MINUTES = MAILED_LINK_LIFETIME.seconds // 60


@router.get("/sign-in")
def ask_for_link(request: Request, site: TheSite, next: str = "/") -> Response:
    """Show the form that asks for a link."""
    return _ask_page(request, site, next)


@router.post("/sign-in")
def send_link(request: Request, site: TheSite, form: GuestForm) -> Response:
    """Send a link and a code to the address that was given.

    The answer is the same, and takes the same steps, whether somebody has that address or not.
    """
    now, browser, client = site.clock.now(), browser_of(request, site), client_of(request)
    with writing(site.engine) as session:
        # So that nobody else in the same office can use up the tries of somebody who has signed in here before.
        if was_here(session, browser.secret):
            is_counted = count(session, ASKS_BY_BROWSER, browser.secret, now=now)
        else:
            is_counted = count(session, ASKS_BY_NETWORK, network_of(client), now=now)
    if not is_counted:
        turned_away("asked for too many links", client=client)
        return refuse(request, 429, TOO_MANY)
    address = form.line("email", at_most=320).lower()
    to = local_path(form.says("next"))
    if "@" not in address:
        return _ask_page(request, site, to, wrong=address or " ")
    answer = page(request, "sign_in_sent.html", address=address, minutes=_MINUTES, next=to, is_wrong=False)
    secret = browser.secret or new_secret()
    remember(answer, secret, site=site)
    asked = Asked(address, secret, to, client, browser.device, language_of(request))
    # After the answer, so that its time does not tell who is known.
    answer.background = BackgroundTask(mail_link, site, asked)
    return answer


@router.get("/sign-in/{token}")
def confirm(request: Request, site: TheSite, token: str, next: str = "/") -> Response:
    """Show the button that signs in, or how to go on in the browser that asked for the link."""
    with reading(site.engine) as session:
        state = state_of(session, token, secret=browser_of(request, site).secret, now=site.clock.now())
    if state is LinkState.READY:
        return page(request, "sign_in_confirm.html", token=token, next=local_path(next))
    return _not_here(request, state)


@router.post("/sign-in/{token}")
def come_in(request: Request, site: TheSite, token: str, form: GuestForm) -> Response:
    """Use the link up and sign this browser in. In another browser than the one that asked, nothing is used up."""
    now, browser = site.clock.now(), browser_of(request, site)
    with reading(site.engine) as session:
        state = state_of(session, token, secret=browser.secret, now=now)
    if state is LinkState.READY:
        with writing(site.engine) as session:
            token_of_session = redeem_link(session, token, now=now, browser=browser, stay=site.stay)
            came = received(request, session, token_of_session, site=site)
        if came is not None:
            return let_in(request, came, browser, site=site, to=form.says("next"))
        state = LinkState.SPENT
    if state is LinkState.ELSEWHERE:
        turned_away("a link in another browser", client=client_of(request), about=token)
        return _not_here(request, state)
    refusal = missed(request, "a link that does not work", site=site, about=token)
    return refusal or _not_here(request, state)


@router.post("/sign-out")
def leave(request: Request, site: TheSite, visitor: AtTheDoor, _form: DoorForm) -> Response:
    """Sign this browser out."""
    with writing(site.engine) as session:
        sign_out(session, visitor.token, now=site.clock.now())
    came_in("signed out", person=visitor.person_id, client=client_of(request), token=visitor.token)
    answer = RedirectResponse("/sign-in", 303)
    answer.delete_cookie(cookie_name(secure=site.is_secure), httponly=True, samesite="lax", secure=site.is_secure)
    return answer


def _ask_page(request: Request, site: Site, next: str, *, wrong: str = "") -> Response:
    agency, status = site.settings.oidc_name if site.settings.oidc_issuer else "", 422 if wrong else 200
    return page(request, "sign_in.html", status=status, next=local_path(next), agency=agency, wrong=wrong)


def _not_here(request: Request, state: LinkState) -> Response:
    if state is LinkState.ELSEWHERE:
        return page(request, "sign_in_elsewhere.html", status=403, minutes=_MINUTES)
    return page(request, "sign_in_spent.html", status=404)
