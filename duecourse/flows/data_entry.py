"""Which flow keeps the windows for entering data planned?"""

from __future__ import annotations

from prefect import flow

from duecourse.flows.entry import run_as_flow


@flow(name="data-entry", retries=2, retry_delay_seconds=60)
def data_entry(shard: int = 1, of: int = 1) -> str:
    """Plan the windows for entering and correcting data.

    Schedule: every day at 4:15 AM Pacific.

    Washington (22-1174): Data Entry within 5 business days after the data was collected (SOW 9.e; Attachment 4
    section 2.a), and the Reply to a DOH Data Query within 10 business days after the request (SOW 9.g(1)). The day of
    the event is day 0, and business days are those of Washington's offices. The Well-Child Visit Status is collected
    in each calendar month, the Parent-Child Observation and Reading Status in each fiscal year (Attachment 4 Table
    1).

    Connecticut (OEC manual, Data System): ECIS Data Complete for each calendar month, on the 15th of the month after
    it. The date stands when offices are closed, and the whole day counts, in Eastern time. The ECIS User Form is due
    before the first visit that a new user has to enter.

    Reads the definitions of all contracts, the events recorded under them, and what is stored of these deliverables.

    Writes the deliverables that are missing, moves those whose due moment the definition has changed, and withdraws
    those that are no longer asked for; each change goes into the audit log. What was submitted stays as it was
    decided.

    May run again at any time: a second run finds nothing to do. `shard` of `of` limits it to a part of the contracts.
    """
    return run_as_flow("data-entry", shard=shard, of=of)
