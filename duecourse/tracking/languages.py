"""In which language does a person want mails, pages and feeds?"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import update
from sqlmodel import Session, col, select

from duecourse.errors import BadInput
from duecourse.language.catalogue import LANGUAGES
from duecourse.language.said import say
from duecourse.models import Feed, Person
from duecourse.tracking.audit import record, take_turn


def choose_language(session: Session, person: Person, language: str, *, now: datetime, actor: str) -> None:
    """Record the language of a person's mails, pages and feeds; the same again changes nothing.

    Raises BadInput for a language that Duecourse does not speak. What is recorded of contracts stays in English, and
    what waits in the outbox stays as it was written.
    """
    if language not in LANGUAGES:
        raise BadInput(say("Choose one of the languages on the page."))
    take_turn(session)
    # Held, so that the same form sent twice at once makes one.
    held = session.exec(select(Person).where(Person.id == person.id).with_for_update()).one()
    if held.language == language:
        return
    held.language = language
    session.add(held)
    # Their feeds are built anew, in the other language.
    session.execute(update(Feed).where(col(Feed.person_id) == held.id).values(changes=Feed.changes + 1))
    record(session, "chose a language", actor=actor, now=now, detail={"email": held.email, "language": language})
