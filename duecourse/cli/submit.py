"""How is a deliverable marked as submitted, accepted or returned from the terminal?"""

from __future__ import annotations

import argparse
from uuid import uuid4

from duecourse.calendar.lifecycle import Act
from duecourse.cli.given import add_as_of, clock, instant
from duecourse.cli.opening import add_data, open_database, settings_of
from duecourse.models.database import writing
from duecourse.tracking.acting import By
from duecourse.tracking.deciding import decide
from duecourse.tracking.submitting import Sent, submit


def add_submit(parser: argparse.ArgumentParser) -> None:
    """Describe the command."""
    parser.add_argument("deliverable", metavar="UID", help="the deliverable, as its page's address names it")
    parser.add_argument("--by", required=True, metavar="NAME", help="who submitted it")
    parser.add_argument("--at", metavar="INSTANT", help="when it was submitted; now otherwise")
    parser.add_argument("--channel", required=True, metavar="TEXT", help="how: the portal, email, paper")
    parser.add_argument("--reference", default="", metavar="TEXT", help="the portal's receipt number")
    parser.add_argument("--note", default="", metavar="TEXT", help="anything to add")
    _add_who(parser)
    parser.set_defaults(verb=_submit)


def add_decide(parser: argparse.ArgumentParser) -> None:
    """Describe the command."""
    parser.add_argument("deliverable", metavar="UID", help="the deliverable, as its page's address names it")
    parser.add_argument("outcome", choices=[str(Act.ACCEPT), str(Act.RETURN)], help="what was decided")
    parser.add_argument("--comment", default="", metavar="TEXT", help="what has to be corrected")
    _add_who(parser)
    parser.set_defaults(verb=_decide)


def _add_who(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--as", dest="actor", required=True, metavar="EMAIL", help="who enters this")
    add_data(parser)
    add_as_of(parser)


def _submit(given: argparse.Namespace) -> int:
    now = clock(given).now()
    at = instant(given.at, "--at") if given.at else now
    sent = Sent(at, given.by, given.channel, given.reference, given.note)
    with writing(open_database(settings_of(given))) as session:
        submission = submit(session, given.deliverable, sent, form_key=str(uuid4()), now=now, by=By(given.actor))
        print(f"Recorded as version {submission.version}.")
    return 0


def _decide(given: argparse.Namespace) -> int:
    now = clock(given).now()
    with writing(open_database(settings_of(given))) as session:
        decision = decide(
            session, given.deliverable, Act(given.outcome), comment=given.comment, now=now, by=By(given.actor)
        )
        print(f"Recorded: {decision.to}.")
    return 0
