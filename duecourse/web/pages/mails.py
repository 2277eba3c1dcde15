"""How does each kind of mail look, as text and in a mail program?"""

from __future__ import annotations

from email import policy
from email.message import EmailMessage
from email.parser import BytesParser

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from duecourse.errors import NotAllowed, NotFound
from duecourse.language.said import say
from duecourse.notifications.messages import Letter, sender_of
from duecourse.notifications.previews import previews
from duecourse.web.languages import language_of
from duecourse.web.render import page
from duecourse.web.site import Site, TheSite
from duecourse.web.visitor import SignedIn, Visitor

_ALONE = "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'"

router = APIRouter()


@router.get("/mails")
def mails(request: Request, site: TheSite, visitor: SignedIn) -> Response:
    """Show each kind of mail with made-up data."""
    shown = [
        (name, said, letter.subject, _part(_parsed(letter), "plain"))
        for name, (said, letter) in _previews(site, visitor, language_of(request, visitor)).items()
    ]
    return page(request, "mails.html", visitor=visitor, mails=shown)


@router.get("/mails/{kind}")
def mail_preview(request: Request, site: TheSite, visitor: SignedIn, kind: str) -> Response:
    """Return the HTML part of a kind of mail for a frame in which nothing can run, and nothing is loaded."""
    found = _previews(site, visitor, language_of(request, visitor)).get(kind)
    if found is None:
        raise NotFound(say("There is no such kind of mail."))
    headers = {"Content-Security-Policy": _ALONE, "X-Frame-Options": "SAMEORIGIN"}
    return HTMLResponse(_part(_parsed(found[1]), "html"), headers=headers)


def _previews(site: Site, visitor: Visitor, language: str) -> dict[str, tuple[str, Letter]]:
    if not visitor.sets_up_in:
        raise NotAllowed(say("Only a liaison or an admin sees how mails look."))
    settings = site.settings
    return previews(sender=sender_of(settings), base_url=settings.address, now=visitor.now, language=language)


def _parsed(letter: Letter) -> EmailMessage:
    parsed = BytesParser(policy=policy.default).parsebytes(letter.content)
    assert isinstance(parsed, EmailMessage)
    return parsed


def _part(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    return str(part.get_content()).replace("\r\n", "\n") if part is not None else ""
