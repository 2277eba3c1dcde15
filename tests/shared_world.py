"""One world of the pages for many tests: everybody is signed in already, and what a request changed is put back."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from visits import ADDRESS, CT, LIAISON, MANAGER, NOW, STRANGER, WA, Visit, World, world_on

from duecourse.clock import Clock
from duecourse.models import RoleName
from duecourse.models.database import connect, writing
from duecourse.settings import load_settings
from duecourse.tracking.staff.people import add_person, give_role

ROLES = {
    RoleName.PROGRAM_MANAGER: MANAGER,
    RoleName.CLINICAL_SUPERVISOR: "cleo@county.example",
    RoleName.FISCAL_STAFF: "finn@county.example",
    RoleName.LEADERSHIP: "lou@county.example",
    RoleName.PROGRAM_LIAISON: LIAISON,
    RoleName.FISCAL_LIAISON: "kim@dcyf.example",
}
"""One person for each part in the county's contract. Admins and auditors have tests of their own."""
FOREIGN_LIAISON = "robin@oec.example"
NOBODY = ""


class Browser(Visit):
    """A browser that can go back to when it was signed in."""

    def __init__(self, client: httpx.Client) -> None:
        super().__init__(client)
        self._cookies = dict(client.cookies)
        # Asked for now, so that no test counts that page among its own.
        self.form_token()

    def stay_signed_in(self) -> None:
        """Take back a signing out."""
        self.client.cookies = httpx.Cookies(self._cookies)


@dataclass
class Shared:
    """A served world, a browser for each person, and copies of the database to go back to."""

    world: World
    folder: Path
    visits: dict[str, Browser]

    def keep(self, name: str) -> None:
        """Keep the database as it is now, under a name."""
        (self.folder / name).unlink(missing_ok=True)
        self._copy(self.folder / "data" / "duecourse.db", self.folder / name)

    def go_back(self, name: str) -> None:
        """Put the database back to what was kept under a name, and everybody is signed in again."""
        for visit in self.visits.values():
            visit.stay_signed_in()
        self._copy(self.folder / name, self.folder / "data" / "duecourse.db")

    def _copy(self, source: Path, target: Path) -> None:
        with closing(sqlite3.connect(source)) as one, closing(sqlite3.connect(target)) as other:
            one.backup(other)


@pytest.fixture(scope="module")
def shared(filled: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shared]:
    """The pages on one copy of the world for a whole file of tests, with one person for every part."""
    folder = tmp_path_factory.mktemp("shared")
    shutil.copytree(filled, folder / "data")
    settings = load_settings(data=folder / "data", demo=True, base_url=ADDRESS)
    engine = connect(settings.database)
    with ExitStack() as stack:
        stack.callback(engine.dispose)
        with writing(engine) as session:
            for role, email in ROLES.items():
                person = add_person(session, name=email.partition("@")[0].title(), email=email, now=NOW, actor="test")
                give_role(session, person, WA, role, now=NOW, actor="test")
            robin = add_person(session, name="Robin Diaz", email=FOREIGN_LIAISON, now=NOW, actor="test")
            give_role(session, robin, CT, RoleName.PROGRAM_LIAISON, now=NOW, actor="test")
        world = world_on(engine, settings, stack, clock=Clock.showing(NOW))
        people = [*ROLES.values(), STRANGER, FOREIGN_LIAISON, NOBODY]
        made = Shared(world, folder, {email: Browser(world.visitor(email).client) for email in people})
        made.keep("beginning")
        yield made
