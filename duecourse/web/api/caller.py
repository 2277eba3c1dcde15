"""Which program calls, for whom, and with which scopes? What does it get to read, and how is a change made once?"""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import Annotated

from fastapi import Depends, Request
from pydantic import BaseModel
from sqlalchemy.exc import OperationalError
from sqlmodel import Session
from starlette.responses import Response

from duecourse.models import ApiCall
from duecourse.models.database import reading, writing
from duecourse.tracking.api_calls import earlier_call, form_key_of, keep_call
from duecourse.tracking.api_tokens import Scope, holder_of, is_use_news, note_use
from duecourse.tracking.audit import came_by, take_turn
from duecourse.tracking.staff.people import roles_of
from duecourse.tracking.subcontractors.members import programs_of
from duecourse.web.api.etags import etag_of, is_one_of, matches
from duecourse.web.api.problems import Refused
from duecourse.web.site import Site, site_of
from duecourse.web.visitor import Visitor

_BEARER = re.compile(r"[Bb]earer +([A-Za-z0-9_.~+/=-]{1,200})")
_KEY = re.compile(r'(?P<quote>"?)(?P<key>[A-Za-z0-9_.:-]{8,100})(?P=quote)')
_CHALLENGE = 'Bearer realm="duecourse"'
_PRIVATE = {"Cache-Control": "private, no-cache", "Vary": "Authorization"}

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class UnderWay:
    """The calls with a key that this process is working on."""

    _keys: set[tuple[int, str]] = field(default_factory=set)
    _lock: Lock = field(default_factory=Lock)

    @contextmanager
    def alone(self, person_id: int, key: str) -> Iterator[None]:
        """Work on a call. Raises Refused with 409 while the same call is being worked on."""
        with self._lock:
            if (person_id, key) in self._keys:
                raise Refused(409, "The call with this Idempotency-Key is still being worked on.", Retry_After="1")
            self._keys.add((person_id, key))
        try:
            yield
        finally:
            with self._lock:
                self._keys.discard((person_id, key))


@dataclass(frozen=True, slots=True)
class Caller:
    """A program that acts for a person, and never does more than the person may."""

    site: Site
    visitor: Visitor
    request: Request
    token_id: int
    token_name: str
    scopes: frozenset[Scope]

    def check_scope(self, scope: Scope) -> None:
        """Raise Refused with 403 unless the token is for this."""
        check_scopes(self.scopes, [scope])

    @property
    def key(self) -> str:
        """The call's Idempotency-Key. Raises Refused with 400 unless there is one, of the usual characters."""
        said = _KEY.fullmatch(self.request.headers.get("idempotency-key", ""))
        if said is None:
            raise Refused(
                400,
                "Send an Idempotency-Key of 8 to 100 letters, digits, dots, colons, hyphens or underscores: a new one "
                "for each change, and the same one when the same change is sent again.",
            )
        return said["key"]

    @property
    def form_key(self) -> str:
        """The key under which the verbs know this call again."""
        return form_key_of(self.visitor.person_id, self.key)

    def answer(self, shown: BaseModel) -> Response:
        """Return what was asked for, or 304 when the caller has it already."""
        body = shown.model_dump_json()
        headers = _PRIVATE | {"ETag": etag_of(body)}
        if not self.visitor.is_changing and is_one_of(headers["ETag"], self.request.headers.get("if-none-match", "")):
            return Response(status_code=304, headers=headers)
        return Response(body, media_type="application/json", headers=headers)

    def change(
        self,
        sent: BaseModel | None,
        act: Callable[[Session], BaseModel],
        *,
        status: int = 200,
        location: str = "",
        current: Callable[[Session], BaseModel] | None = None,
        needs_version: bool = False,
        once: Callable[[BaseModel], BaseModel] | None = None,
    ) -> Response:
        """Make a change in one transaction, and return its answer; the same call again gets the same answer.

        `current` shows what an If-Match is about, and `location` is the address of that when the answer shows it as it
        is afterwards. `once` takes out of the answer what is not kept.
        """
        key, person_id = self.key, self.visitor.person_id
        if_match = self.request.headers.get("if-match")
        if needs_version and if_match is None:
            raise Refused(
                428, "Say with If-Match which version this decision is about: the ETag with which it was read."
            )
        if if_match is not None and current is None:
            raise Refused(412, "Nothing that is changed here has an ETag. Leave If-Match out.")
        asked = self._asked(sent)
        with self._under_way.alone(person_id, key), writing(self.site.engine) as session:
            came_by(session, {"by": "API", "token": self.token_id})
            take_turn(session)
            earlier = earlier_call(session, person_id, key, now=self.site.clock.now())
            if earlier is not None:
                return _again(earlier, asked)
            if if_match is not None and current is not None:
                _check_match(if_match, current(session))
            shown = act(session)
            body = shown.model_dump_json()
            kept = once(shown).model_dump_json() if once else body
            call = ApiCall(
                person_id=person_id,
                key=key,
                asked_sha256=asked,
                status=status,
                body=kept,
                location=location,
                answered_at=self.site.clock.now(),
            )
            keep_call(session, call)
        self.site.wake()
        return _answered(status, body, location)

    def _asked(self, sent: BaseModel | None) -> str:
        content = sent.model_dump_json() if sent is not None else ""
        said = f"{self.request.method} {self.request.url.path}?{self.request.url.query}\n{content}"
        return hashlib.sha256(said.encode("utf-8", "replace")).hexdigest()

    @property
    def _under_way(self) -> UnderWay:
        under_way: UnderWay = self.request.app.state.under_way
        return under_way


def authenticate(request: Request, scopes: Collection[Scope]) -> Caller:
    """Return who calls. Raises Refused: 401 without a token that works, 403 when it is for none of these scopes."""
    site = site_of(request)
    now = site.clock.now()
    said = request.headers.getlist("authorization")
    shown = _BEARER.fullmatch(said[0]) if len(said) == 1 else None
    if shown is None:
        raise Refused(401, "Send one token as “Authorization: Bearer …”.", WWW_Authenticate=_CHALLENGE)
    with reading(site.engine) as session:
        found = holder_of(session, shown[1], now=now)
        if found is None:
            challenge = f'{_CHALLENGE}, error="invalid_token"'
            raise Refused(401, "This token does not work, or no longer.", WWW_Authenticate=challenge)
        token, person = found
        assert token.id is not None and person.id is not None
        visitor = Visitor(
            person_id=person.id,
            name=person.name,
            email=person.email,
            parts=roles_of(session, person.id),
            token="",
            form_token="",
            showing=None,
            now=now,
            is_changing=request.method not in ("GET", "HEAD"),
            programs=programs_of(session, person.id),
        )
        caller = Caller(site, visitor, request, token.id, token.name, frozenset(Scope(each) for each in token.scopes))
        is_news = is_use_news(token, now=now)
    check_scopes(caller.scopes, scopes)
    if is_news:
        _note_use(caller)
    return caller


def check_scopes(held: Collection[Scope], needed: Collection[Scope]) -> None:
    """Raise Refused with 403 unless one of the scopes that are needed is held (RFC 6750, 3.1)."""
    if not set(held) & set(needed):
        names = " or ".join(f"“{scope}”" for scope in needed)
        challenge = f'{_CHALLENGE}, error="insufficient_scope", scope="{" ".join(needed)}"'
        raise Refused(403, f"This token is not for that: it takes the scope {names}.", WWW_Authenticate=challenge)


def caller_of(request: Request) -> Caller:
    """Return who sends this call, as the route found out."""
    found: Caller = request.state.caller
    return found


Calling = Annotated[Caller, Depends(caller_of)]


def _note_use(caller: Caller) -> None:
    try:
        with writing(caller.site.engine) as session:
            note_use(session, caller.token_id, now=caller.visitor.now)
    except OperationalError as error:
        # Who only reads is not refused because the disk is full.
        _log.warning("the use of a token was not written down: %s", error)


def _check_match(if_match: str, shown: BaseModel) -> None:
    if not matches(etag_of(shown.model_dump_json()), if_match):
        raise Refused(
            412, "It changed since it was read, so nothing was done. Read it again, and decide on what it is."
        )


def _again(earlier: ApiCall, asked: str) -> Response:
    if earlier.asked_sha256 != asked:
        raise Refused(422, "This Idempotency-Key was used for another call. Nothing was changed: use a new key.")
    answer = _answered(earlier.status, earlier.body, earlier.location)
    answer.headers["Idempotency-Replayed"] = "true"
    return answer


def _answered(status: int, body: str, location: str) -> Response:
    headers = _PRIVATE | ({"Content-Location": location, "ETag": etag_of(body)} if location else {})
    return Response(body, status, media_type="application/json", headers=headers)
