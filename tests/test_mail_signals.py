"""What becomes of a mail whose sender stands still for longer than its lease?"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from mail_server import MailServer, Script, mail_server
from notices import NOW, drained, later, notices, owe_all, ready_report, states
from sqlalchemy import Engine

HERE = Path(__file__).parent


@contextmanager
def sender(engine: Engine, server: MailServer) -> Iterator[subprocess.Popen[str]]:
    """Run a sender in a process of its own, which has begun when the block does."""
    url = engine.url.render_as_string(hide_password=False)
    command = [sys.executable, str(HERE / "mail_sender_program.py"), url, str(server.port), NOW.isoformat()]
    path = os.pathsep.join([str(HERE.parent), str(HERE)])
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": path}
    ) as process:
        assert process.stdout is not None and process.stdin is not None
        assert process.stdout.readline() == "ready\n"
        print(file=process.stdin, flush=True)
        try:
            yield process
        finally:
            process.kill()


def end(server: MailServer) -> None:
    """Let a mail server go away, so that whoever waits for its answer gets none."""
    server.stop()
    server.stop = lambda: None


def until(came: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not came():
        assert time.monotonic() < deadline, "it did not come within a minute"
        time.sleep(0.02)


@pytest.mark.parametrize("stops", [True, False])
def test_a_sender_that_stood_still_too_long_changes_nothing(engine: Engine, stops: bool) -> None:
    """The control: a sender that went on in time writes down how its try ended."""
    ready_report(engine)
    owe_all(engine)
    with mail_server(Script(hangs_at="RCPT")) as slow, mail_server() as usual, sender(engine, slow) as process:
        until(lambda: "RCPT" in slow.commands)
        if stops:
            process.send_signal(signal.SIGSTOP)
            assert states(engine) == ["claimed"]
            # The lease is over: another sender takes it, and it arrives.
            assert drained(engine, usual, now=later(minutes=15)).sent == 1
            (before,) = notices(engine)
            end(slow)
            process.send_signal(signal.SIGCONT)
        else:
            end(slow)
        process.wait(60)
        (after,) = notices(engine)
        if stops:
            assert after == before and after.state == "sent"
            assert len(usual.recipients) == 1
        else:
            assert after.state == "queued" and after.reply
            assert usual.recipients == []
