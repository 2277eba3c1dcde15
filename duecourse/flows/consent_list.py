"""Which flow keeps the monthly consent lists planned?"""

from __future__ import annotations

from prefect import flow

from duecourse.flows.entry import run_as_flow


@flow(name="consent-list", retries=2, retry_delay_seconds=60)
def consent_list(shard: int = 1, of: int = 1) -> str:
    """Plan the consent status lists.

    Schedule: every day at 4:20 AM Pacific.

    Washington (22-1174): a Consent Status List to DOH for each calendar month of service from July 2022, due on the
    6th business day of the month after it (Attachment 4 section 3.d; SOW 9.f(2)(b); Exhibit C, FY23 line 1.00).
    Business days are those of Washington's offices, so no closed day is left to move away from.

    Reads the definitions of all contracts, and what is stored of these deliverables.

    Writes the deliverables that are missing, moves those whose due moment the definition has changed, and withdraws
    those that are no longer asked for; each change goes into the audit log. What was submitted stays as it was
    decided.

    May run again at any time: a second run finds nothing to do. `shard` of `of` limits it to a part of the contracts.
    """
    return run_as_flow("consent-list", shard=shard, of=of)
