"""Which flow keeps the quarterly reports planned?"""

from __future__ import annotations

from prefect import flow

from duecourse.flows.entry import run_as_flow


@flow(name="quarterly-reports", retries=2, retry_delay_seconds=60)
def quarterly_reports(shard: int = 1, of: int = 1) -> str:
    """Plan the quarterly reports.

    Schedule: every day at 4:05 AM Pacific.

    Quarters are those of the fiscal year from July to June: July-September, October-December, January-March,
    April-June.

    Washington (22-1174): a Quarterly Progress Report for each quarter, due on the 20th of the month after it (SOW
    14.d(3); Exhibit C, FY22 lines 5.01-5.04 and FY23 lines 3.01-3.04). A 20th on which state offices are closed moves
    to the next business day, before 8:00 AM (SOW 14.d(5)(b)). COVID Rescue Funds in the Progress Report are due with
    it (SOW 15.b(4), 15.c(3), 15.d).

    Connecticut (OEC manual, Programmatic & Outcome Reporting, Client-Based Outcome Reports, Fiscal Reporting): a
    Quarterly Program Status Report on the quarter alone; a Rate Card Report and Billing on the half-year so far;
    Benchmark & Demographic Reports since the last October 1; a Quarterly Financial Report. The manual leaves the
    dates to each contract's Basic Service Reporting; the example contract says 30 days after the quarter. Nothing
    moves these dates when offices are closed.

    Reads the definitions of all contracts, and what is stored of these deliverables.

    Writes the deliverables that are missing, moves those whose due moment the definition has changed, and withdraws
    those that are no longer asked for; each change goes into the audit log. What was submitted stays as it was
    decided.

    May run again at any time: a second run finds nothing to do. `shard` of `of` limits it to a part of the contracts.
    """
    return run_as_flow("quarterly-reports", shard=shard, of=of)
