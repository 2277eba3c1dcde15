"""An agency's single sign-on on a real socket: OpenID Connect with the code flow, and what it could say wrongly."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from secrets import token_urlsafe
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "duecourse", "open-sesame-said-ali-baba"


@dataclass
class Provider:
    """One provider: who signs in there next, and how its answers differ from the right ones."""

    issuer: str
    now: Callable[[], datetime]
    email: str = ""
    changed: dict[str, Any] = field(default_factory=dict)
    """Claims of the next tokens that are not what they should be; None leaves one out."""
    sign_with: Any = None
    algorithm: str = "RS256"
    metadata: dict[str, Any] = field(default_factory=dict)
    is_away: bool = False
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one"}))
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def authorize(self, query: dict[str, str]) -> str:
        """Sign the person in, and return the address at which the browser goes on."""
        assert (query["client_id"], query["response_type"]) == (CLIENT, "code")
        assert query["code_challenge_method"] == "S256" and "openid" in query["scope"].split()
        code = token_urlsafe(16)
        self.codes[code] = query
        return f"{query['redirect_uri']}?code={code}&state={query['state']}"

    def token(self, form: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        """Exchange a code once for a token, for the client that has the secret and the verifier."""
        query = self.codes.pop(form.get("code", ""), None)
        basic = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if query is None or authorization != f"Basic {basic}":
            return 400, {"error": "invalid_grant"}
        if query["code_challenge"] != challenge or query["redirect_uri"] != form.get("redirect_uri"):
            return 400, {"error": "invalid_grant"}
        at = int(self.now().timestamp())
        claims = {"iss": self.issuer, "sub": "4711", "aud": CLIENT, "iat": at, "exp": at + 300}
        claims |= {"nonce": query["nonce"], "email": self.email, "email_verified": True}
        said = {name: value for name, value in (claims | self.changed).items() if value is not None}
        header = {"alg": self.algorithm, "kid": "one"}
        signed = jwt.encode(header, said, self.sign_with or self.key, algorithms=[self.algorithm])
        return 200, {"access_token": token_urlsafe(16), "token_type": "Bearer", "id_token": signed}


@contextmanager
def serving(now: Callable[[], datetime]) -> Iterator[Provider]:
    """Serve a provider on a free port of 127.0.0.1."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            address = urlsplit(self.path)
            provider.asked.append(address.path)
            if provider.is_away:
                return self._say(503, {})
            if address.path == "/authorize":
                query = {name: said[0] for name, said in parse_qs(address.query).items()}
                self.send_response(302)
                self.send_header("location", provider.authorize(query))
                return self.end_headers()
            if address.path == "/keys":
                return self._say(200, {"keys": [provider.key.as_dict(private=False)]})
            self._say(200, {
                "issuer": provider.issuer,
                "authorization_endpoint": f"{provider.issuer}/authorize",
                "token_endpoint": f"{provider.issuer}/token",
                "jwks_uri": f"{provider.issuer}/keys",
            } | provider.metadata)  # fmt: skip

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            form = {name: said[0] for name, said in parse_qs(body).items()}
            self._say(*provider.token(form, self.headers.get("authorization", "")))

        def _say(self, status: int, said: dict[str, Any]) -> None:
            content = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider = Provider(f"http://127.0.0.1:{server.server_address[1]}", now)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
