"""Runs the command line as a person's terminal does: in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys


def duecourse(*arguments: str, code: int = 0, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command, and fail unless it ends with the exit code that is expected."""
    done = subprocess.run(
        [sys.executable, "-m", "duecourse", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | environment,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done
