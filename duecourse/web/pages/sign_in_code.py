"""How does a person sign in by typing the code of a mail into the browser that asked for it?"""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from duecourse.models.database import writing
from duecourse.tracking.sign_in.mailed import MOST_CODES, redeem_code
from duecourse.web.door import browser_of, let_in, missed, received
from duecourse.web.forms import GuestForm, local_path
from duecourse.web.render import page
from duecourse.web.site import TheSite

router = APIRouter()


@router.get("/sign-in/code")
def ask_for_code(request: Request, next: str = "/") -> Response:
    """Show the field for the code."""
    return _page(request, next)


@router.post("/sign-in/code")
def come_in_by_code(request: Request, site: TheSite, form: GuestForm) -> Response:
    """Use the code up and sign this browser in.

    The answer to a wrong code is one and the same, whether any code is right in this browser or not.
    """
    now, browser = site.clock.now(), browser_of(request, site)
    typed = form.line("code", at_most=50)
    with writing(site.engine) as session:
        token = redeem_code(session, typed, now=now, browser=browser, stay=site.stay)
        came = received(request, session, token, site=site)
    if came is not None:
        return let_in(request, came, browser, site=site, to=form.says("next"))
    refusal = missed(request, "a code that does not work", site=site)
    return refusal or _page(request, form.says("next"), is_wrong=True)


def _page(request: Request, next: str, *, is_wrong: bool = False) -> Response:
    status = 422 if is_wrong else 200
    to = local_path(next)
    return page(request, "sign_in_code.html", status=status, next=to, is_wrong=is_wrong, most=MOST_CODES)
