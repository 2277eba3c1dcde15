"""How is a submission accepted or returned, a deliverable set aside, or either taken back from the terminal?"""

from __future__ import annotations

import argparse

from duecourse.calendar.lifecycle import LIFECYCLE, Act
from duecourse.cli.given import add_as_of, day, present
from duecourse.cli.opening import add_data, open_database, settings_of
from duecourse.models import Deliverable, LifecycleEntry
from duecourse.models.database import writing
from duecourse.tracking.acting import By
from duecourse.tracking.deciding import decide, set_aside, undo

SUBMITTING = (Act.SUBMIT, Act.REPORT_NOTHING)
"""What `duecourse submit` does: a submission needs much more to be said."""
_BY_NAME = {row.act.replace(" ", "-"): row for row in LIFECYCLE if row.act not in SUBMITTING}


def add_act(parser: argparse.ArgumentParser) -> None:
    """Describe the command."""
    parser.add_argument("deliverable", metavar="UID", help="the deliverable, as its page's address names it")
    parser.add_argument("act", choices=list(_BY_NAME), metavar="ACT", help=f"one of: {', '.join(_BY_NAME)}")
    parser.add_argument("--reason", default="", metavar="TEXT", help="why; needed for all but accept")
    parser.add_argument("--until", metavar="DATE", help="return: the last day on which the correction is on time")
    parser.add_argument("--key", metavar="KEY", help="a key of your own: the same key again changes nothing again")
    add_who(parser)
    parser.set_defaults(verb=_act)


def add_who(parser: argparse.ArgumentParser) -> None:
    """Ask who enters it, into which database, and as of when."""
    parser.add_argument("--as", dest="actor", required=True, metavar="EMAIL", help="who enters this")
    add_data(parser)
    add_as_of(parser)


def _act(given: argparse.Namespace) -> int:
    row, now, by = _BY_NAME[given.act], present(given), By(given.actor)
    until = day(given.until, "--until") if given.until else None
    with writing(open_database(settings_of(given))) as session:
        made: LifecycleEntry
        if row.act in (Act.ACCEPT, Act.RETURN):
            said = {"comment": given.reason, "form_key": given.key}
            made = decide(session, given.deliverable, row.act, again_on=until, now=now, by=by, **said)
        else:
            verb = undo if row.act.is_undo else set_aside
            made = verb(session, given.deliverable, row.act, reason=given.reason, form_key=given.key, now=now, by=by)
        deliverable = session.get_one(Deliverable, made.deliverable_id)
        print(f"Recorded: {row.records}. {deliverable.title}, {deliverable.label}, is now “{made.to}”.")
    return 0
