"""Which flow keeps the meetings planned?"""

from __future__ import annotations

from prefect import flow

from duecourse.flows.entry import run_as_flow


@flow(name="meetings", retries=2, retry_delay_seconds=60)
def meetings(shard: int = 1, of: int = 1) -> str:
    """Plan the meetings and the hours of supervision that a contract asks for.

    Schedule: every day at 4:35 AM Pacific.

    Connecticut (OEC manual, Active Contract Management, Supervision): one Active Contract Management Check-in in each
    calendar month, so by the month's last day, and with it the Enrollment of Every Subcontractor. The liaison may
    agree on another interval, which then stands in the contract's definition. A Performance Management Meeting in
    each quarter and an Annual Site Visit in each fiscal year, by its last day until OEC has set the date. The
    Reflective Supervision Group in each of the twelve months after the training for it.

    Washington (22-1174), in each calendar month of FY23, so by the month's last day: Individual Reflective
    Supervision, Group Supervision or Case Conference, Administrative and Clinical Supervision (SOW 4.e(2)), a CQI
    Call or Webinar, a PDSA Test (SOW 10.d), and Technical Assistance Support (SOW 11.b(2)). An HVSA Statewide Meeting
    in each half of the fiscal year and the NFP Supervisor Meetings within it (SOW 4.g), until their dates are set. A
    Monitoring Call or Visit on the day that both sides accept (SOW 14.c).

    Reads the definitions of all contracts, the events recorded under them, and what is stored of these deliverables.

    Writes the deliverables that are missing, moves those whose due moment the definition has changed, and withdraws
    those that are no longer asked for; each change goes into the audit log. What was submitted stays as it was
    decided.

    May run again at any time: a second run finds nothing to do. `shard` of `of` limits it to a part of the contracts.
    """
    return run_as_flow("meetings", shard=shard, of=of)
