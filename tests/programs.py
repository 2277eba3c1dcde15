"""What does a program need: a token for a person, and calls with keys, without a browser?"""

from __future__ import annotations

from collections.abc import Collection
from itertools import count
from typing import Any

import httpx
from sqlmodel import select
from visits import World

from duecourse.models import Person
from duecourse.models.database import writing
from duecourse.tracking.api_tokens import Scope, make_token

_keys = count(1)


def token_for(world: World, email: str, scopes: Collection[Scope] = tuple(Scope)) -> str:
    """Make a token for a person, and return its secret."""
    now = world.clock.now()
    with writing(world.engine) as session:
        person = session.exec(select(Person).where(Person.email == email)).one()
        return make_token(session, person, name="a test", scopes=scopes, now=now, actor=email)[1]


def fresh_key() -> str:
    """Return an Idempotency-Key that was never used."""
    return f"test-key-{next(_keys):08}"


class Program:
    """A program that calls the API with a token, or with none."""

    def __init__(self, world: World, email: str = "", *, scopes: Collection[Scope] = tuple(Scope)) -> None:
        self.client = world.open.enter_context(
            httpx.Client(base_url=f"{world.address}/api/v1", timeout=30, verify=False)
        )
        if email:
            self.client.headers["Authorization"] = f"Bearer {token_for(world, email, scopes)}"

    def get(self, path: str, **more: Any) -> httpx.Response:
        """Read something."""
        return self.client.get(path, **more)

    def post(self, path: str, sent: Any = None, *, key: str = "", if_match: str = "", **more: Any) -> httpx.Response:
        """Make a change, with a new key unless one is given."""
        headers = {"Idempotency-Key": key or fresh_key()} | ({"If-Match": if_match} if if_match else {})
        headers |= more.pop("headers", {})
        return self.client.post(path, headers=headers, **({"json": sent} if sent is not None else {}), **more)

    def decide(self, uid: str, act: str, sent: dict[str, Any], **more: Any) -> httpx.Response:
        """Act on a deliverable as it is now."""
        etag = self.get(f"/deliverables/{uid}").headers["etag"]
        return self.post(f"/deliverables/{uid}/{act}", sent, if_match=etag, **more)
