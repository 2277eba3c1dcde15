"""Which flow writes the daily mails?"""

from __future__ import annotations

from prefect import flow

from duecourse.flows.entry import run_as_flow


@flow(name="digests", retries=2, retry_delay_seconds=60)
def digests() -> str:
    """Write each person's daily mail at the hour that the person chose, and send it.

    Schedule: every 5 minutes.

    No clause of a contract asks for it. A person gets one mail on a day, in the zone and from the hour of that person's
    choice, 7:00 AM in the contract's zone otherwise, over all contracts: on business days, unless something in it
    would be due before the next one. After a downtime, one mail tells all that is still owed. Who asked for it gets a
    line once a week that nothing is due, in place of that day's mail.

    Reads the deliverables with their due moments and histories, the people with their parts, absences and wishes, and
    the outbox.

    Writes the notices that are owed and not there yet, so that none of them waits until tomorrow because another flow
    comes after this one; then one mail for each person whose hour has come, which carries them. What was submitted,
    moved or withdrawn in the meantime is left out. Sends what waits.

    May run again at any time, and before or after the other flows: a person's mail of a day is written once.
    """
    return run_as_flow("digests")
