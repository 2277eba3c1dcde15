"""How is a copy made that can be trusted, while the server works?

A copied live database file can lack what was written last, and look whole. So the database makes its own copy, which is
then opened and checked.
"""

from __future__ import annotations

import argparse
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import make_url, text
from sqlmodel import func, select

from duecourse.calendar import words
from duecourse.cli.opening import add_data, settings_of
from duecourse.errors import BadInput, NotReady
from duecourse.models import Deliverable
from duecourse.models.database import connect, reading
from duecourse.tracking.audit import verify
from duecourse.tracking.proof.signing_keys import KEY_FILE


def add_backup(parser: argparse.ArgumentParser) -> None:
    """Describe the command."""
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="a new folder for the copy")
    add_data(parser)
    parser.set_defaults(verb=_back_up)


def _back_up(given: argparse.Namespace) -> int:
    settings = settings_of(given)
    target: Path = given.folder
    url = make_url(settings.database)
    if url.get_backend_name() != "sqlite" or url.database is None:
        raise NotReady("This database is PostgreSQL: back it up with pg_dump, and copy the evidence folder beside it.")
    source = Path(url.database)
    if not source.exists():
        raise BadInput(f"There is no database in {source.parent}. Name the data folder with --data.")
    try:
        target.mkdir(parents=True)
    except FileExistsError:
        raise BadInput(f"{target} is there already. Name a new folder, such as one with today's date.") from None
    copy = target / "duecourse.db"
    with closing(sqlite3.connect(source)) as connection:
        connection.execute("VACUUM INTO ?", [str(copy)])
    if settings.evidence.exists():
        shutil.copytree(settings.evidence, target / settings.evidence.name)
    if (settings.data / KEY_FILE).exists():
        # With its mode: readable by its owner alone.
        shutil.copy2(settings.data / KEY_FILE, target / KEY_FILE)
    with reading(connect(f"sqlite:///{copy}")) as session:
        whole = session.execute(text("PRAGMA integrity_check")).scalar()
        if whole != "ok":
            raise NotReady(f"The copy in {target} is damaged ({whole}). Do not rely on it.")
        entries = verify(session)
        count = session.exec(select(func.count()).select_from(Deliverable)).one()
    print(
        f"Copied to {target} and checked: {words.count(count, 'deliverable')}, "
        f"{words.count(entries, 'audit entry', 'audit entries')}."
    )
    return 0
