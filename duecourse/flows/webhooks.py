"""Which flow tells the programs of others what happened?"""

from __future__ import annotations

from prefect import flow

from duecourse.flows.entry import run_as_flow


# Not tried again before its next slot: each message that was not taken says itself when it is tried again.
@flow(name="webhooks")
def webhooks() -> str:
    """Tell the webhooks that people set up what happened to the deliverables that those people see.

    Schedule: every 5 minutes.

    No clause of a contract asks for it. A server that runs the embedded clock also does it right after each change.

    Reads the audit log from where each webhook was left, what was kept of dates that moved, what became overdue, the
    people with their parts, and the messages that wait.

    Writes one message for each event and webhook, and what its receiver answered. After 10 failures in a row over at
    least an hour it switches the webhook off, with an entry in the audit log and one mail to its person.

    May run again at any time, also two at once: a message is written once, by its event, and one process at a time
    sends for a webhook. Whoever was killed while sending sends the message again, under the same id.
    """
    return run_as_flow("webhooks")
