"""How does a call reach the server once, whatever becomes of its answer, and what says that it was refused?"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from time import sleep
from typing import Any, Self
from uuid import uuid4

import httpx

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


class Connection:
    """Calls of the API with one token, by their paths. Close it, or use it in a `with` statement."""

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

    def send(self, path: str, said: Any, files: Sequence[Path], *, key: str | None = None) -> Any:
        """Send files with what is said of them to a path of the API, once, and return the answer. Raises Problem."""
        parts = [("file", (file.name, file.read_bytes())) for file in files]
        form = [("details", (None, json.dumps(said), "application/json")), *parts]
        return self._changed(path, key=key, files=form).json()

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
