"""Which flow keeps the ends of record retention planned?"""

from __future__ import annotations

from prefect import flow

from duecourse.flows.entry import run_as_flow


@flow(name="records", retries=2, retry_delay_seconds=60)
def records(shard: int = 1, of: int = 1) -> str:
    """Plan the days until which records are kept.

    Schedule: every day at 4:45 AM Pacific.

    Connecticut (OEC manual, Retention & Destruction): the End of Record Retention, 72 months after the latest of a
    family's exit, the end of the contract and the close of an audit.

    Reads the definitions of all contracts, the events recorded under them, and what is stored of these deliverables.

    Writes the deliverables that are missing, moves those whose due moment the definition has changed, and withdraws
    those that are no longer asked for; each change goes into the audit log. What was submitted stays as it was
    decided.

    May run again at any time: a second run finds nothing to do. `shard` of `of` limits it to a part of the contracts.
    """
    return run_as_flow("records", shard=shard, of=of)
