"""Which mails were written into the mail folder, and what do they say?

A demonstration shows all of them, so that one person can try every part. Elsewhere a person sees the own mails only: a
mail may hold a sign-in link.
"""

from __future__ import annotations

import re
from email import policy
from email.parser import BytesParser
from pathlib import Path

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from duecourse.errors import NotFound
from duecourse.language.said import say
from duecourse.notifications.mail_folder import WrittenMail, read_mails
from duecourse.web.render import page
from duecourse.web.site import Site, TheSite
from duecourse.web.visitor import SignedIn, Visitor

_ALONE = "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'"

router = APIRouter()


@router.get("/mailbox")
def mailbox(request: Request, site: TheSite, visitor: SignedIn) -> Response:
    """List the newest mails."""
    mails = _mine(site, visitor)
    return page(request, "mailbox.html", visitor=visitor, mails=mails, everybody=site.settings.demo)


@router.get("/mailbox/{name}")
def mail(request: Request, site: TheSite, visitor: SignedIn, name: str) -> Response:
    """Show one mail, as text and as it looks in a mail program."""
    return page(request, "mail.html", visitor=visitor, mail=_find(site, visitor, name))


@router.get("/mailbox/{name}/html")
def mail_alone(site: TheSite, visitor: SignedIn, name: str) -> Response:
    """Return the HTML part of a mail for a frame in which nothing can run, and nothing is loaded."""
    headers = {"Content-Security-Policy": _ALONE, "X-Frame-Options": "SAMEORIGIN"}
    return HTMLResponse(_html(_folder(site) / _find(site, visitor, name).name), headers=headers)


def _folder(site: Site) -> Path:
    if site.settings.mails is None:
        raise NotFound(say("Mails are sent here, not kept."))
    return site.settings.mails


def _mine(site: Site, visitor: Visitor) -> list[WrittenMail]:
    mails = read_mails(_folder(site))
    return mails if site.settings.demo else [mail for mail in mails if visitor.email in _addresses(mail)]


def _find(site: Site, visitor: Visitor, name: str) -> WrittenMail:
    for mail in _mine(site, visitor):
        if mail.name == name:
            return mail
    raise NotFound(say("There is no such mail."))


def _addresses(mail: WrittenMail) -> set[str]:
    return set(re.findall(r"[^\s<>,]+@[^\s<>,]+", f"{mail.to}, {mail.cc}".lower()))


def _html(path: Path) -> str:
    part = BytesParser(policy=policy.default).parsebytes(path.read_bytes()).get_body(("html",))
    return str(part.get_content()) if part is not None else ""
