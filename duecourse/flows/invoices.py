"""Which flow keeps the invoices planned?"""

from __future__ import annotations

from prefect import flow

from duecourse.flows.entry import run_as_flow


@flow(name="invoices", retries=2, retry_delay_seconds=60)
def invoices(shard: int = 1, of: int = 1) -> str:
    """Plan the invoices, and the answers that payment waits for.

    Schedule: every day at 4:10 AM Pacific.

    Washington (22-1174): a Monthly Invoice (A-19) for each calendar month of service, due on the 30th of the month
    after it, and in February, which has none, on its last business day (SOW 12.h(1), 14.d(2); Exhibit C, FY22 lines
    4.01-4.12). FY23 prints no invoice line; its dates follow the same rule. A 30th on which state offices are closed
    moves to the next business day, before 8:00 AM (SOW 14.d(5)(b)), but never past the last day for deliverables of
    its fiscal year, July 31: then it is due on the last business day before. The Invoice for Performance Awards is
    due by the last day of the contract (SOW 12.f(6)).

    Connecticut (OEC manual, Contract Payment Process, Fiscal Reporting): OEC's Invoice Sent within 5 business days
    after its reports were approved, and the Approval of OEC's Invoice within 5 business days after it came, both
    house rules; and the Reply to Fiscal Questions by the day that each question names.

    Reads the definitions of all contracts, the events recorded under them, and what is stored of these deliverables.

    Writes the deliverables that are missing, moves those whose due moment the definition has changed, and withdraws
    those that are no longer asked for; each change goes into the audit log. What was submitted stays as it was
    decided.

    May run again at any time: a second run finds nothing to do. `shard` of `of` limits it to a part of the contracts.
    """
    return run_as_flow("invoices", shard=shard, of=of)
