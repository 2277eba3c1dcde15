"""How does everything in `prefect.yaml` get onto an operator's Prefect server, divided among shards?"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Collection, Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

from duecourse.definitions import strict_yaml
from duecourse.engine.jobs import job_named
from duecourse.engine.shards import Shard, shards
from duecourse.errors import NotReady

_SHARD = re.compile(r"-[0-9]+-of-[0-9]+$")

POOL = "duecourse"
"""The process work pool from which the workers take their runs."""


def deploy(source: Path, *, api_url: str, count_of_shards: int, say: Callable[[str], None]) -> list[str]:
    """Make the work pool and deploy every flow to the Prefect server at `api_url`; return the deployments' names.

    A flow that divides gets a deployment for each shard, one run of each at a time. What a recorded event starts gets
    its automation. Doing it again brings all of it up to date. Raises NotReady with Prefect's own words.
    """
    expanded = expand(read(source), count_of_shards)
    names = [each["name"] for each in expanded["deployments"]]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "prefect.yaml"
        # JSON is YAML as well.
        path.write_text(json.dumps(expanded), encoding="utf-8")
        environment = {**os.environ, "PREFECT_API_URL": api_url, "PREFECT_SERVER_EPHEMERAL_ENABLED": "false"}
        say(f"Making the work pool {POOL} ...")
        # Made before: that is what is wanted.
        _prefect("work-pool", "create", POOL, "--type", "process", "--overwrite", environment=environment, cwd=folder)
        say(f"Deploying {len(names)} flows ...")
        _prefect("deploy", "--all", "--prefect-file", str(path), environment=environment, cwd=folder)
    _remove_left_over(api_url, names, say)
    return names


def read(source: Path) -> dict[str, Any]:
    """Return the content of a `prefect.yaml`, with what its anchors stand for written out."""
    try:
        return strict_yaml.read_plain(source.read_bytes(), file=source.name)
    except OSError as error:
        raise NotReady(f"{source} cannot be read: {error.strerror}.") from error


def expand(content: dict[str, Any], count_of_shards: int) -> dict[str, Any]:
    """Return the same with a deployment for each shard of each flow that divides."""
    found = [each for deployment in content["deployments"] for each in _expanded(deployment, count_of_shards)]
    return {**content, "deployments": found}


def shipped() -> Path:
    """Return the `prefect.yaml` of this installation, or of the checkout that it runs from."""
    beside = Path(str(files("duecourse"))).parent / "prefect.yaml"
    if not beside.is_file():
        raise NotReady("There is no prefect.yaml beside this program. Name one: duecourse deploy --file prefect.yaml")
    return beside


def _expanded(deployment: dict[str, Any], count: int) -> Iterator[dict[str, Any]]:
    if count == 1 or not job_named(deployment["name"]).divides:
        yield deployment
        return
    for shard in shards(count):
        yield {**deployment, "name": _name(deployment["name"], shard), "parameters": _parameters(shard)}


def _name(flow: str, shard: Shard) -> str:
    return f"{flow}-{shard.number}-of-{shard.of}"


def _parameters(shard: Shard) -> dict[str, int]:
    return {"shard": shard.number, "of": shard.of}


def _remove_left_over(api_url: str, names: Collection[str], say: Callable[[str], None]) -> None:
    # A shard of another division would go over the same contracts again, to no harm and no use.
    os.environ.setdefault("PREFECT_API_URL", api_url)
    from prefect.client.orchestration import get_client
    from prefect.settings import PREFECT_API_URL, temporary_settings

    ours = {_SHARD.sub("", name) for name in names}
    with temporary_settings({PREFECT_API_URL: api_url}), get_client(sync_client=True) as client:
        for known in _all_deployments(client):
            if known.name not in names and _SHARD.sub("", known.name) in ours:
                say(f"Removing {known.name}, which an earlier division left over ...")
                # The automation that an event fires goes with it; Prefect would keep it.
                client.delete_resource_owned_automations(f"prefect.deployment.{known.id}")
                client.delete_deployment(known.id)


def _all_deployments(client: Any) -> list[Any]:
    # The server gives 200 at a time, fewer than 64 shards of ten flows.
    found: list[Any] = []
    while page := client.read_deployments(offset=len(found)):
        found += page
    return found


def _prefect(*words: str, environment: dict[str, str], cwd: str) -> None:
    command = [sys.executable, "-P", "-m", "prefect", "--no-prompt", *words]
    done = subprocess.run(command, env=environment, cwd=cwd, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if done.returncode:
        raise NotReady(f"Prefect refused “prefect {' '.join(words[:2])}”:\n{done.stdout}{done.stderr}".strip())
