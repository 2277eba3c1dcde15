"""Is a body refused in words that is too large, or no form of ours?"""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest
import visits
from sqlmodel import select
from visits import MANAGER, WA, World, submission_form

from duecourse.calendar.standing import Standing
from duecourse.models import Deliverable, Submission

filled, make_world, world = visits.filled, visits.make_world, visits.world


def overdue(world: World) -> Deliverable:
    return world.find(WA, Standing.OVERDUE, last=True)


def submissions(world: World, report: Deliverable) -> list[Submission]:
    return world.rows(select(Submission).where(Submission.deliverable_id == report.id))


def test_a_body_that_is_too_large_is_refused_at_once(world: World) -> None:
    report = overdue(world)
    for path, declared in ((f"/deliverables/{report.uid}/submit", 26 * 1024**2), ("/subscribe", 65 * 1024)):
        with line_to(world, path, f"Content-Length: {declared}") as line:
            # Not a byte of the body has been sent.
            assert line.recv(100).startswith(b"HTTP/1.1 413")


def test_a_body_that_grows_too_large_without_saying_so_is_refused(world: World) -> None:
    visit = world.visitor(MANAGER)
    cookie = "; ".join(f"{name}={value}" for name, value in visit.client.cookies.items())
    headers = f"Cookie: {cookie}\r\nContent-Type: multipart/form-data; boundary=x\r\nTransfer-Encoding: chunked"
    with line_to(world, "/subscribe", headers) as line:
        for _ in range(3):
            line.sendall(b"8000\r\n" + b"x" * 0x8000 + b"\r\n")
        assert line.recv(100).startswith(b"HTTP/1.1 413")


def test_whoever_sends_too_large_a_file_is_shown_the_page_that_says_so(world: World) -> None:
    visit, report = world.visitor(MANAGER), overdue(world)
    file = {"file": ("scan.pdf", b"x" * 26 * 1024**2)}
    answer = visit.post(f"/deliverables/{report.uid}/submit", submission_form(), files=file)
    assert answer.status_code == 413 and "At most 25 MB can be sent here." in answer.text
    assert submissions(world, report) == []


@contextmanager
def line_to(world: World, path: str, headers: str) -> Iterator[socket.socket]:
    """Open a connection and send the head of a form, without its body."""
    address = urlsplit(world.address)
    with socket.create_connection((address.hostname or "", address.port or 0), timeout=10) as line:
        line.sendall(f"POST {path} HTTP/1.1\r\nHost: x\r\nSec-Fetch-Site: same-origin\r\n{headers}\r\n\r\n".encode())
        yield line


def test_a_form_whose_sender_is_gone_midway_is_no_error_of_the_server(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    head = "Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 1000\r\nExpect: 100-continue"
    with line_to(world, "/verify", head) as line:
        assert b"100" in line.recv(100), "the page reads"
    # The server answers what it has begun before it stops.
    world.open.close()
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == []


@pytest.mark.parametrize("content_type", ["application/json", "multipart/form-data", "text/plain", ""])
def test_a_body_that_is_no_form_is_refused_in_words(world: World, content_type: str) -> None:
    visit = world.visitor(MANAGER)
    headers = visits.FROM_OUR_PAGE | {"content-type": content_type}
    answer = visit.client.post("/subscribe", content=b'{"note":NaN}', headers=headers)
    assert answer.status_code in (403, 422)
    assert "NaN" not in answer.text and "<h1>" in answer.text


def test_a_form_with_too_many_fields_or_files_is_refused(world: World) -> None:
    visit, report = world.visitor(MANAGER), overdue(world)
    crowd = {f"field-{number}": "x" for number in range(60)}
    assert visit.post(f"/deliverables/{report.uid}/submit", submission_form() | crowd).status_code == 422
    pile = [("file", (f"{number}.txt", b"a")) for number in range(21)]
    assert visit.post(f"/deliverables/{report.uid}/submit", submission_form(), files=pile).status_code == 422
    assert submissions(world, report) == []
