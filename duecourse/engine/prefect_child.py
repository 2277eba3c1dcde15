"""How is the local Prefect server kept running behind this one, and ended with it?

It shows the history and the logs of the jobs' runs, and nothing waits for it: while it starts, or is away, the jobs run
without it. It is a process of its own, since an API on the event loop of its own flows stands still on the first run.
"""

from __future__ import annotations

import logging
import os
import secrets
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path
from urllib.error import URLError

_log = logging.getLogger(__name__)

_POLL = 0.25
_WATCH = 2.0
_LONGEST_PAUSE = 60.0
_STEADY = 60.0
"""Seconds after which a server counts as running well, so that its next restart comes at once again."""
_ANSWERS_WITHIN = 3.0

# Nothing is sent anywhere, and nothing is started by accident.
QUIET = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_EPHEMERAL_ENABLED": "false",
    "PREFECT_CLIENT_CSRF_SUPPORT_ENABLED": "false",
    "PREFECT_CLIENT_SERVER_VERSION_CHECK_ENABLED": "false",
    "PREFECT_LOGGING_EXTRA_LOGGERS": "duecourse",
    # Its pages show what a run logs; the terminal of the server shows what is wrong.
    "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "WARNING",
}


class PrefectChild:
    """A Prefect server on this machine's loopback, with its SQLite file in the data folder.

    It is started by `start` in the background, started again when it dies (after 1 to 60 seconds), and ends with this
    process, even when that is killed: it holds the other end of a pipe.
    """

    def __init__(self, *, folder: Path, port: int) -> None:
        self.folder = folder.absolute()
        self.port = port
        self._ended = threading.Event()
        self._ready = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread: threading.Thread | None = None
        self.restarts = 0

    @property
    def api_url(self) -> str:
        """The address of its API."""
        return f"http://127.0.0.1:{self.port}/api"

    @property
    def pages_url(self) -> str:
        """The address of its own pages."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def is_ready(self) -> bool:
        """Whether it answered when it was last asked."""
        return self._ready.is_set()

    @property
    def process_id(self) -> int | None:
        """The number of its process while there is one."""
        return self._process.pid if self._process and self._process.poll() is None else None

    @property
    def login(self) -> str:
        """What its pages and its API ask for: a name and a password, made once for a data folder."""
        path = self.folder / "login"
        if not path.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(f"duecourse:{secrets.token_urlsafe(24)}")
        return path.read_text(encoding="utf-8").strip()

    @property
    def client_settings(self) -> dict[str, str]:
        """The environment in which a program of this machine talks to it."""
        own = {"PREFECT_HOME": str(self.folder), "PREFECT_API_URL": self.api_url, "PREFECT_API_AUTH_STRING": self.login}
        return QUIET | own

    def start(self) -> None:
        """Start it and keep it running, in the background."""
        self._thread = threading.Thread(target=self._supervise, name="prefect-child", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End it, within ten seconds."""
        self._ended.set()
        self._end_process()
        if self._thread is not None:
            self._thread.join(timeout=15)

    def doubt(self) -> None:
        """Take it for away until it answers again; whoever saw it fail says so."""
        self._ready.clear()

    def _supervise(self) -> None:
        pause = 1.0
        while not self._ended.is_set():
            began = time.monotonic()
            try:
                self._run_once()
            except Exception:
                _log.exception("The local Prefect server cannot be started.")
            self._ready.clear()
            if self._ended.is_set():
                return
            pause = 1.0 if time.monotonic() - began > _STEADY else min(pause * 2, _LONGEST_PAUSE)
            self.restarts += 1
            _log.warning("The local Prefect server ended; it is started again in %d seconds.", pause)
            self._ended.wait(pause)

    def _run_once(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "server.log").open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "duecourse.flows.server.local", str(self.port)],
                env=self._environment(os.environ),
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                start_new_session=True,
            )
        while self._process.poll() is None and not self._ended.is_set():
            if self._answers():
                self._ready.set()
            else:
                self._ready.clear()
            self._ended.wait(_WATCH if self._ready.is_set() else _POLL)
        self._end_process()

    def _environment(self, outer: Mapping[str, str]) -> dict[str, str]:
        kept = {name: value for name, value in outer.items() if not name.startswith(("PREFECT_", "DUECOURSE_"))}
        # With several connections to one SQLite file Prefect locks itself out; a URL that speaks of memory gets one.
        database = f"sqlite+aiosqlite:///file:{self.folder / 'prefect.db'}?uri=true&pool=:memory:"
        own = {
            "PREFECT_SERVER_API_AUTH_STRING": self.login,
            "PREFECT_SERVER_DATABASE_CONNECTION_URL": database,
            "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
            "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
            "PREFECT_UI_STATIC_DIRECTORY": str(self.folder / "pages"),
            "PYTHONSAFEPATH": "1",
        }
        return kept | self.client_settings | own

    def _answers(self) -> bool:
        # Without the machine's proxies: this never leaves it. An answer that needs the database, not the process alone.
        credentials = b64encode(self.login.encode()).decode()
        request = urllib.request.Request(
            f"{self.api_url}/flows/count", data=b"{}", headers={"Authorization": f"Basic {credentials}"}
        )
        request.add_header("Content-Type", "application/json")
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=_ANSWERS_WITHIN) as answer:
                return bool(answer.status == 200)
        except (URLError, OSError):
            return False

    def _end_process(self) -> None:
        process = self._process
        if process is None:
            return
        assert process.stdin is not None
        # This end of the pipe tells the child that nobody needs it any more.
        process.stdin.close()
        try:
            process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def free_port(wanted: int) -> int:
    """Return `wanted` when nothing listens there on the loopback, else a port that is free."""
    for port in (wanted, 0):
        with socket.socket() as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                trial.bind(("127.0.0.1", port))
            except OSError:
                continue
            found: int = trial.getsockname()[1]
            return found
    raise OSError("no port is free on this machine")
