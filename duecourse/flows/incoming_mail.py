"""Which flow fetches the mails that come in?"""

from __future__ import annotations

from prefect import flow

from duecourse.flows.entry import run_as_flow


# Not tried again before its next slot: a mailbox that refused our password is not to lock us out.
@flow(name="incoming-mail")
def incoming_mail() -> str:
    """Fetch the mails that came into the mailbox of the settings, and keep them.

    Schedule: every 5 minutes.

    No clause of a contract asks for it. Confirmations that people forward wait for a person to confirm what they prove.
    What a mail server reports of a mail of ours has its consequences at once: its reader is told another way.

    Reads the unseen mails of the mailbox, a hundred in one run and for two minutes at most, and nothing where none is
    set.

    Writes each mail to the evidence files and the database, with the deliverables that it may be about; only then is it
    marked as seen. Nothing is deleted. A mail that cannot be kept, or that five tries over an hour did not bring to its
    end, is set aside: it gets a flag in the mailbox, an entry in the audit log, and a place on the page of operations.

    May run again at any time, also two at once: the same mail is kept once.
    """
    return run_as_flow("incoming-mail")
