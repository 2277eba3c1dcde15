"""Which flow keeps the windows of corrective action planned?"""

from __future__ import annotations

from prefect import flow

from duecourse.flows.entry import run_as_flow


@flow(name="corrective-action", retries=2, retry_delay_seconds=60)
def corrective_action(shard: int = 1, of: int = 1) -> str:
    """Plan the steps that a corrective action notice starts.

    Schedule: every day at 4:25 AM Pacific.

    Connecticut (OEC manual, Corrective Action Plan): the Corrective Action Plan, Draft within 10 business days after
    the notice, and the Corrective Action Plan, Final Approval within 15 business days after the notice, not after the
    draft. The day of the notice is day 0 at any hour, and business days are those of Connecticut's offices. Then,
    each month from the approval until the plan is complete, Corrective Action Plan, Monthly Progress; and where a
    step was missed, Corrective Action Plan, Missed Step, with the next monthly check-in. Each Corrective Action Plan,
    Step is due by the end of the day that the approved plan gives it.

    Washington (SOW 14.c(3)): each Implementation Improvement, Step by the end of the day that the plan gives it, also
    in the next contract year. The ladder itself (assistance, improvement status or plan, non-compliance) has no
    windows. What the funder owes: the Review after Two Low Quarters, within 30 days after them (SOW 6.d(3)).

    What is done with a plan plans its windows at once; this flow makes sure of it.

    Reads the definitions of all contracts, the events recorded under them, and what is stored of these deliverables.

    Writes the deliverables that are missing, moves those whose due moment the definition has changed, and withdraws
    those that are no longer asked for; each change goes into the audit log. What was submitted stays as it was
    decided.

    May run again at any time: a second run finds nothing to do. `shard` of `of` limits it to a part of the contracts.
    """
    return run_as_flow("corrective-action", shard=shard, of=of)
