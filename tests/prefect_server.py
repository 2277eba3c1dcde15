"""How does a test get a real Prefect server and a real worker, and how are they stopped?

Name this file in a test file's `pytest_plugins` for the fixture `prefect_server`.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx
import pytest
from parts import REPOSITORY, free_port

Answer = TypeVar("Answer")
PREFECT = Path(sys.executable).with_name("prefect")

# Runs a program for as long as our end of its standard input is open, so that it ends with the test run even when that
# is killed. A worker stops by sending itself SIGINT, which does nothing where whoever started us ignores it.
_KEEPER = """
import signal, subprocess, sys, threading
signal.signal(signal.SIGINT, signal.default_int_handler)
program = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL)
def end():
    sys.stdin.buffer.read()
    program.terminate()
    try:
        program.wait(timeout=20)
    except subprocess.TimeoutExpired:
        program.kill()
threading.Thread(target=end, daemon=True).start()
sys.exit(program.wait())
"""


class Program:
    """A program that runs until the `with` block ends, and whose output is kept in a file."""

    def __init__(self, *command: str, environment: Mapping[str, str], log: Path) -> None:
        self.command = command
        self.environment = dict(environment)
        self.log = log

    def __enter__(self) -> Self:
        with self.log.open("wb") as log:
            self._keeper = subprocess.Popen(
                [sys.executable, "-P", "-c", _KEEPER, *self.command],
                env=self.environment,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        assert self._keeper.stdin is not None
        self._keeper.stdin.close()
        self._keeper.wait(timeout=60)

    def runs(self, process: int) -> bool:
        """Tell whether a process was started by this program, or by one that it started."""
        return process in _family(self._keeper.pid)

    def kill(self) -> None:
        """Kill it with all that it has started, at once, as a machine that loses its power does."""
        # From the top: whoever sees its child die would still report that.
        for process in _family(self._keeper.pid):
            os.kill(process, signal.SIGKILL)
        self._keeper.wait(timeout=60)

    def said(self) -> str:
        """Return the end of what the program has written so far."""
        return self.log.read_text(errors="replace")[-8000:]

    def wait_for(self, what: str, ask: Callable[[], Answer | None], *, seconds: float) -> Answer:
        """Return the first answer of `ask` that is not None; raises AssertionError, with the log, when none comes."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if self._keeper.poll() is not None:
                raise AssertionError(f"while waiting for {what}, it ended:\n{self.said()}")
            if (answer := ask()) is not None:
                return answer
            time.sleep(0.25)
        raise AssertionError(f"{what} did not come within {seconds} seconds:\n{self.said()}")


def lives(process: int) -> bool:
    """Tell whether a process still runs; one that has ended and that nobody has asked about does not."""
    listed = subprocess.run(["ps", "-o", "stat=", "-p", str(process)], capture_output=True, text=True).stdout
    return listed.strip()[:1] not in ("", "Z")


def _family(process: int) -> list[int]:
    """Return a process with all that descend from it, parents first."""
    listed = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    parents = [tuple(map(int, line.split())) for line in listed.splitlines()]
    found = [process]
    for each in found:
        found += [child for child, parent in parents if parent == each]
    return found


class PrefectServer:
    """A real Prefect server on a free port, with its database in `folder`; it ends with the `with` block."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.url = f"http://127.0.0.1:{free_port()}/api"
        home = folder / "home"
        home.mkdir()
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "DUECOURSE_"))},
            "PREFECT_HOME": str(home),
            "PREFECT_API_URL": self.url,
            "PREFECT_SERVER_EPHEMERAL_ENABLED": "false",
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "DO_NOT_TRACK": "1",
            "NO_PROXY": "127.0.0.1",
            "PYTHONSAFEPATH": "1",
        }
        # With several connections to one SQLite file Prefect locks itself out; a URL that speaks of memory gets one.
        database = f"sqlite+aiosqlite:///file:{folder / 'prefect.db'}?uri=true&pool=:memory:"
        own = {
            "PREFECT_SERVER_DATABASE_CONNECTION_URL": database,
            "PREFECT_SERVER_REGISTER_BLOCKS_ON_START": "false",
            "PREFECT_UI_ENABLED": "false",
        }
        port = self.url.rpartition(":")[2].partition("/")[0]
        create = "prefect.server.api.server:create_app"
        command = (sys.executable, "-P", "-m", "uvicorn", "--factory", create, "--port", port, "--log-level", "warning")
        self._program = Program(*command, environment=self.environment | own, log=folder / "server.log")
        # A proxy of the machine has no business between a test and its own server.
        self.api = httpx.Client(base_url=self.url, trust_env=False, timeout=60, verify=False)

    def __enter__(self) -> Self:
        self._program.__enter__()
        try:
            self._program.wait_for("the Prefect server", self._healthy, seconds=180)
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.api.close()
        self._program.__exit__(kind, error, at)

    def prefect(self, *words: str) -> str:
        """Run a command of Prefect at the repository's root, and return what it said; it must succeed."""
        command = [str(PREFECT), "--no-prompt", *words]
        done = subprocess.run(
            command, cwd=REPOSITORY, env=self.environment, capture_output=True, text=True, timeout=180
        )
        assert done.returncode == 0, f"prefect {' '.join(words)}\n{done.stdout}{done.stderr}"
        return done.stdout

    def worker(self, pool: str, *, limit: int, environment: Mapping[str, str], name: str = "worker") -> Program:
        """Return a worker of a work pool, to be used in a `with` block; its runs see `environment`."""
        options = ("--pool", pool, "--type", "process", "--limit", str(limit), "--name", name)
        command = (str(PREFECT), "worker", "start", *options)
        settings = self.environment | {"PREFECT_WORKER_QUERY_SECONDS": "1"} | dict(environment)
        return Program(*command, environment=settings, log=self.folder / f"{name}.log")

    def wait_for(self, what: str, ask: Callable[[], Answer | None], *, seconds: float) -> Answer:
        """Return the first answer of `ask` that is not None; raises AssertionError, with the server's log."""
        return self._program.wait_for(what, ask, seconds=seconds)

    def post(self, path: str, **body: Any) -> Any:
        """Post to the server's API and return its answer; raises httpx.HTTPStatusError with a refusal."""
        return self._answer(self.api.post(path, json=body))

    def get(self, path: str) -> Any:
        """Get from the server's API."""
        return self._answer(self.api.get(path))

    def _healthy(self) -> bool | None:
        try:
            return self.api.get("/health").is_success or None
        except httpx.TransportError:
            return None

    def _answer(self, response: httpx.Response) -> Any:
        assert response.is_success, f"{response.request.method} {response.request.url}: {response.text}"
        return response.json() if response.content else None


@pytest.fixture(scope="session")
def prefect_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrefectServer]:
    """A real Prefect server for the whole run; starting one takes half a minute."""
    folder = tmp_path_factory.mktemp("prefect")
    with PrefectServer(folder) as server:
        yield server
    shutil.rmtree(folder, ignore_errors=True)
