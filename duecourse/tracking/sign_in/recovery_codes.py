"""With which codes does somebody who lost the passkey come in once more, each code once?

A code takes the place of the passkey, never of the mail. It has 80 bits, of which only the SHA-256 is stored, and is
used up by one statement, so that of two browsers with the same code one comes in.
"""

from __future__ import annotations

import secrets
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col, select

from duecourse.errors import BadInput, Conflict
from duecourse.language.said import say
from duecourse.models import Person, RecoveryCode, SignInSession
from duecourse.tracking.audit import record, take_turn
from duecourse.tracking.sign_in.confirming import confirm_session
from duecourse.tracking.sign_in.mailed import LETTERS, as_typed
from duecourse.tracking.signing_in import sha256

HOW_MANY = 10
"""How many codes are made at a time; making them anew ends those before."""
_LENGTH, _GROUP = 16, 4


def make_codes(session: Session, person: Person, session_id: int, *, now: datetime) -> list[str]:
    """Make ten codes for a person, end those before, and return the new ones, which cannot be read again.

    Raises Conflict unless this session was confirmed with a passkey: a mail alone must not make a second factor.
    """
    assert person.id is not None
    take_turn(session)
    confirmed = select(SignInSession.second_factor_at).where(SignInSession.id == session_id)
    if session.exec(confirmed).first() is None:
        raise Conflict(say("Sign in with a passkey first: then you can make recovery codes here."))
    end_codes(session, person.id, now=now)
    codes = ["".join(secrets.choice(LETTERS) for _ in range(_LENGTH)) for _ in range(HOW_MANY)]
    session.add_all(
        RecoveryCode(person_id=person.id, code_sha256=_hash(person.id, code), made_at=now) for code in codes
    )
    session.flush()
    record(session, "made recovery codes", actor=person.email, now=now, detail={"codes": len(codes)})
    return ["-".join(code[at : at + _GROUP] for at in range(0, _LENGTH, _GROUP)) for code in codes]


def use_code(session: Session, person: Person, session_id: int, typed: str, *, now: datetime) -> int:
    """Let a code confirm who has signed in, use it up, and return how many are left.

    Raises BadInput for one that does not work, for whatever reason.
    """
    assert person.id is not None
    take_turn(session)
    works = _working(person.id)
    code = sa.update(RecoveryCode).where(*works, col(RecoveryCode.code_sha256) == _hash(person.id, as_typed(typed)))
    used = session.execute(code.values(used_at=now).returning(col(RecoveryCode.id))).scalar_one_or_none()
    if used is None:
        raise BadInput(say("This code does not work: it was mistyped or used before, or newer ones were made."))
    left = codes_left(session, person.id)
    record(session, "confirmed with a recovery code", actor=person.email, now=now, detail={"code": used, "left": left})
    confirm_session(session, session_id, now=now)
    return left


def codes_left(session: Session, person_id: int) -> int:
    """Return how many codes of a person still work."""
    return session.exec(select(sa.func.count()).select_from(RecoveryCode).where(*_working(person_id))).one()


def end_codes(session: Session, person_id: int, *, now: datetime) -> None:
    """End all codes of a person."""
    session.execute(sa.update(RecoveryCode).where(*_working(person_id)).values(ended_at=now))


def _working(person_id: int) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        col(RecoveryCode.person_id) == person_id,
        col(RecoveryCode.used_at).is_(None),
        col(RecoveryCode.ended_at).is_(None),
    )


def _hash(person_id: int, code: str) -> str:
    return sha256(f"{person_id}|{code}")
