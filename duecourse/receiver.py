"""How does a program that is told by a webhook know that the message comes from its Duecourse server, and is new?

    said = verify_webhook(request.headers, request.body, secret="whsec_…")

It stands alone: copy this file into a program of yours; it needs nothing but Python's own library.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from typing import Any

TOLERANCE = 300
"""How many seconds a message may be old, or ahead, by this machine's clock."""


class NotGenuine(Exception):
    """The message was not signed with this secret, was changed on the way, or is too old. Answer 400, do nothing."""


def verify_webhook(
    headers: Mapping[str, str], body: bytes, *, secret: str, now: float | None = None, tolerance: int = TOLERANCE
) -> dict[str, Any]:
    """Return what a message says. `body` is the bytes as they came, `now` in seconds since 1970.

    Raises NotGenuine. The same message may come twice, under the same ``webhook-id``: act on it once.
    """
    said = {name.lower(): value for name, value in headers.items()}
    message_id, at = said.get("webhook-id", ""), said.get("webhook-timestamp", "")
    if not message_id or not at.isascii() or not at.isdigit() or len(at) > 12:
        raise NotGenuine("the message lacks its id or its time")
    if abs((time.time() if now is None else now) - int(at)) > tolerance:
        raise NotGenuine("the message is too old, or the clock of this machine is wrong")
    signed = b".".join([message_id.encode(), at.encode(), body])
    expected = base64.b64encode(hmac.digest(_key(secret), signed, hashlib.sha256))
    signatures = [each.partition(",") for each in said.get("webhook-signature", "").split()]
    # While a secret is being replaced there are two signatures.
    if not any(kind == "v1" and hmac.compare_digest(given.encode(), expected) for kind, _, given in signatures):
        raise NotGenuine("the message was not signed with this secret, or was changed on the way")
    found: dict[str, Any] = json.loads(body)
    return found


def _key(secret: str) -> bytes:
    try:
        return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except binascii.Error:
        raise ValueError("The secret is not whole: copy it from the page, from whsec_ to its end.") from None
