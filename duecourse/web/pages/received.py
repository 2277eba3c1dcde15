"""Which mails came in, what do they prove, and who says so?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from sqlmodel import Session
from starlette.responses import RedirectResponse, Response

from duecourse.calendar.lifecycle import Act
from duecourse.calendar.words import ZONES
from duecourse.errors import BadInput, NotFound
from duecourse.language.said import say
from duecourse.models import ReceivedState
from duecourse.models.database import reading, writing
from duecourse.tracking.boards import Item, items
from duecourse.tracking.files import read_file
from duecourse.tracking.mail.received import Incoming, Reader, confirm, incoming, put_aside
from duecourse.web.downloads import attachment
from duecourse.web.forms import Form, Posted
from duecourse.web.headers import ALONE
from duecourse.web.pages.deliverable import find
from duecourse.web.render import page
from duecourse.web.site import Site, TheSite
from duecourse.web.visitor import SignedIn, Visitor

router = APIRouter()

_UID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_MOST_CHOICES = 60
_AROUND = timedelta(days=120)
_DONE = {
    "confirmed": say("Recorded as submitted, with the mail as its proof."),
    "aside": say("Put aside. The mail is kept."),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A mail on the page, with the open deliverables that the visitor may submit with it, the likeliest first."""

    incoming: Incoming
    choices: list[Item]
    chosen: str
    at: datetime
    zone: str
    zone_name: str


@router.get("/received")
def received(request: Request, site: TheSite, visitor: SignedIn, done: str = "") -> Response:
    """List the mails that came in and that the person may see, with a form for each that waits."""
    return received_page(request, site, visitor, done=_DONE.get(done, ""))


def received_page(
    request: Request,
    site: Site,
    visitor: Visitor,
    *,
    form: Posted | None = None,
    of: str = "",
    problem: str = "",
    done: str = "",
) -> Response:
    """Return the page; with a `problem`, the form of the mail `of` is filled in as it was sent."""
    with reading(site.engine) as session:
        found = incoming(session, reader_of(visitor), now=visitor.now)
        waiting = [each for each in found if each.mail.state == ReceivedState.WAITING and not each.is_put_aside]
        everything = items(session, now=visitor.now, contract_ids=visitor.contract_ids, open_only=True)
        shown = [_shown(each, everything, visitor) for each in waiting]
    return page(
        request,
        "received.html",
        visitor=visitor,
        status=422 if problem else 200,
        waiting=shown,
        settled=[each for each in found if each not in waiting],
        form=form,
        of=of,
        problem=problem,
        done=done,
    )


@router.get("/received/{mail_uid}/mail")
def raw_mail(site: TheSite, visitor: SignedIn, mail_uid: str) -> Response:
    """Return a mail as it came in, as a download; it is never shown in the browser."""
    with reading(site.engine) as session:
        mail = find_mail(session, visitor, mail_uid).mail
        content = read_file(site.evidence, mail.sha256)
        headers = {
            "Content-Disposition": attachment(f"mail-{mail.uid[:8]}.eml"),
            "Content-Security-Policy": ALONE,
        }
    return Response(content, media_type="application/octet-stream", headers=headers)


@router.post("/received/{mail_uid}/confirm")
def confirm_mail(request: Request, site: TheSite, visitor: SignedIn, mail_uid: str, form: Form) -> Response:
    """Record that a report was submitted, as a mail shows. The same mail twice makes one submission."""
    with reading(site.engine) as session:
        find_mail(session, visitor, mail_uid)
        found = find(session, visitor, form.line("deliverable"))
    by = visitor.by(Act.SUBMIT, found.deliverable)
    try:
        at = form.instant("submitted_on", "submitted_at", zone=found.deliverable.zone)
        sent_by = form.line("submitted_by")
        with writing(site.engine) as session:
            confirm(session, mail_uid, found.deliverable.uid, at=at, sent_by=sent_by, now=visitor.now, by=by)
    except BadInput as problem:
        return received_page(request, site, visitor, form=form, of=mail_uid, problem=str(problem))
    site.wake()
    return RedirectResponse(f"/deliverables/{found.deliverable.uid}?done=submitted", 303)


@router.post("/received/{mail_uid}/not-ours")
def not_ours(request: Request, site: TheSite, visitor: SignedIn, mail_uid: str, form: Form) -> Response:
    """Put a mail aside that proves nothing in the person's contracts."""
    with reading(site.engine) as session:
        about = {contract.id for _, _, contract in find_mail(session, visitor, mail_uid).about}
    for contract_id in about:
        visitor.check_sees(contract_id)
    try:
        with writing(site.engine) as session:
            reason = form.text("reason", at_most=1000)
            put_aside(session, mail_uid, contract_ids=about, reason=reason, now=visitor.now, actor=visitor.email)
    except BadInput as problem:
        return received_page(request, site, visitor, form=form, of=mail_uid, problem=str(problem))
    return RedirectResponse("/received?done=aside", 303)


def reader_of(visitor: Visitor) -> Reader:
    """Return for whom mails are looked up."""
    return Reader(visitor.contract_ids, visitor.liaison_for)


def find_mail(session: Session, visitor: Visitor, mail_uid: str) -> Incoming:
    """Return a mail that came in and that the person may see. Raises NotFound for any other."""
    found = (
        incoming(session, reader_of(visitor), now=visitor.now, mail_uid=mail_uid) if _UID.fullmatch(mail_uid) else []
    )
    if not found:
        raise NotFound(say("There is no such mail."))
    return found[0]


def _shown(each: Incoming, everything: list[Item], visitor: Visitor) -> Shown:
    mail = each.mail
    at = min(mail.dated_at or mail.received_at, visitor.now)
    choices = list(_choices(each, everything, visitor, at))[:_MOST_CHOICES]
    matched = next((item.deliverable.uid for item in choices if item.deliverable.id == mail.matched_id), "")
    zone = choices[0].deliverable.zone if choices else each.about[0][2].zone if each.about else "America/New_York"
    return Shown(each, choices, matched, at.astimezone(ZoneInfo(zone)), zone, ZONES[zone][0])


def _choices(each: Incoming, everything: list[Item], visitor: Visitor, at: datetime) -> Iterator[Item]:
    """Yield what the visitor may submit with a mail: what fits it, then what is due around its date."""
    likely = {row.id for _, row, _ in each.about if row is not None}
    contracts = {contract.id for _, _, contract in each.about} or set(visitor.contract_ids)
    ours = [
        item
        for item in everything
        if item.deliverable.contract_id in contracts and visitor.may(Act.SUBMIT, item.deliverable)
    ]
    yield from (item for item in ours if item.deliverable.id in likely)
    near = [item for item in ours if item.deliverable.id not in likely and abs(item.facts.limit - at) <= _AROUND]
    yield from sorted(near, key=lambda item: abs(item.facts.limit - at))
