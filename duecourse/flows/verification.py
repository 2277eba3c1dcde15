"""Which flow finds out whether what is stored still agrees with what follows from it?"""

from __future__ import annotations

from prefect import flow

from duecourse.flows.entry import run_as_flow


@flow(name="verification", retries=2, retry_delay_seconds=60)
def verification() -> str:
    """Recompute every date and every standing, check the seals of the audit log, and alarm when something disagrees.

    Schedule: every day at 5:00 AM Pacific. That is after everything was planned.

    A due moment follows from its contract, the closures, the events and what people decided; a standing from the
    history of its deliverable. A difference means that a table was changed from outside, that a program of another
    version wrote it, or that a holiday or a time zone changed with an upgrade.

    Reads every contract, deliverable and history, and the whole audit log.

    Writes nothing when all agrees. Otherwise one entry into the audit log for each finding, and one mail to each
    liaison and admin whom it concerns, into the outbox.

    May run again at any time: a finding that was told is not told again.
    """
    return run_as_flow("verification")
