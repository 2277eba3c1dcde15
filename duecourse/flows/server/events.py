"""How does an operator's Prefect server hear of an event at once?"""

from __future__ import annotations

import os

from duecourse.engine.prefect_child import QUIET
from duecourse.engine.triggers import Started

RECORDED = "duecourse.recorded."
"""The beginning of an event's name at Prefect; the flow that it starts comes after it."""


class AnnouncedToPrefect:
    """Tells a Prefect server of events; the automations that `duecourse deploy` installs start their flows.

    Raises what Prefect raises when it is away; the event is announced again, and the scheduled runs need none of it.
    """

    def __init__(self, api_url: str) -> None:
        self._api_url = api_url

    def __call__(self, started: Started) -> None:
        """Emit one Prefect event for each flow."""
        # Prefect reads its settings from the environment when it is first imported.
        for name, value in (QUIET | {"PREFECT_API_URL": self._api_url}).items():
            os.environ.setdefault(name, value)
        from prefect.client.orchestration import get_client
        from prefect.events import emit_event

        with get_client(sync_client=True) as client:
            # Emitting to a server that is away would lose the event without a word.
            client.hello()
        for job in started.jobs:
            emit_event(
                RECORDED + job,
                resource={
                    "prefect.resource.id": f"duecourse.contract.{started.contract_id}",
                    "prefect.resource.name": started.contract_id,
                },
                payload={"event": started.name, "number": started.event_id},
            )
