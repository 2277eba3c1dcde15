"""How does a person sign in with a link, and sign out again?

Opening a link changes nothing: mail scanners open links. The button on the page that it opens signs in.
"""

from __future__ import annotations

import logging

from fastapi import APIRouter, Request
from starlette.background import BackgroundTask
from starlette.responses import RedirectResponse, Response

from duecourse.language.said import say
from duecourse.models.database import writing
from duecourse.notifications.addressing import Mailbox, mailbox_of
from duecourse.notifications.messages import sender_of, sign_in_message
from duecourse.notifications.outbox import enqueue_message
from duecourse.tracking.signing_in import MAILED_LINK_LIFETIME, SESSION_LIFETIME, make_link, redeem_link, sign_out
from duecourse.tracking.staff.people import person_by_email
from duecourse.web.forms import Form, GuestForm, local_path
from duecourse.web.languages import language_of
from duecourse.web.refusals import refuse
from duecourse.web.render import page
from duecourse.web.site import Site, TheSite, client_of
from duecourse.web.visitor import SignedIn, cookie_name

router = APIRouter()
_log = logging.getLogger(__name__)

_TOO_MANY = say("Too many tries came from your network. Wait ten minutes, and try again.")


@router.get("/sign-in")
def ask_for_link(request: Request, next: str = "/") -> Response:
    """Show the form that asks for a link."""
    return page(request, "sign_in.html", next=local_path(next))


@router.post("/sign-in")
def send_link(request: Request, site: TheSite, form: GuestForm) -> Response:
    """Send a link to the address that was given. The answer is the same whether somebody has that address or not."""
    now = site.clock.now()
    if not site.asks_by_client.count(client_of(request), now):
        return refuse(request, 429, _TOO_MANY)
    address = form.line("email", at_most=320).lower()
    if "@" not in address:
        return page(request, "sign_in.html", status=422, next=local_path(form.says("next")), wrong=address)
    answer = page(request, "sign_in_sent.html", address=address, minutes=MAILED_LINK_LIFETIME.seconds // 60)
    if site.asks_by_mailbox.count(address, now):
        # After the answer, so that its time does not tell who is known.
        answer.background = BackgroundTask(_send, site, address, local_path(form.says("next")), language_of(request))
    return answer


@router.get("/sign-in/{token}")
def confirm(request: Request, token: str, next: str = "/") -> Response:
    """Show the button that signs in."""
    return page(request, "sign_in_confirm.html", token=token, next=local_path(next))


@router.post("/sign-in/{token}")
def come_in(request: Request, site: TheSite, token: str, form: GuestForm) -> Response:
    """Use the link up and sign this browser in."""
    now, client = site.clock.now(), client_of(request)
    if site.misses_by_client.is_full(client, now):
        return refuse(request, 429, _TOO_MANY)
    name = cookie_name(secure=site.is_secure)
    with writing(site.engine) as session:
        browser = redeem_link(session, token, now=now)
        if browser is not None:
            sign_out(session, request.cookies.get(name, ""), now=now)
    if browser is None:
        site.misses_by_client.count(client, now)
        _log.warning("a sign-in link did not work")
        return page(request, "sign_in_spent.html", status=404, back="/sign-in")
    answer = RedirectResponse(local_path(form.says("next")), 303)
    lifetime = int(SESSION_LIFETIME.total_seconds())
    answer.set_cookie(name, browser, max_age=lifetime, httponly=True, samesite="lax", secure=site.is_secure)
    return answer


@router.post("/sign-out")
def leave(site: TheSite, visitor: SignedIn, _form: Form) -> Response:
    """Sign this browser out."""
    with writing(site.engine) as session:
        sign_out(session, visitor.token, now=site.clock.now())
    answer = RedirectResponse("/sign-in", 303)
    answer.delete_cookie(cookie_name(secure=site.is_secure), httponly=True, samesite="lax", secure=site.is_secure)
    return answer


def _send(site: Site, address: str, next: str, language: str) -> None:
    now, settings = site.clock.now(), site.settings
    with writing(site.engine) as session:
        person = person_by_email(session, address)
        if person is None or person.id is None or person.disabled_at is not None:
            _log.warning("a sign-in link was asked for an address that nobody here has")
            return
        token = make_link(session, person.id, now=now, lifetime=MAILED_LINK_LIFETIME)
        link = f"{settings.address}/sign-in/{token}" + (f"?next={next}" if next != "/" else "")
        sender = sender_of(settings)
        to = mailbox_of(person) if person.language else Mailbox(person.name, person.email, language)
        letter = sign_in_message(to, link, sender=sender, now=now)
        enqueue_message(session, letter, person_id=person.id, to_address=person.email, sender=sender, now=now)
    site.wake()
