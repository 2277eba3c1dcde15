"""Which flow keeps the monthly enrollment reports planned?"""

from __future__ import annotations

from prefect import flow

from duecourse.flows.entry import run_as_flow


@flow(name="monthly-enrollment", retries=2, retry_delay_seconds=60)
def monthly_enrollment(shard: int = 1, of: int = 1) -> str:
    """Plan the monthly enrollment reports.

    Schedule: every day at 4:00 AM Pacific.

    Washington (22-1174): a Monthly Enrollment Report for each calendar month of service, due on the 20th of the month
    after it (SOW 14.d(1); Exhibit C, FY22 lines 2.01-2.12 and FY23 line 2.00). No clock time is given, so the whole
    day counts, in Pacific time. A 20th on which state offices are closed moves to the next business day, before 8:00
    AM (SOW 14.d(5)(b)).

    The Improvement Work in the Enrollment Report is due with each report while active enrollment is below 85 percent
    of the slots, from the event that says so to the one that says it has recovered (SOW 10.d(4)(b)).

    Reads the definitions of all contracts, the events recorded under them, and what is stored of these deliverables.

    Writes the deliverables that are missing, moves those whose due moment the definition has changed, and withdraws
    those that are no longer asked for; each change goes into the audit log. What was submitted stays as it was
    decided.

    May run again at any time: a second run finds nothing to do. `shard` of `of` limits it to a part of the contracts.
    """
    return run_as_flow("monthly-enrollment", shard=shard, of=of)
