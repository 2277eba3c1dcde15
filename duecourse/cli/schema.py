"""What is the published JSON Schema of contract files?"""

from __future__ import annotations

import argparse

from duecourse.definitions.schema import json_schema


def add_schema(parser: argparse.ArgumentParser) -> None:
    """Describe the command."""
    parser.set_defaults(verb=_print_schema)


def _print_schema(_given: argparse.Namespace) -> int:
    print(json_schema(), end="")
    return 0
