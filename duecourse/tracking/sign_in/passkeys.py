"""Which passkeys does a person have, and how does one confirm who is signing in?

A challenge belongs to one session, and is used up by the first answer, whether that holds or not. Registering a passkey
confirms who it is as using one does: the device has just asked for a finger, a face or a number.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session, col, select

from duecourse.calendar.roles import RoleName
from duecourse.errors import BadInput, Conflict, NotFound
from duecourse.language.said import say
from duecourse.models import Passkey, Person, SignInSession
from duecourse.tracking.audit import record, take_turn
from duecourse.tracking.sign_in.confirming import confirm_session
from duecourse.tracking.sign_in.passkey_protocol import Key, Site, made, signed, which
from duecourse.tracking.sign_in.recovery_codes import end_codes
from duecourse.tracking.sign_in.sessions import end_sessions

CHALLENGE_LIFETIME = timedelta(minutes=5)
MOST_PASSKEYS = 20
_UNKNOWN = say("This passkey is not one of yours here. Use another one, or ask for a reset.")


def is_asked_of(parts: Iterable[Collection[RoleName]]) -> bool:
    """Whether somebody with these parts needs a passkey: who sets contracts up, as a liaison or an admin."""
    return any(role.sets_up for roles in parts for role in roles)


def passkeys_of(session: Session, person_id: int) -> list[Passkey]:
    """Return the passkeys of a person, the oldest first."""
    mine = select(Passkey).where(Passkey.person_id == person_id, col(Passkey.removed_at).is_(None))
    return list(session.exec(mine.order_by(col(Passkey.id))))


def draw_challenge(session: Session, session_id: int, *, now: datetime) -> bytes:
    """Draw what the next passkey of this session is to sign; what was drawn before is worth nothing any more."""
    challenge = secrets.token_bytes(32)
    drawn = sa.update(SignInSession).where(col(SignInSession.id) == session_id)
    session.execute(drawn.values(challenge=challenge.hex(), challenge_until=now + CHALLENGE_LIFETIME))
    return challenge


def take_challenge(session: Session, session_id: int, *, now: datetime) -> bytes:
    """Take the challenge of a session, in a transaction of its own. Raises Conflict when there is none, or no more."""
    row = session.exec(select(SignInSession).where(SignInSession.id == session_id).with_for_update()).one()
    drawn, until = row.challenge, row.challenge_until
    row.challenge, row.challenge_until = "", None
    session.flush()
    if not drawn or until is None or until <= now:
        raise Conflict(say("This took too long, or was sent twice. Try again."))
    return bytes.fromhex(drawn)


def add_passkey(
    session: Session,
    person: Person,
    session_id: int,
    answer: str,
    *,
    site: Site,
    challenge: bytes,
    name: str,
    now: datetime,
) -> Passkey:
    """Add the passkey that a person's browser has just made. Raises BadInput unless its answer holds."""
    assert person.id is not None
    key = made(site, answer, challenge=challenge)
    take_turn(session)
    if len(passkeys_of(session, person.id)) >= MOST_PASSKEYS:
        raise BadInput(
            say(
                "More than %(most_passkeys)s passkeys are not kept. Remove one that you do not use.",
                most_passkeys=MOST_PASSKEYS,
            )
        )
    if session.exec(select(Passkey.id).where(Passkey.credential_id == key.credential_id)).first() is not None:
        raise Conflict(say("This passkey was registered before. Use another device or key."))
    passkey = Passkey(
        person_id=person.id,
        credential_id=key.credential_id,
        public_key=key.public_key,
        sign_count=key.sign_count,
        name=name,
        created_at=now,
    )
    session.add(passkey)
    session.flush()
    record(session, "registered a passkey", actor=person.email, now=now, detail={"passkey": passkey.id})
    confirm_session(session, session_id, now=now)
    return passkey


def use_passkey(
    session: Session, person: Person, session_id: int, answer: str, *, site: Site, challenge: bytes, now: datetime
) -> None:
    """Let one of a person's passkeys confirm who has signed in. Raises BadInput unless its answer holds."""
    take_turn(session)
    query = select(Passkey).where(
        Passkey.person_id == person.id,
        Passkey.credential_id == which(answer),
        col(Passkey.removed_at).is_(None),
    )
    passkey = session.exec(query.with_for_update()).one_or_none()
    if passkey is None:
        raise BadInput(_UNKNOWN)
    key = Key(passkey.credential_id, passkey.public_key, passkey.sign_count)
    passkey.sign_count = signed(site, answer, key, challenge=challenge)
    passkey.last_used_at = now
    session.add(passkey)
    record(session, "confirmed with a passkey", actor=person.email, now=now, detail={"passkey": passkey.id})
    confirm_session(session, session_id, now=now)


def remove_passkey(session: Session, person: Person, passkey_id: int, *, now: datetime) -> Passkey:
    """Remove one of a person's passkeys. Raises NotFound when it is none of them."""
    take_turn(session)
    passkey = session.get(Passkey, passkey_id)
    if passkey is None or passkey.person_id != person.id or passkey.removed_at is not None:
        raise NotFound(say("There is no such passkey."))
    passkey.removed_at = now
    session.add(passkey)
    record(session, "removed a passkey", actor=person.email, now=now, detail={"passkey": passkey_id})
    return passkey


def reset_passkeys(session: Session, person: Person, *, reason: str, now: datetime, actor: str) -> int:
    """Remove all passkeys and recovery codes of a person, and end the sessions; return how many passkeys it were.

    The next sign-in by mail then leads to registering a new one. Raises BadInput without a reason, Conflict when there
    is none.
    """
    assert person.id is not None
    if not reason.strip():
        raise BadInput(say("Give a reason: whoever reads this later needs to know why."))
    take_turn(session)
    held = passkeys_of(session, person.id)
    if not held:
        raise Conflict(say("%(name)s has no passkey. Nothing was changed.", name=person.name))
    for passkey in held:
        passkey.removed_at = now
        session.add(passkey)
    end_codes(session, person.id, now=now)
    detail = {"email": person.email, "passkeys": len(held), "reason": reason.strip()}
    record(session, "reset passkeys", actor=actor, now=now, detail=detail)
    end_sessions(session, person, now=now, actor=actor)
    return len(held)
