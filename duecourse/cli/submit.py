"""How is a deliverable marked as submitted from the terminal, with the files that prove it?"""

from __future__ import annotations

import argparse
from pathlib import Path
from uuid import uuid4

from duecourse.cli.act import add_who
from duecourse.cli.given import instant, present
from duecourse.cli.opening import open_database, settings_of
from duecourse.errors import BadInput
from duecourse.models.database import writing
from duecourse.settings import Settings
from duecourse.tracking.acting import By
from duecourse.tracking.files import check_together, store_file
from duecourse.tracking.submitting import Sent, StoredFile, submit


def add_submit(parser: argparse.ArgumentParser) -> None:
    """Describe the command."""
    parser.add_argument("deliverable", metavar="UID", help="the deliverable, as its page's address names it")
    parser.add_argument("--by", required=True, metavar="NAME", help="who submitted it")
    parser.add_argument("--at", metavar="INSTANT", help="when it was submitted; now otherwise")
    parser.add_argument("--channel", required=True, metavar="TEXT", help="how: the portal, email, paper")
    parser.add_argument("--reference", default="", metavar="TEXT", help="the portal's confirmation number")
    parser.add_argument("--note", default="", metavar="TEXT", help="anything to add")
    parser.add_argument("--nothing", action="store_true", help="there was nothing to report; say why with --note")
    parser.add_argument(
        "--file", action="append", default=[], type=Path, metavar="FILE", help="a file; may be repeated"
    )
    parser.add_argument("--key", metavar="KEY", help="a key of your own: the same key again changes nothing again")
    add_who(parser)
    parser.set_defaults(verb=_submit)


def _submit(given: argparse.Namespace) -> int:
    now = present(given)
    at = instant(given.at, "--at") if given.at else now
    settings = settings_of(given)
    engine, files = open_database(settings), _stored(settings, given.file)
    sent = Sent(at, given.by, given.channel, given.reference, given.note, files, given.nothing)
    with writing(engine) as session:
        key = given.key or str(uuid4())
        submission = submit(session, given.deliverable, sent, form_key=key, now=now, by=By(given.actor))
        print(f"Recorded as version {submission.version}.")
    return 0


def _stored(settings: Settings, paths: list[Path]) -> tuple[StoredFile, ...]:
    try:
        check_together([path.stat().st_size for path in paths])
        found = []
        for path in paths:
            with path.open("rb") as content:
                found.append(store_file(settings.evidence, content, name=path.name, media_type=""))
    except OSError as error:
        raise BadInput(f"{error.filename} cannot be read: {error.strerror}.") from error
    return tuple(found)
