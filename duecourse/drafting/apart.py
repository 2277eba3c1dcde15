"""How is a file read that may be made to break its reader? In a process apart, with little memory and time.

Run as a program, this module reads a file from its input and writes the rows as JSON.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from typing import Any, Literal

from duecourse.drafting.refusing import refused
from duecourse.drafting.rows import Exhibit, Row
from duecourse.errors import BadExhibit
from duecourse.language.said import Phrase, say

Kind = Literal["pdf", "office"]

_SECONDS = 30
_MEMORY = 1536 * 1024**2
_PLACES = threading.BoundedSemaphore(2)
"""How many files are read at once: their readers must not take the server's memory between them."""
_CURE = say("Copy the table into a new file, or paste it here as text.")


def read_apart(kind: Kind, data: bytes, *, file: str) -> Exhibit:
    """Return the rows of a PDF, a workbook or a document. Raises BadExhibit, also when reading it takes too much."""
    if not _PLACES.acquire(timeout=_SECONDS):
        raise refused(file, "", say("Other files are being read at the moment."), say("Send it again in a minute."))
    try:
        return _read_apart(kind, data, file)
    finally:
        _PLACES.release()


def _read_apart(kind: Kind, data: bytes, file: str) -> Exhibit:
    program = [sys.executable, "-P", "-m", "duecourse.drafting.apart", kind, file, str(_MEMORY)]
    try:
        done = subprocess.run(program, input=data, capture_output=True, timeout=_SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        raise refused(file, "", say("It takes too long to read."), _CURE) from error
    if done.returncode == 2:
        raise BadExhibit(_unpacked(json.loads(done.stdout)))
    if done.returncode != 0:
        raise refused(file, "", say("It cannot be read here."), _CURE)
    said = json.loads(done.stdout)
    rows = tuple(Row(where, tuple(cells)) for where, cells in said["rows"])
    return Exhibit(file, rows, said["from_1904"], tuple(_unpacked(doubt) for doubt in said["doubts"]))


def _packed(said: object) -> object:
    """Return what is said as JSON holds it, with the message and the values that another language needs."""
    if isinstance(said, Phrase):
        return [said.message, {name: _packed(value) for name, value in said.values.items()}]
    return str(said)


def _unpacked(held: Any) -> str:
    if isinstance(held, str):
        return held
    message, values = held
    return Phrase(message, {name: _unpacked(value) for name, value in values.items()})


def read_here(kind: str, data: bytes, *, file: str) -> Exhibit:
    """Return the rows of a file, in this process. Raises BadExhibit."""
    # Each is slow to load, and a process reads one kind.
    if kind == "pdf":
        from duecourse.drafting.pdf_reader import read_pdf

        return read_pdf(data, file=file)
    from duecourse.drafting.archives import inspect

    found = inspect(data, file=file)
    if found.kind == "xlsx":
        from duecourse.drafting.xlsx_reader import read_workbook

        return read_workbook(data, found, file=file)
    from duecourse.drafting.docx_reader import read_document

    return read_document(data, found, file=file)


def _main(kind: str, file: str, memory: int) -> int:
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except ImportError:  # Windows has no such limits; the time is limited even so.
        pass
    try:
        found = read_here(kind, sys.stdin.buffer.read(), file=file)
    except BadExhibit as error:
        sys.stdout.buffer.write(json.dumps(_packed(error.args[0])).encode())
        return 2
    except (MemoryError, RecursionError):
        return 3
    said = {
        "rows": [(row.where, row.cells) for row in found.rows],
        "from_1904": found.from_1904,
        "doubts": [_packed(doubt) for doubt in found.doubts],
    }
    sys.stdout.buffer.write(json.dumps(said).encode())
    return 0


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
