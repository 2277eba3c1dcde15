"""Which flow tells others that something is late, or came in?"""

from __future__ import annotations

from prefect import flow

from duecourse.flows.entry import run_as_flow


@flow(name="escalation", retries=2, retry_delay_seconds=60)
def escalation() -> str:
    """Tell those who do not have to submit it that the state of something changed, and settle what came back.

    Schedule: every 5 minutes.

    No clause of a contract asks for it. Each contract's definition says who is told on which day after the due date;
    unless it says otherwise, the liaisons are from the third day on. They also learn, once, that something became
    overdue, came in, or came in late; the contractor's supervisors and leadership learn that it came in late where they
    were told that it was overdue. Each of these is told once.

    A notice that came back, or that could not be delivered until 24 hours before its due moment, becomes the liaisons'
    task: they are asked, once, to reach its reader another way.

    Reads the deliverables with their due moments and histories, the people with their parts, absences and wishes, the
    outbox, and what mail servers reported.

    Writes a notice for each change that is owed to somebody and not there yet. The contractor's seniors get a mail of
    their own, everybody else is told with the daily mail. Also a mail to each liaison who is asked to reach somebody,
    with an entry in the audit log; and what follows from reports that came before their mail was written down as sent.
    Sends what waits.

    May run again at any time, and before or after the other flows: what was written is not written again.
    """
    return run_as_flow("escalation")
