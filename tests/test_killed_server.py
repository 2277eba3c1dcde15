"""What becomes of submissions when the server is killed while people send them?

The rows F02 (between the commit and the answer) and F04 (again and again under load) of the faults.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
import visits
from parts import REPOSITORY, free_port, strace, wait_until_traced
from sqlalchemy import Engine
from sqlmodel import Session, col, select
from visits import MANAGER, NOW, WA, submission_form

from duecourse.clock import Clock
from duecourse.models import AuditEntry, Deliverable, LifecycleEntry, Receipt, Submission
from duecourse.models.database import connect, reading, writing
from duecourse.tracking.audit import verify
from duecourse.tracking.signing_in import make_link
from duecourse.tracking.staff.people import person_by_email

# A server is started up to a dozen times, each of which takes half a minute on a machine that is busy with others.
pytestmark = pytest.mark.timeout(1200)
filled = visits.filled


class Server:
    """A real server on a folder of its own, that may be killed and started again; its pages are at `address`."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None
        self.browsers = ExitStack()

    def start(self) -> None:
        environment = {
            **os.environ,
            "PYTHONPATH": str(REPOSITORY),
            "DUECOURSE_BASE_URL": self.address,
            # Browsers allow no passkeys at an address without a name.
            "DUECOURSE_SECOND_FACTOR": "no",
            "DUECOURSE_MAIL_FROM": "due@agency.example",
            "DUECOURSE_MAIL_FOLDER": str(self.folder / "mails"),
        }
        options = ["--no-prefect", "--data", str(self.folder), "--port", str(self.port)]
        command = [sys.executable, "-m", "duecourse", "serve", *options]
        self.process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
        until = time.monotonic() + 120
        while not self._answers():
            assert time.monotonic() < until and self.process.poll() is None, "the server did not start"
            time.sleep(0.1)

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait(timeout=30)

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.address}/healthz", trust_env=False, verify=False).is_success
        except httpx.TransportError:
            return False


@pytest.fixture
def engine(filled: Path, tmp_path: Path) -> Iterator[Engine]:
    """A database of the county's contract, with many reports that are not in."""
    shutil.copytree(filled, tmp_path / "data")
    engine = connect(f"sqlite:///{tmp_path / 'data' / 'duecourse.db'}")
    yield engine
    engine.dispose()


@pytest.fixture
def server(engine: Engine, tmp_path: Path) -> Iterator[Server]:
    """A real server on that database."""
    server = Server(tmp_path / "data")
    server.start()
    with server.browsers:
        yield server
    server.kill()


class Sender:
    """A manager's browser, which sends a form until it is told that it is in."""

    def __init__(self, server: Server, engine: Engine) -> None:
        client = httpx.Client(base_url=server.address, trust_env=False, timeout=30, verify=False)
        self.client = server.browsers.enter_context(client)
        self._origin = {"sec-fetch-site": "same-origin", "origin": server.address}
        with writing(engine) as session:
            person = person_by_email(session, MANAGER)
            assert person is not None and person.id is not None
            token = make_link(session, person.id, now=Clock().now(), lifetime=visits.timedelta(days=1))
        assert self.client.post(f"/sign-in/{token}", headers=self._origin).status_code == 303
        found = visits.re.search(r'name="form_token" value="([^"]+)"', self.client.get("/").text)
        assert found
        self._form_token = found[1]

    def send(self, uid: str, key: str) -> int | None:
        """Send the form once; None when no answer came."""
        fields = submission_form(form_key=key) | {"form_token": self._form_token}
        try:
            answer = self.client.post(f"/deliverables/{uid}/submit", data=fields, headers=self._origin)
        except httpx.TransportError:
            return None
        return answer.status_code

    def insist(self, uid: str, key: str) -> int:
        """Send the form with one key until it is in, and return how often that took."""
        for attempt in range(1, 1200):
            if (status := self.send(uid, key)) == 303:
                return attempt
            assert status in (None, 502, 503), status
            time.sleep(0.3)
        raise AssertionError("it was never told to be in")


def open_reports(engine: Engine, count: int) -> list[str]:
    query = (
        select(Deliverable.uid)
        .where(Deliverable.contract_id == WA, Deliverable.party == "contractor")
        .where(col(Deliverable.submitted_at).is_(None), col(Deliverable.withdrawn_at).is_(None))
        .where(Deliverable.due_at < NOW)
        .order_by(col(Deliverable.due_at))
        .limit(count)
    )
    with reading(engine) as session:
        return list(session.exec(query))


def check_each_is_in_once(engine: Engine, keys: dict[str, str]) -> None:
    """See that each report has one submission, one act, one receipt and one audit entry, and that the log is whole."""
    with writing(engine) as session:
        verify(session)
        rows = session.exec(select(Deliverable).where(col(Deliverable.uid).in_(keys))).all()
        ids = {row.id: row.uid for row in rows}
        submissions = session.exec(select(Submission).where(col(Submission.deliverable_id).in_(ids))).all()
        assert Counter(ids[each.deliverable_id] for each in submissions) == dict.fromkeys(keys, 1)
        assert {ids[each.deliverable_id]: each.form_key for each in submissions} == keys
        assert counted(session, LifecycleEntry, ids) == counted(session, AuditEntry, ids) == dict.fromkeys(ids, 1)
        numbers = [each.id for each in submissions]
        receipts = session.exec(select(Receipt.submission_id).where(col(Receipt.submission_id).in_(numbers))).all()
        assert sorted(receipts) == sorted(number for number in numbers if number)


def counted(session: Session, table: type[LifecycleEntry] | type[AuditEntry], ids: dict[int | None, str]) -> Counter:
    query = select(table.deliverable_id).where(col(table.deliverable_id).in_(ids))
    return Counter(session.exec(query))


def test_a_server_killed_between_its_commit_and_its_answer_has_one_record_after_the_retry(
    server: Server, engine: Engine
) -> None:
    """Killed at its first message, at its second, and so on: some of them wake its own threads, one is the answer."""
    sender, keys, only_committed = Sender(server, engine), dict[str, str](), 0
    for number, uid in enumerate(open_reports(engine, 12), start=1):
        keys[uid] = str(uuid4())
        assert server.process is not None
        options = ["-f", "-qq", "-o", "/dev/null", "-p", str(server.process.pid)]
        inject = f"inject=sendto:signal=SIGKILL:when={number}"
        with subprocess.Popen([str(strace()), *options, "-e", "trace=sendto", "-e", inject]) as tracing:
            wait_until_traced(server.process.pid, tracing)
            is_answered = sender.send(uid, keys[uid]) is not None
            is_dead = server.process.poll() is not None
            tracing.kill()
        with reading(engine) as session:
            is_in = session.exec(select(Submission).where(Submission.form_key == keys[uid])).first() is not None
        assert is_in or not is_answered
        # The control: the commit was there without an answer, so that a retry without the key would make a second.
        only_committed += is_in and not is_answered
        if is_dead or not is_answered:
            server.kill()
            server.start()
        sender.insist(uid, keys[uid])
        check_each_is_in_once(engine, keys)
        if only_committed and number >= 3:
            break
    assert only_committed


def test_a_server_killed_again_and_again_under_load_loses_nothing_and_doubles_nothing(
    server: Server, engine: Engine
) -> None:
    keys = {uid: str(uuid4()) for uid in open_reports(engine, 24)}
    assert len(keys) >= 16
    clients, tries, killed = 4, Counter[int](), threading.Event()

    def work(sender: Sender, own: list[str]) -> None:
        for uid in own:
            tries[sender.insist(uid, keys[uid])] += 1
            killed.wait(timeout=0.5)

    uids, senders = list(keys), [Sender(server, engine) for _ in range(clients)]
    with ThreadPoolExecutor(clients) as pool:
        working = [pool.submit(work, senders[n], uids[n::clients]) for n in range(clients)]
        for _ in range(3):
            time.sleep(1.2)
            server.kill()
            server.start()
        killed.set()
        for each in working:
            each.result(timeout=600)
    check_each_is_in_once(engine, keys)
    assert sum(count for attempts, count in tries.items() if attempts > 1) > 0, "no kill hit anybody"
