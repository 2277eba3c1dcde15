"""Is the audit log whole?"""

from __future__ import annotations

import argparse

from duecourse.calendar import words
from duecourse.cli.opening import add_data, open_database, settings_of
from duecourse.models.database import reading
from duecourse.tracking.audit import verify


def add_audit(parser: argparse.ArgumentParser) -> None:
    """Describe the command."""
    add_data(parser)
    parser.set_defaults(verb=_verify)


def _verify(given: argparse.Namespace) -> int:
    with reading(open_database(settings_of(given))) as session:
        count = verify(session)
    print(f"The audit log is whole: {words.count(count, 'entry', 'entries')}, none changed or missing.")
    return 0
