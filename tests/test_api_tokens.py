"""How does a person give a program a token, what does it say of itself, and how does it end?"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import httpx
import pytest
import shared_world
import visits
from programs import Program, token_for
from shared_world import Shared
from sqlmodel import select
from visits import LIAISON, MANAGER, WA, World

from duecourse.calendar.standing import Standing
from duecourse.cli.main import run
from duecourse.errors import BadInput
from duecourse.models import ApiToken, AuditEntry
from duecourse.models.database import writing
from duecourse.tracking.api_tokens import MOST_TOKENS, Scope, make_token
from duecourse.tracking.staff.people import person_by_email

filled, make_world, world = visits.filled, visits.make_world, visits.world
shared = shared_world.shared


def test_a_token_made_on_the_page_is_shown_once_and_works_until_it_is_revoked(world: World) -> None:
    visit = world.visitor(MANAGER)
    form = {"form_key": str(uuid4()), "name": "nightly export", "scope": "read", "days": "30"}
    made = visit.post("/me/tokens", form)
    secret = re.search(r"duecourse_[\w-]{43}", made.text)
    assert made.status_code == 200 and secret is not None
    # The same form twice makes one token, and shows the same.
    assert secret[0] in visit.post("/me/tokens", form).text
    (token,) = world.rows(select(ApiToken))
    assert token.token_sha256 == hashlib.sha256(secret[0].encode()).hexdigest()
    assert token.expires_at == token.created_at + timedelta(days=30)
    listed = visit.get("/me/tokens").text
    assert "nightly export" in listed and "not used yet" in listed and secret[0] not in listed

    header = {"Authorization": f"Bearer {secret[0]}"}
    me = httpx.get(f"{world.address}/api/v1/me", headers=header)
    assert (me.status_code, me.json()["email"], me.json()["scopes"]) == (200, MANAGER, ["read"])
    assert "last used" in visit.get("/me/tokens").text

    assert visit.post(f"/me/tokens/{token.id}/revoke").status_code == 303
    assert httpx.get(f"{world.address}/api/v1/me", headers=header).status_code == 401
    assert "None yet." in visit.get("/me/tokens").text
    actions = [entry.action for entry in world.rows(select(AuditEntry).order_by("sequence"))]
    assert actions[-2:] == ["made an API token", "revoked an API token"]
    assert secret[0] not in repr(world.rows(select(AuditEntry)))


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"name": ""}, "which program"),
        ({"scope": ""}, "at least one thing"),
        ({"scope": "everything"}, "at least one thing"),
        ({"days": "0"}, "at most 366 days"),
        ({"days": "999999999"}, "at most 366 days"),
        ({"days": "-1"}, "for how many days"),
        ({"name": "x" * 101}, "Shorten it"),
    ],
)
def test_a_token_that_cannot_be_made_says_why(shared: Shared, fields: dict[str, str], says: str) -> None:
    form = {"form_key": str(uuid4()), "name": "nightly export", "scope": "read", "days": "30"} | fields
    answer = shared.visits[MANAGER].post("/me/tokens", form)
    assert answer.status_code == 422 and says in answer.text
    assert shared.world.rows(select(ApiToken)) == []


def test_nobody_has_more_tokens_than_can_be_looked_after(world: World) -> None:
    for _ in range(MOST_TOKENS):
        token_for(world, MANAGER)
    with pytest.raises(BadInput, match="Revoke one"), writing(world.engine) as session:
        person = person_by_email(session, MANAGER)
        assert person is not None
        make_token(session, person, name="one more", scopes=[Scope.READ], now=world.clock.now(), actor=MANAGER)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": ""},
        {"Authorization": "Basic YTpi"},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer duecourse_unknown"},
        {"Authorization": "Bearer " + "a" * 30_000},
        {"Authorization": "Bearer tokén".encode()},
        {"Authorization": "Bearer a b"},
    ],
)
def test_without_one_token_that_works_nothing_opens(shared: Shared, headers: dict[str, str]) -> None:
    answer = httpx.get(f"{shared.world.address}/api/v1/me", headers=headers)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith('Bearer realm="duecourse"')
    assert answer.headers["content-type"] == "application/problem+json"


def test_two_tokens_at_once_and_a_token_in_the_address_are_none(world: World) -> None:
    token = token_for(world, MANAGER)
    twice = [("Authorization", f"Bearer {token}"), ("Authorization", f"Bearer {token}")]
    assert httpx.get(f"{world.address}/api/v1/me", headers=twice).status_code == 401
    assert httpx.get(f"{world.address}/api/v1/me?access_token={token}").status_code == 401


def test_the_audit_log_says_that_a_change_came_by_the_api(world: World) -> None:
    program, report = Program(world, MANAGER), world.find(WA, Standing.OVERDUE)
    sent = {"submitted_at": "2022-11-29T16:30:00-08:00", "submitted_by": "Ana Ruiz", "channel": "PSRS"}
    assert program.post(f"/deliverables/{report.uid}/submissions", sent).status_code == 201
    (token,) = world.rows(select(ApiToken))
    (entry,) = world.rows(
        select(AuditEntry).where(AuditEntry.deliverable_id == report.id, AuditEntry.action == "submitted")
    )
    assert (entry.actor, entry.detail["by"], entry.detail["token"]) == (MANAGER, "API", token.id)


def test_a_token_is_made_listed_and_revoked_from_the_terminal(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    def said(*arguments: str, code: int = 0) -> str:
        data = ("--data", str(world.settings.data), "--as-of", "2022-11-30T09:00:00-08:00")
        assert run(["token", *arguments, *data]) == code
        out, err = capsys.readouterr()
        return err if code else out

    assert said(MANAGER) == ""
    scopes = ("--scope", "read", "--scope", "submit", "--days", "10")
    secret = said(MANAGER, "--name", "export", *scopes).strip()
    assert re.fullmatch(r"duecourse_[\w-]{43}", secret)
    (kept,) = world.rows(select(ApiToken.token_sha256))
    assert kept == hashlib.sha256(secret.encode()).hexdigest()
    assert said(MANAGER) == "1: export, read and submit, runs out 2022-12-10 17:00 UTC, not used yet\n"
    assert said(MANAGER, "--revoke", "1") == said(MANAGER) == ""
    assert "no such token" in said(MANAGER, "--revoke", "7", code=3)
    assert "no such token" in said(LIAISON, "--revoke", "1", code=3)
    assert "Nobody here" in said("no@where.example", code=3)
    assert "one of the two" in said(MANAGER, "--name", "a", "--revoke", "1", code=2)
    assert "at most 366 days" in said(MANAGER, "--name", "a", "--days", "367", code=2)


def test_the_description_takes_a_token_outside_a_demonstration(make_world: Callable[..., World]) -> None:
    world = make_world(demo=False)
    address = f"{world.address}/api/v1/openapi.json"
    assert httpx.get(address).status_code == 401
    token = token_for(world, MANAGER, [Scope.PERSONAL])
    described = httpx.get(address, headers={"Authorization": f"Bearer {token}"})
    assert (described.status_code, described.json()["openapi"]) == (200, "3.1.0")
    ids = [operation["operationId"] for path in described.json()["paths"].values() for operation in path.values()]
    assert len(ids) > 80 and len(set(ids)) == len(ids)
