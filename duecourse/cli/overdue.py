"""What is overdue, over all contracts, at this instant or another?"""

from __future__ import annotations

import argparse
from datetime import datetime

from sqlmodel import select

from duecourse.calendar import words
from duecourse.calendar.lifecycle import Party
from duecourse.calendar.standing import Standing
from duecourse.cli.given import add_as_of, present
from duecourse.cli.opening import add_data, open_database, settings_of
from duecourse.errors import NotFound
from duecourse.models import ContractRow
from duecourse.models.database import reading
from duecourse.tracking.boards import Item, items


def add_overdue(parser: argparse.ArgumentParser) -> None:
    """Describe the command."""
    parser.add_argument("contract", nargs="*", metavar="CONTRACT", help="only these contracts")
    add_data(parser)
    add_as_of(parser)
    parser.set_defaults(verb=_print_overdue)


def _print_overdue(given: argparse.Namespace) -> int:
    now = present(given)
    with reading(open_database(settings_of(given))) as session:
        known = session.exec(select(ContractRow.id)).all()
        for contract_id in given.contract:
            if contract_id not in known:
                raise NotFound(f"There is no contract {contract_id} here. Load it first: duecourse load {contract_id}.")
        found = items(session, now=now, contract_ids=given.contract or known, open_only=True)
    late = [item for item in found if item.standing is Standing.OVERDUE]
    theirs = [item for item in late if item.deliverable.party == Party.CONTRACTOR]
    ours = [item for item in late if item.deliverable.party == Party.FUNDER]
    _print(theirs, now)
    print(f"{words.count(len(theirs), 'deliverable')} overdue as of {words.instant(now, 'America/New_York')}.")
    if ours:
        print("\nWhat the funder owes:")
        _print(ours, now)
        print(f"{words.count(len(ours), 'duty', 'duties')} of the funder overdue.")
    return 0


def _print(late: list[Item], now: datetime) -> None:
    for item in sorted(late, key=lambda item: item.deliverable.due_at):
        row = item.deliverable
        days = words.count(item.days_late(now), "day")
        print(f"{days:>9} late  {row.contract_id}  {row.title}, {row.label}: was due {item.phrase}")
