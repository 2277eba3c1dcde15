"""What does a visitor need: a database with two contracts and their people, the pages, and a browser without a screen?

The world of these tests is the contract 22-1174 of Whatcom County on November 30, 2022, and a second one whose people
must see nothing of it.
"""

from __future__ import annotations

import re
import shutil
import socket
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from prompt_server import PromptServer
from sqlalchemy import Engine
from sqlmodel import Session, col, select

from duecourse.calendar.standing import Standing
from duecourse.clock import Clock
from duecourse.definitions.reading import find_contract, read_contract
from duecourse.models import Deliverable, Notice, NoticeState, Person, RoleName
from duecourse.models.database import connect, reading, writing
from duecourse.settings import Settings, load_settings
from duecourse.tracking.acting import By
from duecourse.tracking.boards import items
from duecourse.tracking.files import store_file
from duecourse.tracking.loading import load_contract
from duecourse.tracking.planning import plan
from duecourse.tracking.signing_in import make_link
from duecourse.tracking.staff.people import add_person, give_role, person_by_email
from duecourse.tracking.submitting import Sent, submit
from duecourse.web.app import WebApplication, create_app
from duecourse.web.site import EmbeddedClock

NOW = datetime(2022, 11, 30, 17, 0, tzinfo=UTC)
ADDRESS = "http://deadlines.example"
WA, CT = "wa-22-1174", "ct-21oechvs01abc"
MANAGER, LIAISON, STRANGER = "ana@county.example", "lee@dcyf.example", "olu@abc.example"
FROM_OUR_PAGE = {"sec-fetch-site": "same-origin", "origin": ADDRESS}
_PEOPLE = (
    ("Ana Ruiz", MANAGER, WA, RoleName.PROGRAM_MANAGER),
    ("Lee Chen", LIAISON, WA, RoleName.PROGRAM_LIAISON),
    ("Olu Bako", STRANGER, CT, RoleName.PROGRAM_MANAGER),
)


@dataclass
class World:
    """The pages on one database, served on a real socket, and who visits them."""

    engine: Engine
    settings: Settings
    clock: Clock
    app: WebApplication
    address: str
    open: ExitStack

    def visitor(self, email: str = "") -> Visit:
        """Return a browser in which this person is signed in, or nobody."""
        # Nothing here is encrypted, and reading all the certificates of this machine takes longer than a page.
        visit = Visit(self.open.enter_context(httpx.Client(base_url=self.address, timeout=30, verify=False)))
        if email:
            visit.sign_in(self.link_for(email))
        return visit

    def link_for(self, email: str, *, lifetime: timedelta = timedelta(days=1)) -> str:
        """Return the path of a new link that signs this person in."""
        with writing(self.engine) as session:
            person = person_by_email(session, email)
            assert person is not None and person.id is not None
            return f"/sign-in/{make_link(session, person.id, now=self.clock.now(), lifetime=lifetime)}"

    def find(self, contract_id: str, standing: Standing, *, last: bool = False) -> Deliverable:
        """Return the first, or the last, deliverable of a contract with this standing."""
        with reading(self.engine) as session:
            found = items(session, now=self.clock.now(), contract_ids=[contract_id])
        return [item.deliverable for item in found if item.standing is standing][-1 if last else 0]

    def rows(self, query: Any) -> list[Any]:
        """Return what the database holds."""
        with reading(self.engine) as session:
            return list(session.exec(query))


class Visit:
    """A browser without a screen: it keeps its cookies, and sends forms as a browser does."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client
        # By session, whose token stays the same: asking a page for it before each form would take half of the time.
        self._tokens: dict[tuple[tuple[str, str], ...], str] = {}

    def sign_in(self, link: str) -> httpx.Response:
        """Open a sign-in link and press its button."""
        answer = self.client.post(link, headers=FROM_OUR_PAGE)
        assert answer.status_code == 303, answer.text
        return answer

    def get(self, path: str) -> httpx.Response:
        """Open a page."""
        return self.client.get(path)

    def form_token(self) -> str:
        """Return the token that this browser's forms carry; empty when nobody is signed in."""
        session = tuple(sorted(self.client.cookies.items()))
        if session not in self._tokens:
            found = re.search(r'name="form_token" value="([^"]+)"', self.client.get("/me/channels").text)
            self._tokens[session] = found[1] if found else ""
        return self._tokens[session]

    def post(self, path: str, fields: dict[str, str] | None = None, **more: Any) -> httpx.Response:
        """Send a form of one of our pages."""
        fields = {"form_token": self.form_token()} | (fields or {})
        return self.client.post(path, data=fields, headers=FROM_OUR_PAGE, **more)


def submission_form(**fields: str) -> dict[str, str]:
    """Return the fields of a form that marks a deliverable as submitted, filled in."""
    return {
        "form_key": "0b5f8a52-6f0c-4f0e-9d0c-3f1f3c1f9a10",
        "submitted_on": "2022-11-29",
        "submitted_at": "16:30",
        "submitted_by": "Ana Ruiz",
        "channel": "PSRS",
        "reference": "PSRS-4711",
        "note": "",
    } | fields


@contextmanager
def served(app: WebApplication, *, port: int = 0) -> Iterator[str]:
    """Serve the pages on a port of 127.0.0.1, a free one with 0, and return their address."""
    listening = socket.create_server(("127.0.0.1", port))
    # Longer than any client here keeps an idle connection: a request that meets its end would be lost.
    server = PromptServer(uvicorn.Config(app, log_level="error", access_log=False, timeout_keep_alive=60))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive(), "the server did not start"
            time.sleep(0.005)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.stop()
        thread.join()


def fill(session: Session, folder: Path) -> None:
    """Load both contracts and their people; of the first, one report is submitted with a file, one reminder failed."""
    for name in (WA, CT):
        contract, definition = read_contract(find_contract(name), today=NOW.date())
        load_contract(session, contract, definition=definition, now=NOW, actor="test")
    for name, email, contract_id, role in _PEOPLE:
        person = add_person(session, name=name, email=email, now=NOW, actor="test")
        give_role(session, person, contract_id, role, now=NOW, actor="test")
    plan(session, now=NOW, actor="test")
    reports = session.exec(
        select(Deliverable).where(Deliverable.contract_id == WA, col(Deliverable.due_at) < NOW).order_by("due_at")
    ).all()
    with (folder / "report.txt").open("w+b") as file:
        file.write(b"enrolled: 42")
        file.seek(0)
        stored = store_file(folder / "evidence", file, name="report.txt", media_type="text/plain")
    sent = Sent(reports[0].due_at - timedelta(hours=5), "Ana Ruiz", "PSRS", "PSRS-1", "", (stored,))
    submit(session, reports[0].uid, sent, form_key="filled", now=NOW - timedelta(days=30), by=By(MANAGER))
    _add_notice(session, reports[1], "after-3", NoticeState.SENT)
    _add_notice(session, reports[2], "after-3", NoticeState.FAILED)


def _add_notice(session: Session, report: Deliverable, rung: str, state: NoticeState) -> None:
    person = session.exec(select(Person).where(Person.email == MANAGER)).one()
    at = NOW - timedelta(days=2)
    session.add(
        Notice(
            key=f"{report.uid}|{rung}",
            deliverable_id=report.id,
            person_id=person.id,
            rung=rung,
            due_at=report.due_at,
            owed_at=at,
            queued_at=at,
            message_id=f"<{report.uid}@example>",
            to_address=person.email,
            subject="Overdue",
            message=b"",
            state=state,
            next_try_at=at,
            sent_at=at if state is NoticeState.SENT else None,
            reply="written: 20221128T170000.000000Z-notice-448d6f9d-414e-5fe8-8fdf-9797bbf86351.eml"
            if state is NoticeState.SENT
            else "550 5.1.1 no such user",
        )
    )


@pytest.fixture(scope="session")
def filled(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder whose SQLite database holds the world of these tests, for copying."""
    folder = tmp_path_factory.mktemp("filled")
    shutil.copyfile(sqlite_template, folder / "live.db")
    engine = connect(f"sqlite:///{folder / 'live.db'}")
    with writing(engine) as session:
        fill(session, folder)
    engine.dispose()
    with (
        closing(sqlite3.connect(folder / "live.db")) as source,
        closing(sqlite3.connect(folder / "duecourse.db")) as copy,
    ):
        source.backup(copy)
    for leftover in folder.glob("live.db*"):
        leftover.unlink()
    return folder


@pytest.fixture
def make_world(filled: Path, tmp_path: Path) -> Iterator[Callable[..., World]]:
    """Call it once for the pages on a fresh copy of the world, with the settings given."""
    with ExitStack() as stack:

        def make(
            *, embedded: EmbeddedClock | None = None, clock: Clock | None = None, served_at: int = 0, **given: Any
        ) -> World:
            folder = tmp_path / "data"
            shutil.copytree(filled, folder)
            settings = load_settings(**({"data": folder, "demo": True, "base_url": ADDRESS} | given))
            engine = connect(settings.database)
            stack.callback(engine.dispose)
            shown = clock or Clock.showing(NOW)
            return world_on(engine, settings, stack, clock=shown, embedded=embedded, port=served_at)

        yield make


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    """The pages of a demonstration on a fresh copy of the world."""
    return make_world()


@pytest.fixture
def either_world(engine: Engine, tmp_path: Path) -> Iterator[World]:
    """The same on SQLite and on PostgreSQL, for what depends on the database."""
    with writing(engine) as session:
        fill(session, tmp_path)
    settings = load_settings(data=tmp_path, demo=True, base_url=ADDRESS)
    with ExitStack() as stack:
        yield world_on(engine, settings, stack, clock=Clock.showing(NOW))


def world_on(
    engine: Engine,
    settings: Settings,
    stack: ExitStack,
    *,
    clock: Clock,
    embedded: EmbeddedClock | None = None,
    port: int = 0,
) -> World:
    """Serve the pages on a database, until `stack` is closed."""
    app = create_app(engine=engine, clock=clock, settings=settings, embedded=embedded)
    return World(engine, settings, clock, app, stack.enter_context(served(app, port=port)), stack)
