"""With which token does a program act for a person, what may it do, and until when?

A token is a secret of 256 bits, of which only the SHA-256 is stored. Its scopes narrow what the person may do and
never widen it.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import func
from sqlmodel import Session, col, select

from duecourse.errors import BadInput, NotFound
from duecourse.language.said import say
from duecourse.models import ApiToken, Person
from duecourse.tracking.audit import record, take_turn

LIFETIME = timedelta(days=90)
"""How long a token works when nobody says how long."""
LONGEST_LIFETIME = timedelta(days=366)
MOST_TOKENS = 20
"""How many tokens of one person may work at the same time."""

_PREFIX = "duecourse_"
# A token that leaks into a log or a repository is found by its prefix.
_SECRET_BYTES = 32
_NOTED_EVERY = timedelta(minutes=5)


class Scope(StrEnum):
    """What a token is for. Each needs the person's own right besides."""

    READ = "read"
    """See what the person sees."""
    SUBMIT = "submit"
    """Hand in, ask for more time, enter figures and events: what the side does that owes something."""
    DECIDE = "decide"
    """Accept, return, waive, grant: what the side does that receives something."""
    SET_UP = "set-up"
    """Change people, dates, amendments and closures."""
    PERSONAL = "personal"
    """Change what is the person's own: absences, choices about mails, calendar feeds."""


def make_token(
    session: Session,
    person: Person,
    *,
    name: str,
    scopes: Collection[Scope],
    now: datetime,
    actor: str,
    lifetime: timedelta = LIFETIME,
) -> tuple[ApiToken, str]:
    """Make a token for a person, and return it with its secret, which cannot be read again.

    Raises BadInput without a name or a scope, for a lifetime that is longer than `LONGEST_LIFETIME`, or when the
    person has `MOST_TOKENS` already.
    """
    name = name.strip()
    if not name or len(name) > 100:
        raise BadInput(say("Say in at most 100 characters which program the token is for."))
    if not scopes:
        raise BadInput(say("Choose at least one thing that the token may do."))
    if not timedelta(0) < lifetime <= LONGEST_LIFETIME:
        raise BadInput(
            say("A token works for at most %(days)s days. Choose a shorter time.", days=LONGEST_LIFETIME.days)
        )
    take_turn(session)
    working = select(func.count()).select_from(ApiToken).where(*_works(now), ApiToken.person_id == person.id)
    if session.exec(working).one() >= MOST_TOKENS:
        raise BadInput(
            say(
                "There are %(most_tokens)s tokens already. Revoke one that is not used any more.",
                most_tokens=MOST_TOKENS,
            )
        )
    assert person.id is not None
    secret = _PREFIX + secrets.token_urlsafe(_SECRET_BYTES)
    chosen = [str(scope) for scope in Scope if scope in scopes]
    made = ApiToken(
        token_sha256=_sha256(secret),
        person_id=person.id,
        name=name,
        scopes=chosen,
        created_at=now,
        expires_at=now + lifetime,
    )
    session.add(made)
    session.flush()
    detail = {"token": made.id, "name": name, "scopes": chosen, "person": person.email}
    record(session, "made an API token", actor=actor, now=now, detail=detail)
    return made, secret


def holder_of(session: Session, secret: str, *, now: datetime) -> tuple[ApiToken, Person] | None:
    """Return the token with this secret and its person; None when it does not work, for whatever reason."""
    query = (
        select(ApiToken, Person)
        .join(Person, col(Person.id) == ApiToken.person_id)
        .where(ApiToken.token_sha256 == _sha256(secret), *_works(now), col(Person.disabled_at).is_(None))
    )
    return session.exec(query).one_or_none()


def is_use_news(token: ApiToken, *, now: datetime) -> bool:
    """Tell whether that a token is used now is worth writing down; to the minute nobody needs it."""
    return token.last_used_at is None or now - token.last_used_at >= _NOTED_EVERY


def note_use(session: Session, token_id: int, *, now: datetime) -> None:
    """Write down that a token was used."""
    session.get_one(ApiToken, token_id).last_used_at = now


def tokens_of(session: Session, person_id: int) -> list[ApiToken]:
    """Return the tokens of a person that were not revoked, the newest first; those that ran out are among them."""
    query = select(ApiToken).where(ApiToken.person_id == person_id, col(ApiToken.revoked_at).is_(None))
    return list(session.exec(query.order_by(col(ApiToken.id).desc())))


def revoke_token(session: Session, token_id: int, *, person_id: int, now: datetime, actor: str) -> None:
    """End a token of a person at once; again, it changes nothing. Raises NotFound for another's."""
    take_turn(session)
    token = session.get(ApiToken, token_id)
    if token is None or token.person_id != person_id:
        raise NotFound(say("There is no such token."))
    if token.revoked_at is None:
        token.revoked_at = now
        record(session, "revoked an API token", actor=actor, now=now, detail={"token": token_id, "name": token.name})


def _works(now: datetime) -> tuple[bool, ...]:
    return (col(ApiToken.revoked_at).is_(None), col(ApiToken.expires_at) > now)  # type: ignore[return-value]


def _sha256(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
