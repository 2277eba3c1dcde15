"""What happened that starts windows?"""

from __future__ import annotations

import argparse

from duecourse.calendar import words
from duecourse.cli.given import add_as_of, instant, present
from duecourse.cli.load import ACTOR
from duecourse.cli.opening import add_data, open_database, settings_of
from duecourse.models.database import writing
from duecourse.tracking.events import record_event


def add_event(parser: argparse.ArgumentParser) -> None:
    """Describe the command."""
    parser.add_argument("contract", metavar="CONTRACT", help="the contract's id")
    parser.add_argument("event", metavar="NAME", help="what happened, such as corrective-action-notice")
    parser.add_argument("--at", required=True, metavar="INSTANT", help="when, such as 2022-02-01T09:00:00-05:00")
    parser.add_argument(
        "--reference", default="", metavar="TEXT", help="a document's number, or an opaque id; never a name"
    )
    add_data(parser)
    add_as_of(parser)
    parser.set_defaults(verb=_record)


def _record(given: argparse.Namespace) -> int:
    now, happened_at = present(given), instant(given.at, "--at")
    with writing(open_database(settings_of(given))) as session:
        planned = record_event(
            session,
            given.contract,
            given.event,
            happened_at=happened_at,
            reference=given.reference,
            now=now,
            actor=ACTOR,
        )
    print(f"Recorded. It started {words.count(planned.added, 'window')}.")
    return 0
