"""Which flow keeps what is due once, or once a year, planned?"""

from __future__ import annotations

from prefect import flow

from duecourse.flows.entry import run_as_flow


@flow(name="one-time-and-annual", retries=2, retry_delay_seconds=60)
def one_time_and_annual(shard: int = 1, of: int = 1) -> str:
    """Plan what is due once, once a year, or when something is planned.

    Schedule: every day at 4:30 AM Pacific.

    Washington (22-1174), Exhibit C, with the dates that it prints: the Self-Reflection Tool on July 20, 2021 (FY22
    3.00); the Updated Statement of Confidentiality and Non-Disclosure on July 30, 2021 and July 29, 2022 (FY22 1.00,
    FY23 6.00); the Annual Pre-Contract Questionnaire on May 16 of 2022 and 2023 (FY22 6.00, FY23 4.00; SOW 14.d(4));
    Data Disposition on July 20 of 2022 and 2023, or when the contract is closed before (FY22 8.00, FY23 7.00). A
    printed date on which state offices are closed moves to the next business day, before 8:00 AM (SOW 14.d(5)(b)).

    Elsewhere in that contract: the Authorization to the NFP National Service Office by July 31, 2022, a Sunday, so
    by the Friday before it (Attachment 4 section 1.b(1)); the Technical Assistance Plan before three months of FY23
    have passed (SOW 11.b); the In-Depth Financial Review once in the fiscal year (SOW 12.h(3)); the End of Services
    and Spending on June 30, 2023 (Amendment 2 section 4); the Last Day for Deliverables on July 31, 2023 (SOW
    14.b(2)).

    Without a date: the NFP Good-Standing Letter, with the progress report of October-December 2022 (SOW 3.a(1)); the
    Updated Insurance Certificate, on the day that a policy is renewed (FY22 7.00, FY23 5.00); the Notice of a Press
    Release at least 5 business days before its day (SOW 13.a); the Approval before Adapting the Model, before the
    change starts (SOW 3.a(2)).

    Connecticut (OEC manual, Fiscal Reporting, Model Fidelity, CQI): the Initial Budget before each fiscal year
    starts; the Model Performance Report and Good-Standing Proof and the Individual Improvement Plan with each annual
    site visit. OEC's own, by house rules: the Answer to a Submission within 10 business days after it came in, and
    the Decision on a Request for More Time within 3.

    Reads the definitions of all contracts, the events recorded under them, and what is stored of these deliverables.

    Writes the deliverables that are missing, moves those whose due moment the definition has changed, and withdraws
    those that are no longer asked for; each change goes into the audit log. What was submitted stays as it was
    decided.

    May run again at any time: a second run finds nothing to do. `shard` of `of` limits it to a part of the contracts.
    """
    return run_as_flow("one-time-and-annual", shard=shard, of=of)
