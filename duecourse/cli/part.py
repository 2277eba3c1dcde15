"""How is a part of a subcontractor recorded, accepted or sent back from the terminal?"""

from __future__ import annotations

import argparse
from pathlib import Path
from uuid import uuid4

from duecourse.calendar.part_lifecycle import PartAct
from duecourse.cli.given import add_as_of, instant, present
from duecourse.cli.opening import add_data, open_database, settings_of
from duecourse.errors import BadInput
from duecourse.models.database import writing
from duecourse.tracking.files import store_file
from duecourse.tracking.subcontractors.part_entries import PartKey
from duecourse.tracking.subcontractors.parts import Hand, HandedIn, accept_part, hand_in, send_part_back, take_back


def add_part(parser: argparse.ArgumentParser) -> None:
    """Describe the command."""
    parser.add_argument("deliverable", metavar="UID", help="the lead's deliverable, as its page's address names it")
    parser.add_argument("program", metavar="PROGRAM", help="the program's id in the contract file, or combined")
    parser.add_argument("part", metavar="PART", help="the part's name, such as “Rate Card”")
    parser.add_argument("act", choices=[str(act) for act in PartAct], help="what was done")
    parser.add_argument("--at", metavar="INSTANT", help="when it was received; now otherwise")
    parser.add_argument("--file", type=Path, metavar="FILE", help="the file that was received")
    parser.add_argument("--note", default="", metavar="TEXT", help="what is to be corrected, or anything to add")
    parser.add_argument("--as", dest="actor", required=True, metavar="EMAIL", help="who enters this, for the lead")
    add_data(parser)
    add_as_of(parser)
    parser.set_defaults(verb=_record)


def _record(given: argparse.Namespace) -> int:
    settings = settings_of(given)
    now = present(given)
    key, hand, form_key = PartKey(given.deliverable, given.program, given.part), Hand(given.actor), str(uuid4())
    file = None
    if given.file is not None:
        try:
            with given.file.open("rb") as content:
                file = store_file(settings.evidence, content, name=given.file.name, media_type="")
        except OSError as error:
            raise BadInput(f"The file {given.file} cannot be read: {error.strerror}.") from error
    with writing(open_database(settings)) as session:
        match PartAct(given.act):
            case PartAct.HAND_IN:
                at = instant(given.at, "--at") if given.at else now
                hand_in(session, key, HandedIn(at, file, given.note), hand=hand, form_key=form_key, now=now)
            case PartAct.ACCEPT:
                accept_part(session, key, hand=hand, form_key=form_key, now=now)
            case PartAct.SEND_BACK:
                send_part_back(session, key, note=given.note, hand=hand, form_key=form_key, now=now)
            case PartAct.TAKE_BACK:
                take_back(session, key, note=given.note, hand=hand, form_key=form_key, now=now)
    print(f"Recorded: {given.act}, {given.part}, {given.program}.")
    return 0
