"""Who signed these bytes? The one door to `cryptography`.

Ed25519 (RFC 8032): a signature has 64 bytes, and the same key signs the same bytes always alike.
"""

from __future__ import annotations

import hashlib
import re

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from duecourse.errors import BadInput, NotReady
from duecourse.language.said import say

PrivateKey = Ed25519PrivateKey

_BLOCK = re.compile(rb"-----BEGIN ([A-Z ]+)-----.+?-----END \1-----", re.DOTALL)


def new_private_key() -> bytes:
    """Return a new private key, as PEM (RFC 8410)."""
    return Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def private_key(pem: bytes, *, source: str) -> PrivateKey:
    """Read a private key. Raises NotReady, naming the `source` and the cure, when it is none for Ed25519."""
    try:
        key = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise NotReady(
            f"{source} holds no private Ed25519 key without a password. Restore the key from a backup, or make a new "
            "one: openssl genpkey -algorithm ed25519 -out signing-key.pem"
        )
    return key


def public_key(key: PrivateKey) -> bytes:
    """Return the 32 bytes of the public half."""
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def public_pem(public: bytes) -> str:
    """Return a public key as PEM."""
    return _loaded(public).public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def public_keys(pem: bytes, *, source: str) -> list[bytes]:
    """Read every key of a PEM file, public or private, and return the public halves. Raises BadInput when none is."""
    found = []
    for block in _BLOCK.finditer(pem):
        try:
            if b"PRIVATE" in block[1]:
                found.append(public_key(private_key(block[0], source=source)))
            elif isinstance(key := load_pem_public_key(block[0]), Ed25519PublicKey):
                found.append(key.public_bytes(Encoding.Raw, PublicFormat.Raw))
        except (ValueError, UnsupportedAlgorithm, NotReady):
            continue
    if not found:
        raise BadInput(
            say("%(source)s holds no Ed25519 key in PEM form. A server gives its own at /verify/key.", source=source)
        )
    return found


def fingerprint(public: bytes) -> str:
    """Return what names a public key, in hexadecimal: SHA-256 of its SubjectPublicKeyInfo.

    The same comes from ``openssl pkey -pubin -outform DER | sha256sum``.
    """
    info = _loaded(public).public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(info).hexdigest()


def signature(key: PrivateKey, message: bytes) -> bytes:
    """Sign a message."""
    return key.sign(message)


def signed_by(public: bytes, message: bytes, signature: bytes) -> bool:
    """Tell whether the owner of a public key signed exactly this message."""
    try:
        _loaded(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _loaded(public: bytes) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(public)
