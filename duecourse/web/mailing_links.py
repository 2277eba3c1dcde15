"""What goes to a mailbox for which a link was asked: a mail, or nothing, and who is told which?

Nobody: all of this happens after the answer was given.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from duecourse.language.said import say
from duecourse.models.database import writing
from duecourse.notifications.addressing import Mailbox, mailbox_of
from duecourse.notifications.messages import sender_of, sign_in_message
from duecourse.notifications.outbox import enqueue_message
from duecourse.tracking.sign_in.limits import (
    MAILS_BY_NETWORK,
    MAILS_TO_KNOWN,
    MAILS_TO_MAILBOX,
    count,
    forget,
    mailbox,
)
from duecourse.tracking.sign_in.mailed import make_mailed
from duecourse.tracking.sign_in.sessions import was_here
from duecourse.tracking.staff.people import person_by_email
from duecourse.web.client import network_of, roughly
from duecourse.web.door_log import came_in, turned_away
from duecourse.web.recorded_words import browser_said
from duecourse.web.site import Site

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asked for a link: the address that was typed, the browser's secret, and where it is to lead."""

    address: str
    secret: str
    to: str
    client: str
    device: str
    language: str
    """The language of the browser, for somebody who chose none."""


def mail_link(site: Site, asked: Asked) -> None:
    """Mail a link and a code to somebody who is known and has not had too many."""
    try:
        is_sent = _mail(site, asked)
    except SQLAlchemyError:
        _log.exception("a sign-in link could not be written")
        return
    if is_sent:
        site.wake()


def _mail(site: Site, asked: Asked) -> bool:
    now, settings = site.clock.now(), site.settings
    with writing(site.engine) as session:
        forget(session, now=now)
        person = person_by_email(session, asked.address)
        if person is None or person.id is None or person.disabled_at is not None:
            turned_away("a link for an address that nobody here has", client=asked.client, about=asked.address)
            return False
        if not _may_mail(session, person.id, asked, now=now):
            turned_away(f"too many mails for person {person.id}", client=asked.client)
            return False
        token, code = make_mailed(session, person.id, secret=asked.secret, now=now)
        link = f"{settings.address}/sign-in/{token}" + (f"?next={asked.to}" if asked.to != "/" else "")
        to = mailbox_of(person) if person.language else Mailbox(person.name, person.email, asked.language)
        sender = sender_of(settings)
        letter = sign_in_message(to, link, sender=sender, now=now, code=code, by=_asked_from(asked))
        enqueue_message(session, letter, person_id=person.id, to_address=person.email, sender=sender, now=now)
        came_in("link mailed", person=person.id, client=asked.client, token=token)
    return True


def _may_mail(session: Session, person_id: int, asked: Asked, *, now: datetime) -> bool:
    """Count a mail. Whoever asks for somebody else's mails uses up none of those that the person's own browser gets."""
    if was_here(session, asked.secret, person_id=person_id):
        return count(session, MAILS_TO_KNOWN, f"{person_id}|{asked.secret}", now=now)
    box = mailbox(asked.address)
    return count(session, MAILS_BY_NETWORK, f"{box}|{network_of(asked.client)}", now=now) and count(
        session, MAILS_TO_MAILBOX, box, now=now
    )


def _asked_from(asked: Asked) -> str:
    network = roughly(asked.client)
    browser = browser_said(asked.device)
    return say("%(browser)s, from %(network)s", browser=browser, network=network) if network else browser
