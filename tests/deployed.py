"""What do the tests of the deployments share: an application's database with its mails, and runs that are started?"""

from __future__ import annotations

import re
import shutil
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine, text
from unplanned import context_on

from duecourse.engine.context import Context

if TYPE_CHECKING:
    from prefect_server import PrefectServer, Program

Run = dict[str, Any]


@dataclass(frozen=True)
class Application:
    """The application's own database, which its worker and its embedded clock share, and the folder of its mails."""

    engine: Engine
    url: str
    mails: Path

    def forget_what_was_planned(self) -> None:
        with self.engine.begin() as connection:
            for table in ("notice", "deliverable", "job_slot"):
                connection.execute(text(f"DELETE FROM {table}"))
        shutil.rmtree(self.mails, ignore_errors=True)

    def context(self, showing: datetime) -> Context:
        return context_on(self.engine, mails=self.mails, showing=showing)

    def mails_written(self) -> int:
        return len(list(self.mails.glob("*.eml")))


def scheduled_runs(server: PrefectServer, name: str) -> list[Run]:
    """Return the runs that Prefect's own scheduler made for a deployment and that have not begun, next first."""
    wanted = {
        "deployments": {"name": {"any_": [name]}},
        "flow_runs": {"state": {"type": {"any_": ["SCHEDULED"]}}},
        "sort": "EXPECTED_START_TIME_ASC",
    }
    runs: list[Run] = server.post("/flow_runs/filter", **wanted)
    return [run for run in runs if run["auto_scheduled"] and expected(run) > datetime.now(UTC)]


def expected(run: Run) -> datetime:
    return datetime.fromisoformat(run["expected_start_time"])


def deployment(server: PrefectServer, name: str) -> dict[str, Any]:
    """Return what Prefect knows of a deployment."""
    flow = re.sub("-[0-9]+-of-[0-9]+$", "", name)
    found: dict[str, Any] = server.get(f"/deployments/name/{flow}/{name}")
    return found


def start_by_hand(server: PrefectServer, name: str, **more: str) -> Run:
    """Start a deployment the way that its “Run” button does."""
    run: Run = server.post(f"/deployments/{deployment(server, name)['id']}/create_flow_run", **more)
    return run


def start_now(server: PrefectServer, run: Run) -> None:
    """Let a run that Prefect has scheduled for later begin now; it stays the run of its slot."""
    state = {"type": "SCHEDULED", "state_details": {"scheduled_time": datetime.now(UTC).isoformat()}}
    server.post(f"/flow_runs/{run['id']}/set_state", state=state, force=True)


def wait_for_all(server: PrefectServer, worker: Program, runs: Iterable[Run], *, seconds: float = 300) -> None:
    """Wait until all these runs have ended, and see that each has completed."""
    ids = [run["id"] for run in runs]

    def ended() -> Counter[str] | None:
        found = server.post("/flow_runs/filter", flow_runs={"id": {"any_": ids}})
        states = Counter(run["state_type"] for run in found)
        if states.keys() & {"SCHEDULED", "PENDING", "RUNNING"}:
            return None
        for run in found:
            if run["state_type"] != "COMPLETED":
                raise AssertionError(f"{run['name']}: {run['state']}\n{logged(server, run)}\n{worker.said()}")
        return states

    assert worker.wait_for("the end of all runs", ended, seconds=seconds) == {"COMPLETED": len(ids)}


def logged(server: PrefectServer, run: Run) -> str:
    """Return what Prefect's page shows as the logs of a run."""
    logs = server.post("/logs/filter", logs={"flow_run_id": {"any_": [run["id"]]}})
    return "\n".join(log["message"] for log in logs)


@dataclass(frozen=True)
class OneSlot:
    """A schedule that has come to one slot."""

    slot: datetime

    def slot_for(self, now: datetime) -> datetime:
        """Return that slot."""
        return self.slot
