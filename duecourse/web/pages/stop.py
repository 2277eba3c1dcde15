"""How does a person stop daily mails by the link in one of them, without signing in, and get them again?

Mail programs press it by themselves (RFC 8058): a POST from anywhere is enough, since the address is signed and says
whose mails it stops. Opening the page changes nothing: scanners open every link.
"""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from duecourse.models import Person
from duecourse.models.database import reading, writing
from duecourse.notifications.marks import kept_secret, secret_of
from duecourse.notifications.stopping import is_stopped, person_of, resume_daily, stop_daily
from duecourse.web.forms import Form
from duecourse.web.render import page
from duecourse.web.site import TheSite
from duecourse.web.visitor import SignedIn

router = APIRouter()


@router.get("/stop/{token}")
def stop_page(request: Request, site: TheSite, token: str) -> Response:
    """Show whose daily mails the button stops."""
    with reading(site.engine) as session:
        # Before the first mark was given out no link is ours, and opening a page makes none.
        person = person_of(session, token, kept_secret(session) or b"")
        stopped = is_stopped(session, person.id or 0)
        email = person.email
    return page(request, "stop.html", email=email, stopped=stopped)


@router.post("/stop/{token}")
def stop(request: Request, site: TheSite, token: str) -> Response:
    """Stop the daily mails of the person whom the link names; again, it changes nothing."""
    with writing(site.engine) as session:
        person = person_of(session, token, secret_of(session))
        stop_daily(session, person, now=site.clock.now(), actor=person.email)
        email = person.email
    return page(request, "stop.html", email=email, stopped=True)


@router.post("/me/daily")
def daily_again(site: TheSite, visitor: SignedIn, _form: Form) -> Response:
    """Let the person get daily mails and early reminders again."""
    with writing(site.engine) as session:
        resume_daily(session, session.get_one(Person, visitor.person_id), now=site.clock.now(), actor=visitor.email)
    return RedirectResponse("/me", 303)
