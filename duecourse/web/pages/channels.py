"""By which second channel does a person want to be told what is urgent, beside mail?"""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from duecourse.errors import BadInput, Conflict
from duecourse.models import Person
from duecourse.models.database import reading, writing
from duecourse.notifications.channels import SCHEMES
from duecourse.notifications.second_channel import add_channel, channels_of, remove_channel
from duecourse.web.forms import Form
from duecourse.web.render import page
from duecourse.web.site import RowId, Site, TheSite
from duecourse.web.visitor import SignedIn, Visitor

router = APIRouter()


@router.get("/me/channels")
def my_channels(request: Request, site: TheSite, visitor: SignedIn) -> Response:
    """List the person's channels, without their secrets, with a form for another."""
    return _page(request, site, visitor)


@router.post("/me/channels")
def add_my_channel(request: Request, site: TheSite, visitor: SignedIn, form: Form) -> Response:
    """Add a channel of the person's own."""
    try:
        url = form.line("url", at_most=500)
        with writing(site.engine) as session:
            person = session.get_one(Person, visitor.person_id)
            demo, now = site.settings.demo, site.clock.now()
            add_channel(session, person, url, is_demonstration=demo, now=now, actor=visitor.email)
    except (BadInput, Conflict) as problem:
        return _page(request, site, visitor, problem=str(problem))
    return RedirectResponse("/me/channels", 303)


@router.post("/me/channels/{channel_id}/remove")
def remove_my_channel(site: TheSite, visitor: SignedIn, channel_id: RowId, _form: Form) -> Response:
    """Remove one of the person's channels."""
    with writing(site.engine) as session:
        remove_channel(session, visitor.person_id, channel_id, now=site.clock.now(), actor=visitor.email)
    return RedirectResponse("/me/channels", 303)


def _page(request: Request, site: Site, visitor: Visitor, *, problem: str = "") -> Response:
    with reading(site.engine) as session:
        mine = channels_of(session, visitor.person_id)
    status = 422 if problem else 200
    schemes = ", ".join(f"{name}://" for name, kind in SCHEMES.items() if kind == "text message")
    return page(
        request, "channels.html", visitor=visitor, status=status, channels=mine, schemes=schemes, problem=problem
    )
