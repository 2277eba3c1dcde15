"""What do the jobs of the notices do: reminders, escalation, the daily mails, the mails that come in?

Each brings the outbox up to the present by itself, and sends what waits. None needs another to have run before it: a
notice is written once, by its key, whichever comes first.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime

from duecourse.calendar import words
from duecourse.engine.context import Context
from duecourse.models.database import writing
from duecourse.notifications.bounces import return_path, take_waiting
from duecourse.notifications.bundling import bundle
from duecourse.notifications.escalating import escalates, reminds
from duecourse.notifications.fetching import fetch
from duecourse.notifications.filling import owe_in_chunks
from duecourse.notifications.incoming import Incoming, Keeper
from duecourse.notifications.nothing_due import owe_nothing_due
from duecourse.notifications.part_reminders import owe_part_reminders
from duecourse.notifications.second_channel import send_second
from duecourse.notifications.sending import Drained, drain
from duecourse.notifications.stale_calendars import owe_stale_calendars
from duecourse.notifications.undelivered import owe_undelivered
from duecourse.tracking.files import MAX_FILE_SIZE

_log = logging.getLogger(__name__)


def remind(context: Context, now: datetime) -> str:
    """Write the reminders that are owed, send what waits in the outbox, and say how many."""
    engine, base_url, sender = context.engine, context.base_url, context.sender
    owed = owe_in_chunks(engine, now=now, base_url=base_url, sender=sender, of=reminds)
    owed += owe_part_reminders(engine, now=now, base_url=base_url, sender=sender)
    drained = send_what_waits(context)
    # After the mails, which wait for no second channel.
    send_second(engine, now=now, base_url=base_url, may_reach_this_machine=context.may_reach_this_machine)
    return f"{words.count(owed, 'reminder')} written; {drained}"


def escalate(context: Context, now: datetime) -> str:
    """Write what others must hear of a change, settle what came back, have people reached another way; say how many."""
    engine, base_url, sender = context.engine, context.base_url, context.sender
    told = owe_in_chunks(engine, now=now, base_url=base_url, sender=sender, of=escalates)
    with writing(engine) as session:
        settled = take_waiting(session, now=now)
    with writing(engine) as session:
        asked = owe_undelivered(session, now=now, base_url=base_url, sender=sender)
    said = [f"{words.count(told, 'notice')} of what is late or came in written"]
    if settled:
        said.append(f"{words.count(settled, 'report')} of mail servers settled")
    if asked:
        said.append(f"{words.count(asked, 'mail')} that ask to reach somebody another way")
    return f"{words.joined(said)}; {send_what_waits(context)}"


def send_digests(context: Context, now: datetime) -> str:
    """Write the daily mails whose hour has come, with all that is owed by then, send them, and say how many."""
    engine, base_url, sender = context.engine, context.base_url, context.sender
    # What is not written before its reader's mail goes waits until tomorrow, so this job waits for no other to do it.
    owe_in_chunks(engine, now=now, base_url=base_url, sender=sender)
    owe_part_reminders(engine, now=now, base_url=base_url, sender=sender)
    owe_stale_calendars(engine, now=now, base_url=base_url, sender=sender)
    written = bundle(engine, now=now, base_url=base_url, sender=sender)
    quiet = owe_nothing_due(engine, now=now, base_url=base_url, sender=sender)
    said = [f"{words.count(written, 'daily mail')} written"]
    if quiet:
        said.append(f"{quiet} that nothing is due")
    return f"{words.joined(said)}; {send_what_waits(context)}"


def take_incoming(context: Context, now: datetime) -> str:
    """Fetch the mails of the mailbox in the settings, keep them with what follows from them, and say how many."""
    if context.mailbox is None:
        return "no mailbox is set"
    incoming = Incoming(
        context.engine,
        context.evidence,
        context.bounce_address,
        context.base_url,
        context.sender,
        context.clock.now,
    )
    return str(fetch(context.mailbox, Keeper(incoming), largest=MAX_FILE_SIZE, stopping=context.stopping))


def send_what_waits(context: Context) -> Drained:
    """Send every notice of the outbox whose turn it is."""
    sending = drain(
        context.engine,
        context.transport(),
        now=context.clock.now,
        from_address=context.sender.address,
        per_minute=context.mails_per_minute,
        return_path=return_path(context.engine, context.bounce_address),
        stopping=context.stopping,
    )
    drained = asyncio.run(sending)
    if drained.unavailable:
        _log.warning("No mail can be sent at present: %s", drained.unavailable)
    return drained
