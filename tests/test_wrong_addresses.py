"""Is whoever guesses the addresses of calendars held up, and nobody else?"""

from __future__ import annotations

from datetime import timedelta

import anyio
from feed_entries import DOMAIN
from feed_scene import BASE_URL, NOW, Scene, set_up
from sqlalchemy import Engine

from duecourse.clock import Clock
from duecourse.tracking.calendars.feeds import feed_path
from duecourse.web.feed_route import feed_app
from duecourse.web.wrong_addresses import _KEPT, AT_MOST, WINDOW, WrongAddresses


def statuses(scene: Scene, *asked: tuple[str, str]) -> list[int]:
    """Return the status that each client gets for its path, one after the other, from one server."""
    app = feed_app(scene.engine, Clock.showing(NOW), BASE_URL, DOMAIN)
    got: list[int] = []

    async def receive() -> dict[str, object]:
        return {"type": "http.request"}

    async def send(message: dict[str, object]) -> None:
        if message["type"] == "http.response.start":
            got.append(int(str(message["status"])))

    async def ask() -> None:
        for client, path in asked:
            scope = {"type": "http", "method": "GET", "path": path, "headers": [], "client": (client, 1)}
            await app(scope, receive, send)

    anyio.run(ask)
    return got


def test_a_guesser_is_refused_after_sixty_tries_and_the_valid_address_never(engine: Engine) -> None:
    scene = set_up(engine)
    wrong = [("203.0.113.7", feed_path(f"{number:043d}")) for number in range(AT_MOST + 5)]
    right, elsewhere = ("203.0.113.7", feed_path(scene.token)), ("198.51.100.1", feed_path("x" * 43))
    assert statuses(scene, *wrong, right, elsewhere) == [404] * AT_MOST + [429] * 5 + [200, 404]


def test_after_a_minute_or_when_the_clock_is_set_back_it_begins_anew() -> None:
    tries = WrongAddresses()
    assert [tries.are_too_many("a", now=NOW) for _ in range(AT_MOST + 1)] == [False] * AT_MOST + [True]
    assert not tries.are_too_many("a", now=NOW + WINDOW)
    assert not tries.are_too_many("a", now=NOW - timedelta(days=1))


def test_a_guesser_with_very_many_addresses_fills_no_memory_and_is_refused_as_well() -> None:
    tries = WrongAddresses()
    for number in range(_KEPT):
        tries.are_too_many(str(number), now=NOW)
    late = [tries.are_too_many(f"late-{number}", now=NOW) for number in range(AT_MOST + 5)]
    assert late == [False] * AT_MOST + [True] * 5
    assert len(tries._tries) == _KEPT + 1
