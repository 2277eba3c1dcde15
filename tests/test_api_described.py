"""Does the API do what its description says, for every role, whatever it is sent?

Schemathesis makes up calls from the description: good ones and bad ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
import shared_world
import visits
from programs import Program, token_for
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import from_schema
from schemathesis.engine.events import ScenarioFinished
from shared_world import FOREIGN_LIAISON, Shared
from sqlmodel import select
from test_auditors_and_admins import ADMIN, AUDITOR, join
from visits import LIAISON, MANAGER, WA, World

from duecourse.calendar.standing import Standing
from duecourse.models import Receipt, RoleName, SubmissionFile
from duecourse.tracking.importing import people, submissions

filled, shared, make_world = visits.filled, shared_world.shared, visits.make_world

ROLES = {
    "nobody": "",
    "manager": MANAGER,
    "liaison": LIAISON,
    "auditor": AUDITOR,
    "admin": ADMIN,
    "foreign": FOREIGN_LIAISON,
}
_EXAMPLES = 2


@pytest.fixture(scope="module")
def everybody(shared: Shared) -> Iterator[Shared]:
    join(shared.world, AUDITOR, RoleName.AUDITOR)
    join(shared.world, ADMIN, RoleName.ADMIN)
    shared.keep("everybody")
    yield shared


def config(world: World, email: str) -> SchemathesisConfig:
    uid = world.find(WA, Standing.OVERDUE).uid
    headers = {"Authorization": f"Bearer {token_for(world, email)}"} if email else {}
    said: dict[str, Any] = {
        "base-url": world.address,
        "headers": headers,
        "seed": 20221130,
        "parameters": {
            "path.contract_id": WA,
            "path.uid": uid,
            "path.file_uid": str(world.rows(select(SubmissionFile.uid))[0]),
            "path.receipt_uid": str(world.rows(select(Receipt.uid))[0]),
        },
        "generation": {"max-examples": _EXAMPLES, "database": "none", "no-shrink": True},
        "phases": {"stateful": {"enabled": False}, "coverage": {"enabled": False}},
        "checks": {
            # A call that is described well may still be refused: by the contract, by the clock, by what happened.
            "positive_data_acceptance": {"enabled": False},
            "missing_required_header": {"expected-statuses": [400, 401, 403, 404, 428]},
            "negative_data_rejection": {"expected-statuses": [400, 401, 403, 404, 405, 409, 412, 413, 415, 422, 428]},
        },
    }
    return SchemathesisConfig.from_dict(said)


@pytest.fixture(scope="module")
def document(everybody: Shared) -> dict[str, Any]:
    """The description of the API, which says of itself that it is OpenAPI 3.1."""
    answer = Program(everybody.world).get("/openapi.json")
    assert (answer.status_code, answer.json()["openapi"]) == (200, "3.1.0")
    found: dict[str, Any] = answer.json()
    return found


def test_the_description_names_the_columns_of_each_spreadsheet(document: dict[str, Any]) -> None:
    for what, columns in (("people", people.COLUMNS), ("submissions", submissions.COLUMNS)):
        operation = document["paths"][f"/api/v1/contracts/{{contract_id}}/imports/{what}/preview"]["post"]
        assert ", ".join(columns) in " ".join(operation["description"].split())


@pytest.mark.parametrize("role", ROLES)
def test_the_api_does_what_its_description_says(everybody: Shared, document: dict[str, Any], role: str) -> None:
    everybody.go_back("everybody")
    world = everybody.world
    schema = schemathesis.openapi.from_dict(document, config=config(world, ROLES[role]))
    failures, statuses, calls = [], set(), 0
    for event in from_schema(schema).execute():
        if not isinstance(event, ScenarioFinished):
            continue
        for interaction in event.recorder.interactions.values():
            calls += 1
            statuses.add(interaction.response.status_code if interaction.response else 0)
        for checks in event.recorder.checks.values():
            failures += [
                f"{event.recorder.label}: {check.name}: {check.failure_info.failure}\n{check.failure_info.code_sample}"
                for check in checks
                if check.failure_info is not None
            ]
    assert not failures, f"{len(failures)} failures, the first:\n" + "\n\n".join(failures[:5])
    assert calls >= len(schema) and (200 in statuses) == (role != "nobody"), (calls, statuses)
    assert not [status for status in statuses if status == 0 or status >= 500]
