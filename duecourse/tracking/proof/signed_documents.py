"""How is something that this server says written into a file in which no byte can be changed unnoticed?

The file is JSON, laid out in one way only. What is signed is the name of the format, a line feed, and the content as
canonical JSON (RFC 8785, for objects of text, whole numbers, truth values and null, which is all that occurs here).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from duecourse.errors import BadInput
from duecourse.language.said import say, say_in
from duecourse.tracking.proof.signing import PrivateKey, fingerprint, public_key, signature, signed_by

RECEIPT = "duecourse receipt 1"
EXPORT = "duecourse audit export 1"
_FORMATS = (RECEIPT, EXPORT)
_KEY = re.compile(r"[0-9a-f]{64}")
_SIGNATURE = re.compile(r"[0-9a-f]{128}")
_RECEIPT = say_in("document", "receipt")


@dataclass(frozen=True, slots=True)
class SignedDocument:
    """A document of which the signature fits. Whether its key can be trusted is another question: see `check_key`."""

    format: str
    content: dict[str, Any]
    public: bytes

    @property
    def sha256(self) -> str:
        """The hash of the content."""
        return content_sha256(canonical(self.content))

    @property
    def fingerprint(self) -> str:
        """The fingerprint of the key that signed it."""
        return fingerprint(self.public)

    def check_key(self, trusted: Collection[bytes], *, whose: str) -> None:
        """Raise BadInput unless it was signed with one of these public keys."""
        if self.public not in trusted:
            raise BadInput(
                say(
                    "It was not signed with %(whose)s: the key that signed it has the fingerprint "
                    "%(fingerprint)s. Either it comes from another server, or somebody made it up.",
                    whose=whose,
                    fingerprint=self.fingerprint,
                )
            )


def canonical(content: dict[str, Any]) -> str:
    """Return content as canonical JSON."""
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def content_sha256(text: str) -> str:
    """Return the hash of canonical JSON, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def signed_document(format: str, content: dict[str, Any], key: PrivateKey) -> bytes:
    """Return the file that says `content`, signed."""
    text, public = canonical(content), public_key(key)
    return _written(format, content, public, signature(key, _message(format, text)))


def read_document(data: bytes, *, format: str, what: str = _RECEIPT) -> SignedDocument:
    """Read a file, and check that it is exactly what was signed with the key that it names.

    Raises BadInput, saying what is wrong with the `what`, when a byte was changed, added or is missing.
    """
    try:
        said = json.loads(data.decode())
        signed = said["signature"]
        content, value, named = said["content"], signed["value"], signed["public_key"]
        stated = said["format"]
        if not isinstance(content, dict) or stated not in _FORMATS:
            raise ValueError
        if not _KEY.fullmatch(named) or not _SIGNATURE.fullmatch(value):
            raise ValueError
        text = canonical(content)
        message = _message(stated, text)
        public, mark = bytes.fromhex(named), bytes.fromhex(value)
        written = _written(stated, content, public, mark)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise BadInput(
            say("This is no %(what)s of Duecourse, or it was damaged so that it cannot be read any more.", what=what)
        ) from error
    if stated != format:
        raise BadInput(say("This is no %(what)s: it is a “%(stated)s”.", what=what, stated=stated))
    if not signed_by(public, message, mark):
        raise BadInput(
            say("The %(what)s was changed after it was signed, or its signature was: they do not fit.", what=what)
        )
    if written != data:
        raise BadInput(
            say(
                "The %(what)s file was changed after it was written. What is signed in it is whole, but "
                "bytes around it are not: a hash, a fingerprint, or spaces and line ends. Ask for the "
                "file as it was downloaded.",
                what=what,
            )
        )
    return SignedDocument(stated, content, public)


def _message(format: str, text: str) -> bytes:
    return f"{format}\n{text}".encode()


def _written(format: str, content: dict[str, Any], public: bytes, mark: bytes) -> bytes:
    document = {
        "content": content,
        "format": format,
        "sha256": content_sha256(canonical(content)),
        "signature": {
            "algorithm": "Ed25519",
            "fingerprint": fingerprint(public),
            "public_key": public.hex(),
            "value": mark.hex(),
        },
    }
    return (json.dumps(document, ensure_ascii=False, sort_keys=True, indent=2) + "\n").encode()
