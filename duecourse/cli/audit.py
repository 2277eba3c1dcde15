"""Is the audit log whole, and what does an auditor get?"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from duecourse.calendar import words
from duecourse.cli.opening import add_data, open_database, settings_of
from duecourse.clock import Clock
from duecourse.errors import BadInput
from duecourse.models.database import reading, writing
from duecourse.settings import Settings
from duecourse.tracking.audit import verify
from duecourse.tracking.proof.receipts import verify_receipts
from duecourse.tracking.proof.signing import PrivateKey
from duecourse.tracking.proof.signing_keys import remember_key, server_key


def add_audit(parser: argparse.ArgumentParser) -> None:
    """Describe the command."""
    add_data(parser)
    parser.set_defaults(verb=_verify)
    verbs = parser.add_subparsers(metavar="VERB")
    # Without a default of its own, an option that stands before the verb is not lost behind it.
    kept: dict[str, Any] = {"argument_default": argparse.SUPPRESS, "allow_abbrev": False}
    check = verbs.add_parser("verify", help="check that the audit log is whole, as without a verb", **kept)
    check.set_defaults(verb=_verify)
    export = verbs.add_parser("export", help="write the one file for an auditor of a contract", **kept)
    export.add_argument("contract", metavar="CONTRACT", help="the contract's id, such as wa-22-1174")
    export.add_argument("--out", type=Path, required=True, metavar="FILE", help="the zip file to write; a new one")
    export.add_argument("--by", default="command line", metavar="NAME", help="who asks for it")
    export.set_defaults(verb=_export)
    add_data(check)
    add_data(export)


def prepared_key(settings: Settings, engine: Engine, clock: Clock) -> PrivateKey:
    """Return the key with which this server signs, made if there is none, its public half kept. Raises NotReady."""
    key = server_key(settings.data, configured=settings.signing_key.get_secret_value())
    with writing(engine) as session:
        remember_key(session, key, now=clock.now())
    return key


def _verify(given: argparse.Namespace) -> int:
    with reading(open_database(settings_of(given))) as session:
        count, receipts = verify(session), verify_receipts(session)
    print(f"The audit log is whole: {words.count(count, 'entry', 'entries')}, none changed or missing.")
    print(f"Every receipt says what was recorded: {words.count(receipts, 'receipt')}.")
    return 0


def _export(given: argparse.Namespace) -> int:
    from duecourse.web.audit_file import audit_file

    settings, clock = settings_of(given), Clock()
    engine = open_database(settings)
    key = prepared_key(settings, engine, clock)
    content = audit_file(engine, given.contract, now=clock.now(), by=given.by, key=key, address=settings.address)
    try:
        with given.out.open("xb") as file:
            file.write(content)
    except FileExistsError:
        raise BadInput(f"{given.out} is there already. Name a new file.") from None
    except OSError as error:
        raise BadInput(f"{given.out} cannot be written: {error.strerror}.") from error
    print(f"Written to {given.out}. Anybody can check it: duecourse verify {given.out}")
    return 0
