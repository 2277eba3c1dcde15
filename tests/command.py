"""Runs the command line as a person's terminal does: in a process of its own.

Each process is a copy of one that has imported the commands already, since importing takes most of a command's time.
"""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Mapping, Sequence
from functools import cache
from multiprocessing.context import ForkServerContext
from pathlib import Path

from duecourse.cli.main import COMMANDS

_SLOW_TO_IMPORT = {"serve", "deploy", "jobs"}
"""The commands that few tests run, with a web server or an engine in them."""


def duecourse(*arguments: str, code: int = 0, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command, and fail unless it ends with the exit code that is expected."""
    with tempfile.TemporaryDirectory() as folder:
        out, err = Path(folder, "out"), Path(folder, "err")
        given = (arguments, os.environ | environment, os.getcwd(), str(out), str(err))
        process = _context().Process(target=_run, args=given)
        process.start()
        process.join()
        said = [path.read_text(encoding="utf-8") if path.exists() else "" for path in (out, err)]
    assert process.exitcode is not None
    done = subprocess.CompletedProcess(arguments, process.exitcode, *said)
    assert done.returncode == code, done.stdout + done.stderr
    return done


@cache
def _context() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    modules = {module for module, _ in COMMANDS.values()} - _SLOW_TO_IMPORT
    context.set_forkserver_preload(["duecourse.__main__", *(f"duecourse.cli.{module}" for module in sorted(modules))])
    return context


def _run(arguments: Sequence[str], environment: Mapping[str, str], folder: str, out: str, err: str) -> None:
    """Be the process of one command: with its environment, its folder, and its output in files."""
    from duecourse.__main__ import main

    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    os.chdir(folder)
    for path, stream in ((out, sys.stdout), (err, sys.stderr)):
        opened = os.open(path, os.O_WRONLY | os.O_CREAT)
        os.dup2(opened, stream.fileno())
        stream.reconfigure(encoding="utf-8", line_buffering=False)  # type: ignore[union-attr]
    sys.argv = ["duecourse", *arguments]
    try:
        main()
    except Exception:
        # As the interpreter does with what nobody caught.
        traceback.print_exc()
        sys.exit(1)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
