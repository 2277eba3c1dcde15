"""Which flow finds out for which open items nobody can be reached?"""

from __future__ import annotations

from prefect import flow

from duecourse.flows.entry import run_as_flow


@flow(name="reachability", retries=2, retry_delay_seconds=60)
def reachability() -> str:
    """Look for somebody who can be reached for every open item, and tell the liaisons where there is nobody.

    Schedule: every 5 minutes.

    A person can be reached who may come in, is not away on that day, and has an address that takes mail: no mail to it
    was refused for good since one last arrived. What the contractor owes needs such a person at the contractor, what
    the funder owes needs a liaison.

    Reads the open deliverables of both sides, the people with their parts and absences, what became of the mails to
    them, and in the audit log what was found the last time.

    Writes one entry into the audit log for each contract where something became unreachable, or can be reached again,
    and one mail to each liaison and admin of it that lists what is new, into the outbox.

    May run again at any time: what was found before is neither recorded nor mailed again.
    """
    return run_as_flow("reachability")
