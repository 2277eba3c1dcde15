"""Which calendar does a real program have after it looked at a feed on a real socket?"""

from __future__ import annotations

import os
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from parts import calendar_program
from prompt_server import PromptServer

from duecourse.web.feed_route import Application


@contextmanager
def serving(app: Application) -> Iterator[str]:
    """Serve an ASGI application on a free port of 127.0.0.1, the access log on; gives the address without a path."""
    config = uvicorn.Config(app, lifespan="off", log_config=None, log_level="info", access_log=True)
    server = PromptServer(config)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        try:
            while not server.started:
                if not thread.is_alive():
                    raise RuntimeError("The server did not start.")
                time.sleep(0.01)
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.stop()
            thread.join(timeout=30)


class Subscriber:
    """A person's computer with vdirsyncer, which fetches calendars, and khal, which shows them in `zone`."""

    def __init__(self, folder: Path, url: str, *, zone: str) -> None:
        self.folder = folder
        self.events = folder / "events"
        self.events.mkdir(parents=True)
        (folder / "vdirsyncer").write_text(
            f"""
            [general]
            status_path = "{folder}/status/"
            [pair deadlines]
            a = "here"
            b = "feed"
            collections = null
            conflict_resolution = "b wins"
            [storage here]
            type = "filesystem"
            path = "{self.events}"
            fileext = ".ics"
            [storage feed]
            type = "http"
            url = "{url}"
            """.replace("            ", "")
        )
        (folder / "khal").write_text(
            f"""
            [calendars]
            [[deadlines]]
            path = {self.events}
            [sqlite]
            path = {folder}/khal.db
            [locale]
            timeformat = %H:%M
            dateformat = %Y-%m-%d
            longdateformat = %Y-%m-%d
            datetimeformat = %Y-%m-%d %H:%M
            longdatetimeformat = %Y-%m-%d %H:%M
            local_timezone = {zone}
            default_timezone = {zone}
            """.replace("            ", "")
        )
        self._run("vdirsyncer", "--config", str(folder / "vdirsyncer"), "discover")

    def sync(self) -> None:
        """Fetch the calendar; raises CalledProcessError with what the program said when it cannot."""
        self._run("vdirsyncer", "--config", str(self.folder / "vdirsyncer"), "sync")

    def shows(self, *, days: str = "400d", start: str = "2022-01-01") -> list[str]:
        """Return the events that are shown: first and last moment, and title of each."""
        line = "{start-long} - {end-long}|{title}"
        options = ["--once", "--day-format", "", "--format", line, start, days]
        said = self._run("khal", "--config", str(self.folder / "khal"), "list", *options)
        return [line for line in said.splitlines() if "|" in line]

    def files(self) -> list[bytes]:
        """Return the events as they were fetched."""
        return [path.read_bytes() for path in sorted(self.events.glob("*.ics"))]

    def _run(self, program: str, *arguments: str) -> str:
        environment = {**os.environ, "HOME": str(self.folder), "XDG_CONFIG_HOME": str(self.folder), "LC_ALL": "C.UTF-8"}
        done = subprocess.run(
            [str(calendar_program(program)), *arguments], capture_output=True, text=True, env=environment, timeout=120
        )
        if done.returncode:
            raise RuntimeError(f"{program} {arguments}: {done.stdout}{done.stderr}")
        return done.stdout
