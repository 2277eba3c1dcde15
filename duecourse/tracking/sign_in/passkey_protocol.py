"""What does a browser ask a passkey for, and does what it answers hold (W3C Web Authentication, level 3)?

Pure: no session, no clock. Whoever holds the key must show it to be there and unlock it (user verification), for this
site's own address, with the challenge that this server drew.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import webauthn
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from duecourse.errors import BadInput
from duecourse.language.said import say

_LONGEST = 64 * 1024
_WAIT_MS = 120_000
_REFUSED = say("The passkey could not be confirmed. Try again; if it goes on, use another passkey or ask for a reset.")


@dataclass(frozen=True, slots=True)
class Site:
    """The address of this site, as browsers see it."""

    origin: str

    @property
    def host(self) -> str:
        """The name to which its passkeys belong."""
        return urlsplit(self.origin).hostname or ""


@dataclass(frozen=True, slots=True)
class Key:
    """The public half of a passkey: its name at the device, the key, and how often it has signed."""

    credential_id: str
    public_key: bytes
    sign_count: int


def creation_options(
    site: Site, *, person_id: int, name: str, email: str, challenge: bytes, known: Sequence[str]
) -> str:
    """Return, as JSON, what a browser needs to make a passkey; `known` are those that the person has."""
    options = webauthn.generate_registration_options(
        rp_id=site.host,
        rp_name="Duecourse",
        # No address and no name: a device keeps this number, and shows it to nobody.
        user_id=f"person-{person_id}".encode(),
        user_name=email,
        user_display_name=name,
        challenge=challenge,
        timeout=_WAIT_MS,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=_described(known),
    )
    return webauthn.options_to_json(options)


def request_options(site: Site, *, challenge: bytes, known: Sequence[str]) -> str:
    """Return, as JSON, what a browser needs to have one of the `known` passkeys sign."""
    options = webauthn.generate_authentication_options(
        rp_id=site.host,
        challenge=challenge,
        timeout=_WAIT_MS,
        allow_credentials=_described(known),
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return webauthn.options_to_json(options)


def made(site: Site, answer: str, *, challenge: bytes) -> Key:
    """Return the passkey that a browser made. Raises BadInput unless its answer holds."""
    verified = _checked(
        answer,
        lambda credential: webauthn.verify_registration_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            require_user_verification=True,
        ),
    )
    return Key(bytes_to_base64url(verified.credential_id), verified.credential_public_key, verified.sign_count)


def which(answer: str) -> str:
    """Return the name of the passkey that an answer says to be from. Raises BadInput when it says none."""
    named = _checked(answer, lambda credential: credential["id"])
    if not isinstance(named, str):
        raise BadInput(_REFUSED)
    return named


def signed(site: Site, answer: str, key: Key, *, challenge: bytes) -> int:
    """Return how often the passkey has signed by now. Raises BadInput unless its answer holds."""
    verified = _checked(
        answer,
        lambda credential: webauthn.verify_authentication_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            credential_public_key=key.public_key,
            credential_current_sign_count=key.sign_count,
            require_user_verification=True,
        ),
    )
    return int(verified.new_sign_count)


def _checked(answer: str, check: Callable[[dict[str, Any]], Any]) -> Any:
    if len(answer) > _LONGEST:
        raise BadInput(_REFUSED)
    try:
        credential = json.loads(answer)
        said = json.loads(base64url_to_bytes(credential["response"]["clientDataJSON"]))
        # The library does not look whether the page stood in a frame of another site (level 3, 7.1 and 7.2).
        if said.get("crossOrigin", False) is not False:
            raise ValueError("asked for in a frame of another site")
        return check(credential)
    except Exception as error:
        # What a browser sends may be anything at all, and the library and those below it raise many things over it.
        raise BadInput(_REFUSED) from error


def _described(known: Sequence[str]) -> list[PublicKeyCredentialDescriptor]:
    return [PublicKeyCredentialDescriptor(id=base64url_to_bytes(one)) for one in known]
