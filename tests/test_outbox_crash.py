"""Is a notice lost, or sent too often, when its sender is killed in the middle of it?"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from mail_server import MailServer, Script, mail_server
from notices import NOW, drained, later, notices, owe_all, ready_report, states
from sqlalchemy import Engine

HERE = Path(__file__).parent


def run_until_killed(engine: Engine, server: MailServer, *control: str) -> None:
    """Start a sender in a process of its own, give it to the mail server to kill, and wait for its end."""
    url = engine.url.render_as_string(hide_password=False)
    command = [sys.executable, str(HERE / "mail_sender_program.py"), url, str(server.port), NOW.isoformat(), *control]
    path = os.pathsep.join([str(HERE.parent), str(HERE)])
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": path}
    ) as sender:
        assert sender.stdout is not None and sender.stdin is not None
        assert sender.stdout.readline() == "ready\n"
        server.script.victim = sender.pid
        print(file=sender.stdin, flush=True)
        assert sender.wait(60) == -signal.SIGKILL


@pytest.mark.parametrize(
    ("phase", "copies"), [("EHLO", 1), ("MAIL", 1), ("RCPT", 1), ("DATA", 1), ("body", 2), ("answered", 2)]
)
def test_a_killed_senders_notice_is_sent_when_its_lease_ends_with_the_same_message_id(
    engine: Engine, phase: str, copies: int
) -> None:
    ready_report(engine)
    owe_all(engine)
    with mail_server(Script(kills_at=phase)) as server:
        run_until_killed(engine, server)
        assert states(engine) == ["claimed"]
        server.script.kills_at = ""
        assert drained(engine, server, now=later(minutes=14)).sent == 0
        assert drained(engine, server, now=later(minutes=15)).sent == 1
        assert drained(engine, server, now=later(minutes=60)).sent == 0
    (notice,) = notices(engine)
    assert (notice.state, notice.attempts, notice.ambiguous) == ("sent", 2, True)
    assert len(server.mails) == copies
    assert server.mails[-1].answered
    assert {mail.content for mail in server.mails} == {notice.message}
    assert f"Message-ID: {notice.message_id}\r\n".encode() in notice.message


def test_only_what_was_under_way_is_sent_twice(engine: Engine) -> None:
    ready_report(engine, managers=6)
    owe_all(engine)
    with mail_server(Script(kills_at="answered")) as server:
        run_until_killed(engine, server)
        server.script.kills_at = ""
        assert drained(engine, server, now=later(minutes=15)).sent == 6
    assert len(server.mails) == 7
    assert set(server.recipients) == {notice.to_address for notice in notices(engine)}


def test_a_sender_that_marks_before_it_sends_loses_the_notice(engine: Engine) -> None:
    """The control: the same kill, the wrong order, and nobody is ever told."""
    ready_report(engine)
    owe_all(engine)
    with mail_server(Script(kills_at="MAIL")) as server:
        run_until_killed(engine, server, "mark-first")
        server.script.kills_at = ""
        assert drained(engine, server, now=later(minutes=15)).sent == 0
    assert server.mails == []
    assert states(engine) == ["sent"]
