"""What came by mail to somebody who asked to sign in: which link, which code?"""

from __future__ import annotations

import re
import time
from email import message_from_bytes, policy

from sqlmodel import col, select
from visits import Visit, World

from duecourse.models import Notice
from duecourse.notifications.outbox import SIGN_IN


def mails(world: World, *, at_least: int = 0) -> list[Notice]:
    """The mails so far; they are written after the answer, so wait until there are so many."""
    until = time.monotonic() + 60
    while True:
        found = world.rows(select(Notice).where(Notice.rung == SIGN_IN).order_by(col(Notice.id)))
        if len(found) >= at_least or time.monotonic() > until:
            return found
        time.sleep(0.02)


def link_in(mail: Notice) -> str:
    """Return the path of the link in a mail."""
    return re.findall(r"https?://[\w.:]+(/sign-in/[\w-]{43}\S*)", _text(mail))[0]


def code_in(mail: Notice) -> str:
    """Return the code in a mail."""
    return re.findall(r"(?m)^([0-9A-Z]{4}-[0-9A-Z]{4})$", _text(mail))[0]


def ask(world: World, visit: Visit, email: str) -> Notice:
    """Ask for a mail in a browser, and return it."""
    before = len(mails(world))
    answer = visit.post("/sign-in", {"email": email})
    assert answer.status_code == 200, answer.text
    return mails(world, at_least=before + 1)[before]


def _text(mail: Notice) -> str:
    body = message_from_bytes(mail.message, policy=policy.default).get_body(("plain",))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")
