"""Which real parts has this machine for the tests, and where are they?"""

from __future__ import annotations

import contextlib
import ctypes.util
import os
import pwd
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections import deque
from pathlib import Path
from typing import Any, NoReturn

import psycopg
import pytest
from psycopg import sql

REPOSITORY = Path(__file__).parent.parent
CALENDAR_PROGRAMS = REPOSITORY / ".venv-calendar-programs" / "bin"
CALENDAR_SCRIPTS = REPOSITORY / "requirements" / "calendar-scripts"

IN_MEMORY = "/dev/shm"
"""A file system in memory, where Linux has one."""


def has_room_in_memory() -> bool:
    """Tell whether what the tests write fits into memory: containers often have a few megabytes there."""
    return os.access(IN_MEMORY, os.W_OK) and shutil.disk_usage(IN_MEMORY).free > 4 * 1024**3


def missing_part(reason: str) -> NoReturn:
    """Skip the test on a laptop, fail it where CI=true: a build that tried only half is no green build."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"missing part: {reason}", pytrace=False)
    pytest.skip(f"missing part: {reason}")


_GIVEN: deque[int] = deque(maxlen=500)


def free_port() -> int:
    """Return a TCP port of 127.0.0.1 that nothing listens on right now; another process may still take it first.

    Each process of a parallel run has a thousand of its own, below those from which systems choose for themselves, and
    gets none twice until it has had many others.
    """
    first = 20_000 + 1000 * int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    while True:
        port = first + random.randrange(1000)
        if port in _GIVEN:
            continue
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            _GIVEN.append(port)
            return port


def find_chromium() -> Path | None:
    """Return the Chromium or Chrome program of this machine, or None."""
    on_path = (shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"))
    applications = (
        Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"),
        Path("/Applications/Chromium.app/Contents/MacOS/Chromium"),
    )
    found = [Path(path) for path in on_path if path]
    return next(iter(found + [path for path in applications if path.exists()]), None)


def find_postgres_programs() -> Path | None:
    """Return the newest folder that holds PostgreSQL's own programs (initdb, postgres), or None."""
    initdb = shutil.which("initdb")
    folders = [Path(initdb).resolve().parent] if initdb else []
    for root, pattern in (
        ("/usr/lib/postgresql", "*/bin"),
        ("/opt/homebrew/opt", "postgresql*/bin"),
        ("/usr/local/opt", "postgresql*/bin"),
        ("/Applications/Postgres.app/Contents/Versions", "*/bin"),
    ):
        folders += sorted(Path(root).glob(pattern), key=_version_in, reverse=True)
    return next((folder for folder in folders if (folder / "initdb").exists() and (folder / "postgres").exists()), None)


def _version_in(folder: Path) -> int:
    return int("".join(character for character in folder.parent.name if character.isdigit()) or 0)


def fake_time_library() -> Path:
    """Return libfaketime, which shows a program another time; a test that needs it stops here where there is none."""
    found = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    return found[0] if found else missing_part("no libfaketime: install Debian's `faketime`")


def strace() -> Path:
    """Return strace, which kills a program at a chosen call; a test that needs it stops here where there is none."""
    found = shutil.which("strace")
    return Path(found) if found else missing_part("no strace: install Debian's `strace`")


def wait_until_traced(process: int, tracing: subprocess.Popen[Any]) -> None:
    """Wait until strace has taken hold of a process; the test stops here where it may not."""
    status = Path(f"/proc/{process}/status")
    while "TracerPid:\t0" in status.read_text():
        if tracing.poll() is not None:
            missing_part("strace may not trace other processes here")
        time.sleep(0.005)


def find_calendar_program(name: str) -> Path | None:
    """Return a program of the calendar programs' own environment (`khal`, `vdirsyncer`), or None."""
    program = CALENDAR_PROGRAMS / name
    return program if program.exists() else None


def chromium() -> Path:
    """Return the Chromium program; a test that needs it stops here where there is none."""
    return find_chromium() or missing_part("no Chromium: install Debian's `chromium`, or Google Chrome")


def calendar_program(name: str) -> Path:
    """Return a calendar program; a test that needs it stops here where there is none."""
    return find_calendar_program(name) or missing_part(f"no {name} in {CALENDAR_PROGRAMS.parent.name}: run `make test`")


def _unprivileged_user() -> str:
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in ("postgres", "nobody") if name in known)


def libical() -> str:
    """Return the name of the library libical; a test that needs it stops here where there is none."""
    return ctypes.util.find_library("ical") or missing_part("no libical: install Debian's `libical3`")


def node() -> Path:
    """Return Node.js, with the calendar libraries installed; a test that needs them stops here where they are not."""
    found = shutil.which("node")
    if found is None or not (CALENDAR_SCRIPTS / "node_modules" / "ical.js").exists():
        missing_part("no JavaScript calendar libraries: install Node.js with npm, then run `make test`")
    return Path(found)


class PostgresCluster:
    """A throw-away PostgreSQL server in a folder of its own, on a free port of 127.0.0.1.

    What is committed outlives a crash of the server, not of the machine (fsync is off); nobody needs a password; and it
    ends with the `with` block. PostgreSQL refuses to run as root, so under root it runs as `postgres`, or as `nobody`.
    """

    user = "duecourse"

    def __init__(self) -> None:
        self.programs = find_postgres_programs() or missing_part("no PostgreSQL: install Debian's `postgresql`")
        self.runs_as = _unprivileged_user() if os.geteuid() == 0 else None
        self.port = 0
        self._server: subprocess.Popen[bytes] | None = None
        self._connection: psycopg.Connection[Any] | None = None
        self._databases = 0

    def __enter__(self) -> PostgresCluster:
        # Under root TMPDIR may lie in root's own folder; and a socket's path may have 103 characters at most.
        where = IN_MEMORY if has_room_in_memory() else "/tmp"
        self.folder = Path(tempfile.mkdtemp(prefix="duecourse-pg-", dir=where))
        try:
            if self.runs_as:
                shutil.chown(self.folder, self.runs_as)
            self._initdb()
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self) -> None:
        """Start the server, on the port it had before if there was one; raises RuntimeError with the log if it dies."""
        for attempt in range(3):
            if not self.port or attempt:
                self.port = free_port()
            if self._started():
                return
            if "could not bind" not in self.log():
                break
        raise RuntimeError(f"PostgreSQL did not start:\n{self.log()}")

    def stop(self, *, crash: bool = False) -> None:
        """Stop the server and wait for its end: in order, or as a power cut would with `crash`."""
        server, self._server = self._server, None
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        if server is None or server.poll() is not None:
            return
        # SIGINT is PostgreSQL's fast shutdown, SIGQUIT its immediate one.
        server.send_signal(signal.SIGQUIT if crash else signal.SIGINT)
        try:
            server.wait(timeout=30)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()

    def url(self, database: str, *, driver: str = "psycopg") -> str:
        """Return the SQLAlchemy URL of a database; `driver` may be `asyncpg` for Prefect."""
        return f"postgresql+{driver}://{self.user}@127.0.0.1:{self.port}/{database}"

    def log(self) -> str:
        """Return what the server has said so far."""
        return (self.folder / "log").read_text(errors="replace")

    def create_database(self, *, template: str = "template1") -> str:
        """Create a database as a copy of `template` and return its name; `template1` is empty."""
        self._databases += 1
        name = f"test_{self._databases}"
        # Whoever built the template may have left a connection in a pool, and PostgreSQL copies none that is in use.
        self._run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = {}", sql.Literal(template))
        # Copying the files takes half as long as writing what they hold to the log, which is the usual way since 15.
        copying = "CREATE DATABASE {} TEMPLATE {}" + (" STRATEGY FILE_COPY" if self._version() >= 150000 else "")
        self._run(copying, sql.Identifier(name), sql.Identifier(template))
        return name

    def drop_database(self, name: str) -> None:
        """Drop a database, with the connections that are still open to it."""
        self._run("DROP DATABASE IF EXISTS {} WITH (FORCE)", sql.Identifier(name))

    def _initdb(self) -> None:
        options = ["--auth=trust", f"--username={self.user}", "--encoding=UTF8", "--locale=C", "--no-sync"]
        command = [str(self.programs / "initdb"), f"--pgdata={self.folder}/data", *options]
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, **self._identity())
        if done.returncode:
            raise RuntimeError(f"initdb failed:\n{done.stdout}{done.stderr}")

    def _started(self) -> bool:
        settings = {
            "port": self.port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": self.folder,
            "fsync": "off",
            "full_page_writes": "off",
        }
        command = [str(self.programs / "postgres"), "-D", f"{self.folder}/data"]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        with (self.folder / "log").open("wb") as log:
            server = subprocess.Popen(command, cwd=self.folder, stdout=log, stderr=log, **self._identity())
        self._server = server
        for _ in range(600):
            if server.poll() is not None:
                return False
            try:
                self._run("SELECT 1")
                return True
            except psycopg.OperationalError:
                time.sleep(0.1)
        return False

    def _identity(self) -> dict[str, Any]:
        return (
            {"user": self.runs_as, "group": pwd.getpwnam(self.runs_as).pw_gid, "extra_groups": []}
            if self.runs_as
            else {}
        )

    def _run(self, statement: str, *values: sql.Composable) -> None:
        self._connected().execute(sql.SQL(statement).format(*values))

    def _version(self) -> int:
        return self._connected().info.server_version

    def _connected(self) -> psycopg.Connection[Any]:
        if self._connection is None or self._connection.closed:
            address = f"host=127.0.0.1 port={self.port} user={self.user} dbname=postgres"
            self._connection = psycopg.connect(address, autocommit=True)
        return self._connection
