"""How does a program speak with a Duecourse server? A small typed client of its JSON API.

    with Duecourse("https://deadlines.agency.gov", token="duecourse_…") as server:
        for deliverable in server.deliverables(standing=["overdue"]):
            print(deliverable.title, deliverable.due_phrase)

It stands alone: copy this file, and it needs httpx and pydantic, nothing else of the package. Every refusal is a
`Problem` with the words of the server. A change is sent with a key of its own and tried again under the same key when
no answer came, so that it is made once.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from pathlib import Path
from time import sleep
from typing import Any, Self
from uuid import uuid4

import httpx
from pydantic import BaseModel, ConfigDict

_TRIES = 3
_PAUSE_SECONDS = 1.0
_AGAIN = (408, 429, 503)
_BUSY = "still being worked on"


class Problem(Exception):
    """The server refused a call (RFC 9457): `status`, `kind` for programs, `detail` and `errors` for people."""

    def __init__(self, status: int, said: dict[str, Any]) -> None:
        self.status = status
        self.kind = str(said.get("type", "")).rsplit("/", 1)[-1]
        self.title = str(said.get("title", ""))
        self.detail = str(said.get("detail", ""))
        self.errors: list[dict[str, str]] = said.get("errors", [])
        lines = [f"{error['pointer']}: {error['detail']}" for error in self.errors]
        super().__init__("\n".join([f"{status} {self.title}: {self.detail}", *lines]))


class Answered(BaseModel):
    """Something that the server said. Fields that a newer server adds are kept as they come."""

    model_config = ConfigDict(extra="allow", frozen=True)


class Deliverable(Answered):
    """One dated occurrence of an obligation. On time means strictly before `due_at`."""

    uid: str
    contract_id: str
    title: str
    label: str
    party: str
    channel: str
    due_on: date
    due_at: datetime
    due_phrase: str
    zone: str
    standing: str
    version: int
    may: list[str]
    steps: list[str] = []
    """Why this date; filled by `deliverable` alone."""
    etag: str = ""
    """Which version this is; filled by `deliverable` and by every act."""


class SubmittedFile(Answered):
    """One file that was handed in; `size` is in bytes."""

    uid: str
    name: str
    size: int
    sha256: str


class Submission(Answered):
    """One version that came in, with the uid of its receipt."""

    uid: str
    version: int
    submitted_at: datetime
    submitted_by: str
    is_late: bool
    receipt_uid: str | None
    files: list[SubmittedFile]


class Contract(Answered):
    """One contract in which the token's person has a part."""

    id: str
    number: str
    name: str
    funder: str
    contractor: str
    zone: str
    start_on: date
    end_on: date


class Duecourse:
    """A connection to one server, with one token. Close it, or use it in a `with` statement."""

    def __init__(self, address: str, *, token: str, timeout: float = 30.0) -> None:
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        self._http = httpx.Client(base_url=f"{address.rstrip('/')}/api/v1", headers=headers, timeout=timeout)

    def __enter__(self) -> Self:
        """Return the connection."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._http.close()

    def read(self, path: str, **query: Any) -> Any:
        """Return what stands at a path of the API, such as ``/overdue``, as it came. Raises Problem."""
        return self._got(path, query).json()

    def change(self, path: str, sent: Any = None, *, key: str | None = None, if_match: str | None = None) -> Any:
        """Make a change at a path of the API, once, and return the answer. Raises Problem.

        Give a `key` of your own when your program may be started again before it knows the answer.
        """
        return self._changed(path, key=key, if_match=if_match, **({} if sent is None else {"json": sent})).json()

    def contracts(self) -> Iterator[Contract]:
        """Yield the contracts, page by page."""
        return (Contract.model_validate(item) for item in self._items("/contracts", {}))

    def deliverables(
        self,
        *,
        contract: str | None = None,
        standing: Sequence[str] = (),
        due_from: datetime | None = None,
        due_before: datetime | None = None,
    ) -> Iterator[Deliverable]:
        """Yield deliverables in the order of their due moments, page by page; instants are aware."""
        query: dict[str, Any] = {"contract": contract, "standing": list(standing)}
        query |= {name: at and at.isoformat() for name, at in (("due_from", due_from), ("due_before", due_before))}
        return (Deliverable.model_validate(item) for item in self._items("/deliverables", query))

    def deliverable(self, uid: str) -> Deliverable:
        """Return one deliverable, with the reasons of its date and its version. Raises Problem."""
        return _with_etag(self._got(f"/deliverables/{uid}", {}))

    def submit(
        self,
        uid: str,
        *,
        submitted_at: datetime,
        submitted_by: str,
        channel: str,
        reference: str = "",
        note: str = "",
        files: Sequence[Path] = (),
        is_nil: bool = False,
        key: str | None = None,
    ) -> Submission:
        """Record that a deliverable was handed in, with the files that prove it. Raises Problem.

        With `is_nil` there was nothing to report, and the note says why.
        """
        said = {
            "submitted_at": submitted_at.isoformat(),
            "submitted_by": submitted_by,
            "channel": channel,
            "reference": reference,
            "note": note,
            "is_nil": is_nil,
        }
        path = f"/deliverables/{uid}/submissions"
        if not files:
            return Submission.model_validate(self.change(path, said, key=key))
        parts = [("file", (file.name, file.read_bytes())) for file in files]
        form = [("details", (None, json.dumps(said), "application/json")), *parts]
        return Submission.model_validate(self._changed(f"{path}/with-files", key=key, files=form).json())

    def accept(self, seen: Deliverable, *, comment: str = "") -> Deliverable:
        """Accept what came in, if it is still as it was `seen`. Raises Problem of the kind ``changed`` otherwise."""
        return self._act(seen, "decisions", {"act": "accept", "comment": comment})

    def return_it(self, seen: Deliverable, *, comment: str, again_on: date | None = None) -> Deliverable:
        """Return what came in, to be corrected until a day, if it is still as it was `seen`. Raises Problem."""
        said = {"act": "return", "comment": comment} | ({"again_on": again_on.isoformat()} if again_on else {})
        return self._act(seen, "decisions", said)

    def act(self, seen: Deliverable, act: str, *, reason: str) -> Deliverable:
        """Do one of the other acts that `seen.may` names, such as ``waive``. Raises Problem, also when it changed."""
        undoes = act.startswith("undo") or act == "ask for it again"
        return self._act(seen, "undo" if undoes else "set-aside", {"act": act, "reason": reason})

    def _act(self, seen: Deliverable, act: str, said: dict[str, Any]) -> Deliverable:
        return _with_etag(self._changed(f"/deliverables/{seen.uid}/{act}", if_match=seen.etag or None, json=said))

    def _items(self, path: str, query: dict[str, Any]) -> Iterator[Any]:
        cursor: str | None = ""
        while cursor is not None:
            page = self._got(path, query | {"cursor": cursor}).json()
            yield from page["items"]
            cursor = page["next"]

    def _got(self, path: str, query: dict[str, Any]) -> httpx.Response:
        return self._answer("GET", path, params={name: value for name, value in query.items() if value})

    def _changed(
        self, path: str, *, key: str | None = None, if_match: str | None = None, **content: Any
    ) -> httpx.Response:
        headers = {"Idempotency-Key": key or str(uuid4())} | ({"If-Match": if_match} if if_match else {})
        return self._answer("POST", path, headers=headers, **content)

    def _answer(self, method: str, path: str, **content: Any) -> httpx.Response:
        for left in reversed(range(_TRIES)):
            try:
                answer = self._http.request(method, path, **content)
            except httpx.TransportError:
                # Whether the server did it is not known; the key has it done once.
                if not left:
                    raise
            else:
                if answer.is_success:
                    return answer
                problem = _problem(answer)
                if not left or not (answer.status_code in _AGAIN or _BUSY in problem.detail):
                    raise problem
            sleep(_PAUSE_SECONDS)
        raise AssertionError("unreachable")


def _problem(answer: httpx.Response) -> Problem:
    try:
        said = answer.json()
    except ValueError:
        said = {}
    # A proxy in between may answer in its own words.
    return Problem(answer.status_code, said if isinstance(said, dict) else {})


def _with_etag(answer: httpx.Response) -> Deliverable:
    return Deliverable.model_validate(answer.json() | {"etag": answer.headers.get("etag", "")})
