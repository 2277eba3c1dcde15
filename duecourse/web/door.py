"""Which browser stands at the door, and what does it get when somebody comes in with it?"""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import Request
from sqlmodel import Session
from starlette.responses import RedirectResponse, Response

from duecourse.language.said import say
from duecourse.models.database import reading, writing
from duecourse.tracking.sign_in.limits import MISSES_BY_NETWORK, count, is_reached
from duecourse.tracking.signing_in import Browser, sign_out, signed_in
from duecourse.web.client import device, network_of, roughly
from duecourse.web.door_log import came_in, turned_away
from duecourse.web.forms import local_path
from duecourse.web.refusals import refuse
from duecourse.web.site import Site, client_of
from duecourse.web.visitor import browser_cookie_name, cookie_name

_LONGEST_SECRET = 64
_A_YEAR = 365 * 24 * 60 * 60
TOO_MANY = say("Too many tries came from your network. Wait ten minutes, and try again.")


def browser_of(request: Request, site: Site) -> Browser:
    """Return what is known of the browser that sends a request."""
    secret = request.cookies.get(browser_cookie_name(secure=site.is_secure), "")
    return Browser(
        secret=secret if len(secret) <= _LONGEST_SECRET else "",
        device=device(request.headers.get("user-agent", "")),
        network=roughly(client_of(request)),
    )


def remember(answer: Response, secret: str, *, site: Site) -> None:
    """Have the browser known by this secret for a year, signed in or not."""
    name = browser_cookie_name(secure=site.is_secure)
    answer.set_cookie(name, secret, max_age=_A_YEAR, httponly=True, samesite="lax", secure=site.is_secure)


@dataclass(frozen=True, slots=True)
class Came:
    """Somebody who has just come in: the token of the session, whose it is, and by what."""

    token: str
    person_id: int
    way: str


def received(request: Request, session: Session, token: str | None, *, site: Site) -> Came | None:
    """Return who has just come in with a new session, in the same transaction; None when nobody has.

    The session that this browser had until now ends: nobody keeps a cookie from before a sign-in.
    """
    now = site.clock.now()
    found = signed_in(session, token, now=now) if token else None
    if token is None or found is None:
        return None
    old = request.cookies.get(cookie_name(secure=site.is_secure), "")
    if old:
        sign_out(session, old, now=now)
    return Came(token, found[0].person_id, found[0].way)


def let_in(request: Request, came: Came, browser: Browser, *, site: Site, to: str) -> Response:
    """Lead somebody who has just come in to the page `to`, with new cookies for the session and the browser."""
    answer = RedirectResponse(local_path(to), 303)
    lifetime = int(site.stay.at_most.total_seconds())
    name = cookie_name(secure=site.is_secure)
    answer.set_cookie(name, came.token, max_age=lifetime, httponly=True, samesite="lax", secure=site.is_secure)
    remember(answer, browser.renewed, site=site)
    came_in(f"signed in by {came.way}", person=came.person_id, client=client_of(request), token=came.token)
    return answer


def missed(request: Request, what: str, *, site: Site, about: str = "") -> Response | None:
    """Count a link or a code that did not work; return the refusal for a network from which too many came."""
    now, client = site.clock.now(), client_of(request)
    key = network_of(client)
    with reading(site.engine) as session:
        is_full = is_reached(session, MISSES_BY_NETWORK, key, now=now)
    if not is_full:
        with writing(site.engine) as session:
            is_full = not count(session, MISSES_BY_NETWORK, key, now=now)
    turned_away(f"{what}, too many" if is_full else what, client=client, about=about)
    return refuse(request, 429, TOO_MANY) if is_full else None
