"""How does a person sign in with an agency's own single sign-on?

What speaks with the agency is loaded when somebody does so: most servers have none, and start sooner without it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, Request
from starlette.responses import Response

from duecourse.errors import Conflict, DuecourseError, NotAllowed, NotFound
from duecourse.language.said import say
from duecourse.models.database import writing
from duecourse.tracking.sign_in.agency import begin, come_back
from duecourse.tracking.sign_in.limits import ASKS_BY_BROWSER, ASKS_BY_NETWORK, count
from duecourse.tracking.sign_in.sessions import was_here
from duecourse.tracking.signing_in import Browser, Way, new_secret, start_session
from duecourse.tracking.staff.people import person_by_email
from duecourse.web.client import network_of
from duecourse.web.door import TOO_MANY, Came, browser_of, let_in, received, remember
from duecourse.web.door_log import turned_away
from duecourse.web.forms import GuestForm, local_path
from duecourse.web.refusals import refuse
from duecourse.web.render import page
from duecourse.web.site import Site, TheSite, client_of

if TYPE_CHECKING:
    from duecourse.web.agency_door import Agency

router = APIRouter()

_BACK = "/sign-in/agency/back"


@router.post("/sign-in/agency")
def go_there(request: Request, site: TheSite, form: GuestForm) -> Response:
    """Lead to the agency's sign-in page. A page in between does, since a form may lead to no other site (CSP)."""
    agency, now, browser = _agency(site), site.clock.now(), browser_of(request, site)
    from duecourse.web.agency_door import address_at

    secret = browser.secret or new_secret()
    with writing(site.engine) as session:
        if was_here(session, browser.secret):
            is_counted = count(session, ASKS_BY_BROWSER, browser.secret, now=now)
        else:
            is_counted = count(session, ASKS_BY_NETWORK, network_of(client_of(request)), now=now)
        begun = begin(session, secret=secret, leads_to=local_path(form.says("next")), now=now) if is_counted else None
    if begun is None:
        turned_away("began too many sign-ins", client=client_of(request))
        return refuse(request, 429, TOO_MANY)
    address = address_at(agency, begun)
    answer = page(request, "sign_in_agency.html", leads_to=address, name=site.settings.oidc_name)
    remember(answer, secret, site=site)
    return answer


@router.get(_BACK)
def come_back_from_there(request: Request, site: TheSite, state: str = "", code: str = "", iss: str = "") -> Response:
    """Sign in whoever comes back from the agency: once, in the browser that went there, and only people who are known.

    It changes something although it is a GET, as the protocol has it; the state, which is used up, takes the place of
    the form's token.
    """
    agency, now, browser = _agency(site), site.clock.now(), browser_of(request, site)
    from duecourse.web.agency_door import email_of

    try:
        with writing(site.engine) as session:
            begun, to = come_back(session, state, secret=browser.secret, now=now)
        # Another issuer's answer in place of this one's (RFC 9207, 2.4).
        if not code or (iss and iss != agency.issuer):
            raise NotAllowed(say("Your agency did not sign you in. Begin again, or sign in by mail."))
        email = email_of(agency, begun, code, now=now)
        came = _start(request, site, browser, email)
    except DuecourseError as problem:
        turned_away(f"single sign-on, {type(problem).__name__}", client=client_of(request))
        status = 403 if isinstance(problem, Conflict) else problem.http_status
        return page(request, "sign_in_refused.html", status=status, says=str(problem))
    return let_in(request, came, browser, site=site, to=to)


def _start(request: Request, site: Site, browser: Browser, email: str) -> Came:
    now = site.clock.now()
    if email.rpartition("@")[2] not in site.settings.agency_domains:
        raise NotAllowed(
            say("People with an address of that domain do not come in with single sign-on. Sign in by mail.")
        )
    with writing(site.engine) as session:
        person = person_by_email(session, email)
        if person is None or person.id is None or person.disabled_at is not None:
            raise NotAllowed(say("Nobody here has your address. Ask your liaison to add you."))
        token = start_session(
            session,
            person.id,
            way=Way.AGENCY,
            now=now,
            browser=browser,
            stay=site.stay,
            has_second_factor=site.settings.oidc_second_factor,
        )
        came = received(request, session, token, site=site)
        assert came is not None
        return came


def _agency(site: Site) -> Agency:
    from duecourse.web.agency_door import Agency

    settings = site.settings
    if not settings.oidc_issuer:
        raise NotFound(say("This server has no single sign-on."))
    secret = settings.oidc_client_secret.get_secret_value()
    return Agency(settings.oidc_issuer, settings.oidc_client_id, secret, f"{settings.address}{_BACK}")
