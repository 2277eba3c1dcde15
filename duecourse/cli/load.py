"""How is a contract put under tracking from the terminal?"""

from __future__ import annotations

import argparse

from duecourse.calendar import words
from duecourse.cli.given import add_as_of, present
from duecourse.cli.opening import add_data, open_database, settings_of
from duecourse.definitions.reading import find_contract, read_contract
from duecourse.models.database import writing
from duecourse.tracking.loading import load_contract
from duecourse.tracking.planning import plan

ACTOR = "command line"


def add_load(parser: argparse.ArgumentParser) -> None:
    """Describe the command."""
    parser.add_argument("contract", metavar="CONTRACT", help="a contract file, or the id of one that ships here")
    add_data(parser)
    add_as_of(parser)
    parser.set_defaults(verb=_load)


def _load(given: argparse.Namespace) -> int:
    now = present(given)
    contract, definition = read_contract(find_contract(given.contract), today=now.date())
    engine = open_database(settings_of(given))
    with writing(engine) as session:
        load_contract(session, contract, definition=definition, now=now, actor=ACTOR)
        planned = plan(session, now=now, actor=ACTOR, contract_id=contract.id)
    print(
        f"{contract.id} is tracked: {words.count(planned.added, 'deliverable')} added, {planned.moved} moved, "
        f"{planned.withdrawn} withdrawn. Reminders are owed from now on."
    )
    return 0
