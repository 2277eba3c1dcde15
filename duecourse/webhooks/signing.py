"""How is a message signed, so that its receiver knows that it comes from here and is new? By Standard Webhooks.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md: HMAC-SHA256 (RFC 2104) of
the id, the time and the bytes of the message.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Collection
from datetime import datetime

PREFIX = "whsec_"
_BYTES = 32


def new_secret() -> str:
    """Return a new secret of 256 bits, as receivers take it: ``whsec_`` and base64."""
    return PREFIX + base64.b64encode(secrets.token_bytes(_BYTES)).decode()


def headers_of(message_id: str, body: bytes, *, keys: Collection[str], now: datetime) -> dict[str, str]:
    """Return the headers of a message that is sent at `now`, signed with each of the secrets."""
    at = str(int(now.timestamp()))
    signed = b".".join([message_id.encode(), at.encode(), body])
    signatures = [f"v1,{_signature(key, signed)}" for key in keys]
    return {
        "content-type": "application/json",
        "content-length": str(len(body)),
        "accept-encoding": "identity",
        "user-agent": "Duecourse",
        "webhook-id": message_id,
        "webhook-timestamp": at,
        "webhook-signature": " ".join(signatures),
    }


def _signature(secret: str, signed: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(PREFIX))
    return base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
