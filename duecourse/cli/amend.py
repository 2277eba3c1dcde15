"""What would an amendment, a moved date or a closure change; and how is it accepted?

Each is shown line by line first. With ``--dry-run`` nothing is changed.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlmodel import Session

from duecourse.calendar import words
from duecourse.calendar.state_days import Closure
from duecourse.cli.given import add_as_of, day, present, time_of_day
from duecourse.cli.opening import add_data, open_database, settings_of
from duecourse.definitions.reading import find_contract, read_contract
from duecourse.models.database import writing
from duecourse.notifications.change_notices import owe_change_notices
from duecourse.notifications.messages import sender_of
from duecourse.settings import Settings
from duecourse.tracking.amending import accept_amendment, rehearse_amendment
from duecourse.tracking.comparing import ChangeKind
from duecourse.tracking.deciding_dates import announce_closure, move_date
from duecourse.tracking.rehearsing import Rehearsal


def add_amend(parser: argparse.ArgumentParser) -> None:
    """Describe the command."""
    parser.add_argument("contract", metavar="CONTRACT", help="the amended contract file, or the id of one that ships")
    parser.add_argument("--source", metavar="TEXT", help="the amendment, such as “Amendment 2”; needed to accept it")
    parser.add_argument(
        "--accept", action="append", metavar="LINE", help="accept this line only; may be given more than once"
    )
    _add_who(parser)
    parser.set_defaults(verb=_amend)


def add_move_date(parser: argparse.ArgumentParser) -> None:
    """Describe the command."""
    parser.add_argument("deliverable", metavar="UID", help="the deliverable, as its page's address names it")
    parser.add_argument("--to", required=True, metavar="DATE", help="the day on which it is due instead")
    parser.add_argument("--before", metavar="HH:MM", help="due before this local time; all of that day otherwise")
    parser.add_argument("--source", required=True, metavar="TEXT", help="the document or message that moves it")
    _add_who(parser)
    parser.set_defaults(verb=_move)


def add_close_offices(parser: argparse.ArgumentParser) -> None:
    """Describe the command."""
    parser.add_argument("calendar", metavar="CALENDAR", help="whose offices, such as US-WA")
    parser.add_argument("day", metavar="DATE", help="the day")
    parser.add_argument("--name", required=True, metavar="TEXT", help="what it is called, such as “Storm closure”")
    parser.add_argument("--source", required=True, metavar="TEXT", help="the announcement")
    parser.add_argument("--from", dest="closes_at", metavar="HH:MM", help="closed from this local time on: a half day")
    _add_who(parser)
    parser.set_defaults(verb=_close)


def _add_who(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--dry-run", action="store_true", help="show what would change, and change nothing")
    parser.add_argument("--as", dest="actor", default="command line", metavar="EMAIL", help="who decides this")
    add_data(parser)
    add_as_of(parser)


def _amend(given: argparse.Namespace) -> int:
    now = present(given)
    contract, definition = read_contract(find_contract(given.contract), today=now.date())
    settings = settings_of(given)
    with writing(open_database(settings)) as session:
        if given.dry_run or not given.source:
            _print([rehearse_amendment(session, contract, now=now)])
            print("Nothing was changed. Accept it with --source, whole or line by line with --accept LINE.")
            return 0
        rehearsal, planned = accept_amendment(
            session,
            contract,
            definition=definition,
            accepted=given.accept,
            seal=None,
            source=given.source,
            now=now,
            actor=given.actor,
        )
        told = owe_change_notices(session, [rehearsal], cause=given.source, now=now, **_mail(settings))
    _print([rehearsal])
    print(
        f"Accepted: {planned.added} added, {planned.moved} moved, {planned.withdrawn} withdrawn; "
        f"{words.count(told, 'person is', 'people are')} told."
    )
    return 0


def _move(given: argparse.Namespace) -> int:
    now, settings = present(given), settings_of(given)
    with writing(open_database(settings)) as session:
        rehearsal = move_date(
            session,
            given.deliverable,
            on=day(given.to, "--to"),
            cut_off=time_of_day(given.before, "--before") if given.before else None,
            source=given.source,
            now=now,
            actor=given.actor,
            dry_run=given.dry_run,
        )
        _finish(session, [rehearsal], given, now, settings)
    return 0


def _close(given: argparse.Namespace) -> int:
    now, settings = present(given), settings_of(given)
    closes_at = time_of_day(given.closes_at, "--from") if given.closes_at else None
    closure = Closure(day(given.day, "DATE"), given.name, given.source, closes_at)
    with writing(open_database(settings)) as session:
        found = announce_closure(session, given.calendar, closure, now=now, actor=given.actor, dry_run=given.dry_run)
        _finish(session, found, given, now, settings)
    return 0


def _finish(
    session: Session, found: list[Rehearsal], given: argparse.Namespace, now: datetime, settings: Settings
) -> None:
    _print(found)
    if given.dry_run:
        print("Nothing was changed.")
        return
    told = owe_change_notices(session, found, cause=given.source, now=now, **_mail(settings))
    print(f"Done; {words.count(told, 'person is', 'people are')} told.")


def _mail(settings: Settings) -> dict[str, Any]:
    return {"base_url": settings.address, "sender": sender_of(settings)}


def _print(rehearsals: Iterable[Rehearsal]) -> None:
    for rehearsal in rehearsals:
        shown = [change for change in rehearsal.changes if change.kind is not ChangeKind.REWORDED]
        print(f"{rehearsal.contract_id}: {words.count(len(shown), 'line')}")
        for change in shown:
            arrow = " -> ".join(phrase for phrase in (change.was, change.becomes) if phrase)
            late = "  LATE AT ONCE" if change.late_at_once else ""
            print(f"  {change.kind:<17} {change.title}, {change.label}: {arrow}{late}")
            print(f"  {'':<17} {change.name}")
        reworded = len(rehearsal.changes) - len(shown)
        if reworded:
            print(f"  {words.count(reworded, 'deliverable')} keep their dates and change their words.")
