"""Is a feed served over HTTP as calendar programs need it, and is its address kept secret?"""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any

import httpx
import pytest
from calendar_programs import serving
from feed_entries import DOMAIN, values_of
from feed_scene import BASE_URL, NOW, Scene, set_up, statements_of
from sqlalchemy import Engine, text

from duecourse.calendar import feed as feed_module
from duecourse.clock import Clock
from duecourse.models.database import writing
from duecourse.tracking.calendars import feed_bytes
from duecourse.tracking.calendars.feeds import feed_path, revoke_feed
from duecourse.web.feed_route import feed_app
from duecourse.web.headers import ALONE, HTTPS_ALONE


@pytest.fixture
def scene(engine: Engine) -> Scene:
    """A contract, its program manager and a feed."""
    return set_up(engine)


@pytest.fixture
def server(scene: Scene) -> Iterator[httpx.Client]:
    """A client of the feeds, served on a socket."""
    app = feed_app(scene.engine, Clock.showing(NOW), BASE_URL, DOMAIN)
    with serving(app) as address, httpx.Client(base_url=address, verify=False) as client:
        yield client


@pytest.fixture
def path(scene: Scene) -> str:
    """The path of the feed's address."""
    return feed_path(scene.token)


def test_a_feed_is_a_calendar_with_the_headers_that_protect_it(server: httpx.Client, path: str) -> None:
    answer = server.get(path)
    assert answer.status_code == 200
    assert answer.content.startswith(b"BEGIN:VCALENDAR\r\n")
    headers = dict(answer.headers)
    assert headers.pop("date") and headers.pop("server")
    assert headers.pop("content-length") == str(len(answer.content))
    assert headers.pop("etag").strip('"').isalnum()
    assert parsedate_to_datetime(headers.pop("last-modified")) >= NOW
    assert headers == {
        "content-type": "text/calendar; charset=utf-8",
        "content-disposition": 'inline; filename="contract-deadlines.ics"',
        "cache-control": "private, max-age=0, must-revalidate",
        "referrer-policy": "no-referrer",
        "x-robots-tag": "noindex, nofollow",
        "x-content-type-options": "nosniff",
        "content-security-policy": ALONE,
        "strict-transport-security": HTTPS_ALONE,
    }


@pytest.mark.parametrize("conditional", [False, True])
def test_head_answers_as_get_without_the_bytes(server: httpx.Client, path: str, conditional: bool) -> None:
    tag = server.get(path).headers["ETag"]
    headers = {"If-None-Match": tag} if conditional else {}
    got, head = server.get(path, headers=headers), server.head(path, headers=headers)
    assert head.status_code == got.status_code == (304 if conditional else 200)
    assert head.content == b""
    assert {name: value for name, value in head.headers.items() if name != "date"} == {
        name: value for name, value in got.headers.items() if name != "date"
    }


def test_a_304_has_the_validators_and_no_length(server: httpx.Client, path: str) -> None:
    first = server.get(path)
    answer = server.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert answer.status_code == 304
    assert answer.content == b""
    for name in ("etag", "last-modified", "cache-control", "referrer-policy", "x-robots-tag"):
        assert answer.headers[name] == first.headers[name]
    assert "content-length" not in answer.headers


def test_tags_count_for_more_than_the_date(scene: Scene, server: httpx.Client, path: str) -> None:
    first = server.get(path).headers
    tag, date = first["ETag"], {"If-Modified-Since": first["Last-Modified"]}
    for if_none_match, status in [
        (tag, 304),
        (f"W/{tag}", 304),
        (tag.removesuffix('"') + '-gzip"', 304),
        (f'"other", {tag}', 304),
        ("*", 304),
        ('"other"', 200),
        ('"', 200),
    ]:
        assert server.get(path, headers={"If-None-Match": if_none_match, **date}).status_code == status, if_none_match
    fields = [("If-None-Match", '"other"'), ("If-None-Match", tag)]
    assert server.get(path, headers=fields).status_code == 304


def test_without_tags_the_date_counts(scene: Scene, server: httpx.Client, path: str) -> None:
    scene.served()
    assert server.get(path).headers["Last-Modified"] == "Tue, 01 Feb 2022 18:00:00 GMT"
    for since, status in [
        ("Tue, 01 Feb 2022 18:00:00 GMT", 304),
        ("Tue, 01 Feb 2022 17:59:59 GMT", 200),
        ("Fri, 01 Feb 2030 18:00:00 GMT", 200),
        ("yesterday", 200),
    ]:
        assert server.get(path, headers={"If-Modified-Since": since}).status_code == status, since


def test_a_date_after_the_last_change_and_not_in_the_future_is_enough(scene: Scene, path: str) -> None:
    scene.served()
    app = feed_app(scene.engine, Clock.showing(NOW + timedelta(hours=2)), BASE_URL, DOMAIN)
    with serving(app) as address:
        since = format_datetime(NOW + timedelta(hours=1), usegmt=True)
        assert httpx.get(address + path, headers={"If-Modified-Since": since}).status_code == 304


def test_a_change_is_seen_by_who_asks_by_tag_and_by_who_asks_by_date(
    scene: Scene, server: httpx.Client, path: str
) -> None:
    first = server.get(path).headers
    scene.change("winter", title="Quarterly Report", changed_at=NOW)
    for headers in ({"If-None-Match": first["ETag"]}, {"If-Modified-Since": first["Last-Modified"]}):
        answer = server.get(path, headers=headers)
        assert answer.status_code == 200
        assert b"Quarterly Report" in answer.content
        assert answer.headers["ETag"] != first["ETag"]
        assert parsedate_to_datetime(answer.headers["Last-Modified"]) > parsedate_to_datetime(first["Last-Modified"])


def test_a_feed_is_only_read(server: httpx.Client, path: str) -> None:
    for method in ("OPTIONS", "PROPFIND", "PUT", "POST", "DELETE", "PATCH", "REPORT"):
        answer = server.request(method, path)
        assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD"), method
        assert not {"www-authenticate", "dav", "location"} & set(answer.headers)


def test_nothing_is_compressed_redirected_or_remembered_in_a_cookie(server: httpx.Client, path: str) -> None:
    plain = server.get(path)
    asked = server.get(
        path,
        headers={"Accept-Encoding": "gzip, br, zstd", "Accept": "text/html", "Range": "bytes=0-9", "Cookie": "a=b"},
    )
    assert asked.status_code == 200
    assert asked.content == plain.content
    for name in ("content-encoding", "set-cookie", "location", "vary"):
        assert name not in asked.headers


def test_every_wrong_address_is_the_same_404(server: httpx.Client, scene: Scene) -> None:
    token = scene.token
    for address in (
        "/c//contract-deadlines.ics",
        f"/c/{token[:-1]}{'A' if token[-1] != 'A' else 'B'}/contract-deadlines.ics",
        f"/c/{token.upper()}/contract-deadlines.ics",
        f"/c/{token}%00/contract-deadlines.ics",
        "/c/%00/contract-deadlines.ics",
        f"/c/{token}%20/contract-deadlines.ics",
        f"/c/%20{token}/contract-deadlines.ics",
        f"/c/{token}",
        f"/c/{token}/",
        f"/c/{token}/contract-deadlines",
        f"/c/{token}/contract-deadlines.ics/",
        f"/c/{token}/other.ics",
        f"/c/{'x' * 10_000}/contract-deadlines.ics",
        "/c/%F0%9F%98%80/contract-deadlines.ics",
        "/c/%FF%FE/contract-deadlines.ics",
        "/c/",
        "/",
    ):
        answer = server.get(address)
        assert answer.status_code == 404, address
        assert answer.headers["content-type"] == "text/plain; charset=utf-8"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.text == "There is no calendar at this address. Copy the link from Duecourse again, whole.\n"


def test_a_replaced_link_says_so_and_is_gone_after_thirty_days(scene: Scene, server: httpx.Client, path: str) -> None:
    first = server.get(path)
    with writing(scene.engine) as session:
        revoke_feed(session, scene.feed_id, person_id=scene.person_id, now=NOW)
    answer = server.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert answer.status_code == 200
    assert answer.headers["ETag"] != first.headers["ETag"]
    assert values_of(answer.content, "SUMMARY") == ["This calendar link was replaced"]
    later = feed_app(scene.engine, Clock.showing(NOW + timedelta(days=31)), BASE_URL, DOMAIN)
    with serving(later) as address:
        assert httpx.get(address + path).status_code == 410


def test_who_lost_the_part_gets_no_304_for_the_deadlines(scene: Scene, server: httpx.Client, path: str) -> None:
    first = server.get(path)
    with writing(scene.engine) as session:
        session.execute(text("DELETE FROM role"))
    answer = server.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert answer.status_code == 200
    assert b"Enrollment" not in answer.content


def test_the_token_is_in_no_log(
    scene: Scene, server: httpx.Client, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        for logger in ("httpx", "httpcore"):
            logging.getLogger(logger).setLevel(logging.ERROR)
        server.get(path)
        server.put(path)
        server.get(path.replace("deadlines", "wrong"))
        server.get(path, headers={"If-None-Match": "*"})
        scene.change("winter", zone="Mars/Olympus")
        server.get(path)
        with writing(scene.engine) as session:
            session.execute(text("ALTER TABLE feed RENAME TO feed_away"))
        server.get(path)
    assert "/c/hidden/contract-deadlines.ics" in caplog.text
    assert scene.token not in caplog.text


def test_without_any_good_bytes_the_program_is_asked_to_come_again(
    scene: Scene, server: httpx.Client, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_bytes, "assemble", None)
    answer = server.get(path)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "300")
    monkeypatch.undo()
    assert server.get(path).status_code == 200


def test_a_failure_in_building_serves_the_last_good_calendar(
    scene: Scene, server: httpx.Client, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = server.get(path)
    scene.change("winter", title="Quarterly Report")
    monkeypatch.setattr(feed_bytes, "assemble", None)
    answer = server.get(path)
    assert (answer.status_code, answer.content) == (200, first.content)


def test_the_database_may_be_away_for_a_while(scene: Scene, server: httpx.Client, path: str) -> None:
    tag = server.get(path).headers["ETag"]
    for away, back in [("feed", "feed_away"), ("feed_away", "feed")]:
        with writing(scene.engine) as session:
            session.execute(text(f"ALTER TABLE {away} RENAME TO {back}"))
        status = server.get(path, headers={"If-None-Match": tag}).status_code
        assert status == (503 if back == "feed_away" else 304)


def test_an_unchanged_poll_over_http_sends_one_statement_and_builds_nothing(
    scene: Scene, server: httpx.Client, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with statements_of(scene.engine) as sent:
        tag = server.get(path).headers["ETag"]
        for name in ("Event", "Calendar", "Alarm"):
            monkeypatch.setattr(feed_module, name, None)
        assert len(sent) > 5
        sent.clear()
        answers = [server.get(path, headers={"If-None-Match": tag}).status_code for _ in range(5)]
    assert answers == [304] * 5
    assert len(sent) == 5, sent


def test_many_programs_at_once_get_the_same_calendar_which_is_built_once(
    scene: Scene, server: httpx.Client, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    built: list[int] = []
    assemble = feed_bytes.assemble

    def counted(*args: Any, **kwargs: Any) -> bytes:
        built.append(1)
        return assemble(*args, **kwargs)

    monkeypatch.setattr(feed_bytes, "assemble", counted)
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: server.get(path), range(32)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert len(built) == 1


def test_who_fetched_is_noted_without_what_does_not_belong_in_a_name(
    scene: Scene, server: httpx.Client, path: str
) -> None:
    server.get(path, headers={"User-Agent": "Thunderbird/153.7\t(X11)  " + "x" * 500})
    noted = scene.feed().last_client
    assert noted.startswith("Thunderbird/153.7 (X11) xxx")
    assert len(noted) == 200


def test_a_client_that_goes_away_in_the_middle_does_no_harm(server: httpx.Client, path: str) -> None:
    url = server.base_url
    for _ in range(5):
        with socket.create_connection((url.host, url.port or 80)) as connection:
            connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    assert server.get(path).status_code == 200
