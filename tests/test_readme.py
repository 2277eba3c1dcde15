"""Do the commands of the README and of the guides work as they stand there?"""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import time
import urllib.request
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from command import duecourse
from parts import free_port

from duecourse.definitions.reading import read_contract
from duecourse.settings import Settings

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
COMMANDS = re.findall(r"^\.venv/bin/duecourse (.*)$", README, re.MULTILINE)


def test_the_readme_begins_with_two_commands_and_a_picture() -> None:
    blocks = re.findall(r"```sh\n(make [a-z]+)\n```", README)
    assert blocks == ["make run", "make test"]
    (picture,) = re.findall(r"!\[.+\]\((.+)\)", README)
    assert (ROOT / picture).is_file()


@pytest.mark.parametrize("link", re.findall(r"(?<!!)\[[^]]+\]\(([^)]+)\)", README))
def test_every_link_leads_somewhere(link: str) -> None:
    assert (ROOT / link).exists()


@pytest.mark.parametrize("line", COMMANDS)
def test_every_command_of_the_readme_works(line: str, tmp_path: Path) -> None:
    arguments = shlex.split(line)
    if "--data" in arguments:
        data = str(tmp_path / "data")
        duecourse("load", "wa-22-1174", "--data", data)
        arguments[arguments.index("--data") + 1] = data
    assert duecourse(*arguments).stdout


@pytest.mark.parametrize("more", ["", "--no-prefect"])
def test_make_run_serves_a_page_prints_a_link_that_signs_in_and_leaves_no_prefect_behind(
    tmp_path: Path, more: str
) -> None:
    port, prefect_port = free_port(), free_port()
    command = ["make", "run", f"ARGS=--data {tmp_path}/data --port {port} {more}"]
    environment = os.environ | {"DUECOURSE_PREFECT_PORT": str(prefect_port)}
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True, env=environment
    ) as server:
        try:
            assert server.stdout is not None
            said = ""
            while "Ctrl+C" not in said:
                line = server.stdout.readline()
                assert line, said
                said += line
            (first, *_) = re.findall(rf"http://127\.0\.0\.1:{port}/sign-in/\S+", said)
            assert "Sign in" in _page(first)
            assert list((tmp_path / "data").glob("duecourse.db"))
            # It is begun beside the pages, which may answer first.
            assert _comes(lambda: _runs_prefect(prefect_port) == (not more))
        finally:
            os.killpg(server.pid, signal.SIGTERM)
            server.wait(timeout=60)
    assert _comes(lambda: not _runs_prefect(prefect_port))


def _runs_prefect(port: int) -> bool:
    listed = subprocess.run(["ps", "-A", "-o", "args="], capture_output=True, text=True, check=True).stdout
    return f"duecourse.flows.server.local {port}\n" in listed


def _comes(true: Callable[[], bool]) -> bool:
    """Tell whether something comes true within half a minute."""
    until = time.monotonic() + 30
    while not true() and time.monotonic() < until:
        time.sleep(0.2)
    return true()


def _page(address: str) -> str:
    for _ in range(150):
        try:
            with urllib.request.urlopen(address) as answer:
                return str(answer.read().decode())
        except OSError:
            time.sleep(0.2)
    raise AssertionError(f"nothing answers at {address}")


def test_every_setting_is_in_the_guide() -> None:
    guide = (ROOT / "docs/running-a-server.md").read_text()
    assert {f"DUECOURSE_{name.upper()}" for name in Settings.model_fields} <= set(
        re.findall(r"`(DUECOURSE_[A-Z_]+)`", guide)
    )


def test_the_contract_file_in_the_guide_is_one(tmp_path: Path) -> None:
    guide = (ROOT / "docs/contract-files.md").read_text()
    file = tmp_path / "guide.yaml"
    file.write_text("\n".join(re.findall(r"```yaml\n(.*?)```", guide, re.DOTALL)))
    contract, _ = read_contract(file, today=date(2026, 11, 22))
    assert contract.obligations[0].lines[0].numbers[0] == "2.01"


def test_a_backup_is_whole_and_never_overwrites(tmp_path: Path) -> None:
    data, copy = str(tmp_path / "data"), str(tmp_path / "copy")
    loaded = duecourse("load", "ct-21oechvs01abc", "--data", data).stdout
    (count,) = re.findall(r"([0-9]+ deliverables) added", loaded)
    assert count in duecourse("backup", copy, "--data", data).stdout
    day = ("--as-of", "2026-11-22")
    assert duecourse("overdue", "--data", copy, *day).stdout == duecourse("overdue", "--data", data, *day).stdout
    assert "there already" in duecourse("backup", copy, "--data", data, code=2).stderr
    assert "no database" in duecourse("backup", str(tmp_path / "b"), "--data", str(tmp_path / "no"), code=2).stderr


def test_a_backup_is_of_the_database_that_the_settings_name(tmp_path: Path) -> None:
    data, elsewhere = str(tmp_path / "data"), {"DUECOURSE_DATABASE_URL": f"sqlite:///{tmp_path}/elsewhere.db"}
    loaded = duecourse("load", "demo-county", "--data", data, **elsewhere).stdout
    (count,) = re.findall(r"([0-9]+ deliverables) added", loaded)
    assert count in duecourse("backup", str(tmp_path / "copy"), "--data", data, **elsewhere).stdout
