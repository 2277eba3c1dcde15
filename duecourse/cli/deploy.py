"""How do the flows get onto a Prefect server of the operator's?"""

from __future__ import annotations

import argparse
from pathlib import Path

from duecourse.cli.opening import add_data, settings_of
from duecourse.errors import NotReady


def add_deploy(parser: argparse.ArgumentParser) -> None:
    """Describe the command."""
    parser.add_argument("--api", dest="prefect_api_url", metavar="URL", help="the API, such as http://prefect:4200/api")
    parser.add_argument("--shards", type=int, metavar="N", help="how many parts to divide the planning into")
    parser.add_argument("--file", type=Path, metavar="FILE", help="another prefect.yaml than the shipped one")
    add_data(parser)
    parser.set_defaults(verb=_deploy)


def _deploy(given: argparse.Namespace) -> int:
    from duecourse.flows.server.deploying import POOL, deploy, shipped

    settings = settings_of(given, prefect_api_url=given.prefect_api_url, shards=given.shards)
    if not settings.prefect_api_url:
        raise NotReady("Say to which Prefect server: --api, or DUECOURSE_PREFECT_API_URL.")
    source = given.file or shipped()
    names = deploy(
        source,
        api_url=settings.prefect_api_url,
        count_of_shards=settings.shards,
        say=lambda words: print(words, flush=True),
    )
    print("\n".join(f"  {name}" for name in names))
    print(f"Start as many workers as you like: prefect worker start --pool {POOL} --type process")
    return 0
