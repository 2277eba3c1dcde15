"""Who may read and change what over the API? Every operation, for everybody, as on the pages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest
import shared_world
import visits
from api_operations import MISSING, OPERATIONS, WITHOUT_TWIN, Operation, sent
from fastapi.routing import APIRoute
from programs import Program, token_for
from shared_world import FOREIGN_LIAISON, NOBODY, ROLES, Shared
from sqlalchemy import delete, update
from sqlmodel import col
from test_auditors_and_admins import ADMIN, AUDITOR, contents, join
from test_pages_permissions import MISSING_IDS, RULES, existing
from visits import LIAISON, MANAGER, STRANGER, WA, World

from duecourse.models import ApiToken, Person, Role, RoleName
from duecourse.models.database import writing
from duecourse.tracking.api_tokens import Scope
from duecourse.tracking.staff.people import person_by_email
from duecourse.web.api.routing import scopes_of

filled, shared = visits.filled, shared_world.shared
make_world, world = visits.make_world, visits.world
PREFIX = "/api/v1"


@dataclass
class Everybody:
    """The shared world with a program for everybody, an auditor and an admin among them."""

    shared: Shared
    programs: dict[str, Program]

    def ask(self, email: str, operation: str, *, contract_id: str | None = WA) -> httpx.Response:
        """Call an operation on what belongs to a contract, or on what does not exist."""
        method, path = operation.split(" ")
        path = self.concrete(operation, contract_id=contract_id)
        return call(self.programs[email], method, path, OPERATIONS[operation], self.shared.world)

    def concrete(self, operation: str, *, contract_id: str | None) -> str:
        path = operation.split(" ")[1]
        for name in re.findall(r"\{(\w+)\}", path):
            value = MISSING_IDS[name] if contract_id is None else _existing(self.shared.world, name, operation)
            path = path.replace(f"{{{name}}}", value)
        return path


@pytest.fixture(scope="module")
def everybody(shared: Shared) -> Iterator[Everybody]:
    join(shared.world, AUDITOR, RoleName.AUDITOR)
    join(shared.world, ADMIN, RoleName.ADMIN)
    people = [*TRIED.values(), STRANGER, FOREIGN_LIAISON, AUDITOR, ADMIN, NOBODY]
    programs = {email: Program(shared.world, email) for email in people}
    shared.keep("everybody")
    yield Everybody(shared, programs)


def call(program: Program, method: str, path: str, operation: Operation, world: World) -> httpx.Response:
    if method == "GET":
        return program.get(path)
    return program.post(path, if_match="*" if _takes_version(path) else "", **sent(operation.body, world))


def _takes_version(path: str) -> bool:
    return path != "/decisions" and path.endswith(("/decisions", "/set-aside", "/undo"))


def _existing(world: World, name: str, operation: str) -> str:
    return "conflict-of-none" if name == "kind" else existing(world, name, OPERATIONS[operation].page)


def operations(world: World) -> set[str]:
    """Return every method and path that the API answers and describes."""
    found = [route for route in world.app.api.routes if isinstance(route, APIRoute) and route.include_in_schema]
    return {f"{method} {route.path.removeprefix(PREFIX)}" for route in found for method in route.methods}


def test_every_operation_is_in_the_table(world: World) -> None:
    assert operations(world) == set(OPERATIONS)


def test_every_act_of_the_pages_has_its_twin_or_a_reason_to_have_none() -> None:
    acts = {rule for rule in RULES if rule.startswith("POST ")}
    twins = {operation.page for operation in OPERATIONS.values()}
    assert acts - twins == set(WITHOUT_TWIN)
    assert twins <= set(RULES)


def test_every_operation_says_which_scope_it_takes(world: World) -> None:
    routes = [route for route in world.app.api.routes if isinstance(route, APIRoute) and route.include_in_schema]
    open_to_all = {route.path for route in routes if not scopes_of(route)}
    assert open_to_all == {"/api/v1/problems/{kind}"}
    for route in routes:
        if route.path not in open_to_all and "GET" in route.methods:
            assert Scope.READ in (scopes_of(route) or []), route.path


_OTHER = RoleName.FISCAL_STAFF
# One of each kind: the pages, whose rights these are, are tried with every part that people can have.
TRIED = {role: ROLES[role] for role in (RoleName.PROGRAM_MANAGER, _OTHER, RoleName.PROGRAM_LIAISON)}


def expected(name: str) -> dict[str, int]:
    """Return what the table says for each person: by their part in 22-1174, in another contract, or in none."""
    says = OPERATIONS[name]
    usual = {email: says.liaison if role.is_liaison else says.manager for role, email in TRIED.items()}
    own = ("me/absences", "subscribe", "me/channels", "me/webhooks", "me/mails")
    if re.match(f"(GET|POST) /({'|'.join(own)})/{{", says.page):
        usual |= {TRIED[_OTHER]: MISSING}
    if name.startswith(("POST /contracts/{contract_id}/people", "POST /contracts/{contract_id}/imports/people")):
        usual |= {TRIED[_OTHER]: 403}
    if name == "POST /deliverables/{uid}/seen":
        # The reminder went to the manager alone.
        usual |= {TRIED[_OTHER]: 409}
    foreign = MISSING if MISSING in (says.stranger, says.manager) else says.liaison
    if says.page == "POST /closures":
        # Those offices are not the ones of their contract.
        foreign = 422
    if says.page in ("POST /accept", "POST /remind"):
        # What they name is of no contract of theirs.
        foreign = MISSING
    others = {STRANGER: says.stranger, FOREIGN_LIAISON: foreign, AUDITOR: says.auditor, ADMIN: says.admin}
    return usual | others | {NOBODY: says.nobody}


@pytest.mark.parametrize("name", OPERATIONS)
def test_everybody_gets_what_the_table_says(everybody: Everybody, name: str) -> None:
    says, got = expected(name), {}
    everybody.shared.go_back("everybody")
    path, method = everybody.concrete(name, contract_id=WA), name.split(" ")[0]
    everybody.shared.keep("operation")
    for email in says:
        answer = call(everybody.programs[email], method, path, OPERATIONS[name], everybody.shared.world)
        got[email] = answer.status_code
        if answer.status_code >= 400:
            assert answer.headers["content-type"] == "application/problem+json", answer.text
            assert answer.json()["status"] == answer.status_code
        if method == "POST" and answer.is_success:
            everybody.shared.go_back("operation")
    assert got == says


def test_an_auditor_changes_nothing_with_whatever_operation(everybody: Everybody) -> None:
    changing = [name for name, says in OPERATIONS.items() if name.startswith("POST") and says.auditor >= 400]
    assert len(changing) > 40
    world = everybody.shared.world
    for name in changing:
        everybody.shared.go_back("everybody")
        path = everybody.concrete(name, contract_id=WA)
        before = _kept(contents(world))
        call(everybody.programs[AUDITOR], "POST", path, OPERATIONS[name], world)
        assert _kept(contents(world)) == before, name


def _kept(tables: dict[str, list[tuple[object, ...]]]) -> dict[str, list[tuple[object, ...]]]:
    # That a token was used is written down whatever it is used for.
    return {name: rows for name, rows in tables.items() if name != "api_token"}


def test_what_is_somebody_elses_and_what_does_not_exist_look_the_same(everybody: Everybody) -> None:
    hidden = [name for name, says in OPERATIONS.items() if says.stranger == MISSING and "{" in name]
    assert len(hidden) > 40
    for name in hidden:
        everybody.shared.go_back("everybody")
        theirs, missing = (everybody.ask(STRANGER, name, contract_id=each) for each in (WA, None))
        assert (theirs.status_code, theirs.text) == (404, missing.text), name
        assert missing.status_code == 404


@pytest.mark.parametrize("scope", Scope)
def test_a_token_does_no_more_than_its_scopes_say(everybody: Everybody, scope: Scope) -> None:
    everybody.shared.go_back("everybody")
    world = everybody.shared.world
    takes = {
        f"{method} {route.path.removeprefix(PREFIX)}": scopes_of(route)
        for route in world.app.api.routes
        if isinstance(route, APIRoute) and route.include_in_schema
        for method in route.methods
    }
    narrow = {email: Program(world, email, scopes=[scope]) for email in (MANAGER, LIAISON)}
    for name, says in OPERATIONS.items():
        method = name.split(" ")[0]
        needed = takes[name]
        if needed is None or scope in needed:
            continue
        for email in narrow:
            concrete = everybody.concrete(name, contract_id=None)
            answer = call(narrow[email], method, concrete, says, world)
            assert answer.status_code == 403, name
            assert 'error="insufficient_scope"' in answer.headers["www-authenticate"]


@pytest.mark.parametrize("ending", ["disabled", "role taken", "expired", "revoked"])
def test_a_token_of_somebody_whose_part_has_ended_opens_nothing(world: World, ending: str) -> None:
    program = Program(world, MANAGER)
    assert program.get(f"/contracts/{WA}").status_code == 200
    now = world.clock.now()
    with writing(world.engine) as session:
        person = person_by_email(session, MANAGER)
        assert person is not None
        match ending:
            case "disabled":
                session.execute(update(Person).where(col(Person.id) == person.id).values(disabled_at=now))
            case "role taken":
                session.execute(delete(Role).where(col(Role.person_id) == person.id))
            case "expired":
                session.execute(update(ApiToken).values(expires_at=now))
            case "revoked":
                session.execute(update(ApiToken).values(revoked_at=now))
    assert program.get(f"/contracts/{WA}").status_code == (404 if ending == "role taken" else 401)


def test_a_browser_that_is_signed_in_is_nobody_here(world: World) -> None:
    visit = world.visitor(MANAGER)
    assert visit.get("/api/v1/me").status_code == 401
    assert visit.get("/contracts").status_code == 200
    token = token_for(world, MANAGER)
    assert visit.client.get("/api/v1/me", headers={"Authorization": f"Bearer {token}"}).status_code == 200
    assert httpx.get(f"{world.address}/contracts", headers={"Authorization": f"Bearer {token}"}).status_code == 303
