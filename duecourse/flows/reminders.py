"""Which flow sends the reminders?"""

from __future__ import annotations

from prefect import flow

from duecourse.flows.entry import run_as_flow


@flow(name="reminders", retries=2, retry_delay_seconds=60)
def reminders() -> str:
    """Write the reminders that are owed, and send what waits in the outbox.

    Schedule: every 5 minutes.

    No clause of a contract asks for it. The ladder of reminders stands in each contract's definition, for the contract
    or for one obligation; unless it says otherwise, it has a step 14, 7 and 1 days before the due date, on the day, 1
    and 3 days after it, and weekly from then on. A person may ask for more days before. A step is reached at 6:00 AM in
    the contract's time zone, and goes to the program managers, or to whoever stands in for them; steps of the work,
    such as a draft, are reminded of beside it. Of the steps that a person has not heard of, only the latest is owed, so
    that a downtime floods nobody. Subcontractors are reminded of the lead's internal dates.

    What is due today and what was returned goes at once, in a mail of its own. The rest waits for the daily mail of its
    reader, which the digests write.

    Reads the deliverables with their due moments and histories, the people with their parts, absences and wishes, and
    the outbox.

    Writes a notice into the outbox for each reminder that is owed and not there yet. Sends every mail whose turn it is,
    and what goes by a second channel, and records what the servers answered. What was submitted, moved or withdrawn in
    the meantime is not sent.

    May run again at any time, and before or after the other flows: a reminder that was written is not written again,
    and one that was sent is not sent again, unless the mail server's answer to it was lost.
    """
    return run_as_flow("reminders")
