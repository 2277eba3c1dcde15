"""Does the Python client do what docs/api.md says of it, and does it make a change once?"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import api_operations
import pytest
import visits
from programs import token_for
from sqlmodel import select
from test_pages_drafting import EXHIBIT
from visits import LIAISON, MANAGER, NOW, WA, World

from duecourse.calendar.standing import Standing
from duecourse.client import Duecourse, Problem, connection
from duecourse.models import AuditEntry, Submission
from duecourse.models.database import writing
from duecourse.notifications.setting_aside import Place, put_aside

filled, make_world, world = visits.filled, visits.make_world, visits.world

ROOT = Path(__file__).parent.parent
DOCS = (ROOT / "docs/api.md").read_text(encoding="utf-8")
PROGRAMS = re.findall(r"```python\n(.*?)```", DOCS, re.DOTALL)
COMMANDS = re.findall(r"```sh\n(.*?)```", DOCS, re.DOTALL)


def test_the_client_stands_alone() -> None:
    used: set[str] = set()
    for file in Path(connection.__file__).parent.glob("*.py"):
        nodes = list(ast.walk(ast.parse(file.read_text(encoding="utf-8"))))
        used |= {name.name for node in nodes if isinstance(node, ast.Import) for name in node.names}
        used |= {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
    others = {name for name in used if not name.startswith("duecourse.client.")}
    assert others - set(sys.stdlib_module_names) - {"collections.abc"} == {"httpx", "pydantic"}


@pytest.mark.parametrize("number", range(len(PROGRAMS)))
def test_a_program_of_the_guide_does_what_it_says(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], number: int
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("report.pdf").write_bytes(b"%PDF-1.4\nenrolled: 42\n%%EOF\n")
    Path("exhibit.csv").write_text(EXHIBIT, encoding="utf-8")
    Path("people.csv").write_bytes(api_operations.PEOPLE)
    is_liaisons = any(act in PROGRAMS[number] for act in (".accept", ".draft("))
    token = token_for(world, LIAISON if is_liaisons else MANAGER)
    program = PROGRAMS[number].replace("https://deadlines.example", world.address).replace("duecourse_…", token)
    assert world.address in program and token in program
    exec(compile(program, "docs/api.md", "exec"), {})
    said = capsys.readouterr().out
    if ".accept(" in program:
        assert said == "accepted\n"
    elif ".accept_all(" in program:
        lines = said.splitlines()
        assert [line.rpartition(" ")[2] for line in lines[:-6]] == ["accepted"], said
        assert lines[-6:] == ["would tell Ana Ruiz"] * 3 + ["Ana Ruiz"] * 3, said
    elif ".draft(" in program:
        first, *flaws = said.splitlines()
        assert first == "Still to say: id, title, funder, contractor"
        assert [line.split(":")[0].split(", ")[1] for line in flaws] == [
            "contract.name",
            "contract.funder",
            "contract.contractor",
        ]
    elif ".import_file(" in program:
        assert said == "row 2, Bo Day, bo@county.example: new Becomes leadership of 22-1174.\n1 entered\n"
    elif ".submit(" in program:
        assert re.fullmatch(r"receipt [0-9a-f-]{36} late\n", said)
    else:
        assert "by the end of Fri Jul 30, 2021 (Pacific)" in said


@pytest.mark.parametrize("number", range(len(COMMANDS)))
def test_a_command_of_the_guide_gets_an_answer(world: World, tmp_path: Path, number: int) -> None:
    (tmp_path / "report.pdf").write_bytes(b"%PDF-1.4\nenrolled: 42\n%%EOF\n")
    uid, token = world.find(WA, Standing.OVERDUE).uid, token_for(world, MANAGER)
    command = COMMANDS[number].replace("https://deadlines.example", world.address).replace("duecourse_…", token)
    command = command.replace("THE-UID", uid)
    done = subprocess.run(["sh", "-ec", command], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert '"items"' in done.stdout or '"receipt_uid"' in done.stdout, done.stdout


def test_every_deliverable_is_yielded_over_all_pages(world: World) -> None:
    with Duecourse(world.address, token=token_for(world, MANAGER)) as server:
        found = list(server.deliverables(contract=WA))
        assert [each.id for each in server.contracts()] == [WA]
    assert len(found) > 100 and found == sorted(found, key=lambda each: each.due_at)
    assert {each.contract_id for each in found} == {WA}


def test_a_refusal_is_an_exception_with_the_words_of_the_server(world: World) -> None:
    with Duecourse(world.address, token=token_for(world, MANAGER)) as server:
        with pytest.raises(Problem, match="/starts_on: Write a date like") as refused:
            server.change("/me/absences", {"starts_on": "tomorrow", "ends_on": "2022-12-09"})
        assert (refused.value.status, refused.value.kind) == (422, "not-accepted")
        seen = server.deliverable(world.find(WA, Standing.SUBMITTED).uid)
        with pytest.raises(Problem) as not_mine:
            server.accept(seen)
        assert (not_mine.value.status, not_mine.value.kind) == (403, "not-allowed")
    with Duecourse(world.address, token="none") as nobody, pytest.raises(Problem, match="401"):
        nobody.read("/me")


def test_a_decision_on_what_changed_meanwhile_is_a_problem_of_its_own_kind(world: World) -> None:
    uid = world.find(WA, Standing.SUBMITTED).uid
    with (
        Duecourse(world.address, token=token_for(world, LIAISON)) as liaison,
        Duecourse(world.address, token=token_for(world, MANAGER)) as manager,
    ):
        seen = liaison.deliverable(uid)
        manager.act(manager.deliverable(uid), "undo the submission", reason="the wrong file")
        with pytest.raises(Problem) as changed:
            liaison.accept(seen)
        assert changed.value.kind == "changed"
        waived = liaison.act(liaison.deliverable(uid), "waive", reason="agreed by mail")
        assert waived.standing == "waived" and waived.etag == liaison.deliverable(uid).etag
        assert liaison.act(waived, "ask for it again", reason="asked for after all").standing == "overdue"


def test_a_mail_that_was_set_aside_is_seen_to_once_and_then_off_the_page(world: World) -> None:
    with writing(world.engine) as session:
        for number in (7, 8):
            put_aside(session, Place("INBOX", 1, number), "It is empty.", now=NOW)
    page = world.visitor(LIAISON)
    with Duecourse(world.address, token=token_for(world, LIAISON)) as server:
        first, second = server.mails_aside()
        assert (first.number, second.number, first.seen_to_by) == (7, 8, "")
        assert "Mail 7 of INBOX" in page.get("/operations").text
        for key in ("seen-to-once", "seen-to-once", "seen-to-again"):
            assert server.see_to(first, key=key).seen_to_by == LIAISON
        assert server.mails_aside() == [second] and "Mail 7 of INBOX" not in page.get("/operations").text
        with pytest.raises(Problem) as missing:
            server.change("/operations/mails/4711")
        assert missing.value.status == 404
    with Duecourse(world.address, token=token_for(world, MANAGER)) as manager, pytest.raises(Problem, match="403"):
        manager.see_to(second)
    said = select(AuditEntry).where(AuditEntry.action == "saw to a mail that was set aside")
    assert [entry.detail["number"] for entry in world.rows(said)] == [7]


@pytest.fixture
def torn_off(world: World) -> Iterator[Callable[[], str]]:
    """A door before the server, which passes the first call on and then hangs up without its answer."""
    stack: list[HTTPServer] = []

    def make() -> str:
        import httpx

        class Door(BaseHTTPRequestHandler):
            calls = 0

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                names = ("Authorization", "Content-Type", "Idempotency-Key")
                headers = {name: self.headers[name] for name in names}
                answer = httpx.post(f"{world.address}{self.path}", content=body, headers=headers)
                Door.calls += 1
                if Door.calls == 1:
                    self.close_connection = True
                    return
                self.send_response(answer.status_code)
                self.send_header("Content-Length", str(len(answer.content)))
                self.end_headers()
                self.wfile.write(answer.content)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        server = HTTPServer(("127.0.0.1", 0), Door)
        stack.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}"

    yield make
    for server in stack:
        server.shutdown()
        server.server_close()


def test_a_change_whose_answer_is_lost_is_made_once(
    world: World, torn_off: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "_PAUSE_SECONDS", 0)
    before = len(world.rows(select(Submission)))
    with Duecourse(torn_off(), token=token_for(world, MANAGER)) as server:
        uid = world.find(WA, Standing.OVERDUE).uid
        made = server.submit(uid, submitted_at=NOW, submitted_by="Ana Ruiz", channel="PSRS")
    assert made.receipt_uid and len(world.rows(select(Submission))) == before + 1
