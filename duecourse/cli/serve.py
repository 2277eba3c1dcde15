"""How does the server start, and what does it tell whoever started it?"""

from __future__ import annotations

import argparse
import fcntl
import socket
from datetime import timedelta
from pathlib import Path
from typing import IO, TYPE_CHECKING

from sqlalchemy import Engine
from sqlmodel import select

from duecourse import __version__
from duecourse.cli.audit import prepared_key
from duecourse.cli.demonstration import LIAISON, MANAGER, load_demonstration
from duecourse.cli.given import add_as_of, clock
from duecourse.cli.opening import add_data, check_sends, open_database, settings_of
from duecourse.cli.person import LINK_LIFETIME
from duecourse.clock import Clock
from duecourse.errors import NotReady
from duecourse.models import ContractRow
from duecourse.models.database import reading, writing
from duecourse.settings import Settings
from duecourse.tracking.signing_in import make_link
from duecourse.tracking.staff.people import person_by_email

if TYPE_CHECKING:
    from duecourse.engine.prefect_child import PrefectChild

# How often the server looks for what is owed, and sends what waits.
_TICK = timedelta(seconds=15)
# How long the workers of a Prefect server have for a slot before this server does it itself.
_GRACE = timedelta(minutes=2)

_IDLE_SECONDS = 75
"""How long an idle connection is kept: longer than nginx (60) and programs (httpx: 5) keep one for their next request.

Whoever is first to close it should be who sends: a request that meets our end is lost, and people see an error.
"""


def add_serve(parser: argparse.ArgumentParser) -> None:
    """Describe the command."""
    parser.add_argument("--demo", action="store_true", default=None, help="a demonstration with sample contracts")
    parser.add_argument("--host", metavar="ADDRESS", help="the address to listen on; 127.0.0.1 otherwise")
    parser.add_argument("--port", type=int, metavar="N", help="the port to listen on; 8321 otherwise")
    parser.add_argument(
        "--no-prefect", dest="prefect", action="store_false", default=None, help="start no Prefect server behind it"
    )
    add_data(parser)
    add_as_of(parser)
    parser.set_defaults(verb=_serve)


def _serve(given: argparse.Namespace) -> int:
    settings = settings_of(given, demo=given.demo, host=given.host, port=given.port, prefect=given.prefect)
    shown = clock(given)
    check_sends(settings, shown)
    listening = _listen(settings)
    print(f"Duecourse {__version__}: opening the database ...", flush=True)
    engine = open_database(settings)
    lock = _only_one(settings)
    prepared_key(settings, engine, shown)
    if settings.demo:
        _prepare_demonstration(engine, shown)
    _say_where(engine, settings, shown)
    _run(engine, settings, shown, listening)
    if lock is not None:
        lock.close()
    return 0


def _run(engine: Engine, settings: Settings, shown: Clock, listening: socket.socket) -> None:
    import uvicorn

    from duecourse.engine.context import context_from
    from duecourse.engine.embedded import EmbeddedClock, run_here
    from duecourse.engine.steadiness import seconds_since_start
    from duecourse.flows.server.events import AnnouncedToPrefect
    from duecourse.flows.server.runs import RunsUnderPrefect
    from duecourse.web.app import create_app
    from duecourse.web.door_log import log_in_utc

    log_in_utc()
    child = _local_prefect(settings)
    under_prefect = RunsUnderPrefect(child) if child else None
    embedded = EmbeddedClock(
        context_from(settings, engine=engine, clock=shown),
        interval=_TICK,
        runner=under_prefect or run_here,
        announce=AnnouncedToPrefect(settings.prefect_api_url) if settings.prefect_api_url else None,
        afterwards=under_prefect.show_earlier if under_prefect else None,
        count_of_shards=settings.shards,
        elapsed=seconds_since_start,
        grace=_GRACE if settings.prefect_api_url else timedelta(0),
    )
    app = create_app(engine=engine, clock=shown, settings=settings, embedded=embedded, prefect=child)
    # The access log would print the secret addresses of calendar feeds. Whose word on a client's address is taken,
    # DUECOURSE_TRUSTED_PROXIES says, and not a default of the server.
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=_IDLE_SECONDS,
    )
    server = uvicorn.Server(config)
    server.run(sockets=[listening])


def _local_prefect(settings: Settings) -> PrefectChild | None:
    from duecourse.engine.prefect_child import PrefectChild, free_port

    if not settings.prefect or settings.prefect_api_url:
        return None
    return PrefectChild(folder=settings.data / "prefect", port=free_port(settings.prefect_port))


def _listen(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((settings.host, settings.port))
    except OSError as error:
        raise NotReady(
            f"Port {settings.port} on {settings.host} cannot be used: {error.strerror}. "
            'Stop what uses it, or choose another port: make run ARGS="--port 8322".'
        ) from error
    return listening


def _only_one(settings: Settings) -> IO[str] | None:
    if settings.database_url:
        return None
    path: Path = settings.data / "duecourse.lock"
    lock = path.open("w", encoding="utf-8")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise NotReady(
            f"Another Duecourse server works on the data folder {settings.data}. Stop that one first."
        ) from error
    return lock


def _prepare_demonstration(engine: Engine, shown: Clock) -> None:
    print("Loading the sample contracts ...", flush=True)
    with writing(engine) as session:
        added = load_demonstration(session, now=shown.now())
    if added:
        print(f"{added} deliverables were planned, with an invented past for the two sample agencies.", flush=True)


def _say_where(engine: Engine, settings: Settings, shown: Clock) -> None:
    with reading(engine) as session:
        contracts = session.exec(select(ContractRow.id)).all()
    lines = [("Contracts", ", ".join(contracts) or "none yet: duecourse load FILE"), ("Address", settings.address)]
    if settings.demo:
        with writing(engine) as session:
            for email, who in ((MANAGER, "program manager"), (LIAISON, "liaison")):
                person = person_by_email(session, email)
                assert person is not None and person.id is not None
                token = make_link(session, person.id, now=shown.now(), lifetime=LINK_LIFETIME)
                lines.append(("Sign in", f"{settings.address}/sign-in/{token}  ({person.name}, {who})"))
    if settings.mails is not None:
        lines.append(("Mails", f"kept in {settings.mails}, to be read at {settings.address}/mailbox"))
    if shown.is_demonstration:
        lines.append(("Clock", f"shows {shown.now():%Y-%m-%d %H:%M} UTC"))
    lines.append(("Stop", "Ctrl+C"))
    print("\n" + "\n".join(f"  {name:<10} {what}" for name, what in lines) + "\n", flush=True)
