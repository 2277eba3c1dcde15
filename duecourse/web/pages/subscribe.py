"""How does a person get the deadlines into a calendar program?"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from sqlmodel import col, select
from starlette.responses import RedirectResponse, Response

from duecourse.language.said import say
from duecourse.models import ContractRow
from duecourse.models.database import reading, writing
from duecourse.tracking.calendars.feeds import create_feed, feed_path, feeds_of, revoke_feed, rotate_feed
from duecourse.web.forms import Form, Posted
from duecourse.web.render import page
from duecourse.web.site import RowId, Site, TheSite
from duecourse.web.visitor import SignedIn, Visitor

_ALL = say("All my contracts")

router = APIRouter()


@router.get("/subscribe")
def subscribe(request: Request, site: TheSite, visitor: SignedIn) -> Response:
    """Explain how to subscribe in each calendar program, and list the person's calendar links."""
    return _page(request, site, visitor)


@router.post("/subscribe")
def make_link(request: Request, site: TheSite, visitor: SignedIn, form: Form) -> Response:
    """Make a calendar link, and show its address this once."""
    contract_id = form.line("contract") or None
    if contract_id is not None:
        visitor.check_reads(contract_id)

    def make() -> str:
        with writing(site.engine) as session:
            now = site.clock.now()
            return create_feed(
                session,
                person_id=visitor.person_id,
                contract_id=contract_id,
                now=now,
                device=form.line("device", at_most=60),
                alarms=bool(form.line("alarms")),
                titles_only=bool(form.line("titles_only")),
            )[1]

    return _page(request, site, visitor, token=_once(site, visitor, form, make))


@router.post("/subscribe/{feed_id}/rotate")
def rotate(request: Request, site: TheSite, visitor: SignedIn, feed_id: RowId, form: Form) -> Response:
    """Give a calendar link a new address in place of the old one, and show it this once."""

    def make() -> str:
        with writing(site.engine) as session:
            return rotate_feed(session, feed_id, person_id=visitor.person_id, now=site.clock.now())[1]

    return _page(request, site, visitor, token=_once(site, visitor, form, make))


@router.post("/subscribe/{feed_id}/revoke")
def revoke(site: TheSite, visitor: SignedIn, feed_id: RowId, _form: Form) -> Response:
    """End a calendar link."""
    with writing(site.engine) as session:
        revoke_feed(session, feed_id, person_id=visitor.person_id, now=site.clock.now())
    return RedirectResponse("/subscribe#links", 303)


def _once(site: Site, visitor: Visitor, form: Posted, make: Callable[[], str]) -> str:
    return site.feed_links.get_or_make(f"{visitor.token} {form.key()}", make, now=site.clock.now())


def _page(request: Request, site: Site, visitor: Visitor, *, token: str = "") -> Response:
    mine = select(ContractRow).where(col(ContractRow.id).in_(visitor.contract_ids))
    with reading(site.engine) as session:
        contracts = session.exec(mine.order_by(col(ContractRow.end_on).desc(), col(ContractRow.id))).all()
        feeds = feeds_of(session, visitor.person_id)
    names = {contract.id: contract.name for contract in contracts}
    address = f"{site.settings.address}{feed_path(token)}" if token else ""
    return page(
        request,
        "subscribe.html",
        visitor=visitor,
        contracts=contracts,
        feeds=[(feed, names.get(feed.contract_id or "", _ALL)) for feed in feeds],
        address=address,
        links=_links(address),
    )


def _links(address: str) -> list[tuple[str, str]]:
    """Return what a person may press to subscribe at once: the name of each program, and where its button leads."""
    if not address:
        return []
    webcal = "webcal" + address.removeprefix("https").removeprefix("http")
    # The two on the web fetch it from their own servers, so they learn the address as they do when it is pasted there.
    outlook = urlencode({"url": address, "name": "Contract deadlines"})
    return [
        (say("Apple Calendar, or another program here"), webcal),
        (say("Outlook on the web"), f"https://outlook.office.com/calendar/0/addfromweb?{outlook}"),
        (say("Google Calendar"), f"https://calendar.google.com/calendar/r?{urlencode({'cid': webcal})}"),
    ]
