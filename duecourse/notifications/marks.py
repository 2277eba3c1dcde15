"""Did we give out this mark: the tag of a return path, or the token of a link that stops mails?

A mark is an HMAC (RFC 2104) under a secret that the database keeps, so that all processes of a server share it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets

from sqlalchemy import Engine
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from duecourse.models import ServerSecret
from duecourse.models.database import reading, writing

_NAME = "mail marks"
_BYTES = 15
"""120 bits, which are 24 characters: a tag must fit into the 64 characters of an address's name."""


def secret_of(session: Session) -> bytes:
    """Return the secret, which is made if there is none; of two processes that make it at once, one's stays."""
    query = select(ServerSecret.value).where(col(ServerSecret.name) == _NAME)
    found = session.exec(query).first()
    if found is None:
        dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
        statement = dialect.insert(ServerSecret).values(name=_NAME, value=secrets.token_hex(32))
        session.execute(statement.on_conflict_do_nothing(index_elements=["name"]))
        found = session.exec(query).one()
    return bytes.fromhex(found)


def kept_secret(session: Session) -> bytes | None:
    """Return the secret, or None while no mark was given out yet; nothing is changed."""
    found = session.exec(select(ServerSecret.value).where(col(ServerSecret.name) == _NAME)).first()
    return None if found is None else bytes.fromhex(found)


def secret_in(engine: Engine) -> bytes:
    """Return the secret of a database, which is made if there is none, in a transaction of its own."""
    with reading(engine) as session:
        found = session.exec(select(ServerSecret.value).where(col(ServerSecret.name) == _NAME)).first()
    if found is not None:
        return bytes.fromhex(found)
    with writing(engine) as session:
        return secret_of(session)


def mark(secret: bytes, *said: str) -> str:
    """Return the mark of these words: 24 small letters and digits."""
    signed = hmac.digest(secret, "\x00".join(said).encode(), hashlib.sha256)
    return base64.b32encode(signed[:_BYTES]).decode().lower()


def is_mark(given: str, secret: bytes, *said: str) -> bool:
    """Tell whether a mark is ours, in the same time whatever is given; letters may have become large on the way."""
    return hmac.compare_digest(given.lower().encode("utf-8", "replace"), mark(secret, *said).encode())
