"""Which key does this server sign with, and with which did it sign before?"""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from sqlmodel import Session, col, select

from duecourse.errors import NotReady
from duecourse.models import SigningKey
from duecourse.tracking.proof.signing import PrivateKey, fingerprint, new_private_key, private_key, public_key

KEY_FILE = "signing-key.pem"


def server_key(folder: Path, *, configured: str = "") -> PrivateKey:
    """Return the key that the settings give, else the one in the data folder, which is made if there is none.

    Raises NotReady when it cannot be read or written, or is no key.
    """
    if configured:
        return private_key(configured.encode(), source="DUECOURSE_SIGNING_KEY")
    path = folder / KEY_FILE
    try:
        if not path.exists():
            _make(path)
        return private_key(path.read_bytes(), source=str(path))
    except OSError as error:
        raise NotReady(f"The signing key {path} cannot be read or made: {error.strerror}.") from error


def remember_key(session: Session, key: PrivateKey, *, now: datetime) -> None:
    """Keep the public half of a key that signs from now on, so that it is known when another key has taken its place.

    Of two servers that keep it at once, the second raises IntegrityError; it is kept then.
    """
    public = public_key(key)
    if session.get(SigningKey, fingerprint(public)) is None:
        session.add(SigningKey(fingerprint=fingerprint(public), public_key=public.hex(), first_used_at=now))
        session.flush()


def is_remembered(session: Session, key: PrivateKey) -> bool:
    """Tell whether the public half of a key is kept."""
    return session.get(SigningKey, fingerprint(public_key(key))) is not None


def known_keys(session: Session) -> list[bytes]:
    """Return the public keys with which this server has signed, the newest first."""
    query = select(SigningKey).order_by(col(SigningKey.first_used_at).desc(), col(SigningKey.fingerprint))
    return [bytes.fromhex(row.public_key) for row in session.exec(query)]


def _make(path: Path) -> None:
    # Written whole under another name first, then linked: of two processes that make a key at once, one key stays, and
    # nobody reads half of it. Readable by its owner alone from the first instant.
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(new_private_key())
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(unfinished, path)
    finally:
        unfinished.unlink()
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
