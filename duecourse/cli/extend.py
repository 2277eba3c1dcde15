"""How is more time asked for, granted, refused and entered from a terminal?"""

from __future__ import annotations

import argparse
from datetime import datetime
from uuid import uuid4

from sqlmodel import Session

from duecourse.cli.given import add_as_of, day, instant, present, time_of_day
from duecourse.cli.opening import add_data, open_database, settings_of
from duecourse.errors import BadInput
from duecourse.models.database import writing
from duecourse.notifications.change_notices import owe_change_notices
from duecourse.notifications.messages import sender_of
from duecourse.tracking.acting import By
from duecourse.tracking.extensions.extending import Request, ask, refuse
from duecourse.tracking.extensions.granting import Granted, Granting, grant, record_granted

DOES = ("ask", "grant", "refuse", "record")


def add_extend(parser: argparse.ArgumentParser) -> None:
    """Describe the command."""
    parser.add_argument("does", choices=DOES, metavar="WHAT", help=f"one of: {', '.join(DOES)}")
    parser.add_argument(
        "uid", metavar="UID", help="for “ask” and “record” the deliverable, for “grant” and “refuse” the request"
    )
    parser.add_argument("--at", metavar="INSTANT", help="when it was asked for; now otherwise")
    parser.add_argument("--by", default="", metavar="NAME", help="who asked for it")
    parser.add_argument("--reason", default="", metavar="TEXT", help="why more time is needed")
    parser.add_argument("--wanted", metavar="DATE", help="for “ask”: until the end of which day")
    parser.add_argument("--until", metavar="DATE", help="for “grant” and “record”: the new day")
    parser.add_argument("--before", metavar="HH:MM", help="due before this local time; all of that day otherwise")
    parser.add_argument("--comment", default="", metavar="TEXT", help="what the liaison says of it")
    parser.add_argument("--exception", default="", metavar="TEXT", help="why it is granted although none is left")
    parser.add_argument("--granted-at", metavar="INSTANT", help="for “record”: when it was granted")
    parser.add_argument("--granted-by", default="", metavar="NAME", help="for “record”: who granted it")
    parser.add_argument("--as", dest="actor", required=True, metavar="EMAIL", help="who enters this")
    add_data(parser)
    add_as_of(parser)
    parser.set_defaults(verb=_extend)


def _extend(given: argparse.Namespace) -> int:
    now, settings = present(given), settings_of(given)
    key, by = str(uuid4()), By(given.actor)
    with writing(open_database(settings)) as session:
        match given.does:
            case "ask":
                made = ask(session, given.uid, _request(given, now), form_key=key, now=now, by=by)
                print(f"Asked for. Nothing moves until it is granted: request {made.uid}.")
                return 0
            case "refuse":
                refuse(session, given.uid, comment=given.comment, form_key=key, now=now, by=by)
                print("Refused. The date stands.")
                return 0
            case "grant":
                granted = grant(session, given.uid, _granting(given), form_key=key, now=now, by=by)
            case _:
                granted = _record(session, given, key, now, by)
        told = owe_change_notices(
            session,
            [granted.rehearsal],
            cause=granted.cause,
            now=now,
            base_url=settings.address,
            sender=sender_of(settings),
        )
        moved = [f"{change.title}, {change.label}: {change.becomes}" for change in granted.rehearsal.changes]
    print("\n".join(["Granted.", *moved, f"Told: {told}."]))
    return 0


def _record(session: Session, given: argparse.Namespace, key: str, now: datetime, by: By) -> Granted:
    if not given.granted_at:
        raise BadInput("--granted-at: say when it was granted.")
    return record_granted(
        session,
        given.uid,
        _request(given, now),
        _granting(given),
        decided_at=instant(given.granted_at, "--granted-at"),
        decided_by=given.granted_by,
        form_key=key,
        now=now,
        by=by,
    )


def _request(given: argparse.Namespace, now: datetime) -> Request:
    at = instant(given.at, "--at") if given.at else now
    return Request(at, given.by, given.reason, day(given.wanted, "--wanted") if given.wanted else None)


def _granting(given: argparse.Namespace) -> Granting:
    if not given.until:
        raise BadInput("--until: say until the end of which day.")
    before = time_of_day(given.before, "--before") if given.before else None
    return Granting(day(given.until, "--until"), before, given.comment, given.exception)
