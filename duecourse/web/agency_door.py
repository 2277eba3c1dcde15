"""Who does an agency's single sign-on say that somebody is (OpenID Connect Core 1.0, code flow with PKCE)?

Every call goes to the issuer that is configured and to what that issuer names, follows no redirect, and waits ten
seconds at most. What comes back counts only as a token that the issuer signed, for this server, for this very sign-in.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from authlib.deprecate import AuthlibDeprecationWarning
from joserfc import jwt
from joserfc.jwk import KeySet

from duecourse.errors import NotAllowed, NotReady
from duecourse.language.said import say
from duecourse.tracking.sign_in.agency import Begun

with warnings.catch_warnings():
    # It asks for a successor of httpx that is none of ours yet, and tells whoever started the server so.
    warnings.simplefilter("ignore", AuthlibDeprecationWarning)
    from authlib.integrations.httpx_client import OAuth2Client
    from authlib.oidc.core import CodeIDToken

_log = logging.getLogger(__name__)

# None of those for which knowing the client's secret, or nothing at all, would be enough to sign.
_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
_LEEWAY = 60
_PATIENCE = 10.0
# The second is Microsoft's: the address's domain is verified by the organisation to which the account belongs.
_VERIFIED = ("email_verified", "xms_edov")
_AWAY = say("Your agency’s sign-in does not answer at present. Try again later, or sign in by mail.")
_REFUSED = say("Your agency’s sign-in did not confirm who you are. Begin again, or sign in by mail.")


@dataclass(frozen=True, slots=True)
class Agency:
    """An agency's single sign-on, and what this server is called there."""

    issuer: str
    client_id: str
    client_secret: str
    comes_back_to: str


def address_at(agency: Agency, begun: Begun) -> str:
    """Return the address at the agency where a person signs in. Raises NotReady when the agency does not answer."""
    with _client(agency) as client:
        endpoint = _metadata(client, agency)["authorization_endpoint"]
        address, _ = client.create_authorization_url(
            endpoint, state=begun.state, nonce=begun.nonce, code_verifier=begun.verifier
        )
    return str(address)


def email_of(agency: Agency, begun: Begun, code: str, *, now: datetime) -> str:
    """Return the verified mail address, in lower case, of whoever comes back with this code.

    Raises NotReady when the agency does not answer, and NotAllowed unless what it says holds and verifies the address.
    """
    with _client(agency) as client:
        metadata = _metadata(client, agency)
        with _put_right(_REFUSED, NotAllowed):
            token = client.fetch_token(metadata["token_endpoint"], code=code, code_verifier=begun.verifier)
        keys = _json(client, metadata["jwks_uri"])
    with _put_right(_REFUSED, NotAllowed):
        decoded = jwt.decode(token["id_token"], KeySet.import_key_set({"keys": keys["keys"]}), algorithms=_ALGORITHMS)
        wanted = {
            "iss": {"essential": True, "value": agency.issuer},
            "aud": {"essential": True, "value": agency.client_id},
        }
        params = {"nonce": begun.nonce, "client_id": agency.client_id, "access_token": token.get("access_token")}
        claims = CodeIDToken(decoded.claims, decoded.header, wanted, params)
        claims.validate(now=int(now.timestamp()), leeway=_LEEWAY)
        email = claims.get("email")
        is_verified = any(claims.get(name) in (True, 1, "true", "1") for name in _VERIFIED)
    if not isinstance(email, str) or not is_verified:
        raise NotAllowed(say("Your agency’s sign-in does not say that your mail address is verified. Sign in by mail."))
    return email.strip().lower()


def _client(agency: Agency) -> OAuth2Client:
    return OAuth2Client(
        client_id=agency.client_id,
        client_secret=agency.client_secret or None,
        token_endpoint_auth_method="client_secret_basic" if agency.client_secret else "none",
        redirect_uri=agency.comes_back_to,
        scope="openid email",
        code_challenge_method="S256",
        timeout=_PATIENCE,
        follow_redirects=False,
    )


def _metadata(client: OAuth2Client, agency: Agency) -> dict[str, Any]:
    found = _json(client, f"{agency.issuer.rstrip('/')}/.well-known/openid-configuration")
    with _put_right(_AWAY, NotReady):
        # OpenID Connect Discovery 1.0, 4.3: else one issuer could speak for another.
        if found["issuer"] != agency.issuer:
            raise ValueError(f"the metadata is of another issuer: {found['issuer']!r}")
        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
            if urlsplit(found[name]).scheme not in ("https", urlsplit(agency.issuer).scheme):
                raise ValueError(f"{name} is not encrypted")
    return found


def _json(client: OAuth2Client, address: str) -> dict[str, Any]:
    with _put_right(_AWAY, NotReady):
        answer = client.request("GET", address, withhold_token=True)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found


@contextmanager
def _put_right(says: str, kind: type[NotReady] | type[NotAllowed]) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        # Whatever is wrong with the connection, the answer or the token, and the libraries raise many things over
        # these: nobody comes in. What is logged is for the operator, who cannot see it otherwise.
        _log.warning("single sign-on: %s: %s", type(error).__name__, str(error)[:300].encode("unicode_escape").decode())
        raise kind(says) from error
