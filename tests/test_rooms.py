"""Do the rooms import only from the rooms above them, and each outside library through its one door?"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "duecourse"
FILES = sorted(PACKAGE.rglob("*.py"))


def table(heading: str) -> list[list[str]]:
    text = (ROOT / "docs/architecture.md").read_text()
    section = text.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    rows = [line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("| `")]
    return [
        [re.sub(r"[`/]$|^`", "", cell.strip()) if at == 0 else cell.strip("` ") for at, cell in enumerate(row)]
        for row in rows
    ]


ORDER = [row[0].strip("`") for row in table("Rooms")]
DOORS = {row[0].strip("`"): row[1] for row in table("Doors")}


def imports(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file} imports relatively"
            yield node.module or ""


def room(file: Path) -> str:
    return file.relative_to(PACKAGE).parts[0].removesuffix(".py")


def test_every_room_of_the_package_stands_in_the_table() -> None:
    assert {room(file) for file in FILES} - {"__init__", "__main__"} == set(ORDER)


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_a_file_imports_only_from_its_own_room_and_those_above_it(file: Path) -> None:
    if room(file).startswith("__"):
        return
    allowed = set(ORDER[: ORDER.index(room(file)) + 1])
    used = {name.split(".")[1] for name in imports(file) if name.startswith("duecourse.")}
    assert used <= allowed


@pytest.mark.parametrize("library", DOORS)
def test_an_outside_library_has_one_door(library: str) -> None:
    users = {
        str(file.relative_to(PACKAGE)) for file in FILES if library in {name.split(".")[0] for name in imports(file)}
    }
    doors = DOORS[library].replace("`", "").split(", ")
    assert all(any(user == door or user.startswith(door) for user in users) for door in doors), (users, doors)
    assert all(any(user == door or user.startswith(door) for door in doors) for user in users), (users, doors)


@pytest.mark.parametrize(
    "file", [file for file in FILES if room(file) in ("calendar", "definitions")], ids=lambda file: file.stem
)
def test_the_pure_rooms_read_no_clock(file: Path) -> None:
    calls = {ast.unparse(node.func) for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Call)}
    assert not {call for call in calls if re.search(r"\b(now|utcnow|today|time\.time|monotonic)$", call)}


def test_the_standard_librarys_calendar_is_not_hidden_at_the_root() -> None:
    program = "import calendar; print(calendar.__file__)"
    found = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert not found.startswith(str(ROOT))
    assert not (ROOT / "calendar").exists()


def test_no_file_is_too_long_to_read_at_once() -> None:
    long = {str(file.relative_to(ROOT)): n for file in FILES if (n := len(file.read_text().splitlines())) > 250}
    generated = {name for name in long if "/versions/" in name}
    assert set(long) == generated
