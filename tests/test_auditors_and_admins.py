"""Does an auditor see everything and change nothing, and does an admin set up without deciding?"""

from __future__ import annotations

import pytest
import visits
from sqlalchemy import text
from sqlmodel import SQLModel
from test_pages_permissions import RULES, Rule, ask, concrete
from visits import CT, LIAISON, MANAGER, NOW, WA, World

from duecourse.errors import Conflict
from duecourse.models import RoleName
from duecourse.models.database import writing
from duecourse.tracking.staff.people import add_person, give_role, person_by_email

filled, make_world, world = visits.filled, visits.make_world, visits.world

AUDITOR, ADMIN = "noa@audit.example", "ida@dcyf.example"
OWN = ("/sign", "/subscribe", "/me", "/showing", "/verify", "/mailbox", "/language")
"""What is a person's own, or everybody's, and no contract's."""
CHANGING = [rule for rule in RULES if rule.startswith("POST ") and not rule.split(" ")[1].startswith(OWN)]
MAILS = ("GET /mails", "GET /mails/{kind}")
READING = [rule for rule in RULES if rule.startswith("GET ") and not rule.split(" ")[1].startswith(OWN)]
OF_THE_SERVER = ("GET /closures", "GET /operations", "GET /contracts/new", "GET /accept", "GET /remind", *MAILS)
"""What is no contract's, or begins an act, and is shown to those who run things."""
SETTING_UP = [
    "GET /closures",
    "POST /closures",
    "GET /unreachable",
    "GET /notices",
    *[rule for rule in RULES if "/contracts/new" in rule or "/definitions/check" in rule],
    "GET /contracts/{contract_id}/amend",
    "POST /contracts/{contract_id}/amend",
    "POST /deliverables/{uid}/move",
    "POST /contracts/{contract_id}/events",
    *[rule for rule in RULES if "/contracts/{contract_id}/people" in rule],
    "GET /contracts/{contract_id}/import",
    "POST /contracts/{contract_id}/import/people",
]


def join(world: World, email: str, role: RoleName) -> None:
    """Give somebody new the same part in both contracts."""
    with writing(world.engine) as session:
        person = add_person(session, name=email, email=email, now=NOW, actor="test")
        for contract_id in (WA, CT):
            give_role(session, person, contract_id, role, now=NOW, actor="test")


def contents(world: World) -> dict[str, list[tuple[object, ...]]]:
    """Return what every table holds but the one of signed-in browsers."""
    with world.engine.connect() as connection:
        return {
            name: sorted((tuple(row) for row in connection.execute(text(f'SELECT * FROM "{name}"'))), key=repr)
            for name in SQLModel.metadata.tables
            if name != "sign_in_session"
        }


@pytest.mark.parametrize("rule", CHANGING)
def test_an_auditor_is_refused_every_change_and_nothing_is_changed(world: World, rule: str) -> None:
    join(world, AUDITOR, RoleName.AUDITOR)
    visit = world.visitor(AUDITOR)
    method, path = concrete(world, rule, contract_id=WA)
    before = contents(world)
    answer = ask(visit, method, path)
    # What neither the manager nor the liaison sees, a subcontractor's parts, the auditor does not see either.
    assert answer.status_code == (404 if RULES[rule].manager == RULES[rule].liaison == 404 else 403), answer.text
    assert contents(world) == before


@pytest.mark.parametrize("rule", READING)
def test_an_auditor_sees_whatever_either_side_sees(world: World, rule: str) -> None:
    join(world, AUDITOR, RoleName.AUDITOR)
    says: Rule = RULES[rule]
    answer = ask(world.visitor(AUDITOR), *concrete(world, rule, contract_id=WA))
    if rule.endswith(("/amend", "/import")):
        assert answer.status_code == 403
    elif "/import/" in rule:
        # What would be filled in to change something.
        assert answer.status_code == 404
    elif 200 in (says.manager, says.liaison) and rule not in OF_THE_SERVER:
        assert answer.status_code == 200


def test_an_auditor_is_offered_no_form_of_the_contract(world: World) -> None:
    join(world, AUDITOR, RoleName.AUDITOR)
    visit = world.visitor(AUDITOR)
    for rule in ("GET /contracts/{contract_id}", "GET /contracts/{contract_id}/people", "GET /deliverables/{uid}"):
        page = visit.get(concrete(world, rule, contract_id=WA)[1]).text
        assert f'action="/contracts/{WA}' not in page
        assert 'action="/deliverables/' not in page
    assert "/requeue" not in visit.get("/notices").text


@pytest.mark.parametrize("rule", SETTING_UP)
def test_an_admin_sets_up_what_a_liaison_sets_up(world: World, rule: str) -> None:
    join(world, ADMIN, RoleName.ADMIN)
    answer = ask(world.visitor(ADMIN), *concrete(world, rule, contract_id=WA))
    assert answer.status_code == RULES[rule].liaison, answer.text


@pytest.mark.parametrize("rule", [*CHANGING, *READING])
def test_an_admin_is_refused_what_differs_from_a_liaison_and_decides_and_submits_nothing(
    world: World, rule: str
) -> None:
    join(world, ADMIN, RoleName.ADMIN)
    status = ask(world.visitor(ADMIN), *concrete(world, rule, contract_id=WA)).status_code
    if rule in (
        "POST /deliverables/{uid}/submit",
        "POST /deliverables/{uid}/decide",
        "POST /deliverables/{uid}/set-aside",
    ):
        assert status == 403
    # The template of what an admin cannot enter is not there for an admin. A liaison resets nobody's passkeys; of an
    # admin the form wants to know whose.
    allowed = 422 if rule == "POST /contracts/{contract_id}/passkeys/reset" else RULES[rule].liaison
    assert status in (allowed, 403) or "/part" in rule or "{table}" in rule


def test_nobody_audits_a_contract_in_which_the_same_person_has_a_part(world: World) -> None:
    with writing(world.engine) as session, pytest.raises(Conflict, match="cannot audit"):
        person = person_by_email(session, MANAGER)
        assert person is not None
        give_role(session, person, WA, RoleName.AUDITOR, now=NOW, actor="test")
    join(world, AUDITOR, RoleName.AUDITOR)
    form = {"new_name": "Noa", "new_email": AUDITOR, "role": "program liaison"}
    answer = world.visitor(LIAISON).post(f"/contracts/{WA}/people", form)
    assert answer.status_code == 422
    assert "an auditor changes nothing" in answer.text
