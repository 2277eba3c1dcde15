"""Runs the command line: ``duecourse`` or ``python -m duecourse``."""

from __future__ import annotations

import sys

from duecourse.cli.main import run


def main() -> None:
    """Run the command that the terminal asks for, and exit with its code."""
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
