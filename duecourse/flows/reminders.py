"""Which flow sends the reminders?"""

from __future__ import annotations

from prefect import flow

from duecourse.flows.entry import run_as_flow


@flow(name="reminders", retries=2, retry_delay_seconds=60)
def reminders() -> str:
    """Write the reminders that are owed, and send what waits in the outbox.

    Schedule: every 5 minutes.

    A deadline has a reminder 14, 7 and 1 days before it, on the day, 1 and 3 days after it, and weekly from then on,
    each reached at 6:00 AM in the contract's time zone. They go to the program managers; from the third day after
    the due date on, the liaisons get a copy. Only the latest one is owed, so that a downtime floods nobody.

    Reads the deliverables and their due moments, the people and their parts in each contract, and the outbox.

    Writes a notice into the outbox for each reminder that is owed and not there yet, sends every notice whose turn it
    is, and records what the mail server answered. What was submitted, moved or withdrawn in the meantime is not sent.

    May run again at any time: a reminder that was written is not written again, and one that was sent is not sent
    again, unless the mail server's answer to it was lost.
    """
    return run_as_flow("reminders")
