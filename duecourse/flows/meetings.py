"""Which flow keeps the meetings planned?"""

from __future__ import annotations

from prefect import flow

from duecourse.flows.entry import run_as_flow


@flow(name="meetings", retries=2, retry_delay_seconds=60)
def meetings() -> str:
    """Plan the meetings that a contract asks for.

    Schedule: every day at 4:35 AM Pacific.

    Connecticut (OEC manual, Active Contract Management): one Active Contract Management Check-in in each calendar
    month, so by the month's last day. The liaison may agree on another interval, which then stands in the contract's
    definition.

    Reads the definitions of all contracts, and what is stored of these deliverables.

    Writes the deliverables that are missing, moves those whose due moment the definition has changed, and withdraws
    those that are no longer asked for; each change goes into the audit log. What was submitted stays as it was
    decided.

    May run again at any time: a second run finds nothing to do.
    """
    return run_as_flow("meetings")
